//! Streams of FFmpeg's x265: parsed, split, written again and guarded, with FFmpeg as the judge of the pictures.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use framewire_bitstream::{
    ChromaFormat, Codec, DecoderConfig, Dimensions, StreamFacts,
    annexb::{self, AccessUnitReader},
    avcc::LengthSize,
    guard::{ColorCodes, Guard, GuardConfig},
    hevc::{NalType, Pps, Sps, Vps},
    parameter_sets,
};
use std::sync::LazyLock;
use support::{Made, decoded_hashes, ffprobe, write, x265};

/// Settings by name: size, pixel format, x265's parameters.
const STREAMS: [(&str, &str, &str, &str); 12] = [
    ("low-delay", "320x240", "yuv420p", "bframes=0:keyint=8:repeat-headers=1"),
    ("delimiters", "320x240", "yuv420p", "bframes=0:b-adapt=0:ref=4:keyint=30:annexb=1:aud=1"),
    (
        "b-frames",
        "320x240",
        "yuv420p",
        "bframes=4:b-adapt=0:keyint=12:min-keyint=12:open-gop=0:repeat-headers=1",
    ),
    ("open-gop", "320x240", "yuv420p", "bframes=3:b-adapt=0:keyint=10:min-keyint=10:open-gop=1:radl=0"),
    ("radl", "320x240", "yuv420p", "bframes=3:b-adapt=0:keyint=10:min-keyint=10:open-gop=0:radl=2"),
    ("layers", "320x240", "yuv420p", "bframes=3:b-adapt=0:temporal-layers=1:keyint=16"),
    (
        "vui",
        "256x144",
        "yuv420p",
        "bframes=0:sar=4\\:3:overscan=show:videoformat=pal:range=full:colorprim=bt709:transfer=bt709:colormatrix=bt709:chromaloc=1:hrd=1:vbv-maxrate=500:vbv-bufsize=500",
    ),
    ("cropped", "322x182", "yuv420p", "bframes=0:keyint=5:repeat-headers=1"),
    ("slices", "640x360", "yuv420p", "bframes=0:slices=4:keyint=6:aud=1"),
    ("scaling", "320x240", "yuv420p", "bframes=0:scaling-list=default:rect=1:amp=1:weightp=1:sao=0"),
    (
        "main10",
        "320x240",
        "yuv420p10le",
        "bframes=2:hdr10=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:no-wpp=1",
    ),
    ("444", "320x240", "yuv444p", "bframes=1:keyint=9:lossless=1"),
];

/// Every stream that this FFmpeg can make; each that it cannot is said.
fn streams(test: &str) -> impl Iterator<Item = &'static Made> {
    static MADE: LazyLock<Vec<Result<Made, String>>> =
        LazyLock::new(|| STREAMS.map(|(name, size, format, params)| x265(name, size, format, params)).into());
    for (why, (name, ..)) in
        MADE.iter().zip(STREAMS).filter_map(|(made, of)| Some((made.as_ref().err()?, of)))
    {
        println!("SKIPPED {test} with {name}: {why}");
    }
    MADE.iter().flatten()
}

#[test]
fn parameter_sets_are_read_and_written_to_the_bit() {
    for made in streams("parameter_sets_are_read_and_written_to_the_bit") {
        let mut seen = [0; 3];
        for nal in annexb::nals(&made.bytes).map(|nal| (nal.hevc_type(), nal.bytes())) {
            match nal {
                (NalType::Vps, bytes) => {
                    assert_eq!(Vps::parse(bytes).unwrap().to_nal(), bytes, "{}", made.name);
                    seen[0] += 1;
                }
                (NalType::Sps, bytes) => {
                    assert_eq!(Sps::parse(bytes).unwrap().to_nal(), bytes, "{}", made.name);
                    seen[1] += 1;
                }
                (NalType::Pps, bytes) => {
                    assert_eq!(Pps::parse(bytes).unwrap().to_nal(), bytes, "{}", made.name);
                    seen[2] += 1;
                }
                _ => {}
            }
        }
        assert!(seen.iter().all(|&count| count > 0), "{}: {seen:?}", made.name);
    }
}

#[test]
fn a_reader_splits_them_as_ffmpeg_does_and_loses_no_byte() {
    for made in streams("a_reader_splits_them_as_ffmpeg_does_and_loses_no_byte") {
        let mut reader = AccessUnitReader::of(Codec::Hevc, std::fs::File::open(&made.path).unwrap());
        let (mut unit, mut joined, mut count) = (Vec::new(), Vec::new(), 0);
        while reader.read_unit(&mut unit).unwrap() {
            joined.extend_from_slice(&unit);
            count += 1;
        }
        assert_eq!(joined, made.bytes, "{}", made.name);
        assert_eq!(annexb::access_units_of(Codec::Hevc, &made.bytes).count(), count, "{}", made.name);
        let packets = ffprobe(&made.path, &["-count_packets"], "stream=nb_read_packets");
        assert_eq!(packets, count.to_string(), "{}", made.name);
        assert_eq!(annexb::detect(&made.bytes), Some(Codec::Hevc), "{}", made.name);
        assert_eq!(annexb::detect(&made.bytes[..made.bytes.len().min(4096)]), Some(Codec::Hevc));
    }
}

#[test]
fn the_facts_are_those_of_ffprobe() {
    for made in streams("the_facts_are_those_of_ffprobe") {
        let first = annexb::access_units_of(Codec::Hevc, &made.bytes).next().unwrap();
        let facts = StreamFacts::from_annexb(Codec::Hevc, first).unwrap();
        let entry = |name: &str| ffprobe(&made.path, &[], &format!("stream={name}"));
        let name = &made.name;
        assert_eq!(entry("width"), facts.display.width.to_string(), "{name}");
        assert_eq!(entry("height"), facts.display.height.to_string(), "{name}");
        assert_eq!(entry("level"), facts.level_idc.to_string(), "{name}");
        assert_eq!(entry("r_frame_rate"), "25/1", "{name}");
        assert_eq!(facts.frame_rate.unwrap().to_string(), "25", "{name}");
        let profile = if facts.profile == Some("Range Extensions") { "Rext" } else { facts.profile.unwrap() };
        assert_eq!(entry("profile"), profile, "{name}");
        assert_eq!(entry("has_b_frames"), facts.reorder_frames.to_string(), "{name}");
        let format = entry("pix_fmt");
        assert_eq!(format.contains("10le"), facts.bit_depth_luma == 10, "{name}");
        assert_eq!(format.contains("444"), facts.chroma == ChromaFormat::Yuv444, "{name}");
        if name == "vui" {
            let aspect = facts.pixel_aspect.unwrap();
            assert_eq!(entry("sample_aspect_ratio"), format!("{}:{}", aspect.width, aspect.height));
            let signal = facts.video_signal.unwrap();
            assert!(signal.full_range);
            assert_eq!(
                signal.color.map(|color| (color.primaries, color.transfer, color.matrix)),
                Some((1, 1, 1))
            );
        }
    }
}

#[test]
fn guarded_streams_decode_to_the_same_pictures() {
    for made in streams("guarded_streams_decode_to_the_same_pictures") {
        let name = &made.name;
        let (mut first, mut second) = (guard(GuardConfig::default()), guard(GuardConfig::default()));
        let (mut out, mut again) = (Vec::new(), Vec::new());
        let (mut keys, mut reordered) = (0, 0);
        for unit in annexb::access_units_of(Codec::Hevc, &made.bytes) {
            let at = out.len();
            let facts = first.process(unit, &mut out).unwrap();
            assert!(facts.slices > 0, "{name}");
            keys += usize::from(facts.key);
            reordered += usize::from(facts.reordered);
            let sets = parameter_sets(Codec::Hevc, &out[at..]);
            if facts.key {
                assert!(!sets.vps.is_empty() && !sets.sps.is_empty() && !sets.pps.is_empty(), "{name}");
            }
            second.process(&out[at..], &mut again).unwrap();
        }
        assert_eq!(out, again, "{name}: what has been guarded needs nothing more");
        let says_reordering = StreamFacts::from_annexb(Codec::Hevc, &made.bytes).unwrap().reorder_frames > 0;
        assert_eq!(reordered > 0, says_reordering, "{name}: {reordered} pictures");
        assert_eq!(StreamFacts::from_annexb(Codec::Hevc, &out).unwrap().reorder_frames, 0, "{name}");
        let flags = ffprobe(&made.path, &[], "packet=flags");
        assert_eq!(flags.lines().filter(|line| line.starts_with('K')).count(), keys, "{name}");
        let guarded = write(&format!("{name}-guarded.hevc"), &out);
        let (mut expected, mut seen) = (decoded_hashes(&made.path), decoded_hashes(&guarded));
        if says_reordering {
            // It is promised to have no reordering, so that only the set of its pictures is the same.
            expected.sort();
            seen.sort();
        }
        assert_eq!(expected.len(), made.frames, "{name}");
        assert_eq!(expected, seen, "{name}");
    }
}

#[test]
fn decoding_begins_at_every_key_frame_of_a_guarded_stream() {
    for made in streams("decoding_begins_at_every_key_frame_of_a_guarded_stream") {
        let name = &made.name;
        let mut guard = guard(GuardConfig::default());
        let (mut out, mut keys, mut reordered) = (Vec::new(), Vec::new(), false);
        for (index, unit) in annexb::access_units_of(Codec::Hevc, &made.bytes).enumerate() {
            let at = out.len();
            let facts = guard.process(unit, &mut out).unwrap();
            reordered |= facts.reordered;
            if facts.key {
                keys.push((index, at));
            }
        }
        if reordered {
            continue;
        }
        let whole = decoded_hashes(&made.path);
        for (index, at) in keys {
            let path = write(&format!("{name}-from-{index}.hevc"), &out[at..]);
            assert_eq!(decoded_hashes(&path), whole[index..], "{name} from {index}");
        }
    }
}

#[test]
fn what_is_disposable_is_not_missed() {
    let (mut dropped, mut tested) = (0, 0);
    for made in streams("what_is_disposable_is_not_missed") {
        let mut guard = guard(GuardConfig::default());
        let mut kept = Vec::new();
        let mut left = made.frames;
        for unit in annexb::access_units_of(Codec::Hevc, &made.bytes) {
            if guard.process(unit, &mut Vec::new()).unwrap().disposable {
                left -= 1;
                dropped += 1;
            } else {
                kept.extend_from_slice(unit);
            }
        }
        tested += 1;
        let path = write(&format!("{}-kept.hevc", made.name), &kept);
        let (whole, seen) = (decoded_hashes(&made.path), decoded_hashes(&path));
        assert_eq!(seen.len(), left, "{}", made.name);
        assert!(seen.iter().all(|picture| whole.contains(picture)), "{}", made.name);
    }
    assert!(dropped > 0 || tested == 0, "no picture of {tested} streams could be dropped");
}

#[test]
fn colour_and_cropping_reach_ffmpeg() {
    let made = match x265("plain", "320x240", "yuv420p", "bframes=0") {
        Ok(made) => made,
        Err(why) => return println!("SKIPPED colour_and_cropping_reach_ffmpeg: {why}"),
    };
    let color = ColorCodes { primaries: 9, transfer: 16, matrix: 9, full_range: true };
    let display = Some(Dimensions::new(317, 233));
    let mut guard = guard(GuardConfig { color: Some(color), display, ..GuardConfig::default() });
    let mut out = Vec::new();
    for unit in annexb::access_units_of(Codec::Hevc, &made.bytes) {
        guard.process(unit, &mut out).unwrap();
    }
    let path = write("colored.hevc", &out);
    let entries = "stream=width,height,color_range,color_space,color_transfer,color_primaries";
    assert_eq!(ffprobe(&path, &[], entries), "318,234,pc,bt2020nc,smpte2084,bt2020");
    assert_eq!(decoded_hashes(&path).len(), made.frames);
}

#[test]
fn a_record_is_what_ffmpeg_writes_into_mp4() {
    for made in streams("a_record_is_what_ffmpeg_writes_into_mp4") {
        let first = annexb::access_units_of(Codec::Hevc, &made.bytes).next().unwrap();
        let ours = DecoderConfig::from_annexb(Codec::Hevc, first).unwrap();
        let file = std::fs::read(made.remuxed()).unwrap();
        let at = file.windows(4).position(|window| window == b"hvcC").unwrap();
        let length = u32::from_be_bytes(file[at - 4..at].try_into().unwrap()) as usize;
        let theirs = DecoderConfig::parse(Codec::Hevc, &file[at + 4..at - 4 + length]).unwrap();
        let (DecoderConfig::Hevc(ours), DecoderConfig::Hevc(mut theirs)) = (ours, theirs) else {
            unreachable!()
        };
        // FFmpeg keeps the encoder's message in the record, which we leave in the samples.
        theirs.arrays.retain(|array| array.kind != NalType::PrefixSei);
        assert_eq!(ours, theirs, "{}", made.name);
        assert_eq!(ours.codec_string().four_cc(), "hvc1");
        assert_eq!(ours.length_size, LengthSize::Four);
    }
}

fn guard(config: GuardConfig) -> Guard {
    Guard::new(Codec::Hevc, config)
}
