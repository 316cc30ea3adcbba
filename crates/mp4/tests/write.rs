//! Files that are written and read back by the reader of this crate: every number is what it was.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use std::{io::Cursor, time::Duration};

use framewire_bitstream::{Dimensions, h264::Sps};
use framewire_mp4::*;
use proptest::prelude::*;
use support::{
    SPS,
    shape::{SHAPES, Shape, Writer},
    written::{Kept, before_the_last_write, boxes, entry, read, scale, top_boxes},
};

/// Sound of a codec that nothing here knows.
fn sound() -> SampleEntry {
    SampleEntry::from_bytes(TrackKind::Audio, &support::boxed(b"mp4a", &[&[7; 40]])).unwrap()
}

/// The samples of all tracks, one of each in turn.
fn write(shape: Shape, tracks: &[(TrackSettings, Vec<Kept>)]) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::new(shape, MovieSettings::default())?;
    for (settings, _) in tracks {
        writer.add_track(settings.clone())?;
    }
    let most = tracks.iter().map(|track| track.1.len()).max().unwrap_or(0);
    for index in 0..most {
        for (number, (_, samples)) in tracks.iter().enumerate() {
            let Some(kept) = samples.get(index) else { continue };
            let mut sample = NewSample::new(&kept.data, kept.dts);
            sample.composition_offset = kept.composition_offset;
            sample.duration = Some(kept.duration);
            sample.sync = kept.sync;
            sample.description = DescriptionId(kept.description);
            writer.write_sample(TrackId(number as u32 + 1), sample)?;
        }
    }
    writer.finish()
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

#[test]
fn each_shape_has_its_boxes() {
    let tracks = [(TrackSettings::video(scale(100), entry(1)), [second(0), second(100)].concat())];
    let names = |shape| boxes(&write(shape, &tracks).unwrap()).join(" ");
    assert_eq!(names(Shape::Plain), "ftyp mdat moov");
    assert_eq!(names(Shape::FastStart), "ftyp moov mdat");
    assert_eq!(names(Shape::Fragmented), "ftyp moov moof mdat moof mdat");
    assert_eq!(names(Shape::Seekable), "ftyp mdat moov");
    assert_eq!(names(Shape::SeekableFront), "ftyp moov mdat");
}

#[test]
fn a_fragment_is_no_longer_than_a_second_though_no_key_frame_comes() {
    let mut samples = [second(0), second(100), second(200)].concat();
    for sample in &mut samples[1..] {
        sample.sync = false;
    }
    let mut out = Cursor::new(Vec::new());
    let mut writer = FragmentedWriter::new(&mut out, MovieSettings::default(), FragmentSettings::default());
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
    let mut writer = FragmentedWriter::new(&mut out, MovieSettings::default(), FragmentSettings::default());
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
        let file = if shape == Shape::Seekable { before_the_last_write(file) } else { file };
        let tops = top_boxes(&file);
        let ends: Vec<usize> = tops.iter().filter(|top| top.0 == "mdat").map(|top| top.1.end).collect();
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
    let mut writer = FragmentedWriter::new(&mut out, MovieSettings::default(), settings);
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
    let fragments = before_the_last_write(file);
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
        message(plain.write_sample(track, NewSample::new(&[1], 1 << 40))),
        "1099511627726 units of time between two samples are more than the limit of 4294967295"
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
    let mut fragments = FragmentedWriter::new(out, MovieSettings::default(), FragmentSettings::default());
    let track = fragments.add_track(settings()).unwrap();
    assert_eq!(
        message(fragments.write_sample(track, NewSample::new(&[], -1))),
        "a fragment cannot hold a sample that is decoded at -1, before zero"
    );
    fragments.write_sample(track, NewSample::new(&[], 0)).unwrap();
    assert_eq!(
        message(fragments.add_track(settings()).map(drop)),
        "a track cannot be added behind the first sample"
    );
    assert_eq!(
        message(fragments.add_description(track, entry(2)).map(drop)),
        "track 1 cannot get another sample entry behind the first sample"
    );
    assert_eq!(
        message(fragments.finish_seekable().map(drop)),
        "the file has no room for the head of a plain file"
    );
}

#[test]
fn a_sample_without_bytes_stands_in_the_index_and_in_no_fragment() {
    let mut samples = [second(0), second(100), second(200)].concat();
    // Within a fragment, at its beginning, and all of one.
    for index in (3..5).chain(10..11).chain(20..30) {
        samples[index].data.clear();
    }
    let tracks = [(TrackSettings::video(scale(100), entry(1)), samples.clone())];
    let plain = write(Shape::Seekable, &tracks).unwrap();
    assert_eq!(read(&plain)[0].1, samples);
    let fragmented = write(Shape::Fragmented, &tracks).unwrap();
    assert_eq!(boxes(&fragmented).join(" "), "ftyp moov moof mdat moof mdat");
    let mut expected = samples;
    expected[2].duration = 30;
    expected.retain(|sample| !sample.data.is_empty());
    // Where the key frame is missing, what follows it begins the fragment.
    assert_eq!(read(&fragmented)[0].1, expected);
}
