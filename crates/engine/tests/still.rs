//! The sharp version of a picture that rests.

mod common;

use common::*;
use framewire_codec::{
    ImageFormat,
    testing::{Entry, Script, TestSurface},
};
use framewire_engine::{StreamConfig, UnitKind};
use std::time::Duration;

fn config() -> StreamConfig {
    let mut config = StreamConfig::default();
    config.still_after = Some(Duration::from_millis(50));
    config
}

#[tokio::test]
async fn resting_video_ends_in_one_clean_key_frame_with_room_to_be_good() {
    let mut script = Script::new("a");
    script.takes_surfaces = true;
    let stream = stream(config(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    for (seq, frame) in [(0, frame(0)), (1, TestSurface::frame(picture(1)))] {
        let id = stream.publish(frame).unwrap();
        let still = viewer.find("a still", |unit| unit.still).await;
        assert_eq!((still.frame, still.key), (id, true), "frame {seq}");
    }
    assert_eq!(stream.metrics().renditions[0].stills, 2);
    let rates = entries(&script, |entry| match entry {
        Entry::Rate(rate) => Some(rate.frame_rate.as_f64()),
        _ => None,
    });
    assert_eq!(
        rates,
        [2.0, 30.0, 2.0, 30.0],
        "the rate control gives stills half a second, and nothing else"
    );
}

#[tokio::test]
async fn a_resting_image_is_followed_by_a_png_also_from_a_device() {
    let stream = stream(config(), &[]);
    let mut viewer = Viewer::ready(&stream, JPEG);
    for frame in [frame(0), TestSurface::frame(picture(1))] {
        let id = stream.publish(frame).unwrap();
        let unit = viewer.find_frame(id).await;
        assert_eq!((&unit.kind, unit.still), (&UnitKind::Image(ImageFormat::Jpeg), false));
        let still = viewer.next().await;
        assert_eq!((&still.kind, still.still, still.frame), (&UnitKind::Image(ImageFormat::Png), true, id));
    }
}

#[tokio::test]
async fn who_shows_no_png_gets_the_best_of_what_it_shows() {
    let stream = stream(config(), &[]);
    let mut viewer = Viewer::ready(&stream, JPEG);
    viewer.subscription.refuse_png();
    stream.publish(frame(0)).unwrap();
    let still = viewer.find("a still", |unit| unit.still).await;
    assert!(still.data.starts_with(b"jpeg q95"));
}

#[tokio::test]
async fn a_still_waits_for_a_viewer_to_be_ready() {
    let stream = stream(config(), &[]);
    let mut viewer = Viewer::ready(&stream, JPEG);
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    viewer.subscription.set_ready(false);
    // When another rendition has its still, the moment of this one's is over too.
    let mut other = Viewer::ready(&stream, JPEG.smaller().unwrap());
    other.find("a still of the other rendition", |unit| unit.still).await;
    viewer.subscription.set_ready(true);
    viewer.find("a still", |unit| unit.still).await;
    assert_eq!(stream.metrics().renditions[0].stills, 1);
}

#[tokio::test]
async fn a_picture_that_is_published_again_and_again_rests_and_is_sharpened_once() {
    let script = Script::new("a");
    let stream = stream(config(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    // Fewer than are encoded for the sake of refinement.
    let publish = async {
        for _ in 0..10 {
            stream.publish(frame(0)).unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (still, ()) = tokio::join!(viewer.find("a still", |unit| unit.still), publish);
    assert!(still.key);
    while stream.metrics().renditions[0].frames_repeated < 40 {
        stream.publish(frame(0)).unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let metrics = stream.metrics().renditions[0].clone();
    assert_eq!(metrics.stills, 1);
    assert!(metrics.frames_encoded < 12, "nothing refines a sharp picture");
    let id = stream.publish(frame(1)).unwrap();
    assert!(!viewer.find_frame(id).await.still);
}
