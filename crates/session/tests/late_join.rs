//! Joining shows a picture at once.
mod net;

use framewire_session::KeyframeReason;
use net::{Link, Rendition, Viewer, World};

fn join(world: &mut World) -> usize {
    let mut viewer = Viewer::with(Link::new(50e6, 10), net::HELLO, net::at(world.now));
    viewer.say(world.now, net::HELLO);
    world.viewers.push(viewer);
    world.viewers.len() - 1
}

#[test]
fn a_viewer_that_joins_soon_after_a_key_frame_gets_it_and_what_followed() {
    let mut world = World::new(Rendition::new(30.0, 5_000), vec![Viewer::new(Link::new(50e6, 10))]);
    world.run(500);
    let joined = join(&mut world);
    world.run(200);
    assert_eq!(world.viewers[joined].arrivals[0].2, 0, "the replay begins at the key unit");
    assert_eq!((world.viewers[joined].broken, world.rendition.keys.len()), (0, 1));
    assert!(world.shown(joined).unwrap() > 650);
}

#[test]
fn a_viewer_that_joins_late_gets_a_key_frame_of_its_own() {
    let mut world = World::new(Rendition::new(30.0, 5_000), vec![Viewer::new(Link::new(50e6, 10))]);
    world.run(3_000);
    let joined = join(&mut world);
    world.run(100);
    assert_eq!(world.rendition.keys.last().unwrap().1, Some(KeyframeReason::Join));
    assert!(world.viewers[joined].arrivals[0].0 < 3_100, "within a tenth of a second");
    assert_eq!(world.viewers[joined].broken, 0);
}

#[test]
fn a_viewer_that_joins_a_still_scene_needs_no_publish() {
    let mut rendition = Rendition::new(30.0, 5_000);
    rendition.until = 3_000;
    let mut world = World::new(rendition, vec![Viewer::new(Link::new(50e6, 10))]);
    world.run(60_000);
    let joined = join(&mut world);
    world.run(100);
    assert_eq!(world.shown(joined), world.rendition.latest);
}

#[test]
fn the_first_viewer_of_a_stream_that_was_published_before_gets_the_resting_frame() {
    let mut rendition = Rendition::new(30.0, 5_000);
    rendition.until = 100;
    let mut world = World::new(rendition, Vec::new());
    world.run(5_000);
    let joined = join(&mut world);
    world.run(100);
    assert_eq!(world.shown(joined), world.rendition.latest);
}

#[test]
fn a_slow_publisher_s_replay_is_not_taken_for_a_lag() {
    let mut world = World::new(Rendition::new(0.5, 5_000), vec![Viewer::new(Link::new(50e6, 10))]);
    world.run(40_000);
    let joined = join(&mut world);
    world.run(300);
    assert_eq!(world.rendition.keys.len(), 1);
    assert_eq!(world.shown(joined), world.rendition.latest);
    assert_eq!(world.viewers[joined].session.stats(net::at(world.now)).losses, 0);
}

#[test]
fn a_thousand_joins_share_key_frames() {
    let mut world = World::new(Rendition::new(30.0, 5_000), vec![Viewer::new(Link::new(50e6, 10))]);
    world.run(5_000);
    for _ in 0..200 {
        join(&mut world);
        world.run(5);
    }
    world.run(500);
    assert!(world.rendition.keys.len() <= 7, "{:?}", world.rendition.keys);
    assert!((0..201).all(|viewer| world.shown(viewer).is_some_and(|shown| shown > 6_300)));
}
