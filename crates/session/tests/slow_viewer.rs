//! A slow viewer beside fast ones.
mod net;

use framewire_session::{KeyframeReason, Move, Moves};
use net::{Link, Rendition, Viewer, World};

#[test]
fn a_slow_viewer_costs_the_others_no_more_key_frames_than_the_budget() {
    let viewers = vec![
        Viewer::new(Link::new(50e6, 10)),
        Viewer::new(Link::new(1e6, 50)),
        Viewer::new(Link::new(0.8e6, 50)),
    ];
    let mut world = World::new(Rendition::new(30.0, 33_000), viewers);
    world.run(30_000);
    let fast = world.received(0, 1_000..30_000) as f64 / 29.0;
    assert!(fast > 29.5, "{fast}");
    let losses: Vec<u64> = world
        .rendition
        .keys
        .iter()
        .filter(|(_, why)| *why == Some(KeyframeReason::Loss))
        .map(|(when, _)| *when)
        .collect();
    assert!(losses.len() <= 16, "{losses:?}");
    assert!(losses.windows(2).all(|pair| pair[1] - pair[0] >= 2_000), "{losses:?}");
    for viewer in &world.viewers {
        assert_eq!((viewer.broken, viewer.closed), (0, None));
    }
    assert!(world.received(1, 10_000..30_000) >= 8, "the slow one sees a key frame now and then");
}

#[test]
fn a_viewer_that_loses_again_and_again_moves_to_a_smaller_rendition() {
    let viewers = vec![Viewer::new(Link::new(50e6, 10)), Viewer::new(Link::new(1e6, 50))];
    let mut world = World::new(Rendition::new(30.0, 33_000), viewers);
    world.run(100);
    let smaller =
        framewire_session::RenditionInfo { moves: Moves { smaller: true, larger: false }, ..net::info() };
    world.viewers[1].session.handle(framewire_session::Input::Reconfigured(smaller), net::at(100));
    world.run(30_000);
    assert!(world.viewers[1].moves.contains(&Move::Smaller));
    assert!(world.viewers[0].moves.is_empty());
}
