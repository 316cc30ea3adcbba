//! The newest published frame always reaches every viewer in the end.
mod net;

use net::{Link, Rendition, Viewer, World};

#[test]
fn a_burst_and_then_silence_ends_with_the_newest_frame() {
    for bandwidth in [0.3e6, 2e6, 100e6] {
        for viewers in 1..4 {
            let mut rendition = Rendition::new(60.0, 20_000);
            rendition.until = 500;
            let links = (0..viewers).map(|index| Link::new(bandwidth * f64::from(index + 1), 30));
            let mut world = World::new(rendition, links.map(Viewer::new).collect());
            world.run(12_000);
            let newest = world.rendition.latest.unwrap();
            for viewer in 0..world.viewers.len() {
                assert_eq!(world.shown(viewer), Some(newest), "viewer {viewer} of {viewers} at {bandwidth}");
                assert_eq!(world.viewers[viewer].broken, 0);
            }
        }
    }
}

#[test]
fn nothing_is_sent_and_no_timer_runs_fast_on_a_still_scene() {
    let mut rendition = Rendition::new(60.0, 20_000);
    rendition.until = 500;
    let mut world = World::new(rendition, vec![Viewer::new(Link::new(50e6, 10))]);
    world.run(5_000);
    let (units, texts) = (world.viewers[0].arrivals.len(), world.viewers[0].texts.len());
    world.run(10_000);
    assert_eq!((world.viewers[0].arrivals.len(), world.viewers[0].texts.len()), (units, texts));
    let deadline = world.viewers[0].session.deadline().unwrap();
    assert!(deadline.since(net::at(world.now)).as_secs() >= 4, "only the sign of life is waited for");
}
