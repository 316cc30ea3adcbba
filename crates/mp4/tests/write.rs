//! Files that are written and read back by the reader of this crate: every number is what it was.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use std::{
    cell::Cell,
    io::{Cursor, Read, Seek, SeekFrom, Write},
    num::NonZeroU32,
    rc::Rc,
    time::Duration,
};

use framewire_bitstream::{Dimensions, avcc::AvcDecoderConfig, h264::Sps};
use framewire_mp4::*;
use proptest::prelude::*;
use support::{PPS, SPS};

/// A sample as tests keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    data: Vec<u8>,
    dts: i64,
    composition_offset: i32,
    duration: u32,
    sync: bool,
    description: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Plain,
    FastStart,
    Fragmented,
    Seekable,
}

const SHAPES: [Shape; 4] = [Shape::Plain, Shape::FastStart, Shape::Fragmented, Shape::Seekable];

fn scale(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).unwrap()
}

/// An entry for pictures of so many macroblocks.
fn entry(width_in_mbs: u32) -> SampleEntry {
    let mut sps = Sps::parse(&SPS).unwrap();
    sps.width_in_mbs = width_in_mbs;
    SampleEntry::avc(&AvcDecoderConfig::from_parameter_sets(&[&sps.to_nal()], &[&PPS]).unwrap()).unwrap()
}

/// Sound of a codec that nothing here knows.
fn sound() -> SampleEntry {
    SampleEntry::from_bytes(TrackKind::Audio, &support::boxed(b"mp4a", &[&[7; 40]])).unwrap()
}

fn write(shape: Shape, tracks: &[(TrackSettings, Vec<Kept>)]) -> Result<Vec<u8>, Error> {
    match shape {
        Shape::Plain | Shape::FastStart => {
            let mut writer = Mp4Writer::new(Cursor::new(Vec::new()), MovieSettings::default())?;
            for (settings, _) in tracks {
                writer.add_track(settings.clone())?;
            }
            in_turn(tracks, |track, sample| writer.write_sample(track, sample))?;
            let out = if shape == Shape::Plain { writer.finish()? } else { writer.finish_fast_start()? };
            Ok(out.into_inner())
        }
        Shape::Fragmented | Shape::Seekable => {
            let mut settings = FragmentSettings::default();
            settings.seekable = shape == Shape::Seekable;
            let mut writer =
                FragmentedWriter::new(Cursor::new(Vec::new()), MovieSettings::default(), settings)?;
            for (settings, _) in tracks {
                writer.add_track(settings.clone())?;
            }
            in_turn(tracks, |track, sample| writer.write_sample(track, sample))?;
            let out = if settings.seekable { writer.finish_seekable()? } else { writer.finish()? };
            Ok(out.into_inner())
        }
    }
}

/// The samples of all tracks, one of each in turn.
fn in_turn(
    tracks: &[(TrackSettings, Vec<Kept>)],
    mut write: impl FnMut(TrackId, NewSample<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let most = tracks.iter().map(|track| track.1.len()).max().unwrap_or(0);
    for index in 0..most {
        for (number, (_, samples)) in tracks.iter().enumerate() {
            let Some(kept) = samples.get(index) else { continue };
            let mut sample = NewSample::new(&kept.data, kept.dts);
            sample.composition_offset = kept.composition_offset;
            sample.duration = Some(kept.duration);
            sample.sync = kept.sync;
            sample.description = DescriptionId(kept.description);
            write(TrackId(number as u32 + 1), sample)?;
        }
    }
    Ok(())
}

fn read(file: &[u8]) -> Vec<(TrackSettings, Vec<Kept>)> {
    let mut reader = Mp4Reader::open(Cursor::new(file)).unwrap();
    assert!(!reader.is_truncated());
    let tracks = reader.tracks().to_vec();
    let mut read = Vec::new();
    for track in tracks {
        let mut samples = Vec::new();
        let mut data = Vec::new();
        for index in 0..track.samples().len() {
            let sample = reader.read_sample(track.id(), index, &mut data).unwrap();
            let copy = track.copy(&sample, &data);
            samples.push(Kept {
                data: data.clone(),
                dts: copy.dts,
                composition_offset: copy.composition_offset,
                duration: copy.duration.unwrap(),
                sync: copy.sync,
                description: copy.description.0,
            });
        }
        read.push((track.settings(), samples));
    }
    read
}

/// Samples of these durations from zero on; the description changes at key frames.
fn samples(rows: &[(Vec<u8>, u32, i32, bool, u16)], descriptions: u16) -> Vec<Kept> {
    let (mut dts, mut description) = (0, 0);
    rows.iter()
        .enumerate()
        .map(|(index, (data, duration, offset, sync, wanted))| {
            let sync = *sync || index == 0;
            if sync {
                description = wanted % descriptions;
            }
            let kept = Kept {
                data: data.clone(),
                dts,
                composition_offset: *offset,
                duration: *duration,
                sync,
                description,
            };
            dts += i64::from(*duration);
            kept
        })
        .collect()
}

fn rows() -> impl Strategy<Value = Vec<(Vec<u8>, u32, i32, bool, u16)>> {
    let nal = prop::collection::vec(any::<u8>(), 1..20).prop_map(|mut payload| {
        payload[0] = 0x61;
        [&(payload.len() as u32).to_be_bytes()[..], &payload].concat()
    });
    let duration = prop_oneof![Just(3000_u32), 0..5000_u32, 80_000..100_000_u32];
    let offset = prop_oneof![Just(0_i32), -9000..9000_i32];
    prop::collection::vec((nal, duration, offset, any::<bool>(), any::<u16>()), 0..40)
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        video in rows(),
        audio in rows(),
        widths in prop::collection::vec(1_u32..9, 1..4),
        edits in prop::collection::vec((1_u64..4000, prop::option::of(0_u64..90_000)), 0..3),
        turned in any::<bool>(),
    ) {
        let mut widths = widths;
        widths.sort_unstable();
        widths.dedup();
        let mut first = TrackSettings::video(scale(90_000), entry(widths[0]));
        first.entries = widths.iter().map(|width| entry(*width)).collect();
        first.language = Language::new("deu").unwrap();
        if turned {
            first.matrix = Matrix::rotated(Rotation::Clockwise90, Dimensions::new(16, 16));
        }
        for (duration, media_time) in edits {
            first.edits.push(Edit { duration, media_time, rate: 0x1_0000 });
        }
        let second = TrackSettings::new(TrackKind::Audio, scale(48_000), sound());
        let video = samples(&video, widths.len() as u16);
        let audio = samples(&audio, 1);
        let tracks = [(first, video), (second, audio)];
        for shape in SHAPES {
            let file = write(shape, &tracks).unwrap();
            let read = read(&file);
            prop_assert_eq!(read.len(), 2);
            for ((settings, samples), (read_settings, read_samples)) in tracks.iter().zip(&read) {
                let in_band = shape == Shape::Fragmented && settings.entries.len() > 1;
                compare(settings, read_settings, in_band);
                prop_assert_eq!(samples.len(), read_samples.len());
                for (sample, read) in samples.iter().zip(read_samples) {
                    let mut expected = sample.clone();
                    if in_band && read.data.len() > sample.data.len() {
                        expected.data = read.data.clone();
                        prop_assert!(read.data.ends_with(&sample.data));
                        prop_assert_eq!(read.data[4], SPS[0]);
                    }
                    prop_assert_eq!(&expected, read, "{:?}", shape);
                }
            }
        }
    }
}

fn compare(settings: &TrackSettings, read: &TrackSettings, in_band: bool) {
    assert_eq!(read.kind, settings.kind);
    assert_eq!(read.timescale, settings.timescale);
    assert_eq!(read.matrix, settings.matrix);
    assert_eq!(read.language, settings.language);
    assert_eq!(read.edits, settings.edits);
    assert_eq!(read.volume, settings.volume);
    assert!(read.enabled);
    assert_eq!(read.entries.len(), settings.entries.len());
    for (entry, read) in settings.entries.iter().zip(&read.entries) {
        if in_band {
            assert_eq!(read.codec(), FourCc(*b"avc3"));
            assert_eq!(read.config(), entry.config());
        } else {
            assert_eq!(read, entry);
        }
    }
}

/// One second of pictures, with a key frame at its beginning.
fn second(from: i64) -> Vec<Kept> {
    let sample = |index: i64| Kept {
        data: vec![0, 0, 0, 2, 0x61, index as u8],
        dts: from + index * 10,
        composition_offset: 0,
        duration: 10,
        sync: index == 0,
        description: 0,
    };
    (0..10).map(sample).collect()
}

fn boxes(file: &[u8]) -> Vec<String> {
    let (mut names, mut at) = (Vec::new(), 0);
    while at < file.len() {
        let word = |at: usize| u64::from(u32::from_be_bytes(file[at..at + 4].try_into().unwrap()));
        names.push(String::from_utf8(file[at + 4..at + 8].to_vec()).unwrap());
        at += match word(at) {
            1 => (word(at + 8) << 32 | word(at + 12)) as usize,
            size => size as usize,
        };
    }
    assert_eq!(at, file.len());
    names
}

#[test]
fn each_shape_has_its_boxes() {
    let tracks = [(TrackSettings::video(scale(100), entry(1)), [second(0), second(100)].concat())];
    let names = |shape| boxes(&write(shape, &tracks).unwrap()).join(" ");
    assert_eq!(names(Shape::Plain), "ftyp mdat moov");
    assert_eq!(names(Shape::FastStart), "ftyp moov mdat");
    assert_eq!(names(Shape::Fragmented), "ftyp moov moof mdat moof mdat");
    assert_eq!(names(Shape::Seekable), "ftyp mdat moov");
}

#[test]
fn a_fragment_is_no_longer_than_a_second_though_no_key_frame_comes() {
    let mut samples = [second(0), second(100), second(200)].concat();
    for sample in &mut samples[1..] {
        sample.sync = false;
    }
    let mut out = Cursor::new(Vec::new());
    let mut writer =
        FragmentedWriter::new(&mut out, MovieSettings::default(), FragmentSettings::default()).unwrap();
    let track = writer.add_track(TrackSettings::video(scale(100), entry(1))).unwrap();
    let mut before = 0;
    for (index, sample) in samples.iter().enumerate() {
        let mut new = NewSample::new(&sample.data, sample.dts);
        new.sync = sample.sync;
        writer.write_sample(track, new).unwrap();
        if index > 0 && index % 10 == 0 {
            assert!(writer.bytes_written() > before, "the second before {} is in the file", sample.dts);
            before = writer.bytes_written();
        }
    }
    writer.finish().unwrap();
    assert_eq!(boxes(out.get_ref()).join(" "), "ftyp moov moof mdat moof mdat moof mdat");
}

#[test]
fn samples_wait_for_flush_no_longer() {
    let mut out = Cursor::new(Vec::new());
    let mut writer =
        FragmentedWriter::new(&mut out, MovieSettings::default(), FragmentSettings::default()).unwrap();
    let track = writer.add_track(TrackSettings::video(scale(100), entry(1))).unwrap();
    for time in [0, 3, 500] {
        let mut sample = NewSample::new(&[0, 0, 0, 1, 0x65], time);
        sample.sync = time == 0;
        writer.write_sample(track, sample).unwrap();
        writer.flush().unwrap();
    }
    writer.finish().unwrap();
    let read = read(out.get_ref());
    let times: Vec<_> = read[0].1.iter().map(|sample| (sample.dts, sample.duration)).collect();
    assert_eq!(times, [(0, 0), (3, 3), (500, 497)], "times are exact; a duration not yet known is the last");
}

#[test]
fn a_file_that_is_cut_off_anywhere_has_its_whole_fragments() {
    let video = (TrackSettings::video(scale(100), entry(1)), (0..5).flat_map(|n| second(n * 100)).collect());
    for shape in [Shape::Fragmented, Shape::Seekable] {
        let file = write(shape, std::slice::from_ref(&video)).unwrap();
        let mut file = file;
        if shape == Shape::Seekable {
            // As it was before the last write.
            let at = file.windows(4).position(|w| w == b"mdat").unwrap();
            file[at - 4..at + 12]
                .copy_from_slice(&[0, 0, 0, 16, b'f', b'r', b'e', b'e', 0, 0, 0, 0, 0, 0, 0, 0]);
        }
        let ends: Vec<usize> = {
            let (mut ends, mut at) = (Vec::new(), 0);
            for name in boxes(&file) {
                let size = u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
                at += size as usize;
                if name == "mdat" {
                    ends.push(at);
                }
            }
            ends
        };
        assert_eq!(ends.len(), 5);
        for len in 0..file.len() {
            let whole = ends.iter().filter(|end| **end <= len).count();
            match Mp4Reader::open(Cursor::new(&file[..len])) {
                Ok(reader) => {
                    let samples = reader.tracks().first().map_or(0, |track| track.samples().len());
                    assert!(samples >= whole * 10 && samples < whole * 10 + 10, "{len}: {samples}");
                }
                Err(_) => assert_eq!(whole, 0, "{len}"),
            }
        }
    }
}

#[test]
fn a_later_description_stands_in_the_samples_and_in_the_final_index() {
    let mut out = Cursor::new(Vec::new());
    let mut settings = FragmentSettings::default();
    settings.seekable = true;
    let mut writer = FragmentedWriter::new(&mut out, MovieSettings::default(), settings).unwrap();
    let mut track_settings = TrackSettings::video(scale(100), entry(1));
    track_settings.may_change = true;
    let track = writer.add_track(track_settings).unwrap();
    let data = [0, 0, 0, 2, 0x65, 9];
    writer.write_sample(track, NewSample::new(&data, 0)).unwrap();
    writer.write_sample(track, NewSample::new(&data, 10)).unwrap();
    let wider = writer.add_description(track, entry(4)).unwrap();
    assert_eq!(
        (wider, writer.add_description(track, entry(4)).unwrap()),
        (DescriptionId(1), DescriptionId(1))
    );
    let mut sample = NewSample::new(&data, 20);
    sample.description = wider;
    writer.write_sample(track, sample).unwrap();
    writer.finish_seekable().unwrap();
    let file = out.into_inner();
    let read = read(&file);
    assert_eq!(read[0].0.entries, [entry(1), entry(4)]);
    let descriptions: Vec<_> = read[0].1.iter().map(|sample| sample.description).collect();
    assert_eq!(descriptions, [0, 0, 1]);
    assert!(read[0].1.iter().all(|sample| sample.data == data));

    // The same file while it is still in fragments.
    let mut fragments = file.clone();
    let at = fragments.windows(4).position(|w| w == b"mdat").unwrap();
    fragments[at - 4..at + 12]
        .copy_from_slice(&[0, 0, 0, 16, b'f', b'r', b'e', b'e', 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut reader = Mp4Reader::open(Cursor::new(&fragments)).unwrap();
    let track = reader.video_track().unwrap().clone();
    assert_eq!(track.codec(), Some(FourCc(*b"avc3")));
    let mut bytes = Vec::new();
    let sample = reader.read_sample(track.id(), 2, &mut bytes).unwrap();
    let mut stream = Vec::new();
    track.to_annexb(&sample, &bytes, &mut stream).unwrap();
    let sps: Vec<_> = framewire_bitstream::annexb::nals(&stream)
        .filter(|nal| nal.header() == SPS[0])
        .map(|nal| Sps::parse(nal.bytes()).unwrap().width_in_mbs)
        .collect();
    assert_eq!(sps, [4], "a sample's own parameter sets are the only ones before it");
}

#[test]
fn a_track_whose_samples_begin_late_is_waited_for() {
    let mut samples = second(200);
    samples.truncate(3);
    for shape in SHAPES {
        let file = write(shape, &[(TrackSettings::video(scale(100), entry(1)), samples.clone())]).unwrap();
        let reader = Mp4Reader::open(Cursor::new(&file)).unwrap();
        let track = reader.video_track().unwrap();
        let times: Vec<_> = track.samples().iter().map(|sample| track.presentation_time(sample)).collect();
        let expected = [2000, 2100, 2200].map(|ms| Some(Duration::from_millis(ms)));
        assert_eq!(times, expected, "{shape:?}");
    }
}

#[test]
fn what_cannot_be_written_is_refused_in_words() {
    let new = || Mp4Writer::new(Cursor::new(Vec::new()), MovieSettings::default()).unwrap();
    let settings = || TrackSettings::video(scale(100), entry(1));
    let mut plain = new();
    let message = |result: Result<(), Error>| result.unwrap_err().to_string();
    assert_eq!(message(plain.write_sample(TrackId(1), NewSample::new(&[], 0))), "the file has no track 1");
    let track = plain.add_track(settings()).unwrap();
    plain.write_sample(track, NewSample::new(&[1], 50)).unwrap();
    assert_eq!(
        message(plain.write_sample(track, NewSample::new(&[1], 49))),
        "track 1 has a sample at 49, behind one at 50"
    );
    assert_eq!(
        message(plain.write_sample(track, NewSample::new(&[1], i64::MAX))),
        "9223372036854775757 units of time between two samples are more than the limit of 4294967295"
    );
    let mut other = NewSample::new(&[1], 60);
    other.description = DescriptionId(1);
    assert_eq!(message(plain.write_sample(track, other)), "track 1 has no sample description 1");
    plain.write_sample(track, NewSample::new(&[1], 60)).unwrap();
    assert_eq!(read(&plain.finish().unwrap().into_inner())[0].1.len(), 2, "a refusal leaves the file whole");

    let mut none = settings();
    none.entries.clear();
    assert_eq!(message(new().add_track(none).map(drop)), "a track needs at least one sample entry");

    let out = Cursor::new(Vec::new());
    let mut fragments =
        FragmentedWriter::new(out, MovieSettings::default(), FragmentSettings::default()).unwrap();
    let track = fragments.add_track(settings()).unwrap();
    assert_eq!(
        message(fragments.write_sample(track, NewSample::new(&[], -1))),
        "a fragment cannot hold a sample that is decoded at -1, before zero"
    );
    fragments.write_sample(track, NewSample::new(&[], 0)).unwrap();
    assert_eq!(
        message(fragments.add_track(settings()).map(drop)),
        "a track cannot be added behind the first fragment"
    );
    assert_eq!(
        message(fragments.add_description(track, entry(2)).map(drop)),
        "track 1 cannot get another sample entry behind the first fragment"
    );
    assert_eq!(
        message(fragments.finish_seekable().map(drop)),
        "the file has no room for the head of a plain file"
    );
}

/// A disk of a size, in memory.
#[derive(Debug)]
struct Disk {
    file: Cursor<Vec<u8>>,
    room: Rc<Cell<usize>>,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let left = self.room.get().saturating_sub(self.file.position() as usize);
        if left == 0 && !bytes.is_empty() {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.file.write(&bytes[..bytes.len().min(left)])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Read for Disk {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.file.read(bytes)
    }
}

impl Seek for Disk {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn a_full_disk_leaves_what_is_whole() {
    let data = [&500_u32.to_be_bytes()[..], &[0x65; 500]].concat();
    let mut disk = Disk { file: Cursor::new(Vec::new()), room: Rc::new(Cell::new(2000)) };
    let mut settings = FragmentSettings::default();
    settings.seekable = true;
    let mut writer = FragmentedWriter::new(&mut disk, MovieSettings::default(), settings).unwrap();
    let track = writer.add_track(TrackSettings::video(scale(100), entry(1))).unwrap();
    let failed = (0..9).find_map(|index| writer.write_sample(track, NewSample::new(&data, index * 10)).err());
    assert!(matches!(failed, Some(Error::Write(_))), "{failed:?}");
    let again = writer.write_sample(track, NewSample::new(&data, 990)).unwrap_err();
    assert_eq!(again.to_string(), "an earlier write to the file failed");
    drop(writer);
    let reader = Mp4Reader::open(Cursor::new(disk.file.get_ref().as_slice())).unwrap();
    assert!(reader.is_truncated());
    let fragments = reader.tracks()[0].samples().len();
    assert!(fragments >= 1, "{fragments}");

    for fast_start in [false, true] {
        let room = Rc::new(Cell::new(1400));
        let mut disk = Disk { file: Cursor::new(Vec::new()), room: room.clone() };
        let mut writer = Mp4Writer::new(&mut disk, MovieSettings::default()).unwrap();
        let track = writer.add_track(TrackSettings::video(scale(100), entry(1))).unwrap();
        let failed =
            (0..9).find_map(|index| writer.write_sample(track, NewSample::new(&data, index * 10)).err());
        assert!(matches!(failed, Some(Error::Write(_))), "{failed:?}");
        room.set(2000);
        if fast_start { writer.finish_fast_start().map(drop) } else { writer.finish().map(drop) }.unwrap();
        let file = disk.file.into_inner();
        let samples = &read(&file)[0].1;
        assert_eq!(samples.len(), 2);
        assert!(samples.iter().all(|sample| sample.data == data));
        boxes(&file);
    }
}
