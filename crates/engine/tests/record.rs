//! Recordings: what is in the file, and what recording does to the stream.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use common::*;
use framewire_codec::testing::{Fault, Script};
use framewire_engine::{EncoderChoice, Error, Notice, RecordOptions, Recording, Stream, StreamConfig};
use framewire_frame::{Frame, FrameId, PixelFormat, Timestamp};
use framewire_mp4::Mp4Reader;
use framewire_pattern::Pattern;
use std::{
    fs::{self, File},
    io::{self, BufReader, Cursor, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

/// A path that nothing is at; what comes there goes with it.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("framewire-{name}-{}.mp4", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A sample as a file has it.
#[derive(Debug, PartialEq)]
struct Found {
    micros: i64,
    sync: bool,
    bytes: usize,
}

fn samples(path: &Path) -> Vec<Found> {
    let mut reader = Mp4Reader::open(BufReader::new(File::open(path).unwrap())).unwrap();
    let track = reader.video_track().unwrap().clone();
    let mut bytes = Vec::new();
    (0..track.samples().len())
        .map(|index| {
            let sample = reader.read_sample(track.id(), index, &mut bytes).unwrap();
            let micros = sample.dts * 1_000_000 / i64::from(track.timescale());
            Found { micros, sync: sample.sync, bytes: bytes.len() }
        })
        .collect()
}

fn at(frame: Frame, millis: u64) -> Frame {
    Frame { timestamp: Some(Timestamp::from_micros(millis * 1000)), ..frame }
}

fn wait_for(what: &str, recording: &Recording, done: impl Fn(u64) -> bool) {
    let start = Instant::now();
    while !done(recording.status().units) {
        assert!(start.elapsed() < LONG, "{what}: {:?}", recording.status());
        thread::sleep(Duration::from_millis(1));
    }
}

/// What an outside program says about a file; `None` where it is not there.
fn ffmpeg(arguments: &[&str], path: &Path) -> Option<String> {
    let arguments: Vec<&str> = arguments
        .iter()
        .map(|argument| if *argument == "FILE" { path.to_str().unwrap() } else { argument })
        .collect();
    let (program, arguments) = arguments.split_first().unwrap();
    let Ok(output) = Command::new(program).args(arguments).output() else {
        println!("SKIPPED {program}: it is not installed");
        return None;
    };
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{program}: {complaints}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Decodes everything; gives the number of pictures.
fn pictures(path: &Path) -> Option<usize> {
    let hashes = ffmpeg(&["ffmpeg", "-v", "warning", "-i", "FILE", "-f", "framemd5", "-"], path)?;
    Some(hashes.lines().filter(|line| !line.starts_with('#')).count())
}

#[tokio::test]
async fn a_recording_has_every_unit_that_a_viewer_gets_with_its_timestamp() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let place = Place::new("all");
    let mut viewer = Viewer::ready(&stream, H264);
    let recording = stream.record(&place.0).unwrap();
    let mut units = Vec::new();
    for seq in 0..20 {
        stream.publish(at(frame(seq), 500 + 33 * seq)).unwrap();
        units.push(viewer.next().await);
    }
    wait_for("all units", &recording, |units| units == 20);
    assert_eq!(stream.viewers(), 1, "a recording is no viewer");
    assert_eq!(stream.metrics().recordings[0].units, 20);
    let status = recording.stop();
    assert_eq!((status.running, status.error, status.lost), (false, None, 0));
    assert!(status.bytes > 0 && status.bytes <= fs::metadata(&place.0).unwrap().len());
    let found = samples(&place.0);
    let times: Vec<_> = found.iter().map(|sample| sample.micros).collect();
    let expected: Vec<_> = units.iter().map(|unit| unit.timestamp.as_micros() as i64 - 500_000).collect();
    assert_eq!(times, expected);
    let keys: Vec<_> = found.iter().map(|sample| sample.sync).collect();
    assert_eq!(keys, units.iter().map(|unit| unit.key).collect::<Vec<_>>());
    assert_eq!(script.diary.sessions().0, 1, "the encode is shared");
    let Some(count) = pictures(&place.0) else { return };
    assert_eq!(count, 20);
    let arguments = [
        "ffprobe",
        "-v",
        "warning",
        "-show_entries",
        "format=duration:packet=pts_time,flags",
        "-of",
        "csv",
        "FILE",
    ];
    let probe = ffmpeg(&arguments, &place.0).unwrap();
    assert!(probe.contains("packet,0.033000,"), "{probe}");
    let duration: f64 = probe.lines().find_map(|line| line.strip_prefix("format,")).unwrap().parse().unwrap();
    assert!((19.0 * 0.033..20.5 * 0.034).contains(&duration), "{duration}");
}

#[tokio::test]
async fn a_recording_needs_no_viewer_and_leaves_no_file_without_a_picture() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let place = Place::new("nobody");
    stream.record(&place.0).unwrap().stop();
    assert!(!place.0.exists());
    let recording = stream.record(&place.0).unwrap();
    stream.publish(frame(0)).unwrap();
    wait_for("the unit", &recording, |units| units == 1);
    drop(recording);
    assert_eq!(samples(&place.0).len(), 1);
    assert!(stream.wait_idle(LONG), "nobody records any more");
}

#[tokio::test]
async fn an_existing_file_stays_unless_it_is_to_be_replaced() {
    let stream = stream(StreamConfig::default(), &[&Script::new("a")]);
    let place = Place::new("exists");
    fs::write(&place.0, b"dear to somebody").unwrap();
    let error = stream.record(&place.0).unwrap_err();
    assert!(
        matches!(&error, Error::RecordFile { source, .. } if source.kind() == io::ErrorKind::AlreadyExists)
    );
    assert_eq!(fs::read(&place.0).unwrap(), b"dear to somebody");
    let recording = stream.record(RecordOptions::new(&place.0).overwrite(true)).unwrap();
    stream.publish(frame(0)).unwrap();
    wait_for("the unit", &recording, |units| units == 1);
    stream.close();
    assert!(!recording.stop().running);
    assert_eq!(samples(&place.0).len(), 1, "the end of the stream ends the file");
    assert!(matches!(stream.record(&place.0), Err(Error::Closed { .. })));
}

#[tokio::test]
async fn a_stream_of_images_is_not_recorded() {
    let mut config = StreamConfig::default();
    config.encoder = EncoderChoice::Image(framewire_codec::ImageFormat::Jpeg);
    let stream = stream(config, &[&Script::new("a")]);
    let place = Place::new("images");
    assert!(matches!(stream.record(&place.0), Err(Error::NotVideo { .. })));
    assert!(!place.0.exists());
}

#[tokio::test]
async fn key_frames_come_every_two_seconds_while_something_records_and_only_then() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut viewer = Viewer::ready(&stream, H264);
    let place = Place::new("keys");
    let publish_for = |time: Duration, from: u64| {
        let start = Instant::now();
        let mut seq = from;
        while start.elapsed() < time {
            stream.publish(frame(seq)).unwrap();
            seq += 1;
            thread::sleep(Duration::from_millis(20));
        }
        seq
    };
    let seq = publish_for(Duration::from_millis(2500), 0);
    assert_eq!(demanded_keys(&script).len(), 1, "none is asked for without a recording");
    let recording = stream.record(&place.0).unwrap();
    let seq = publish_for(Duration::from_millis(4500), seq);
    recording.stop();
    let found = samples(&place.0);
    let keys: Vec<_> = found.iter().filter(|sample| sample.sync).map(|sample| sample.micros).collect();
    assert!(found[0].sync && keys.len() >= 3, "{keys:?}");
    assert!(keys.windows(2).all(|pair| pair[1] - pair[0] < 3_000_000), "{keys:?}");
    let before = demanded_keys(&script).len();
    publish_for(Duration::from_millis(2500), seq);
    assert_eq!(demanded_keys(&script).len(), before, "none afterwards");
    viewer.find("a unit", |_| true).await;
}

#[tokio::test]
async fn the_time_of_a_resting_picture_goes_on_in_the_file() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let place = Place::new("rests");
    let recording = stream.record(&place.0).unwrap();
    stream.publish(frame(0)).unwrap();
    wait_for("two key frames", &recording, |units| units == 2);
    thread::sleep(Duration::from_millis(1200));
    recording.stop();
    let found = samples(&place.0);
    assert!(found.iter().all(|sample| sample.sync));
    assert!(found[1].micros > 1_500_000, "{found:?}");
    assert!(encoded(&script).len() >= 2 && encoded(&script).iter().all(|id| *id == FrameId(0)));
    let reader = Mp4Reader::open(BufReader::new(File::open(&place.0).unwrap())).unwrap();
    let last = *reader.video_track().unwrap().samples().last().unwrap();
    let end = last.dts + i64::from(last.duration);
    assert!(end >= 2_900_000, "the last picture is shown until the recording was stopped: {end}");
}

#[tokio::test]
async fn a_change_of_size_plays_whole() {
    let roster = Arc::new(framewire_codec::Roster {
        encoders: framewire_software::encoders(),
        decoders: framewire_software::decoders(),
        ..framewire_codec::Roster::default()
    });
    let stream = Stream::new("test", StreamConfig::default(), Arc::clone(&roster)).unwrap();
    let place = Place::new("resize");
    let recording = stream.record(&place.0).unwrap();
    let mut viewer = Viewer::ready(&stream, H264);
    for (seq, side) in [(0, 128), (1, 128), (2, 256), (3, 256), (4, 129), (5, 128)] {
        let picture = Pattern::TestCard.picture(seq, PixelFormat::Rgba8, size(side, 96)).unwrap();
        stream.publish(at(picture.into(), 40 * seq)).unwrap();
        viewer.next().await;
    }
    wait_for("all units", &recording, |units| units == 6);
    recording.stop();
    let found = samples(&place.0);
    assert_eq!(
        found.iter().map(|sample| sample.micros / 1000).collect::<Vec<_>>(),
        [0, 40, 80, 120, 160, 200]
    );
    let syncs: Vec<_> = found.iter().map(|sample| sample.sync).collect();
    assert_eq!((syncs[2], syncs[4], syncs[5]), (true, true, true));
    if let Some(count) = pictures(&place.0) {
        assert_eq!(count, 6);
    }
}

#[tokio::test]
async fn a_recording_goes_on_with_another_encoder_and_when_viewers_get_images() {
    let (first, second) = (Script::new("a"), Script::new("b"));
    let stream = stream(StreamConfig::default(), &[&first, &second]);
    let place = Place::new("switch");
    let recording = stream.record(&place.0).unwrap();
    stream.publish(at(frame(0), 0)).unwrap();
    wait_for("the first encoder", &recording, |units| units == 1);
    for (seq, choice) in
        [(1, EncoderChoice::Named("b".into())), (2, EncoderChoice::Image(framewire_codec::ImageFormat::Jpeg))]
    {
        stream.set_encoder(choice).unwrap();
        let id = stream.publish(at(frame(seq), 100 * seq)).unwrap();
        assert!(recording.wait_for(id, LONG));
    }
    let status = recording.stop();
    assert_eq!(status.error, None);
    let found = samples(&place.0);
    assert!(found.len() >= 3 && found.last().unwrap().micros >= 200_000, "{found:?}");
    assert!(second.diary.sessions().0 >= 1);
    if let Some(count) = pictures(&place.0) {
        assert_eq!(count, found.len());
    }
}

/// A sink that takes nothing while its gate is closed.
struct Slow {
    gate: Arc<(Mutex<bool>, Condvar)>,
    inner: Cursor<Vec<u8>>,
    out: Arc<Mutex<Vec<u8>>>,
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (open, changed) = &*self.gate;
        let _guard = changed.wait_while(open.lock().unwrap(), |open| !*open).unwrap();
        let taken = self.inner.write(bytes);
        self.out.lock().unwrap().clone_from(self.inner.get_ref());
        taken
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Slow {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[tokio::test]
async fn a_slow_disk_loses_units_loudly_and_the_stream_does_not_wait() {
    let script = Script::new("a");
    let stream = stream(StreamConfig::default(), &[&script]);
    let mut notices = stream.notices();
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let out = Arc::new(Mutex::new(Vec::new()));
    let sink = Slow { gate: Arc::clone(&gate), inner: Cursor::new(Vec::new()), out: Arc::clone(&out) };
    let recording = stream.record_to("slow", sink).unwrap();
    let mut viewer = Viewer::ready(&stream, H264);
    for seq in 0..1200 {
        stream.publish(frame(seq)).unwrap();
        viewer.next().await;
    }
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    viewer.subscription.request_keyframe(framewire_engine::KeyframeReason::Join);
    stream.publish(frame(1200)).unwrap();
    viewer.find("a key frame", |unit| unit.key).await;
    let start = Instant::now();
    while recording.status().lost == 0 {
        assert!(start.elapsed() < LONG, "{:?}", recording.status());
        stream.publish(frame(1300)).unwrap();
        viewer.subscription.request_keyframe(framewire_engine::KeyframeReason::Join);
        thread::sleep(Duration::from_millis(20));
    }
    let status = recording.stop();
    assert!(status.error.is_none(), "{status:?}");
    let lagged = soon("a notice", async {
        loop {
            if let Notice::RecordingLagged { file, lost } = notices.recv().await.unwrap() {
                return (file, lost);
            }
        }
    });
    assert_eq!(lagged.await, ("slow".to_owned(), status.lost));
    let bytes = out.lock().unwrap().clone();
    let mut reader = Mp4Reader::open(Cursor::new(bytes)).unwrap();
    let track = reader.video_track().unwrap().clone();
    assert_eq!(track.samples().len() as u64, status.units);
    let mut data = Vec::new();
    let mut syncs = (0..track.samples().len())
        .map(|index| reader.read_sample(track.id(), index, &mut data).unwrap().sync);
    assert!(syncs.by_ref().skip(1000).any(|sync| sync), "it goes on with a key frame");
}

#[tokio::test]
async fn a_file_that_may_be_replaced_stays_until_there_is_something_to_record() {
    let stream = stream(StreamConfig::default(), &[&Script::new("a")]);
    let place = Place::new("replaced");
    fs::write(&place.0, [7; 100_000]).unwrap();
    let options = RecordOptions::new(&place.0).overwrite(true);
    let status = stream.record(options.clone()).unwrap().stop();
    assert_eq!((status.units, status.error), (0, None));
    assert_eq!(fs::read(&place.0).unwrap(), [7; 100_000]);
    let recording = stream.record(options).unwrap();
    stream.publish(frame(0)).unwrap();
    wait_for("the unit", &recording, |units| units == 1);
    recording.stop();
    assert_eq!(samples(&place.0).len(), 1);
    assert!(fs::metadata(&place.0).unwrap().len() < 100_000, "nothing of the old file is left");
}

#[tokio::test]
async fn a_recording_whose_encoder_fails_says_so_until_a_unit_comes() {
    let stream = stream(StreamConfig::default(), &[&Script::new("a").with(Fault::FailAt(1))]);
    let mut notices = stream.notices();
    let place = Place::new("stalled");
    let recording = stream.record(&place.0).unwrap();
    let mut stall = async |seq| {
        stream.publish(frame(seq)).unwrap();
        wait_for("the unit", &recording, |units| units > 0);
        stream.publish(frame(seq + 1)).unwrap();
        soon("a notice", async {
            loop {
                if let Notice::RecordingStalled { why, .. } = notices.recv().await.unwrap() {
                    return why;
                }
            }
        })
        .await
    };
    let why = stall(0).await;
    let status = recording.status();
    assert_eq!((status.running, status.units, status.error.as_ref()), (true, 1, Some(&why)));
    // What failed at one size may work at another.
    let id = stream.publish(picture_of(2, size(96, 48))).unwrap();
    assert!(recording.wait_for(id, LONG));
    assert_eq!(recording.status().error, None);
    stream.publish(picture_of(3, size(96, 48))).unwrap();
    let start = Instant::now();
    while recording.status().error.is_none() {
        assert!(start.elapsed() < LONG, "{:?}", recording.status());
        thread::sleep(Duration::from_millis(1));
    }
    let status = recording.stop();
    assert!(!status.running && status.error.is_some(), "{status:?}");
    assert_eq!(samples(&place.0).len(), 2);
}

#[tokio::test]
async fn a_frame_that_shows_what_was_shown_is_in_the_file_with_the_unit_before_it() {
    let stream = stream(StreamConfig::default(), &[&Script::new("a")]);
    let place = Place::new("repeated");
    let recording = stream.record(&place.0).unwrap();
    for _ in 0..40 {
        let id = stream.publish(frame(0)).unwrap();
        assert!(recording.wait_for(id, LONG), "{id}: {:?}", recording.status());
    }
    let status = recording.stop();
    assert!(status.units < 40, "{status:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_ends_the_recording_and_not_the_stream() {
    let stream = stream(StreamConfig::default(), &[&Script::new("a")]);
    let mut notices = stream.notices();
    let recording = stream.record(RecordOptions::new("/dev/full").overwrite(true)).unwrap();
    let mut viewer = Viewer::ready(&stream, H264);
    stream.publish(frame(0)).unwrap();
    viewer.next().await;
    let notice = soon("a notice", notices.recv()).await.unwrap();
    assert!(matches!(&notice, Notice::RecordingFailed { file, .. } if file == "/dev/full"), "{notice}");
    assert!(!notice.is_for_viewers());
    let status = recording.status();
    assert!(!status.running && status.error.unwrap().contains("space"), "{notice}");
    let id = stream.publish(frame(1)).unwrap();
    assert_eq!(viewer.find_frame(id).await.frame, id, "the stream goes on");
}
