//! Clients that never acknowledge, never read, say nonsense, flood, or ask all the time.
mod net;

use framewire_protocol::Role;
use framewire_session::{Input, Output, Session, SessionConfig};
use net::{HELLO, Link, Rendition, Viewer, World, at, close_code, info, outputs};

#[test]
fn one_that_never_acknowledges_is_sent_a_bounded_amount_and_lives_on() {
    let mut silent = Viewer::new(Link::new(50e6, 10));
    silent.acks_after = None;
    let mut world = World::new(Rendition::new(30.0, 33_000), vec![Viewer::new(Link::new(50e6, 10)), silent]);
    world.run(30_000);
    assert!(world.received(0, 1_000..30_000) > 29 * 29);
    let sent = world.received(1, 0..30_000);
    assert!((15..200).contains(&sent), "{sent}: two units per two seconds and what is lost between");
    assert!(world.viewers[1].session.stats(at(30_000)).inflight <= 2);
    assert_eq!(world.viewers[1].closed, None);
}

#[test]
fn one_that_never_reads_is_closed_after_fifteen_seconds_and_harms_nobody() {
    let mut stuck = Viewer::new(Link::new(50e6, 10));
    stuck.reads = false;
    let mut world = World::new(Rendition::new(30.0, 33_000), vec![Viewer::new(Link::new(50e6, 10)), stuck]);
    world.run(20_000);
    assert_eq!(world.viewers[1].closed, Some(1008));
    assert!(world.received(0, 1_000..20_000) >= 19 * 29);
    assert_eq!(world.rendition.keys.len(), 1);
}

#[test]
fn one_that_is_silent_is_asked_and_then_closed() {
    let mut session = net::live(HELLO);
    assert_eq!(session.deadline(), Some(at(20_000)));
    session.handle(Input::Timeout, at(20_000));
    assert_eq!(outputs(&mut session), [Output::Ping]);
    session.handle(Input::Alive, at(20_050));
    assert_eq!(session.deadline(), Some(at(40_050)));
    session.handle(Input::Timeout, at(40_050));
    assert_eq!(outputs(&mut session), [Output::Ping]);
    assert_eq!(session.deadline(), Some(at(80_050)));
    session.handle(Input::Timeout, at(80_050));
    assert_eq!(close_code(&outputs(&mut session)), Some(1008));
}

#[test]
fn malformed_messages_close_that_viewer() {
    for (text, code) in [
        ("x", 1007),
        ("[]", 1007),
        (r#"{"type":"event"}"#, 1008),
        (r#"{"type":"set_viewport","width":1}"#, 1008),
    ] {
        let mut session = net::live(HELLO);
        session.handle(Input::Text(text), at(1));
        assert_eq!(close_code(&outputs(&mut session)), Some(code), "{text}");
    }
    let mut session = net::live(HELLO);
    session.handle(Input::Text(&"x".repeat(65_537)), at(1));
    assert_eq!(close_code(&outputs(&mut session)), Some(1009));
}

#[test]
fn unknown_messages_and_binary_ones_are_ignored() {
    let mut session = net::live(HELLO);
    for text in ["{}", r#"{"type":"warp"}"#, r#"{"type":"ack"}"#, r#"{"type":"ack","seq":99999}"#] {
        session.handle(Input::Text(text), at(1));
    }
    session.handle(Input::Binary(b"\0\xff"), at(1));
    assert_eq!(outputs(&mut session), []);
    assert_eq!(session.stats(at(1)).frames_acked, 0, "what was never sent is not acknowledged");
}

#[test]
fn a_flood_closes() {
    let mut session = net::live(HELLO);
    let mut taken = 0;
    for tick in 0..100_000_u64 {
        session.handle(
            Input::Text(r#"{"type":"event","event":{"type":"pointer_move","x":1,"y":2}}"#),
            at(tick / 10),
        );
        match close_code(&outputs(&mut session)) {
            None => taken += 1,
            Some(code) => {
                assert_eq!(code, 1008);
                break;
            }
        }
    }
    assert!((4_000..6_000).contains(&taken), "{taken}");
}

#[test]
fn pings_of_one_that_does_not_read_cost_no_memory() {
    let mut session = net::live(HELLO);
    for _ in 0..3_000 {
        session.handle(Input::Text(r#"{"type":"ping","id":1,"client_us":5}"#), at(1));
    }
    let pongs = outputs(&mut session).len();
    assert!(pongs <= 32, "{pongs}");
    session.handle(Input::Written { remaining: 0 }, at(2));
    session.handle(Input::Text(r#"{"type":"ping","id":7,"client_us":5.5}"#), at(2));
    let pong = r#"{"type":"pong","id":7,"client_us":5.5,"server_us":2000}"#;
    assert_eq!(outputs(&mut session), [Output::Send(pong.into())]);
}

#[test]
fn a_flood_of_resets_costs_the_others_one_key_frame_per_two_seconds() {
    let viewers = vec![Viewer::new(Link::new(50e6, 10)), Viewer::new(Link::new(50e6, 10))];
    let mut world = World::new(Rendition::new(30.0, 5_000), viewers);
    for second in 0..100 {
        for _ in 0..10 {
            let now = world.now;
            world.viewers[1].say(now, r#"{"type":"decoder_reset"}"#);
            world.viewers[1].say(now, r#"{"type":"request_keyframe","reason":"awaiting keyframe"}"#);
        }
        world.run(100 + second % 7);
    }
    assert!(world.rendition.keys.len() <= 8, "{:?}", world.rendition.keys);
    assert!(world.received(0, 0..10_000) > 295);
}

#[test]
fn one_that_may_only_watch_sends_no_input() {
    let mut session = Session::new(SessionConfig::new("default"), at(0));
    session.handle(Input::Text(HELLO), at(0));
    session.handle(Input::Admitted(Role::View), at(0));
    session.handle(Input::Rendition(info()), at(0));
    outputs(&mut session);
    session.handle(Input::Text(r#"{"type":"event","event":{"type":"key_down","key":"a"}}"#), at(1));
    session.handle(Input::Text(r#"{"type":"set_viewport","width":1,"height":1}"#), at(1));
    assert_eq!(outputs(&mut session), []);
}
