//! What viewers get, and when something is encoded.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod common;

use common::*;
use framewire_codec::testing::{Entry, Fault, Script, TestSurface};
use framewire_engine::{KeyframeReason, Log, Scale, Stream, StreamConfig};
use framewire_frame::{
    DeviceError, DeviceSurface, Frame, FrameId, Picture, PixelFormat, PixelRatio, Size, Surface,
};
use std::{
    any::Any,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

#[tokio::test]
async fn a_frame_reaches_a_ready_viewer() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    let id = stream.publish(frame(0)).unwrap();
    let unit = viewer.next().await;
    assert_eq!((unit.frame, unit.key, unit.size, unit.position), (id, true, size(64, 32), 0));
    assert!(unit.published <= stream.now());
    let id = stream.publish_copy(picture(1).as_ref()).unwrap();
    let next = viewer.next().await;
    assert_eq!((next.frame, next.key, next.position), (id, false, 1));
    assert!(next.timestamp > unit.timestamp);
}

#[tokio::test]
async fn nothing_is_encoded_for_nobody_and_only_the_newest_frame_for_who_comes() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    for seq in 0..10 {
        stream.publish(frame(seq)).unwrap();
    }
    let mut viewer = Viewer::join(&stream, H264);
    for seq in 10..20 {
        stream.publish(frame(seq)).unwrap();
    }
    assert_eq!(script.diary.sessions().0, 0, "nobody is ready");
    viewer.subscription.set_ready(true);
    assert_eq!(viewer.next().await.frame, FrameId(19));
    assert_eq!(encoded(&script), [FrameId(19)]);
}

#[tokio::test]
async fn the_newest_frame_comes_out_when_the_window_opens_also_after_publishing_has_stopped() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    viewer.subscription.set_ready(false);
    for seq in 1..4 {
        stream.publish(frame(seq)).unwrap();
    }
    viewer.subscription.set_ready(true);
    let unit = viewer.next().await;
    assert_eq!(
        (unit.frame, unit.key),
        (FrameId(3), false),
        "frames skipped before encoding cost no key frame"
    );
    assert_eq!(stream.metrics().renditions[0].frames_skipped, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_frame_always_arrives_whatever_viewers_and_publishers_do() {
    for delay in [0, 2] {
        let script = Script::new("a").with_delay(delay);
        let stream = stream(StreamConfig::default(), &[&script]);
        let mut watcher = Viewer::join(&stream, H264);
        let done = AtomicBool::new(false);
        let newest = thread::scope(|scope| {
            for seed in 1..4_u64 {
                let viewer = Viewer::join(&stream, H264);
                let done = &done;
                scope.spawn(move || {
                    let mut random = seed;
                    while !done.load(Ordering::Relaxed) {
                        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        viewer.subscription.set_ready(random >> 62 != 0);
                        if random >> 58 == 1 {
                            viewer.subscription.request_keyframe(KeyframeReason::Loss);
                        }
                        thread::yield_now();
                    }
                });
            }
            let publishers: Vec<_> = (0..2)
                .map(|publisher| {
                    let stream = &stream;
                    scope.spawn(move || {
                        for seq in 0..300 {
                            stream.publish(frame(publisher * 1000 + seq)).unwrap();
                            thread::yield_now();
                        }
                    })
                })
                .collect();
            for publisher in publishers {
                publisher.join().unwrap();
            }
            done.store(true, Ordering::Relaxed);
            FrameId(599)
        });
        watcher.subscription.set_ready(true);
        let unit = watcher.find_frame(newest).await;
        assert_eq!(unit.frame, newest);
        let order = encoded(&script);
        assert!(order.is_sorted(), "frames are encoded in their order");
    }
}

#[tokio::test]
async fn many_viewers_share_one_encode() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewers: Vec<_> = (0..50).map(|_| Viewer::ready(&stream, H264)).collect();
    assert_eq!(stream.viewers(), 50);
    for seq in 0..5 {
        let id = stream.publish(frame(seq)).unwrap();
        let mut units = Vec::new();
        for viewer in &mut viewers {
            units.push(viewer.next().await);
        }
        assert!(units.iter().all(|unit| unit.frame == id));
        assert!(
            units.iter().all(|unit| unit.data.as_ptr() == units[0].data.as_ptr()),
            "the bytes are shared"
        );
    }
    assert_eq!(encoded(&script).len(), 5);
    assert_eq!(script.diary.sessions(), (1, 1));
}

#[tokio::test]
async fn a_join_on_a_resting_scene_gets_a_key_frame_without_a_publish() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut first = Viewer::ready(&stream, H264);
    let id = stream.publish(frame(0)).unwrap();
    let before = first.next().await;
    let mut second = Viewer::ready(&stream, H264);
    second.subscription.request_keyframe(KeyframeReason::Join);
    let unit = second.next().await;
    assert_eq!((unit.frame, unit.key), (id, true));
    assert!(unit.timestamp > before.timestamp, "a unit's timestamp is its own");
    assert_eq!(first.next().await.position, unit.position, "the others see the same unit");
}

#[tokio::test]
async fn requests_for_key_frames_become_one() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    for _ in 0..100 {
        viewer.subscription.request_keyframe(KeyframeReason::Join);
        viewer.subscription.request_keyframe(KeyframeReason::Loss);
    }
    viewer.find("a key frame", |unit| unit.key).await;
    let id = stream.publish(frame(1)).unwrap();
    assert!(!viewer.find_frame(id).await.key, "all were served at once");
    assert_eq!(demanded_keys(&script).len(), 2);
}

#[tokio::test]
async fn a_key_frame_that_the_encoder_forgot_is_asked_for_again() {
    let script = Script::new("a").with(Fault::IgnoreKeys(2));
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    viewer.subscription.request_keyframe(KeyframeReason::Decoder);
    assert_eq!(viewer.find("a key frame", |unit| unit.key).await.frame, FrameId(0));
    assert_eq!(demanded_keys(&script).len(), 4);
}

#[tokio::test]
async fn a_frame_that_the_encoder_dropped_comes_out_later() {
    let script = Script::new("a").with(Fault::Drop(1)).with(Fault::Drop(2));
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    let id = stream.publish(frame(1)).unwrap();
    assert_eq!(viewer.next().await.frame, id);
    assert_eq!(encoded(&script).len(), 4);
}

#[tokio::test]
async fn an_encoder_that_holds_frames_back_is_emptied_when_nothing_follows() {
    let script = Script::new("a").with_delay(3);
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    for seq in 0..5 {
        let id = stream.publish(frame(seq)).unwrap();
        assert_eq!(viewer.next().await.frame, id);
    }
}

#[tokio::test]
async fn a_frame_of_another_size_is_a_resize() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    let mut policy = stream.policy_changes();
    policy.mark_unchanged();
    let id = stream.publish(picture_of(1, size(96, 48))).unwrap();
    let unit = viewer.find_frame(id).await;
    assert_eq!((unit.size, unit.key), (size(96, 48), true));
    soon("the news of the size", policy.changed()).await.unwrap();
    assert_eq!(stream.size(), size(96, 48));
}

#[tokio::test]
async fn scaled_renditions_are_smaller_and_name_the_frames_own_size() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let half = H264.smaller().unwrap();
    assert_eq!(half.scale, Scale::Half);
    let mut viewer = Viewer::ready(&stream, half);
    let mut images = Viewer::ready(&stream, JPEG.smaller().unwrap().smaller().unwrap());
    stream.publish(frame(0)).unwrap();
    let unit = viewer.next().await;
    assert_eq!((unit.size, unit.frame_size), (size(32, 16), size(64, 32)));
    assert_eq!(half.size_of(size(64, 32)), size(32, 16));
    let image = images.next().await;
    assert_eq!(image.size, size(16, 8));
    assert!(image.data.starts_with(b"jpeg q80 16x8"));
}

#[tokio::test]
async fn a_lost_device_frame_leaves_the_stream_alive() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(TestSurface::lost(size(64, 32))).unwrap();
    let id = stream.publish(TestSurface::frame(picture(1))).unwrap();
    assert_eq!(viewer.next().await.frame, id);
}

#[tokio::test]
async fn the_log_of_a_long_group_stays_bounded() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    for seq in 0..200 {
        stream.publish(frame(seq)).unwrap();
        viewer.next().await;
    }
    let held = viewer.subscription.log().positions();
    assert_eq!((held.end, held.end - held.start), (200, Log::MAX_UNITS as u64));
}

/// Publishes, and waits until the first rendition has looked at the frame.
async fn publish_and_look(stream: &Stream, frame: Frame) -> FrameId {
    let id = stream.publish(frame).unwrap();
    soon("the frame to be looked at", async {
        loop {
            let metrics = stream.metrics();
            let done = &metrics.renditions[0];
            let seen = done.frames_encoded + done.frames_repeated + done.frames_skipped;
            if seen == metrics.frames_published {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    id
}

#[tokio::test]
async fn the_same_picture_again_and_again_is_not_sent_for_ever() {
    let shared = picture(0);
    let again: [(&str, &dyn Fn() -> Frame); 3] = [
        ("the same memory", &|| shared.clone().into()),
        ("other memory", &|| frame(0)),
        ("a surface", &|| TestSurface::frame(picture(0))),
    ];
    for (what, again) in again {
        for key in [H264, H264.smaller().unwrap(), JPEG] {
            if key == JPEG && what == "the same memory" {
                continue;
            }
            let script = Script::new("a");
            let stream = stream(StreamConfig::default(), &[&script]);
            let mut viewer = Viewer::ready(&stream, key);
            for _ in 0..300 {
                publish_and_look(&stream, again()).await;
            }
            let metrics = stream.metrics().renditions[0].clone();
            assert_eq!((metrics.frames_encoded, metrics.frames_repeated), (31, 269), "{what} in {key}");
            let id = publish_and_look(&stream, frame(1)).await;
            let unit = viewer.find_frame(id).await;
            assert_eq!(unit.key, key == JPEG, "a change is sent as ever: {what} in {key}");
        }
    }
}

#[tokio::test]
async fn other_words_about_the_same_pixels_are_sent() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    for _ in 0..40 {
        publish_and_look(&stream, frame(0)).await;
    }
    assert_eq!(encoded(&script).len(), 31);
    let pixel_ratio = PixelRatio::new(2.0).unwrap();
    let id = publish_and_look(&stream, Frame { pixel_ratio, ..frame(0) }).await;
    assert_eq!(viewer.find_frame(id).await.pixel_ratio, pixel_ratio);
    publish_and_look(&stream, Frame { pixel_ratio, ..frame(0) }).await;
    assert_eq!(encoded(&script).len(), 32);
}

/// Memory that a publisher draws into while frames of it are published.
#[derive(Debug)]
struct Shared(Mutex<Picture>);

impl DeviceSurface for Shared {
    fn size(&self) -> Size {
        self.0.lock().unwrap().size()
    }

    fn format(&self) -> PixelFormat {
        self.0.lock().unwrap().format()
    }

    fn download(&self) -> Result<Picture, DeviceError> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[tokio::test]
async fn a_publisher_that_draws_into_what_it_published_is_seen() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    let shared = Arc::new(Shared(Mutex::new(picture(0))));
    let frame = || Frame::new(Surface::Device(Arc::clone(&shared) as Arc<dyn DeviceSurface>));
    for _ in 0..40 {
        publish_and_look(&stream, frame()).await;
    }
    assert_eq!(encoded(&script).len(), 31);
    *shared.0.lock().unwrap() = picture(1);
    let id = publish_and_look(&stream, frame()).await;
    assert!(!viewer.find_frame(id).await.key);
    assert_eq!(encoded(&script).len(), 32);
}

#[tokio::test]
async fn the_differences_of_a_dropped_frame_are_told_with_the_next_one() {
    let script = Script { uses_changes: true, ..Script::new("a").with(Fault::Drop(1)) };
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    let corner = |value| {
        let mut data = vec![90; PixelFormat::Rgb8.packed_len(size(64, 32))];
        data[..3].fill(value);
        Picture::packed(PixelFormat::Rgb8, size(64, 32), data).unwrap()
    };
    stream.publish(corner(90)).unwrap();
    viewer.next().await;
    let id = stream.publish(corner(200)).unwrap();
    assert_eq!(viewer.next().await.frame, id);
    let id = stream.publish(corner(200)).unwrap();
    assert_eq!(viewer.next().await.frame, id);
    let told = entries(&script, |entry| match entry {
        Entry::Encoded { changed, .. } => *changed,
        _ => None,
    });
    // The third is the frame that was dropped, which viewers still lack.
    assert_eq!(told, [8, 1, 1, 0]);
}
