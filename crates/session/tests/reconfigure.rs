//! Another encoder, size or rendition under a live viewer.
mod net;

use framewire_frame::Size;
use framewire_protocol::{ImageFormat, SetQuality, Transport};
use framewire_session::{Input, Output, RenditionInfo};
use net::{HELLO, OLD_HELLO, at, close_code, info, live, outputs};

fn image() -> RenditionInfo {
    RenditionInfo { transport: Transport::Image(ImageFormat::Jpeg), ..info() }
}

#[test]
fn a_switch_and_a_change_of_rate_at_once_both_take_effect() {
    let mut session = live(OLD_HELLO);
    session.handle(Input::Rendition(image()), at(1));
    session.handle(Input::Quality(SetQuality { bitrate: 1_000_000, fps: 15.0 }), at(1));
    assert_eq!(
        outputs(&mut session),
        [
            Output::Send(
                r#"{"type":"config","transport":"image","width":1280,"height":720,"coords":"frame-pixels"}"#
                    .into()
            ),
            Output::Send(r#"{"type":"set_quality","bitrate":1000000,"fps":15}"#.into()),
        ]
    );
    assert_eq!(session.stats(at(1)).target_bitrate, 1_000_000);
}

#[test]
fn a_viewer_begins_a_new_rendition_at_its_key_unit_and_counts_on() {
    let mut session = live(HELLO);
    let mut log = net::Log::default();
    let unit = |key| framewire_session::UnitInfo { bytes: 100, key, ..Default::default() };
    log.push(unit(true));
    log.push(unit(false));
    for expected in 0..2 {
        let send = session.next_unit(&log, at(1)).unwrap();
        assert_eq!((send.position, send.seq, send.publish_time), (expected, expected, true));
        assert_eq!(session.next_unit(&log, at(1)), None, "the socket has not taken the last one");
        session.handle(Input::Written { remaining: 0 }, at(1));
    }
    session.handle(Input::Rendition(image()), at(2));
    let mut images = net::Log { first: 50, ..Default::default() };
    images.push(unit(true));
    images.push(unit(true));
    let send = session.next_unit(&images, at(2)).unwrap();
    assert_eq!((send.position, send.seq), (51, 2));
}

#[test]
fn a_resize_is_told_to_those_who_know_what_to_do_with_it() {
    let resized = RenditionInfo { size: Size::new(640, 360).unwrap(), ..info() };
    let mut session = live(HELLO);
    session.handle(Input::Reconfigured(resized.clone()), at(1));
    assert!(
        matches!(&outputs(&mut session)[..], [Output::Send(config)] if config.contains(r#""width":640"#))
    );
    let mut old = live(OLD_HELLO);
    old.handle(Input::Reconfigured(resized), at(1));
    assert_eq!(outputs(&mut old), []);
}

#[test]
fn a_stream_that_turns_to_what_the_client_cannot_show_closes_it() {
    let mut session = live(HELLO);
    session.handle(Input::NoTransport, at(1));
    assert_eq!(close_code(&outputs(&mut session)), Some(1003));
}

#[test]
fn an_ended_stream_closes_with_4404() {
    let mut session = live(HELLO);
    session.handle(Input::StreamEnded, at(1));
    assert_eq!(close_code(&outputs(&mut session)), Some(4404));
}

#[test]
fn the_same_quality_is_told_once_and_notices_only_to_those_who_asked() {
    let quality = SetQuality { bitrate: 500_000, fps: 29.97 };
    let mut session = live(OLD_HELLO);
    session.handle(Input::Quality(quality), at(1));
    session.handle(Input::Quality(quality), at(2));
    let notice =
        framewire_protocol::Notice { level: framewire_protocol::NoticeLevel::Warn, text: "é".into() };
    session.handle(Input::Notice(notice.clone()), at(2));
    assert_eq!(
        outputs(&mut session),
        [Output::Send(r#"{"type":"set_quality","bitrate":500000,"fps":29.97}"#.into())]
    );
    let mut session = live(HELLO);
    session.handle(Input::Notice(notice), at(1));
    let text = r#"{"type":"notice","level":"warn","text":"\u00e9"}"#;
    assert_eq!(outputs(&mut session), [Output::Send(text.into())]);
}

#[test]
fn statistics_come_once_per_second_while_something_happens_also_without_acks() {
    let mut world =
        net::World::new(net::Rendition::new(30.0, 5_000), vec![net::Viewer::new(net::Link::new(50e6, 5))]);
    world.viewers[0].acks_after = None;
    world.run(10_000);
    let stats = world.viewers[0].texts.iter().filter(|text| text.contains(r#""stats""#)).count();
    assert!((4..=10).contains(&stats), "{stats}");
}
