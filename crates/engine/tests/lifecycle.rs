//! Where streams, threads and encoders end, and what comes back from viewers.

mod common;

use common::*;
use framewire_codec::testing::Script;
use framewire_engine::{Error, InputEvent, ResizePolicy, Stream, StreamConfig, ViewerId, Viewport};
use framewire_frame::{PixelFormat, PixelRatio, Timestamp};
use framewire_protocol as protocol;
use std::{sync::Arc, time::Duration};

fn without_grace() -> StreamConfig {
    let mut config = StreamConfig::default();
    config.grace = Duration::ZERO;
    config
}

#[tokio::test]
async fn the_encoder_ends_with_its_last_viewer_and_begins_again_with_a_key_frame() {
    let script = Script::new("a");
    let stream = stream(without_grace(), &[&script]);
    let mut last = 0;
    for round in 0..3_u64 {
        let mut viewers = [Viewer::ready(&stream, H264), Viewer::ready(&stream, H264)];
        if round == 0 {
            stream.publish(frame(0)).unwrap();
        }
        let unit = viewers[0].next().await;
        assert!(unit.key);
        assert!(round == 0 || unit.position > last, "positions go on");
        last = unit.position;
        let [one, two] = viewers;
        drop(one);
        assert_eq!(stream.viewers(), 1);
        drop(two);
        assert!(stream.wait_idle(LONG), "the thread has ended");
        assert_eq!(script.diary.sessions(), (round as usize + 1, 0));
    }
    assert_eq!(stream.metrics().renditions.len(), 1);
}

#[tokio::test]
async fn a_viewer_that_comes_back_soon_finds_the_encoder_running() {
    let script = Script::new("a");
    let mut config = StreamConfig::default();
    config.grace = LONG;
    let stream = stream(config, &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    drop(viewer);
    let mut viewer = Viewer::ready(&stream, H264);
    let id = stream.publish(frame(1)).unwrap();
    viewer.find_frame(id).await;
    assert_eq!(script.diary.sessions(), (1, 1));
}

#[tokio::test]
async fn closing_ends_everything() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    let mut policy = stream.policy_changes();
    policy.mark_unchanged();
    let waiting = tokio::spawn({
        let stream = stream.clone();
        async move { stream.next_event().await }
    });
    stream.close();
    stream.close();
    assert!(stream.is_closed());
    soon("the news", policy.changed()).await.unwrap();
    assert_eq!(soon("the end of the events", waiting).await.unwrap(), None);
    assert!(stream.wait_idle(LONG));
    assert_eq!(script.diary.sessions(), (1, 0));
    assert!(matches!(stream.publish(frame(1)), Err(Error::Closed { .. })));
    assert!(matches!(stream.publish_copy(picture(1).as_ref()), Err(Error::Closed { .. })));
    assert!(matches!(stream.subscribe(H264), Err(Error::Closed { .. })));
    assert!(stream.latest().is_none());
    assert!(viewer.subscription.log().positions().is_empty(), "no unit stays in memory");
}

#[test]
fn a_publisher_can_wait_for_the_first_viewer() {
    let stream = stream(StreamConfig::default(), &[&Script::new("a")]);
    assert!(!stream.wait_for_viewer(Duration::ZERO));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| stream.wait_for_viewer(LONG));
        let viewer = Viewer::join(&stream, H264);
        assert!(waiting.join().unwrap());
        drop(viewer);
    });
    assert_eq!(stream.viewers(), 0);
}

#[test]
fn impossible_names_and_frames_are_refused() {
    let roster = Arc::new(roster(&[]));
    for name in ["", ".", "..", "a/b", "ä", "a b", &"x".repeat(65)] {
        let error = Stream::new(name, StreamConfig::default(), Arc::clone(&roster)).unwrap_err();
        assert!(matches!(error, Error::InvalidName { .. }), "{name}");
    }
    let stream = Stream::new("a.b-c_1", StreamConfig::default(), roster).unwrap();
    let large = size(16_384, 2_161);
    let pixels = vec![0; PixelFormat::I420.packed_len(large)];
    let picture = framewire_frame::Picture::packed(PixelFormat::I420, large, pixels).unwrap();
    let error = stream.publish(picture).unwrap_err();
    assert!(error.to_string().starts_with("a frame of 16384x2161 can't be shown"), "{error}");
}

fn event(viewer: u64, json: &str) -> InputEvent {
    InputEvent {
        viewer: ViewerId(viewer),
        principal: None,
        received: Timestamp::from_micros(5),
        event: protocol::InputEvent::parse(json).expect("the tests write JSON objects"),
    }
}

#[tokio::test]
async fn input_reaches_the_application_in_order_and_moves_are_merged_per_viewer() {
    let stream = stream(StreamConfig::default(), &[]);
    for x in 0..5 {
        stream.push_event(event(1, &format!(r#"{{"type":"pointer_move","x":{x},"y":0}}"#)));
    }
    stream.push_event(event(2, r#"{"type":"pointer_move","x":9,"y":0}"#));
    stream.push_event(event(1, r#"{"type":"key_down","key":"a"}"#));
    let first = soon("an event", stream.next_event()).await.unwrap();
    assert_eq!(first.event.as_json(), r#"{"type":"pointer_move","x":4,"y":0}"#);
    let rest: Vec<_> = stream.poll_events().into_iter().map(|event| event.viewer).collect();
    assert_eq!(rest, [ViewerId(2), ViewerId(1)]);
}

#[test]
fn a_flood_of_input_loses_no_release() {
    let mut config = StreamConfig::default();
    config.event_queue = 8;
    let stream = stream(config, &[]);
    stream.push_event(event(1, r#"{"type":"key_up","key":"a","code":"KeyA"}"#));
    for _ in 0..100 {
        stream.push_event(event(1, r#"{"type":"wheel","x":0,"y":0,"dy":1}"#));
    }
    assert_eq!(stream.metrics().events_dropped, 93);
    let events = stream.poll_events();
    assert_eq!(events.len(), 8);
    assert!(events[0].event.is_release());
}

#[tokio::test]
async fn recorded_input_is_bounded_can_be_reset_and_is_written_line_by_line() {
    let path = std::env::temp_dir().join(format!("framewire-events-{}.jsonl", std::process::id()));
    let mut config = StreamConfig::default();
    config.record_events = true;
    config.event_log = Some(path.clone());
    let stream = stream(config, &[]);
    for index in 0..StreamConfig::RECORDED_EVENTS + 5 {
        stream.push_event(event(3, &format!("{{\"type\":\"custom\",\n\"n\":{index}}}")));
    }
    let recorded = stream.recorded_events();
    assert_eq!(recorded.len(), StreamConfig::RECORDED_EVENTS);
    assert_eq!(&*recorded[0], "{\"type\":\"custom\",\n\"n\":5}");
    stream.reset_recorded_events();
    assert!(stream.recorded_events().is_empty());
    stream.close();
    let lines = soon("the first line", async {
        loop {
            let text = std::fs::read_to_string(&path).unwrap();
            if text.contains('\n') {
                return text;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let first = lines.lines().next().unwrap();
    assert_eq!(first, r#"{"received_us":5,"viewer":3,"event":{"type":"custom","n":0}}"#);
    std::fs::remove_file(&path).unwrap();
    let mut unwritable = StreamConfig::default();
    unwritable.event_log = Some("/nowhere/at/all".into());
    let error = Stream::new("test", unwritable, Arc::new(roster(&[]))).unwrap_err();
    assert!(matches!(error, Error::EventLog { .. }));
}

#[test]
fn viewers_ask_for_a_size_only_where_the_stream_lets_them() {
    let viewport = Viewport { width: 801.0, height: 600.0, ratio: PixelRatio::ONE };
    let mut config = StreamConfig::default();
    config.resize = ResizePolicy::MatchClient;
    for (config, expected) in [(StreamConfig::default(), None), (config, Some(size(800, 600)))] {
        let stream = stream(config, &[]);
        stream.report_viewport(viewport);
        let end = stream.now().saturating_add(framewire_engine::TargetTracker::DEBOUNCE);
        while stream.now() <= end {
            std::thread::yield_now();
        }
        assert_eq!(stream.target_size().map(|target| target.size), expected);
    }
}

#[test]
fn a_still_is_a_png_of_the_newest_frame() {
    let stream = stream(StreamConfig::default(), &[]);
    assert_eq!(stream.still_png().unwrap(), None);
    stream.publish(frame(0)).unwrap();
    assert!(stream.still_png().unwrap().unwrap().starts_with(b"png q100 64x32"));
    let empty = Stream::new("test", StreamConfig::default(), Arc::default()).unwrap();
    empty.publish(frame(0)).unwrap();
    assert!(matches!(empty.still_png(), Err(Error::NoEncoder { .. })));
}
