//! Decoders that start over, and key frames asked for at bad moments.
mod net;

use framewire_session::KeyframeReason;
use net::{Link, OLD_HELLO, Rendition, Viewer, World, at};

fn still_world(hello: &'static str) -> World {
    let mut rendition = Rendition::new(30.0, 5_000);
    rendition.until = 1_000;
    let mut world = World::new(rendition, vec![Viewer::with(Link::new(50e6, 10), hello, at(0))]);
    world.run(5_000);
    world
}

#[test]
fn a_reset_on_a_still_scene_brings_the_resting_frame_as_a_key_frame() {
    for hello in [net::HELLO, OLD_HELLO] {
        for message in
            [r#"{"type":"decoder_reset"}"#, r#"{"type":"request_keyframe","reason":"decode error"}"#]
        {
            let mut world = still_world(hello);
            let before = world.viewers[0].arrivals.len();
            world.viewers[0].say(5_000, message);
            world.run(100);
            assert_eq!(world.viewers[0].arrivals.len(), before + 1);
            assert_eq!(world.rendition.keys.last().unwrap().1, Some(KeyframeReason::Decoder));
            assert_eq!(world.shown(0), world.rendition.latest);
        }
    }
}

#[test]
fn every_delta_that_a_client_leaves_out_asks_and_one_key_frame_answers() {
    let mut world =
        World::new(Rendition::new(30.0, 5_000), vec![Viewer::with(Link::new(50e6, 75), OLD_HELLO, at(0))]);
    world.run(5_000);
    world.viewers[0].acks_after = None;
    for _ in 0..8 {
        let now = world.now;
        world.viewers[0].say(now, r#"{"type":"request_keyframe","reason":"awaiting keyframe"}"#);
        world.run(33);
    }
    world.viewers[0].acks_after = Some(5);
    world.run(3_000);
    assert_eq!(world.rendition.keys.len(), 2, "{:?}", world.rendition.keys);
    assert!(world.received(0, 6_000..8_000) >= 58, "the window was given back");
}

#[test]
fn a_reset_while_a_unit_is_being_encoded_is_not_lost() {
    let mut world = still_world(net::HELLO);
    world.rendition.until = 30_000;
    world.run(1_000);
    // The reset falls between the choice of a frame and its arrival in the log.
    world.viewers[0].say(world.now - 10, r#"{"type":"decoder_reset"}"#);
    world.run(1);
    let asked = world.now;
    world.run(2_500);
    let answer = world.rendition.keys.iter().find(|(when, _)| *when >= asked);
    assert!(answer.is_some(), "{:?}", world.rendition.keys);
}
