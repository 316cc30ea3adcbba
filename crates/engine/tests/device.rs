//! Frames on a device: it converts, scales and begins early, and it may fail.

mod common;

use common::*;
use framewire_codec::testing::{DeviceCounts, DeviceFault, Script, TestDevice};
use framewire_engine::{Notice, Stream, StreamConfig};
use framewire_frame::Frame;

/// What is said of a device that has failed at a conversion.
const REPLACED: &str = "conversion on the processor takes the place of conversion on a test device: \
                        it does not convert this one";

fn open(script: &Script) -> Stream {
    stream(StreamConfig::default(), &[script])
}

#[tokio::test]
async fn a_frame_is_converted_by_its_device_and_reaches_a_viewer() {
    let (script, device) = (Script::new("a"), TestDevice::default());
    let mut units = Vec::new();
    for on_device in [true, false] {
        let stream = open(&script);
        let mut viewer = Viewer::ready(&stream, H264);
        for seq in 0..3 {
            let frame = if on_device { device.frame(picture(seq)) } else { frame(seq) };
            let id = stream.publish(frame).unwrap();
            units.push(viewer.find_frame(id).await);
        }
    }
    for (on_device, on_host) in units[..3].iter().zip(&units[3..]) {
        assert_eq!((&on_device.data, on_device.size), (&on_host.data, on_host.size));
    }
    let expected = DeviceCounts { converter: 1, start: 2, convert: 3, ..DeviceCounts::default() };
    assert_eq!(device.counts(), expected);
}

#[tokio::test]
async fn a_scaled_rendition_is_scaled_by_the_device() {
    for key in [H264, JPEG] {
        let (script, device) = (Script::new("a"), TestDevice::default());
        let stream = open(&script);
        let mut half = Viewer::ready(&stream, key.smaller().unwrap());
        for seq in 0..3 {
            let id = stream.publish(device.frame(picture(seq))).unwrap();
            let unit = half.find_frame(id).await;
            assert_eq!((unit.size, unit.frame_size), (size(32, 16), size(64, 32)));
        }
        let expected = DeviceCounts { converter: 1, start: 2, convert: 3, scaled: 5, download: 0 };
        assert_eq!(device.counts(), expected, "{key}: scaled for each picture, and to begin early");
    }
}

#[tokio::test]
async fn a_scaled_conversion_that_fails_is_replaced_by_the_processor_with_one_notice() {
    for key in [H264, JPEG] {
        let (script, device) = (Script::new("a"), TestDevice::default());
        device.fail(DeviceFault::FailScaled);
        let stream = open(&script);
        let mut notices = stream.notices();
        let mut half = Viewer::ready(&stream, key.smaller().unwrap());
        for seq in 0..4 {
            let id = stream.publish(device.frame(picture(seq))).unwrap();
            let unit = half.next().await;
            assert_eq!((unit.frame, unit.size), (id, size(32, 16)), "{key}");
        }
        let notice = soon("a notice", notices.recv()).await.unwrap();
        assert_eq!(notice.to_string(), REPLACED);
        assert!(notices.try_recv().is_err(), "it is said once");
        let expected = DeviceCounts { converter: 1, start: 0, convert: 1, scaled: 4, download: 4 };
        assert_eq!(device.counts(), expected, "{key}");
        assert_eq!(stream.metrics().renditions[0].frames_failed, 0);
    }
}

#[tokio::test]
async fn a_device_that_does_not_scale_is_scaled_for() {
    let (script, device) = (Script::new("a"), TestDevice::default());
    device.fail(DeviceFault::LackScaling);
    let stream = open(&script);
    for key in [H264.smaller().unwrap(), JPEG.smaller().unwrap()] {
        let mut viewer = Viewer::ready(&stream, key);
        let id = stream.publish(device.frame(picture(0))).unwrap();
        assert_eq!(viewer.find_frame(id).await.size, size(32, 16));
    }
    assert_eq!(device.counts().converter, 0);
}

#[tokio::test]
async fn publishing_begins_the_conversion_for_those_who_are_ready_and_for_nobody_else() {
    let (script, device) = (Script::new("a"), TestDevice::default());
    let stream = open(&script);
    let mut viewer = Viewer::ready(&stream, H264);
    let starts = |frame: Frame| {
        stream.publish(frame).unwrap();
        device.counts().start
    };
    assert_eq!(starts(device.frame(picture(0))), 0, "nobody knows yet who converts");
    viewer.next().await;
    assert_eq!(starts(device.frame(picture(1))), 1);
    viewer.next().await;
    assert_eq!(starts(frame(2)), 1, "a frame of the host is nothing to a device");
    viewer.next().await;
    assert_eq!(starts(device.frame(picture_of(3, size(32, 32)))), 1, "its converter is of another size");
    viewer.next().await;
    assert_eq!(starts(TestDevice::default().frame(picture_of(4, size(32, 32)))), 1, "nor of another device");
    viewer.next().await;
    viewer.subscription.set_ready(false);
    assert_eq!(starts(device.frame(picture(5))), 1, "nobody is ready");
}

#[tokio::test]
async fn a_device_that_calls_back_while_it_begins_finds_the_stream_free() {
    let (script, device) = (Script::new("a"), TestDevice::default());
    let stream = open(&script);
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(device.frame(picture(0))).unwrap();
    viewer.next().await;
    let called = stream.clone();
    device.on_start(move || {
        called.publish(frame(1)).unwrap();
        called.subscribe(JPEG).unwrap().set_ready(true);
        assert_eq!(called.metrics().renditions.len(), 2);
        called.set_rate(called.advised_rate());
    });
    let (publisher, (done, published)) = (stream.clone(), tokio::sync::oneshot::channel());
    // A publisher that waits for itself is left behind.
    std::thread::spawn(move || done.send(publisher.publish(device.frame(picture(2)))));
    let id = soon("the publisher", published).await.unwrap().unwrap();
    viewer.find_frame(id).await;
}

#[tokio::test]
async fn a_conversion_that_fails_is_replaced_by_the_processor_with_one_notice() {
    let (script, device) = (Script::new("a"), TestDevice::default());
    device.fail(DeviceFault::FailConvert(2));
    let stream = open(&script);
    let mut notices = stream.notices();
    let mut viewer = Viewer::ready(&stream, H264);
    for seq in 0..6 {
        let id = stream.publish(device.frame(picture(seq))).unwrap();
        let unit = viewer.next().await;
        assert_eq!((unit.frame, unit.key), (id, seq == 0));
    }
    let notice = soon("a notice", notices.recv()).await.unwrap();
    assert!(notice.is_for_viewers() && matches!(notice, Notice::ConversionReplaced { .. }));
    assert_eq!(notice.to_string(), REPLACED);
    assert!(notices.try_recv().is_err(), "it is said once");
    let counts = device.counts();
    assert_eq!((counts.converter, counts.convert, counts.download), (1, 3, 4));
    assert_eq!(counts.start, 2, "what is not converted there is not begun there");
    assert_eq!(stream.metrics().renditions[0].frames_failed, 0);
}

#[tokio::test]
async fn a_device_that_is_lost_costs_its_frames_and_not_the_stream() {
    for key in [H264, H264.smaller().unwrap(), JPEG, JPEG.smaller().unwrap()] {
        let (script, device) = (Script::new("a"), TestDevice::default());
        let stream = open(&script);
        let mut notices = stream.notices();
        let mut viewer = Viewer::ready(&stream, key);
        stream.publish(device.frame(picture(0))).unwrap();
        viewer.next().await;
        device.fail(DeviceFault::Lost);
        for failed in 1..4 {
            stream.publish(device.frame(picture(failed))).unwrap();
            soon("the frame to be given up", async {
                while stream.metrics().renditions[0].frames_failed < failed {
                    tokio::task::yield_now().await;
                }
            })
            .await;
        }
        let next = TestDevice::default();
        for frame in [frame(4), next.frame(picture(5))] {
            let id = stream.publish(frame).unwrap();
            assert_eq!(viewer.next().await.frame, id, "{key}");
        }
        assert_eq!(next.counts().convert, usize::from(key != JPEG), "{key}");
        assert!(notices.try_recv().is_err(), "nothing has taken the device's place");
    }
}

#[tokio::test]
async fn images_at_full_size_take_the_pixels_as_they_are() {
    let (script, device) = (Script::new("a"), TestDevice::default());
    let stream = open(&script);
    let mut viewer = Viewer::ready(&stream, JPEG);
    let id = stream.publish(device.frame(picture(0))).unwrap();
    assert!(viewer.find_frame(id).await.data.starts_with(b"jpeg q80 64x32"));
    assert_eq!(device.counts(), DeviceCounts { download: 1, ..DeviceCounts::default() });
}
