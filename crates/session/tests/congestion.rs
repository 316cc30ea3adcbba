//! Thirty seconds on bad paths, in milliseconds of real time.
mod net;

use net::{Link, Rendition, Viewer, World};

fn long_round_trip(fps: f64) -> World {
    // 8 Mb/s of video on a path of 20 Mb/s with a round trip of 150 ms.
    let delta = (8e6 / 8.0 / fps) as usize;
    let mut world = World::new(Rendition::new(fps, delta), vec![Viewer::new(Link::new(20e6, 75))]);
    world.run(30_000);
    world
}

#[test]
fn a_round_trip_of_150_ms_holds_30_frames_per_second_with_less_than_two_queued() {
    let world = long_round_trip(30.0);
    let fps = world.received(0, 5_000..30_000) as f64 / 25.0;
    assert!(fps > 29.8, "{fps}");
    let queued = (world.worst_delay(0, 28_000..30_000) - 75) as f64 * 30.0 / 1000.0;
    assert!(queued < 2.0, "{queued}");
    assert_eq!((world.rendition.keys.len(), world.viewers[0].broken), (1, 0));
}

#[test]
fn a_round_trip_of_150_ms_holds_60_frames_per_second_with_less_than_two_queued() {
    let world = long_round_trip(60.0);
    let fps = world.received(0, 5_000..30_000) as f64 / 25.0;
    assert!(fps > 59.5, "{fps}");
    let queued = (world.worst_delay(0, 29_000..30_000) - 75) as f64 * 60.0 / 1000.0;
    assert!(queued < 2.0, "{queued}");
    assert_eq!((world.rendition.keys.len(), world.viewers[0].broken), (1, 0));
}

#[test]
fn a_client_that_only_acknowledges_the_display_holds_30_frames_per_second_at_150_ms_too() {
    let viewer = Viewer::with(Link::new(20e6, 75), net::OLD_HELLO, net::at(0));
    let mut world = World::new(Rendition::new(30.0, 33_000), vec![viewer]);
    world.run(30_000);
    let fps = world.received(0, 5_000..30_000) as f64 / 25.0;
    assert!(fps > 29.5, "{fps}");
    assert_eq!(world.rendition.keys.len(), 1);
}

#[test]
fn thirty_seconds_of_congestion_force_no_key_frame_and_queue_little() {
    // 8 Mb/s of video on a path of 2 Mb/s.
    let mut world = World::new(Rendition::new(30.0, 33_000), vec![Viewer::new(Link::new(2e6, 20))]);
    world.run(30_000);
    assert_eq!(world.rendition.keys.len(), 1, "nothing is lost behind the encoder");
    assert_eq!(
        (world.viewers[0].broken, world.viewers[0].session.stats(net::at(30_000)).frames_dropped),
        (0, 0)
    );
    let fps = world.received(0, 5_000..30_000) as f64 / 25.0;
    assert!((7.0..8.5).contains(&fps), "the path is used: {fps}");
    // One unit takes 132 ms on the wire; two may be on their way.
    let delay = world.worst_delay(0, 20_000..30_000);
    assert!(delay < 450, "{delay}");
}

#[test]
fn the_rate_policy_gives_the_frame_rate_back() {
    let mut rendition = Rendition::new(30.0, 33_000);
    rendition.adaptive = true;
    let mut world = World::new(rendition, vec![Viewer::new(Link::new(2e6, 20))]);
    world.run(30_000);
    assert_eq!(world.rendition.keys.len(), 1);
    let fps = world.received(0, 15_000..30_000) as f64 / 15.0;
    assert!(fps > 24.0, "{fps}");
    let delay = world.worst_delay(0, 25_000..30_000);
    assert!(delay < 300, "{delay}");
}

#[test]
fn a_stall_of_the_path_is_caught_up_without_a_key_frame() {
    let mut link = Link::new(20e6, 20);
    link.stalls = vec![5_000..6_500, 9_000..9_400];
    let mut world = World::new(Rendition::new(30.0, 20_000), vec![Viewer::new(link)]);
    world.run(15_000);
    assert_eq!((world.rendition.keys.len(), world.viewers[0].broken), (1, 0));
    assert!(world.received(0, 7_500..8_500) >= 29 && world.received(0, 10_500..14_500) >= 118);
    assert!(world.shown(0).unwrap() > 14_900);
}

#[test]
fn a_long_round_trip_without_a_queue_lowers_no_rate() {
    let mut rendition = Rendition::new(30.0, 33_000);
    rendition.adaptive = true;
    let mut world = World::new(rendition, vec![Viewer::new(Link::new(40e6, 150))]);
    world.run(30_000);
    assert_eq!(world.rendition.rate.bitrate().bits_per_second(), 8_000_000);
    let fps = world.received(0, 5_000..30_000) as f64 / 25.0;
    assert!(fps > 29.5, "{fps}");
    assert_eq!(world.rendition.keys.len(), 1);
}
