//! Files written by hand: what is read, and what broken ones get.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use std::{io::Cursor, time::Duration};

use framewire_mp4::{Error, FourCc, Mp4Reader, Rotation, TrackId, TrackKind, is_mp4};
use proptest::prelude::*;
use support::*;

fn open(file: &[u8]) -> Result<Mp4Reader<Cursor<&[u8]>>, Error> {
    Mp4Reader::open(Cursor::new(file))
}

fn message(file: &[u8]) -> String {
    match open(file).and_then(|reader| reader.video_track().map(drop)) {
        Ok(()) => "no error".into(),
        Err(error) => error.to_string(),
    }
}

fn truncated(name: &str, at: usize, expected: usize) -> String {
    format!(
        "the file is truncated: it ends inside its {name} box, at byte {at} of the {expected} that were expected"
    )
}

/// Where the name of a box lies first.
fn position(file: &[u8], name: &[u8; 4]) -> usize {
    file.windows(4).position(|w| w == name).unwrap()
}

/// Everything that a program would do with a file.
fn read_all(file: &[u8]) -> Result<usize, Error> {
    let mut reader = open(file)?;
    let track = reader.video_track()?.clone();
    let (mut bytes, mut annexb) = (Vec::new(), Vec::new());
    let _ = (track.duration(), track.codec_string());
    for index in 0..track.samples().len() {
        let sample = reader.read_sample(track.id(), index, &mut bytes)?;
        assert_eq!(bytes.len(), sample.size as usize);
        let _ = track.presentation_time(&sample);
        let _ = track.to_annexb(&sample, &bytes, &mut annexb);
    }
    Ok(track.samples().len())
}

#[test]
fn a_plain_file_is_read_in_decoding_order() {
    let file = plain();
    let mut reader = open(&file).unwrap();
    let track = reader.video_track().unwrap().clone();
    assert_eq!((track.id(), track.kind(), track.timescale()), (TrackId(1), TrackKind::Video, 90));
    assert_eq!(track.codec(), Some(FourCc(*b"avc1")));
    assert_eq!(track.codec_string().unwrap().as_str(), "avc1.42C00A");
    assert_eq!((track.size().width, track.size().height), (16, 16));
    assert_eq!(track.sample_count(), 3);
    let times: Vec<_> = track.samples().iter().map(|s| (s.dts, s.pts, s.duration, s.sync)).collect();
    assert_eq!(times, [(0, 30, 30, true), (30, 100, 20, false), (50, 70, 20, false)]);
    assert_eq!(track.duration(), Duration::from_secs_f64(120.0 / 90.0));
    let mut bytes = Vec::new();
    for (index, last) in [0x65, 0x61, 0x62].into_iter().enumerate() {
        reader.read_sample(track.id(), index, &mut bytes).unwrap();
        assert_eq!(bytes, [0, 0, 0, 1, last]);
    }
    assert!(matches!(
        reader.read_sample(track.id(), 3, &mut bytes),
        Err(Error::NoSample { track: 1, index: 3 })
    ));
    assert!(matches!(reader.read_sample(TrackId(9), 0, &mut bytes), Err(Error::NoSample { track: 9, .. })));
}

#[test]
fn annex_b_has_the_parameter_sets_before_key_frames() {
    let file = plain();
    let mut reader = open(&file).unwrap();
    let track = reader.video_track().unwrap().clone();
    let mut bytes = Vec::new();
    let mut units = Vec::new();
    for index in 0..2 {
        let sample = reader.read_sample(track.id(), index, &mut bytes).unwrap();
        let mut annexb = Vec::new();
        track.to_annexb(&sample, &bytes, &mut annexb).unwrap();
        units.push(
            framewire_bitstream::annexb::nals(&annexb).map(|nal| nal.bytes().to_vec()).collect::<Vec<_>>(),
        );
    }
    assert_eq!(units[0], [&SPS[..], &PPS, &[0x65]]);
    assert_eq!(units[1], [[0x61]]);
}

#[test]
fn a_sample_without_a_description_is_an_error() {
    let mut file = plain();
    let at = file.windows(4).position(|w| w == b"stsc").unwrap() + 4 + 16;
    file[at..at + 4].copy_from_slice(&words(&[9]));
    let mut reader = open(&file).unwrap();
    let track = reader.video_track().unwrap().clone();
    let mut bytes = Vec::new();
    let sample = reader.read_sample(track.id(), 0, &mut bytes).unwrap();
    let error = track.to_annexb(&sample, &bytes, &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "track 1 has no sample description 8");
}

#[test]
fn an_edit_list_moves_the_presentation() {
    let edits = |entries: &[u32]| {
        let count = entries.len() as u32 / 3;
        plain_with(&boxed(b"edts", &[&table(b"elst", count, entries)]))
    };
    let pts = |file: &[u8]| {
        let reader = open(file).unwrap();
        let track = reader.video_track().unwrap();
        track
            .samples()
            .iter()
            .map(|s| (s.pts, track.presentation_time(s).map(|t| t.as_millis())))
            .collect::<Vec<_>>()
    };
    assert_eq!(pts(&edits(&[1000, 30, 0x1_0000])), [(0, Some(0)), (70, Some(777)), (40, Some(444))]);
    // An empty edit of half a second of the movie's clock, then from 75 on: the first sample is cut off.
    let late = edits(&[500, u32::MAX, 0x1_0000, 1000, 80, 0x1_0000]);
    assert_eq!(pts(&late), [(-5, None), (65, Some(722)), (35, Some(388))]);
}

#[test]
fn rotations_are_read_from_the_matrix() {
    let cases = [
        ([1, 0, 0, 1], Rotation::None),
        ([0, 1, -1, 0], Rotation::Clockwise90),
        ([-1, 0, 0, -1], Rotation::Half),
        ([0, -1, 1, 0], Rotation::Clockwise270),
    ];
    for (matrix, expected) in cases {
        let minf = boxed(b"minf", &[&boxed(b"stbl", &[&empty_tables(&avc1())])]);
        let mdia = boxed(b"mdia", &[&mdhd(90), &hdlr(b"vide"), &minf]);
        let trak = boxed(b"trak", &[&tkhd(1, matrix), &mdia]);
        let file = [ftyp(), boxed(b"moov", &[&mvhd(), &trak])].concat();
        assert_eq!(open(&file).unwrap().tracks()[0].rotation(), expected);
    }
}

#[test]
fn fragments_continue_each_other() {
    let file = fragmented();
    let mut reader = open(&file).unwrap();
    let track = reader.video_track().unwrap().clone();
    let times: Vec<_> = track.samples().iter().map(|s| (s.dts, s.pts, s.sync)).collect();
    assert_eq!(times, [(100, 110, true), (110, 130, false), (120, 130, true), (130, 150, false)]);
    let mut bytes = Vec::new();
    for (index, last) in [0x65, 0x41, 0x65, 0x41].into_iter().enumerate() {
        reader.read_sample(track.id(), index, &mut bytes).unwrap();
        assert_eq!(bytes, [0, 0, 0, 1, last]);
    }
    assert!(!reader.is_truncated());
}

#[test]
fn a_recording_that_was_cut_off_plays_up_to_its_last_whole_sample() {
    let file = fragmented();
    let reader = open(&file[..file.len() - 1]).unwrap();
    assert!(reader.is_truncated());
    assert_eq!(reader.video_track().unwrap().samples().len(), 3);
    let first_moof = file.windows(4).position(|w| w == b"moof").unwrap() - 4;
    assert_eq!(message(&file[..first_moof]), "the file has no video");
    assert_eq!(message(&file[..first_moof + 20]), truncated("moof", first_moof + 20, first_moof + 84));
}

#[test]
fn each_kind_of_unusable_file_gets_its_own_sentence() {
    assert_eq!(message(&[]), "the file is empty");
    assert_eq!(message(b"short"), "this is not an MP4 file: no box that begins one is at byte 0");
    assert_eq!(
        message(b"\x89PNG\r\n\x1a\n and so on and on"),
        "this is not an MP4 file: no box that begins one is at byte 0"
    );
    let file = plain();
    assert_eq!(message(&file[..10]), truncated("ftyp", 10, 24));
    assert_eq!(message(&file[..ftyp().len() + 9]), truncated("mdat", 33, 47));
    assert_eq!(message(&ftyp()), "the file has no moov box: it was never finished, or is damaged");
    let fragment = boxed(b"moof", &[&[0; 16]]);
    assert_eq!(message(&fragment), "the file has no moov box: it was never finished, or is damaged");
    let tracks = |traks: &[u8]| [ftyp(), boxed(b"moov", &[&mvhd(), traks])].concat();
    assert_eq!(message(&tracks(&[])), "the file has no video");
    let audio = trak(2, b"soun", &[], &empty_tables(&boxed(b"mp4a", &[&[0; 28]])));
    assert_eq!(message(&tracks(&audio)), "the file has no video");
    for (codec, name) in [(b"av01", "AV1"), (b"vp09", "VP9"), (b"mp4v", "MPEG-4 Visual")] {
        let video = trak(1, b"vide", &[], &empty_tables(&visual_entry(codec, &[])));
        let text = std::str::from_utf8(codec).unwrap();
        assert_eq!(
            message(&tracks(&video)),
            format!("the video is {name} ({text}), which cannot be read yet")
        );
    }
    let bare = trak(1, b"vide", &[], &empty_tables(&visual_entry(b"avc1", &[])));
    let bare = tracks(&bare);
    assert_eq!(
        message(&bare),
        format!(
            "the file is damaged at byte {}: the box avcC was expected in its avc1 box",
            position(&bare[24..], b"avc1") + 24 + 4 + 78
        )
    );
    assert_eq!(message(&plain()), "no error");
}

#[test]
fn a_file_is_known_by_the_name_of_its_first_box() {
    for name in [b"ftyp", b"moov", b"moof", b"sidx", b"uuid"] {
        assert!(is_mp4(&boxed(name, &[])));
    }
    for other in [&b"ftyp"[..], b"\0\0\0\x08fty", b"RIFF\0\0\0\0AVI ", b""] {
        assert!(!is_mp4(other), "{other:?}");
    }
}

#[test]
fn broken_sound_does_not_stand_in_the_way_of_the_pictures() {
    let audio = trak(2, b"soun", &[], b"");
    let video = trak(1, b"vide", &[], &empty_tables(&avc1()));
    let file = [ftyp(), boxed(b"moov", &[&mvhd(), &audio, &video])].concat();
    assert_eq!(open(&file).unwrap().tracks().len(), 1);
}

#[test]
fn broken_sound_counts_against_the_limits_of_a_file() {
    let file = |traks: &[Vec<u8>]| [ftyp(), boxed(b"moov", &[&mvhd(), &traks.concat()])].concat();
    let broken = trak(2, b"soun", &[], b"");
    let video = trak(1, b"vide", &[], &empty_tables(&avc1()));
    let traks = |count: usize| [vec![broken.clone(); count], vec![video.clone()]].concat();
    assert_eq!(open(&file(&traks(63))).unwrap().tracks().len(), 1);
    assert_eq!(message(&file(&traks(64))), "65 tracks are more than the limit of 64");

    // Samples without a byte, of which the last one has no place; four bits each.
    let many = |entry: &[u8], count: u32, places: u32| {
        let sizes = [words(&[0, 4, count]), vec![0; count as usize / 2]].concat();
        [
            stsd(entry),
            table(b"stts", 1, &[count, 1]),
            table(b"stsc", 1, &[1, places, 1]),
            boxed(b"stz2", &[&sizes]),
            table(b"stco", 1, &[0]),
        ]
        .concat()
    };
    let sound = trak(2, b"soun", &[], &many(&boxed(b"mp4a", &[&[0; 28]]), 12_000_000, 1));
    let video = |count| trak(1, b"vide", &[], &many(&avc1(), count, count));
    assert_eq!(message(&file(&[sound.clone(), video(100)])), "no error");
    let error = "16000002 samples are more than the limit of 16000000";
    assert_eq!(message(&file(&[sound, video(4_000_002)])), error);
}

#[test]
fn a_second_track_of_a_number_is_refused() {
    let sound = |id| trak(id, b"soun", &[], &empty_tables(&boxed(b"mp4a", &[&[0; 28]])));
    let video = trak(1, b"vide", &[], &empty_tables(&avc1()));
    let file = |sound: &[u8]| [ftyp(), boxed(b"moov", &[&mvhd(), &video, sound])].concat();
    assert_eq!(open(&file(&sound(2))).unwrap().tracks().len(), 2);
    let offset = file(&[]).len() + 8;
    assert_eq!(
        message(&file(&sound(1))),
        format!("the file is damaged at byte {offset}: the number of an earlier track in its trak box")
    );
}

#[test]
fn tables_are_read_up_to_their_counts() {
    // A box with more in it than its count says: of three entries the first ones count.
    let shortened = |name: &[u8; 4], count: u32| {
        let mut file = plain();
        let at = position(&file, name) + 8;
        file[at..at + 4].copy_from_slice(&words(&[count]));
        let reader = open(&file).unwrap();
        let samples = reader.video_track().unwrap().samples().to_vec();
        samples.iter().map(|s| (s.dts, s.pts - s.dts, s.duration, s.offset - 32)).collect::<Vec<_>>()
    };
    assert_eq!(shortened(b"stts", 1), [(0, 30, 30, 0), (30, 70, 30, 5), (60, 20, 30, 10)]);
    assert_eq!(shortened(b"ctts", 2), [(0, 30, 30, 0), (30, 70, 20, 5), (50, 70, 20, 10)]);

    let mut file = plain();
    let stsc = position(&file, b"stsc");
    // The second entry gives its chunk another description.
    file[stsc + 32..stsc + 36].copy_from_slice(&words(&[2]));
    let descriptions = |file: &[u8]| {
        let reader = open(file).unwrap();
        reader.video_track().unwrap().samples().iter().map(|s| s.description).collect::<Vec<_>>()
    };
    assert_eq!(descriptions(&file), [0, 0, 1]);
    file[stsc + 8..stsc + 12].copy_from_slice(&words(&[1]));
    assert_eq!(descriptions(&file), [0, 0, 0]);
}

#[test]
fn counts_that_nothing_stands_behind_are_refused() {
    let with = |name: &[u8; 4], replacement: Vec<u8>| {
        let mut file = plain();
        let at = position(&file, name) + 4;
        file[at..at + replacement.len()].copy_from_slice(&replacement);
        message(&file)
    };
    // The place is that behind the fields which were read.
    let damaged = |file: &[u8], name: &[u8; 4], fields: usize, reason: &str| {
        let offset = position(file, name) + 4 + 4 * fields;
        let name = std::str::from_utf8(name).unwrap();
        format!("the file is damaged at byte {offset}: {reason} in its {name} box")
    };
    let larger = "a table is larger than its box";
    let (file, whole) = (plain(), plain().len());
    for name in [b"stts", b"stsc", b"stco", b"ctts", b"stss"] {
        assert_eq!(with(name, words(&[0, u32::MAX])), damaged(&file, name, 2, larger));
    }
    assert_eq!(with(b"stsz", words(&[0, 0, u32::MAX])), damaged(&file, b"stsz", 3, larger));
    assert_eq!(
        with(b"stsz", words(&[0, 1, u32::MAX])),
        "4294967295 samples are more than the limit of 16000000"
    );
    assert_eq!(with(b"stsz", words(&[0, 1, 9_000_000])), truncated("mdat", whole, 9_000_000));
    assert_eq!(
        with(b"stsz", words(&[0, 0, 3, u32::MAX])),
        "4294967295 bytes of one sample are more than the limit of 268435456"
    );
    assert_eq!(with(b"stco", words(&[0, 2, u32::MAX])), truncated("mdat", whole, u32::MAX as usize + 5));
    let fewer = "fewer places than samples";
    assert_eq!(with(b"stco", words(&[0, 1])), damaged(&file, b"stco", 3, fewer));
    assert_eq!(with(b"stsc", words(&[0, 2, 1, 0, 1, 2, 0])), damaged(&file, b"stco", 4, fewer));
    assert_eq!(with(b"mdhd", words(&[0, 0, 0, 0])), damaged(&file, b"mdhd", 4, "a timescale of zero"));

    let trun = |fields: &[u32]| {
        let mut file = fragmented();
        let at = position(&file, b"trun") + 4;
        file[at..at + 4 * fields.len()].copy_from_slice(&words(fields));
        message(&file)
    };
    assert_eq!(trun(&[0x805, u32::MAX]), damaged(&fragmented(), b"trun", 4, larger));
    assert_eq!(trun(&[0x5, u32::MAX]), "4294967295 samples are more than the limit of 16000000");
    assert_eq!(trun(&[0x5, 15_000_000]), "no error", "the samples that lie in the file are read");
}

#[test]
fn every_prefix_and_every_changed_byte_of_a_file_is_read_or_refused() {
    for file in [plain(), fragmented()] {
        for len in 0..file.len() {
            let _ = read_all(&file[..len]);
        }
        for at in 0..file.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut file = file.clone();
                file[at] = value;
                let _ = read_all(&file);
            }
        }
        assert!(read_all(&file).unwrap() > 2);
    }
}

proptest! {
    #[test]
    fn changed_words_are_read_or_refused(
        fragments in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u32>()), 1..4),
    ) {
        let mut file = if fragments { fragmented() } else { plain() };
        for (at, value) in changes {
            let at = at.index(file.len() - 3);
            file[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        let _ = read_all(&file);
    }

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut file = ftyp();
        file.extend(bytes);
        prop_assert!(read_all(&file).is_err());
    }
}
