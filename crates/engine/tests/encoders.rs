//! Which encoder is at work, what it is set to, and what happens when it fails.

mod common;

use common::*;
use framewire_codec::{
    Codec, EncoderBackend, ImageFormat, Rate, Tier,
    encode::{Capabilities, Encoded, Input},
    testing::{Entry, Fault, Script},
};
use framewire_engine::{
    EncoderChoice, Error, Notice, RenditionKey, RenditionKind, Stream, StreamConfig, UnitKind, ViewerEstimate,
};
use framewire_frame::{Bitrate, DeviceSurface, FrameRate};
use framewire_protocol::Capabilities as Offer;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

fn browser() -> Offer {
    Offer::from_strings(["image/jpeg", "image/png", "webcodecs/h264-annexb"])
}

#[tokio::test]
async fn an_encoder_that_fails_is_replaced_and_its_viewers_stay() {
    let broken = Script::new("broken").in_tier(Tier::Preferred).with(Fault::FailAt(2));
    let spare = Script::new("spare");
    let stream = stream(StreamConfig::default(), &[&broken, &spare]);
    let mut notices = stream.notices();
    let mut viewer = Viewer::ready(&stream, H264);
    for seq in 0..5 {
        let id = stream.publish(frame(seq)).unwrap();
        let unit = viewer.next().await;
        assert_eq!((unit.frame, unit.key), (id, seq == 0 || seq == 2));
    }
    assert_eq!(viewer.subscription.encoder().as_deref(), Some("spare"));
    let notice = soon("a notice", notices.recv()).await.unwrap();
    assert!(matches!(&notice, Notice::EncoderReplaced { from, to, .. } if from == "broken" && to == "spare"));
    assert!(notice.to_string().contains("the script says so"));
}

#[tokio::test]
async fn when_every_encoder_fails_viewers_are_sent_to_images() {
    let broken = Script::new("broken").with(Fault::FailAt(1));
    let stream = stream(StreamConfig::default(), &[&broken]);
    assert_eq!(stream.select(browser()), Some(H264));
    let mut policy = stream.policy_changes();
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    stream.publish(frame(1)).unwrap();
    soon("the news", policy.wait_for(|_| stream.select(browser()) == Some(JPEG))).await.unwrap();
    assert!(matches!(stream.subscribe(H264), Err(Error::RenditionFailed { .. })));
    let mut viewer = Viewer::ready(&stream, JPEG);
    assert_eq!(viewer.next().await.kind, UnitKind::Image(ImageFormat::Jpeg));
    stream.publish(picture_of(2, size(32, 32))).unwrap();
    assert_eq!(stream.select(browser()), Some(H264), "another size is another chance");
}

#[tokio::test]
async fn intra_refresh_is_asked_of_the_encoder() {
    for wanted in [false, true] {
        let mut roster = roster(&[&Script::new("a")]);
        let asked = Arc::new(AtomicBool::new(!wanted));
        let (open, seen) = (Arc::clone(&roster.encoders[0].open), Arc::clone(&asked));
        roster.encoders[0].open = Arc::new(move |config| {
            seen.store(config.intra_refresh, Ordering::Relaxed);
            open(config)
        });
        let mut config = StreamConfig::default();
        config.intra_refresh = wanted;
        let stream = Stream::new("test", config, Arc::new(roster)).unwrap();
        let mut viewer = Viewer::ready(&stream, H264);
        stream.publish(frame(0)).unwrap();
        viewer.next().await;
        assert_eq!(asked.load(Ordering::Relaxed), wanted);
    }
}

#[tokio::test]
async fn a_live_switch_shows_the_resting_picture_by_the_other_encoder() {
    let (one, two) = (Script::new("one"), Script::new("two"));
    let stream = stream(StreamConfig::default(), &[&one, &two]);
    let mut viewer = Viewer::ready(&stream, H264);
    let id = stream.publish(frame(0)).unwrap();
    viewer.next().await;
    stream.set_encoder(EncoderChoice::Named("two".into())).unwrap();
    let unit = viewer.next().await;
    assert_eq!((unit.frame, unit.key, unit.position), (id, true, 1));
    assert_eq!(viewer.subscription.encoder().as_deref(), Some("two"));
    assert_eq!(one.diary.sessions(), (1, 0), "the other one is closed");
    let error = stream.set_encoder(EncoderChoice::Named("three".into())).unwrap_err();
    assert!(error.to_string().contains("auto, one, two, image:jpeg, image:png"), "{error}");
    assert_eq!(stream.config().encoder, EncoderChoice::Named("two".into()));
}

#[tokio::test]
async fn a_switch_to_images_tells_the_server_and_leaves_those_who_show_none() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut policy = stream.policy_changes();
    policy.mark_unchanged();
    stream.set_encoder(EncoderChoice::Image(ImageFormat::Png)).unwrap();
    soon("the news", policy.changed()).await.unwrap();
    let png = RenditionKey::full(RenditionKind::Image(ImageFormat::Png));
    assert_eq!(stream.select(browser()), Some(png));
    assert_eq!(stream.select(Offer::from_strings(["webcodecs/h264-annexb"])), Some(H264));
    assert_eq!(stream.select(Offer::NONE), None);
}

#[tokio::test]
async fn a_rate_is_changed_in_place() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    let mut told = viewer.subscription.rate();
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    let bitrate = Bitrate::from_bits_per_second(2_000_000);
    stream.set_rate(Rate { bitrate, ..Rate::default() });
    stream.publish(frame(1)).unwrap();
    assert!(!viewer.next().await.key);
    let rates = entries(&script, |entry| match entry {
        Entry::Rate(rate) => Some(rate.bitrate),
        _ => None,
    });
    assert_eq!(rates, [bitrate]);
    assert_eq!(told.borrow_and_update().bitrate, bitrate);
    assert_eq!(stream.advised_rate().bitrate, bitrate);
    assert_eq!(script.diary.sessions(), (1, 1));
}

#[tokio::test]
async fn a_rendition_that_nobody_can_follow_takes_less_without_a_key_frame() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    let delivery = Some(Bitrate::from_bits_per_second(1_000_000));
    viewer.subscription.report(ViewerEstimate { delivery });
    viewer.subscription.set_ready(false);
    let blocked = stream.now();
    while stream.now().since(blocked) < Duration::from_millis(1500) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    viewer.subscription.set_ready(true);
    stream.publish(frame(1)).unwrap();
    assert!(!viewer.next().await.key);
    let expected = Bitrate::from_bits_per_second(800_000);
    assert_eq!(viewer.subscription.rate().borrow().bitrate, expected);
    assert_eq!(stream.advised_rate().bitrate, expected);
    assert_eq!(stream.config().rate, Rate::default(), "the publisher's own setting stays");
    assert_eq!(script.diary.sessions(), (1, 1));
}

#[tokio::test]
async fn an_encoder_that_pays_for_rates_with_key_frames_is_left_alone_for_small_changes() {
    let script = Script::new("a").with(Fault::RefuseRate);
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    let mut keys = Vec::new();
    for (seq, megabits) in [8, 4, 5, 6].into_iter().enumerate() {
        let bitrate = Bitrate::from_bits_per_second(megabits * 1_000_000);
        stream.set_rate(Rate { bitrate, frame_rate: FrameRate::whole(30) });
        stream.publish(frame(seq as u64)).unwrap();
        keys.push(viewer.next().await.key);
    }
    assert_eq!(keys, [true, true, false, false]);
}

#[tokio::test]
async fn an_encoder_that_panics_is_a_failure_and_can_be_tried_again() {
    struct Panics;
    impl EncoderBackend for Panics {
        fn capabilities(&self) -> Capabilities {
            Capabilities { name: "panics", ..Capabilities::default() }
        }
        fn takes(&self, _: &dyn DeviceSurface) -> bool {
            false
        }
        fn encode(
            &mut self,
            _: Input<'_>,
            _: &mut dyn FnMut(Encoded<'_>),
        ) -> Result<(), framewire_codec::BackendError> {
            panic!("a bug in a backend, on purpose");
        }
        fn flush(&mut self, _: &mut dyn FnMut(Encoded<'_>)) -> Result<(), framewire_codec::BackendError> {
            Ok(())
        }
        fn set_rate(&mut self, _: Rate) -> Result<(), framewire_codec::BackendError> {
            Ok(())
        }
    }
    let good = Script::new("good");
    let mut roster = roster(&[&good]);
    roster.encoders.insert(
        0,
        framewire_codec::Candidate {
            name: "panics",
            codecs: &[Codec::H264],
            tier: Tier::Preferred,
            open: Arc::new(|_| Ok(Box::new(Panics))),
        },
    );
    let stream = Stream::new("test", StreamConfig::default(), Arc::new(roster)).unwrap();
    let mut policy = stream.policy_changes();
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    soon("the news", policy.wait_for(|_| stream.select(browser()) == Some(JPEG))).await.unwrap();
    stream.set_encoder(EncoderChoice::Named("good".into())).unwrap();
    assert!(viewer.next().await.key, "the viewer that stayed is served");
}

#[tokio::test]
async fn a_rendition_that_nothing_makes_is_refused() {
    let stream = stream(StreamConfig::default(), &[]);
    let webp = RenditionKey::full(RenditionKind::Image(ImageFormat::Webp));
    for key in [H264, webp] {
        assert!(matches!(stream.subscribe(key), Err(Error::NoEncoder { .. })));
    }
}
