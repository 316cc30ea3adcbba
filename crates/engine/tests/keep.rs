//! The recent past: what is kept, and what a saved stretch has.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use common::*;
use framewire_codec::testing::{Fault, Script};
use framewire_engine::{EncoderChoice, Error, Keep, Notice, Recent, Stream, StreamConfig, Stretch};
use framewire_frame::{Frame, Timestamp};
use framewire_mp4::Mp4Reader;
use std::{
    fs,
    io::Cursor,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

fn keeping(keep: Keep) -> StreamConfig {
    let mut config = StreamConfig::default();
    config.keep = Some(keep);
    config
}

fn memory() -> Keep {
    Keep::in_memory(Duration::from_secs(60))
}

fn folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("framewire-keep-{name}-{}", std::process::id()))
}

/// A stream that has kept so many frames, 100 ms of its own clock apart.
fn kept(config: StreamConfig, script: &Script, frames: u64) -> Stream {
    let stream = stream(config, &[script]);
    for seq in 0..frames {
        stream.publish(at(100 * seq, frame(seq))).unwrap();
        wait_for("the unit", &stream, |units| units as u64 == seq + 1);
    }
    stream
}

fn at(millis: u64, frame: Frame) -> Frame {
    Frame { timestamp: Some(Timestamp::from_micros(1000 * millis)), ..frame }
}

fn wait_for(what: &str, stream: &Stream, mut done: impl FnMut(usize) -> bool) {
    let start = Instant::now();
    while !done(stream.metrics().kept.unwrap().units) {
        assert!(start.elapsed() < LONG, "{what}: {:?}", stream.metrics().kept);
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn file(recent: &Recent) -> Vec<u8> {
    recent.write_to(Vec::new()).unwrap()
}

/// The times in microseconds and key flags of a file's samples.
fn samples(file: &[u8]) -> Vec<(i64, bool)> {
    let mut reader = Mp4Reader::open(Cursor::new(file)).unwrap();
    let track = reader.video_track().unwrap().clone();
    let mut bytes = Vec::new();
    (0..track.samples().len())
        .map(|index| {
            let sample = reader.read_sample(track.id(), index, &mut bytes).unwrap();
            (sample.dts * 1_000_000 / i64::from(track.timescale()), sample.sync)
        })
        .collect()
}

#[tokio::test]
async fn the_past_is_kept_without_viewers_in_memory_and_on_disk() {
    let folder = folder("both");
    for keep in [memory(), Keep::on_disk(Duration::from_secs(60), &folder)] {
        let script = Script::new("a");
        let stream = kept(keeping(keep), &script, 10);
        assert_eq!(stream.viewers(), 0);
        let metrics = stream.metrics().kept.unwrap();
        assert_eq!((metrics.units, metrics.duration), (10, Duration::from_millis(900)));
        let recent = stream.recent(Stretch::last(Duration::from_secs(60))).unwrap();
        assert_eq!((recent.units(), recent.duration()), (10, Duration::from_millis(900)));
        let expected: Vec<_> = (0..10).map(|seq| (100_000 * seq, seq == 0)).collect();
        assert_eq!(samples(&file(&recent)), expected);
        let plain = recent.write_seekable(Cursor::new(Vec::new())).unwrap().into_inner();
        assert_eq!(samples(&plain), expected);
        stream.close();
        assert!(matches!(stream.recent(Stretch::last(Duration::MAX)), Err(Error::Closed { .. })));
        assert_eq!(samples(&file(&recent)), expected, "a stretch is held as long as it is needed");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "nothing stays on the disk");
    fs::remove_dir(folder).unwrap();
}

#[tokio::test]
async fn a_saved_file_plays_elsewhere() {
    let stream = kept(keeping(memory()), &Script::new("a"), 5);
    // Another size in the middle, also of the file that stays in fragments.
    for seq in 5..10 {
        stream.publish(at(100 * seq, picture_of(seq, size(96, 48)).into())).unwrap();
        wait_for("the unit", &stream, |units| units as u64 == seq + 1);
    }
    let path = folder("plays").with_extension("mp4");
    stream.recent(Stretch::last(Duration::MAX)).unwrap().save(&path).unwrap();
    let again = stream.recent(Stretch::last(Duration::MAX)).unwrap().save(&path);
    assert!(matches!(again, Err(Error::RecordFile { .. })), "a file that is there stays");
    let fragments = folder("fragments").with_extension("mp4");
    fs::write(&fragments, file(&stream.recent(Stretch::last(Duration::MAX)).unwrap())).unwrap();
    for path in [path, fragments] {
        let output = Command::new("ffmpeg")
            .args(["-v", "warning", "-i"])
            .arg(&path)
            .args(["-f", "framemd5", "-"])
            .output();
        fs::remove_file(path).unwrap();
        let Ok(output) = output else {
            println!("SKIPPED a_saved_file_plays_elsewhere: there is no ffmpeg");
            return;
        };
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let pictures = String::from_utf8(output.stdout).unwrap();
        assert_eq!(pictures.lines().filter(|line| !line.starts_with('#')).count(), 10);
    }
}

#[tokio::test]
async fn a_stretch_begins_with_the_key_frame_before_it() {
    let script = Script::new("a");
    let stream = stream(keeping(memory()), &[&script]);
    let start = Instant::now();
    let mut seq = 0;
    while start.elapsed() < Duration::from_millis(4500) {
        stream.publish(frame(seq)).unwrap();
        seq += 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    let last = samples(&file(&stream.recent(Stretch::last(Duration::from_millis(500))).unwrap()));
    let length = last.last().unwrap().0;
    assert!(last[0] == (0, true) && (400_000..2_600_000).contains(&length), "{last:?}");
    let middle = Stretch::between(Duration::from_millis(3000), Duration::from_millis(2000));
    let middle = samples(&file(&stream.recent(middle).unwrap()));
    let length = middle.last().unwrap().0;
    assert!(middle[0] == (0, true) && (900_000..3_000_000).contains(&length), "{middle:?}");
    let nothing = Stretch::between(Duration::from_secs(50), Duration::from_secs(40));
    let nothing = stream.recent(nothing).unwrap();
    assert_eq!((nothing.units(), file(&nothing)), (0, Vec::new()));
}

#[tokio::test]
async fn what_is_kept_is_bounded_in_whole_groups() {
    let mut keep = memory();
    keep.bytes = 1 << 20;
    let script = Script::new("a");
    let stream = stream(keeping(keep), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    for seq in 0..200 {
        viewer.subscription.request_keyframe(framewire_engine::KeyframeReason::Join);
        stream.publish(picture_of(seq, size(256, 128))).unwrap();
        viewer.next().await;
        let kept = stream.metrics().kept.unwrap();
        assert!(kept.bytes <= 1 << 20, "{kept:?}");
    }
    let mut seq = 200;
    wait_for("what comes after a full store", &stream, |units| {
        viewer.subscription.request_keyframe(framewire_engine::KeyframeReason::Join);
        stream.publish(picture_of(seq, size(256, 128))).unwrap();
        seq += 1;
        units > 0
    });
    let recent = stream.recent(Stretch::last(Duration::MAX)).unwrap();
    assert!(samples(&file(&recent))[0].1, "what is there begins with a key frame");
}

#[tokio::test]
async fn nothing_is_kept_unless_it_is_wanted_and_possible() {
    let plain = stream(StreamConfig::default(), &[&Script::new("a")]);
    let error = plain.recent(Stretch::last(Duration::MAX)).unwrap_err();
    assert!(matches!(error, Error::NothingKept { .. }), "{error}");
    assert_eq!(plain.metrics().kept, None);
    let script = Script::new("a");
    let new = |config| Stream::new("test", config, std::sync::Arc::new(roster(&[&script])));
    let mut images = keeping(memory());
    images.encoder = EncoderChoice::Image(framewire_codec::ImageFormat::Jpeg);
    assert!(matches!(new(images), Err(Error::NotVideo { .. })));
    for keep in [Keep::in_memory(Duration::ZERO), Keep::in_memory(Duration::from_secs(90_000))] {
        assert!(matches!(new(keeping(keep)), Err(Error::InvalidConfig { .. })));
    }
    let mut keep = memory();
    keep.bytes = 1000;
    assert!(matches!(new(keeping(keep)), Err(Error::InvalidConfig { .. })));
    let keep = Keep::on_disk(Duration::from_secs(1), "/proc/nowhere");
    assert!(matches!(new(keeping(keep)), Err(Error::Keep { .. })));
}

#[tokio::test]
async fn a_stream_that_is_let_go_keeps_nothing() {
    let script = Script::new("a");
    let mut config = keeping(memory());
    config.grace = Duration::ZERO;
    let closed = kept(config.clone(), &script, 1);
    closed.close();
    wait_for("an empty past", &closed, |units| units == 0);
    let dropped = kept(config, &script, 1);
    drop(dropped);
    let start = Instant::now();
    while script.diary.sessions().1 > 0 {
        assert!(start.elapsed() < LONG, "the encoder still runs");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[tokio::test]
async fn a_disk_that_fails_ends_the_keeping_and_not_the_stream() {
    let folder = folder("fails");
    let script = Script::new("a");
    let stream = stream(keeping(Keep::on_disk(Duration::from_secs(60), &folder)), &[&script]);
    let mut notices = stream.notices();
    let mut viewer = Viewer::ready(&stream, H264);
    // The next file can't be made.
    fs::remove_dir(&folder).unwrap();
    let mut seq = 0;
    let notice = loop {
        stream.publish(picture_of(seq, size(256, 128))).unwrap();
        viewer.next().await;
        seq += 1;
        assert!(seq < 1000, "one file holds no 50 MB");
        if let Ok(notice) = notices.try_recv() {
            break notice;
        }
    };
    assert!(matches!(notice, Notice::KeepFailed { .. }) && !notice.is_for_viewers(), "{notice}");
    let id = stream.publish(picture_of(seq, size(256, 128))).unwrap();
    viewer.find_frame(id).await;
    wait_for("an empty past", &stream, |units| units == 0);
}

#[tokio::test]
async fn a_past_that_grows_no_more_as_no_encoder_works_is_said() {
    let script = Script::new("a").with(Fault::FailAt(1));
    let stream = kept(keeping(memory()), &script, 1);
    let mut notices = stream.notices();
    stream.publish(frame(1)).unwrap();
    let notice = soon("a notice", async {
        loop {
            let notice = notices.recv().await.unwrap();
            if matches!(notice, Notice::KeepStalled { .. }) {
                return notice;
            }
        }
    });
    assert!(!notice.await.is_for_viewers());
    assert_eq!(stream.recent(Stretch::last(Duration::MAX)).unwrap().units(), 1, "what is there stays");
}
