mod machine;

use super::*;
use crate::{
    Timescale,
    sink::{Destination, PictureSink, VideoFormat, open_video},
    source::SourceOptions,
};
use framewire_codec::{
    AccessUnit,
    testing::{DecoderScript, Diary, Entry, Fault, Script, TestSurface, pictures},
};
use framewire_frame::{Color, Frame, FrameId, Picture, PictureRef, PixelFormat, Size, Timestamp};
use framewire_mp4::Mp4Reader;
use std::{
    io,
    sync::{Mutex, mpsc},
    thread,
};

/// What a source gives.
type Next = Result<Option<Timed>, InputError>;

/// Frames that are due 100 units of 3000 apart, until the end or a fault.
struct Scripted {
    frames: u64,
    index: u64,
    fault: Option<fn() -> Next>,
    /// What a picture becomes.
    frame: fn(Picture) -> Frame,
}

impl Scripted {
    fn of(frames: u64) -> Box<Self> {
        Box::new(Self { frames, index: 0, fault: None, frame: Frame::new })
    }

    /// Frames as a decoder leaves them on its device.
    fn on_device(frames: u64) -> Box<Self> {
        let frame = |rgba: Picture| TestSurface::frame(pictures::coded(rgba.as_ref(), Color::default()));
        Box::new(Self { frame, ..*Self::of(frames) })
    }
}

impl Source for Scripted {
    fn describe(&self) -> String {
        "a script".to_owned()
    }

    fn frame_rate(&self) -> Option<FrameRate> {
        Some(FrameRate::whole(30))
    }

    fn frame_count(&self) -> Option<u64> {
        Some(self.frames)
    }

    fn next(&mut self) -> Next {
        if self.index == self.frames {
            return self.fault.map_or(Ok(None), |fault| fault());
        }
        let frame = (self.frame)(pictures::rgba(size(), self.index));
        let moment = Moment { ticks: self.index * 100, timescale: Timescale::new(3000) };
        self.index += 1;
        Ok(Some(Timed::new(frame, Due::At(moment))))
    }

    fn rewind(&mut self) -> Result<bool, InputError> {
        Ok(false)
    }
}

/// Keeps what it is given; fails where it is told to.
#[derive(Clone, Default)]
struct Kept {
    ticks: Arc<Mutex<Vec<u64>>>,
    lasts: Arc<Mutex<u64>>,
    finished: Arc<Mutex<bool>>,
    full_after: Option<usize>,
    data: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl UnitSink for Kept {
    fn write(&mut self, unit: &AccessUnit, moment: Moment, lasts: u64) -> Result<(), OutputError> {
        let mut ticks = self.ticks.lock().unwrap();
        if self.full_after == Some(ticks.len()) {
            return Err(io::Error::from(io::ErrorKind::StorageFull).into());
        }
        ticks.push(moment.ticks);
        self.data.lock().unwrap().push(unit.data.to_vec());
        *self.lasts.lock().unwrap() = lasts;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        *self.finished.lock().unwrap() = true;
        Ok(())
    }

    fn whole_units(&self) -> u64 {
        0
    }

    fn bytes(&self) -> u64 {
        self.ticks.lock().unwrap().len() as u64
    }
}

fn size() -> Size {
    Size::new(48, 32).unwrap()
}

fn roster(scripts: &[Script]) -> Roster {
    Roster { encoders: scripts.iter().map(Script::candidate).collect(), ..Roster::default() }
}

fn options() -> ExportOptions {
    ExportOptions {
        choice: Choice::Auto,
        config: EncoderConfig::new(size()),
        bitrate: None,
        conversion: Conversion::Auto,
    }
}

fn run(source: Box<dyn Source>, scripts: &[Script], sink: &Kept) -> Result<Report, Failed<Report>> {
    let open = sink.clone();
    export(source, &roster(scripts), &options(), move |_| Ok(Box::new(open)), &Cancel::default(), &mut |_| {})
}

fn moments(count: u64) -> Vec<u64> {
    (0..count).map(|index| index * 100).collect()
}

#[test]
fn every_frame_comes_out_once_in_order_at_its_exact_moment() {
    for delay in [0, 3] {
        let sink = Kept::default();
        let report = run(Scripted::of(40), &[Script::new("one").with_delay(delay)], &sink).unwrap();
        assert_eq!(*sink.ticks.lock().unwrap(), moments(40));
        assert_eq!((*sink.lasts.lock().unwrap(), *sink.finished.lock().unwrap()), (100, true));
        assert_eq!((report.frames, report.lost_frames, report.cancelled), (40, 0, false));
        assert_eq!(report.encoder.as_deref(), Some("one"));
        assert!((report.media_seconds - 40.0 / 30.0).abs() < 1e-9);
        assert!(report.converter.is_some() && report.codec.is_some());
    }
}

#[test]
fn frames_on_a_device_stay_there_for_an_encoder_that_takes_them_and_for_no_other() {
    for takes in [false, true] {
        let script = Script { takes_surfaces: takes, ..Script::new("one") };
        let diary = script.diary.clone();
        let report = run(Scripted::on_device(20), &[script], &Kept::default()).unwrap();
        assert_eq!((report.frames, report.lost_frames), (20, 0));
        assert_eq!(on_device(&diary), [takes; 20]);
    }
}

/// Twenty pictures in Annex B, the first of them a key frame.
fn stream() -> Vec<u8> {
    let units = roster(&[Script::new("source")]);
    let mut encoder = Encoder::open(&units, &Choice::Auto, EncoderConfig::new(size())).unwrap();
    let mut stream = Vec::new();
    for index in 0..20 {
        let frame = pictures::rgba(size(), index).into();
        let moment = Timestamp::from_micros(index * 33_333);
        let units = encoder.encode(&frame, FrameId(index), moment).unwrap();
        stream.extend(units.iter().flat_map(|unit| unit.data.to_vec()));
    }
    stream
}

#[test]
fn frames_that_no_decoder_could_make_are_counted_as_lost() {
    let broken = DecoderScript { broken_at: Some(6), ..DecoderScript::default() };
    let roster = Roster { decoders: vec![broken.candidate("one")], ..roster(&[Script::new("two")]) };
    let source =
        || crate::source::open_stream(io::Cursor::new(stream()), &SourceOptions::default(), &roster).unwrap();
    let sink = Kept::default();
    let open = |_| Ok(Box::new(sink.clone()) as Box<dyn UnitSink>);
    let encoded = export(source(), &roster, &options(), open, &Cancel::default(), &mut |_| {}).unwrap();
    let saved = save(source(), Seen(PixelFormat::I420, Arc::default()));
    for report in [encoded, saved] {
        assert_eq!((report.frames, report.lost_frames, report.undecoded_frames), (19, 1, 1));
    }
}

#[test]
fn a_clip_goes_from_a_decoder_to_an_encoder_of_one_device_without_a_download() {
    for surfaces in [false, true] {
        let script = Script { takes_surfaces: true, ..Script::new("one") };
        let diary = script.diary.clone();
        let decoder = DecoderScript { surfaces, delay: 2, ..DecoderScript::default() };
        let roster = Roster { decoders: vec![decoder.candidate("two")], ..roster(&[script]) };
        let stream = io::Cursor::new(stream());
        let source = crate::source::open_stream(stream, &SourceOptions::default(), &roster).unwrap();
        let sink = Kept::default();
        let open = sink.clone();
        let report =
            export(source, &roster, &options(), move |_| Ok(Box::new(open)), &Cancel::default(), &mut |_| {});
        assert_eq!(report.unwrap().frames, 20);
        assert_eq!(on_device(&diary), [surfaces; 20]);
    }
}

/// Where each picture was when it was encoded.
fn on_device(diary: &Diary) -> Vec<bool> {
    let encoded = |entry| match entry {
        Entry::Encoded { on_device, .. } => Some(on_device),
        _ => None,
    };
    diary.entries().into_iter().filter_map(encoded).collect()
}

#[test]
fn an_encoder_that_fails_in_the_middle_is_replaced_and_loses_nothing() {
    let sink = Kept::default();
    let scripts = [Script::new("first").with(Fault::FailAt(7)), Script::new("second")];
    let report = run(Scripted::of(20), &scripts, &sink).unwrap();
    assert_eq!(*sink.ticks.lock().unwrap(), moments(20));
    assert_eq!(report.encoder.as_deref(), Some("second"));
    let [fallback] = report.fallbacks.as_slice() else { panic!("{:?}", report.fallbacks) };
    assert_eq!((fallback.from.as_str(), fallback.to.as_str()), ("first", "second"));
    assert!(fallback.why.contains("the script says so"), "{}", fallback.why);
}

#[test]
fn a_file_holds_what_both_encoders_made() {
    let path = std::env::temp_dir().join(format!("framewire-export-{}.mp4", std::process::id()));
    let destination = Destination::Path { path: path.clone(), overwrite: true };
    let scripts = [Script::new("first").with(Fault::FailAt(7)), Script::new("second")];
    for format in [VideoFormat::Mp4, VideoFormat::FastStartMp4, VideoFormat::FragmentedMp4] {
        let open = |facts| open_video(&destination, format, facts, &Cancel::default());
        let report =
            export(Scripted::of(20), &roster(&scripts), &options(), open, &Cancel::default(), &mut |_| {})
                .unwrap();
        assert_eq!(report.bytes, std::fs::metadata(&path).unwrap().len());
        let reader = Mp4Reader::open(io::BufReader::new(std::fs::File::open(&path).unwrap())).unwrap();
        let track = reader.video_track().unwrap();
        let times: Vec<i64> = track.samples().iter().map(|sample| sample.pts).collect();
        assert_eq!(times, (0..20).map(|index| index * 100).collect::<Vec<_>>());
        let keys: Vec<bool> = track.samples().iter().map(|sample| sample.sync).collect();
        assert!(keys[0] && keys[7], "the second begins with a key frame");
        assert_eq!((track.timescale(), track.samples()[19].duration), (3000, 100));
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn frames_that_a_failed_pipeline_held_are_counted_as_lost() {
    let sink = Kept::default();
    let scripts = [Script::new("first").with_delay(2).with(Fault::FailAt(7)), Script::new("second")];
    let report = run(Scripted::of(20), &scripts, &sink).unwrap();
    assert_eq!((report.frames, report.lost_frames), (18, 2));
}

#[test]
fn the_end_of_the_last_encoder_is_said_and_what_was_made_is_kept() {
    let sink = Kept::default();
    let failed = run(Scripted::of(20), &[Script::new("only").with(Fault::FailAt(5))], &sink).unwrap_err();
    assert!(matches!(failed.error, Error::Encode(_)), "{}", failed.error);
    assert!(failed.error.to_string().contains("only"), "{}", failed.error);
    assert_eq!(failed.report.unwrap().frames, 5);
    assert_eq!(*sink.ticks.lock().unwrap(), moments(5));
    assert!(*sink.finished.lock().unwrap());
}

#[test]
fn a_source_that_breaks_off_leaves_a_whole_output() {
    let sink = Kept::default();
    let cut = || Err(InputError::Truncated { offset: 99, what: "the last frame is short".to_owned() });
    let source = Scripted { fault: Some(cut), ..*Scripted::of(9) };
    let failed = run(Box::new(source), &[Script::new("one").with_delay(2)], &sink).unwrap_err();
    assert_eq!(failed.error.to_string(), "it is cut off at byte 99: the last frame is short");
    assert_eq!(*sink.ticks.lock().unwrap(), moments(9));
    assert!(*sink.finished.lock().unwrap());
}

#[test]
fn a_full_disk_ends_everything() {
    let sink = Kept { full_after: Some(3), ..Kept::default() };
    let failed = run(Scripted::of(100_000), &[Script::new("one")], &sink).unwrap_err();
    assert!(matches!(&failed.error, Error::Output(error) if error.is_write_failure()));
    assert_eq!(failed.report.unwrap().frames, 3);
}

#[test]
fn an_encoder_that_cannot_be_opened_opens_no_output() {
    let scripts = [Script::new("none").with(Fault::Unavailable("no device"))];
    let failed = export(
        Scripted::of(3),
        &roster(&scripts),
        &options(),
        |_| panic!("nothing is opened"),
        &Cancel::default(),
        &mut |_| {},
    )
    .unwrap_err();
    assert!(failed.report.is_none() && failed.error.to_string().contains("no device"));
}

#[test]
fn a_wish_to_stop_is_heard_while_the_source_blocks() {
    /// Blocks until the test lets it go.
    struct Blocked(mpsc::Receiver<()>, Scripted);
    impl Source for Blocked {
        fn describe(&self) -> String {
            self.1.describe()
        }
        fn frame_rate(&self) -> Option<FrameRate> {
            None
        }
        fn next(&mut self) -> Next {
            if self.1.index == 4 {
                // The sender goes when the test has seen the end.
                let _ = self.0.recv();
            }
            self.1.next()
        }
        fn rewind(&mut self) -> Result<bool, InputError> {
            Ok(false)
        }
    }
    let (hold, blocked) = mpsc::channel();
    let sink = Kept::default();
    let cancel = Cancel::default();
    let (open, wish) = (sink.clone(), cancel.clone());
    let report = export(
        Box::new(Blocked(blocked, *Scripted::of(50))),
        &roster(&[Script::new("one")]),
        &options(),
        move |_| Ok(Box::new(open)),
        &cancel,
        &mut |event| {
            if matches!(event, Event::Progress(progress) if progress.frames == 4) {
                wish.cancel();
            }
        },
    )
    .unwrap();
    assert!(report.cancelled);
    assert_eq!(*sink.ticks.lock().unwrap(), moments(4));
    assert_eq!((*sink.lasts.lock().unwrap(), *sink.finished.lock().unwrap()), (100, true));
    drop(hold);
}

#[test]
fn moments_that_do_not_grow_are_set_apart() {
    struct Stuck(Box<Scripted>);
    impl Source for Stuck {
        fn describe(&self) -> String {
            self.0.describe()
        }
        fn frame_rate(&self) -> Option<FrameRate> {
            None
        }
        fn next(&mut self) -> Next {
            let moment = Moment { ticks: 5, timescale: Timescale::new(3000) };
            Ok(self.0.next()?.map(|timed| Timed { due: Due::At(moment), ..timed }))
        }
        fn rewind(&mut self) -> Result<bool, InputError> {
            Ok(false)
        }
    }
    let sink = Kept::default();
    run(Box::new(Stuck(Scripted::of(4))), &[Script::new("one")], &sink).unwrap();
    assert_eq!(*sink.ticks.lock().unwrap(), [5, 6, 7, 8]);
}

/// Keeps the first byte of each picture in this format.
#[derive(Clone)]
struct Seen(PixelFormat, Arc<Mutex<Vec<u8>>>);

impl PictureSink for Seen {
    fn format(&self, _source: PixelFormat) -> PixelFormat {
        self.0
    }

    fn write(&mut self, picture: PictureRef<'_>, _color: Color) -> Result<(), OutputError> {
        assert_eq!(picture.format(), self.0);
        self.1.lock().unwrap().push(picture.plane(0).row(0)[0]);
        thread::yield_now();
        Ok(())
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn whole_pictures(&self) -> u64 {
        0
    }

    fn bytes(&self) -> u64 {
        0
    }
}

fn save(source: Box<dyn Source>, sink: Seen) -> Report {
    let open = move || Ok(Box::new(sink) as Box<dyn PictureSink>);
    save_pictures(source, FrameRate::whole(25), open, &Cancel::default(), &mut |_| {}).unwrap()
}

#[test]
fn pictures_are_converted_and_written_in_order() {
    let seen = Seen(PixelFormat::I420, Arc::default());
    let grays: Vec<u8> = (0..30).flat_map(|number: u8| vec![number * 8; 4 * 4 * 3]).collect();
    let shape = crate::source::RawShape { size: Size::new(4, 4).unwrap(), format: PixelFormat::Rgb8 };
    let source = crate::source::Raw::new(io::Cursor::new(grays), shape, &SourceOptions::default());
    let report = save(Box::new(source), seen.clone());
    assert_eq!(report.frames, 30);
    let seen = seen.1.lock().unwrap();
    assert!(seen.is_sorted() && seen.len() == 30 && seen[29] > 200, "{seen:?}");
}

#[test]
fn frames_on_a_device_are_fetched_and_converted_for_a_sink() {
    let report = save(Scripted::on_device(5), Seen(PixelFormat::Rgb8, Arc::default()));
    assert_eq!(report.frames, 5);
}

#[test]
fn frames_of_a_size_that_needs_much_memory_do_not_wait() {
    let frame = |width, height| Frame::new(pictures::rgba(Size::new(width, height).unwrap(), 0));
    let large = Depths::of(&frame(3840, 2160));
    assert_eq!((large.read, large.converted), (0, 0));
    let small = Depths::of(&frame(64, 64));
    assert!(small.read * small.converters <= 8 && small.read >= 1);
}
