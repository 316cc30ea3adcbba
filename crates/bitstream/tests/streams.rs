//! Published streams: parsed, split, written again and guarded, with FFmpeg as the judge of the pictures.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use framewire_bitstream::{
    Codec, Dimensions, Error, StreamFacts,
    annexb::{self, AccessUnitReader},
    guard::{Guard, GuardConfig},
    h264::{NalType, Pps, SliceHeader, SliceStart, Sps},
};

/// Streams that are damaged on purpose.
fn is_damaged(name: &str) -> bool {
    name.contains("LOST") || name.starts_with("Error")
}

fn streams(test: &str) -> Vec<(String, PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/h264");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("SKIPPED {test}: {} is missing", folder.display());
        return Vec::new();
    };
    let mut streams: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let bytes = std::fs::read(&path).unwrap();
            (name, path, bytes)
        })
        .collect();
    streams.sort();
    streams
}

/// A hash of each picture that FFmpeg decodes.
fn pictures(path: &Path) -> Option<Vec<String>> {
    let output = Command::new("ffmpeg")
        .args(["-v", "quiet", "-f", "h264", "-i"])
        .arg(path)
        .args(["-f", "framemd5", "-"])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let hash = |line: &str| line.rsplit(',').next().unwrap_or_default().trim().to_owned();
    Some(text.lines().filter(|line| !line.starts_with('#')).map(hash).collect())
}

#[test]
fn parameter_sets_are_read_and_written_to_the_bit() {
    for (name, _, bytes) in streams("parameter_sets_are_read_and_written_to_the_bit") {
        let mut active = None;
        for nal in annexb::nals(&bytes) {
            match nal.h264_type() {
                NalType::Sps => {
                    let sps = Sps::parse(nal.bytes()).unwrap();
                    assert_eq!(sps.to_nal()[1..], nal.bytes()[1..], "{name}");
                    active = Some(sps);
                }
                NalType::Pps => {
                    let sps = active.as_ref().unwrap();
                    let pps = Pps::parse(nal.bytes(), sps).unwrap();
                    assert_eq!(pps.to_nal(sps)[1..], nal.bytes()[1..], "{name}");
                    assert_eq!(Pps::ids(nal.bytes()), Ok((pps.id, pps.sps_id)));
                }
                _ => {}
            }
        }
    }
}

#[test]
fn slice_headers_are_read() {
    for (name, _, bytes) in streams("slice_headers_are_read") {
        let mut active = None;
        for nal in annexb::nals(&bytes) {
            match nal.h264_type() {
                NalType::Sps => active = Some(Sps::parse(nal.bytes()).unwrap()),
                kind if kind.starts_slice() => {
                    let sps = active.as_ref().unwrap();
                    let header = SliceHeader::parse(nal.bytes(), sps).unwrap();
                    assert_eq!(SliceStart::parse(nal.bytes()), Ok(header.start), "{name}");
                    assert!(header.start.first_mb_in_slice < sps.frame_mbs(), "{name}");
                    if header.start.idr {
                        assert_eq!(header.frame_num, 0, "{name}: 7.4.3");
                    }
                }
                _ => {}
            }
        }
    }
}

#[test]
fn a_reader_splits_them_as_ffmpeg_does_and_loses_no_byte() {
    for (name, path, bytes) in streams("a_reader_splits_them_as_ffmpeg_does_and_loses_no_byte") {
        let mut reader = AccessUnitReader::new(std::fs::File::open(&path).unwrap());
        let (mut unit, mut joined, mut count) = (Vec::new(), Vec::new(), 0);
        while reader.read_unit(&mut unit).unwrap() {
            joined.extend_from_slice(&unit);
            count += 1;
        }
        assert_eq!(joined, bytes, "{name}");
        assert_eq!(annexb::access_units(&bytes).count(), count, "{name}");
        let counted = Command::new("ffprobe")
            .args(["-v", "quiet", "-f", "h264", "-count_packets", "-show_entries", "stream=nb_read_packets"])
            .args(["-of", "csv=p=0"])
            .arg(&path)
            .output();
        match counted {
            Ok(output) => {
                let packets = String::from_utf8(output.stdout).unwrap();
                let packets =
                    packets.lines().next().unwrap_or_default().trim().trim_end_matches(',').to_owned();
                if !is_damaged(&name) {
                    assert_eq!(packets, count.to_string(), "{name}");
                }
            }
            Err(error) => println!("SKIPPED the comparison of {name}: ffprobe cannot be run: {error}"),
        }
    }
}

#[test]
fn guarded_streams_decode_to_the_same_pictures() {
    let folder = std::env::temp_dir().join(format!("framewire-bitstream-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, path, bytes) in streams("guarded_streams_decode_to_the_same_pictures") {
        let mut guard = Guard::new(Codec::H264, GuardConfig::default());
        let (mut out, mut again) = (Vec::new(), Vec::new());
        let mut second = Guard::new(Codec::H264, GuardConfig::default());
        for unit in annexb::access_units(&bytes) {
            let at = out.len();
            match guard.process(unit, &mut out) {
                Ok(facts) => {
                    assert!(facts.display.width <= facts.coded.width, "{name}");
                    if facts.slices > 0 {
                        second.process(&out[at..], &mut again).unwrap();
                    }
                }
                Err(Error::NoParameterSets | Error::UnknownParameterSet { .. }) if is_damaged(&name) => {}
                Err(error) => panic!("{name}: {error}"),
            }
        }
        assert_eq!(out, again, "{name}: what has been guarded needs nothing more");
        for sps in annexb::nals(&out).filter(|nal| nal.h264_type() == NalType::Sps) {
            let sps = Sps::parse(sps.bytes()).unwrap();
            let restriction = sps.vui.unwrap().bitstream_restriction.unwrap();
            assert_eq!(restriction.max_num_reorder_frames, 0, "{name}");
            assert!(restriction.max_dec_frame_buffering >= sps.max_num_ref_frames, "{name}");
        }
        let guarded = folder.join(&name);
        std::fs::write(&guarded, &out).unwrap();
        let (Some(expected), Some(mut seen)) = (pictures(&path), pictures(&guarded)) else {
            println!("SKIPPED the pictures of {name}: ffmpeg cannot be run");
            continue;
        };
        // A stream with B-frames is promised to have none, so that only the set of its pictures is the same.
        let mut expected = expected;
        if expected != seen && guard_may_reorder(&bytes) {
            expected.sort();
            seen.sort();
        }
        if !is_damaged(&name) {
            assert_eq!(expected, seen, "{name}");
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_codec_and_the_facts_are_those_of_ffprobe() {
    for (name, path, bytes) in streams("the_codec_and_the_facts_are_those_of_ffprobe") {
        if is_damaged(&name) {
            continue;
        }
        assert_eq!(annexb::detect(&bytes), Some(Codec::H264), "{name}");
        let facts = annexb::nals(&bytes).find(|nal| nal.h264_type() == NalType::Sps).unwrap();
        let facts = StreamFacts::from_sps(Codec::H264, facts.bytes()).unwrap();
        let output = Command::new("ffprobe")
            .args(["-v", "quiet", "-f", "h264", "-show_entries", "stream=profile,width,height,level"])
            .args(["-of", "csv=p=0"])
            .arg(&path)
            .output();
        let Ok(output) = output else {
            println!("SKIPPED the_codec_and_the_facts_are_those_of_ffprobe of {name}: ffprobe cannot be run");
            continue;
        };
        let Dimensions { width, height } = facts.display;
        let ours = format!("{},{width},{height},{}", facts.profile.unwrap(), facts.level_idc);
        let theirs = String::from_utf8(output.stdout).unwrap();
        let theirs = theirs.lines().next().unwrap_or_default().trim_end_matches(',');
        if theirs.starts_with("unknown") {
            println!(
                "SKIPPED the_codec_and_the_facts_are_those_of_ffprobe of {name}: ffprobe cannot read it"
            );
            continue;
        }
        assert_eq!(theirs, ours, "{name}");
    }
}

fn guard_may_reorder(bytes: &[u8]) -> bool {
    annexb::nals(bytes).filter(|nal| nal.h264_type().starts_slice()).any(|nal| {
        SliceStart::parse(nal.bytes()).is_ok_and(|s| s.kind == framewire_bitstream::h264::SliceKind::B)
    })
}
