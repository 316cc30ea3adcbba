//! The decoder against published streams, with FFmpeg as the judge.
#![cfg(feature = "openh264")]
#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is to stop the test")]

mod common;

use common::{access_units, ffmpeg_decode, has_ffmpeg, psnr, streams};
use framewire_codec::{BackendError, Codec, DecodedPicture, DecoderBackend, DecoderConfig};
use framewire_frame::{PixelFormat, Size, Timestamp};
use framewire_software::openh264::OpenH264Decoder;
use std::{
    fs,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

/// Streams without damage in what OpenH264 decodes.
const WHOLE: [&str; 10] = [
    "BA_MW_D.264",
    "CI_MW_D.264",
    "LS_SVA_D.264",
    "MIDR_MW_D.264",
    "MPS_MW_A.264",
    "NRF_MW_E.264",
    "SVA_CL1_E.264",
    "SarVui.264",
    "jm_1080p_allslice.264",
    "test_scalinglist_jm.264",
];

struct Decoded {
    pictures: Vec<u8>,
    timestamps: Vec<u64>,
    faults: Vec<String>,
}

fn decoder() -> OpenH264Decoder {
    OpenH264Decoder::open(&DecoderConfig::new(Codec::H264, Size::new(16, 16).unwrap())).unwrap()
}

fn decode<'a>(units: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut decoder = decoder();
    let mut decoded = Decoded { pictures: Vec::new(), timestamps: Vec::new(), faults: Vec::new() };
    let mut emit = |picture: DecodedPicture<'_>| {
        let at = decoded.pictures.len();
        decoded.pictures.resize(at + PixelFormat::I420.packed_len(picture.picture.size()), 0);
        picture.picture.copy_packed_to(&mut decoded.pictures[at..]);
        decoded.timestamps.push(picture.timestamp.as_micros());
    };
    for (index, unit) in units.into_iter().enumerate() {
        match decoder.decode(unit, Timestamp::from_micros(index as u64), &mut emit) {
            Ok(()) => {}
            Err(BackendError::BrokenUnit { message }) => decoded.faults.push(message),
            Err(error) => panic!("unit {index} ended the session: {error}"),
        }
    }
    decoder.flush(&mut emit).unwrap();
    decoded
}

#[test]
fn whole_streams_decode_to_the_same_bytes_as_with_ffmpeg() {
    let (Some(folder), true) = (streams(), has_ffmpeg()) else {
        println!(
            "SKIPPED whole_streams_decode_to_the_same_bytes_as_with_ffmpeg: no ffmpeg or no shared/data/h264"
        );
        return;
    };
    for name in WHOLE {
        let stream = fs::read(folder.join(name)).unwrap();
        let decoded = decode(access_units(&stream));
        assert!(decoded.faults.is_empty(), "{name}: {:?}", decoded.faults);
        assert!(decoded.pictures == ffmpeg_decode(&folder.join(name)), "{name}: other bytes than ffmpeg's");
        assert!(decoded.timestamps.is_sorted(), "{name}: {:?}", decoded.timestamps);
    }
}

#[test]
fn main_and_high_profile_decode_to_the_same_bytes_as_with_ffmpeg() {
    for profile in ["main", "high"] {
        let Some((stream, judge)) = made_by_ffmpeg(profile, 0) else {
            println!(
                "SKIPPED main_and_high_profile_decode_to_the_same_bytes_as_with_ffmpeg: no ffmpeg with libx264"
            );
            return;
        };
        let decoded = decode(access_units(&stream));
        assert_eq!(decoded.timestamps, (0..40).collect::<Vec<_>>(), "{profile}");
        assert!(decoded.pictures == judge, "{profile}: other bytes than ffmpeg's");
    }
}

/// The library's own reconstruction of B pictures differs from FFmpeg's in places, so that this asks for likeness.
#[test]
fn reordered_pictures_come_in_the_order_to_show_with_their_own_timestamps() {
    let Some((stream, judge)) = made_by_ffmpeg("high", 2) else {
        println!(
            "SKIPPED reordered_pictures_come_in_the_order_to_show_with_their_own_timestamps: no ffmpeg with libx264"
        );
        return;
    };
    let decoded = decode(access_units(&stream));
    let mut every_one = decoded.timestamps.clone();
    every_one.sort_unstable();
    assert_eq!(every_one, (0..40).collect::<Vec<_>>());
    assert!(!decoded.timestamps.is_sorted(), "the stream has no reordered pictures");
    assert_eq!(decoded.pictures.len(), judge.len());
    let len = judge.len() / 40;
    for (index, (ours, theirs)) in decoded.pictures.chunks(len).zip(judge.chunks(len)).enumerate() {
        let psnr = psnr(ours, theirs);
        assert!(psnr > 30.0, "picture {index} is not ffmpeg's: {psnr:.1} dB");
    }
}

#[test]
fn streams_beyond_the_decoder_are_reported_and_never_shown() {
    let beyond: [(&str, &[&str]); 3] = [
        ("interlaced", &["-pix_fmt", "yuv420p", "-flags", "+ilme+ildct", "-x264-params", "interlaced=1"]),
        ("4:4:4", &["-pix_fmt", "yuv444p"]),
        ("10 bits", &["-pix_fmt", "yuv420p10le"]),
    ];
    for (what, arguments) in beyond {
        let Some((stream, _)) = encoded_by_ffmpeg(arguments) else {
            println!(
                "SKIPPED streams_beyond_the_decoder_are_reported_and_never_shown: no ffmpeg with libx264"
            );
            return;
        };
        let decoded = decode(access_units(&stream));
        assert!(!decoded.faults.is_empty(), "{what} is not reported");
        assert!(decoded.timestamps.is_empty(), "{what} is shown");
    }
}

/// A stream of 40 pictures and what FFmpeg decodes it to; `None` without FFmpeg and its libx264.
fn made_by_ffmpeg(profile: &str, b_pictures: u32) -> Option<(Vec<u8>, Vec<u8>)> {
    encoded_by_ffmpeg(&["-pix_fmt", "yuv420p", "-profile:v", profile, "-bf", &b_pictures.to_string()])
}

fn encoded_by_ffmpeg(arguments: &[&str]) -> Option<(Vec<u8>, Vec<u8>)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("framewire-{}-{}.h264", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let file = std::env::temp_dir().join(name);
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-frames:v", "40"])
        .args(["-c:v", "libx264"])
        .args(arguments)
        .arg(&file)
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let result = (fs::read(&file).unwrap(), ffmpeg_decode(&file));
    fs::remove_file(&file).unwrap();
    Some(result)
}

#[test]
fn damaged_streams_neither_crash_nor_end_the_session() {
    let Some(folder) = streams() else {
        println!("SKIPPED damaged_streams_neither_crash_nor_end_the_session: no shared/data/h264");
        return;
    };
    for name in ["BA_MW_D_IDR_LOST.264", "Error_I_P.264", "sps_subsetsps_bothVUI.264"] {
        let stream = fs::read(folder.join(name)).unwrap();
        let units = access_units(&stream);
        let decoded = decode(units.iter().copied());
        assert!(decoded.timestamps.len() + decoded.faults.len() >= units.len() / 2, "{name}");
    }
    let stream = fs::read(folder.join("CI_MW_D.264")).unwrap();
    for seed in 1..=20_u32 {
        let mut damaged = stream.clone();
        let mut state = seed;
        for _ in 0..60 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = state as usize % damaged.len();
            damaged[at] ^= 1 << (state >> 29);
        }
        decode(access_units(&damaged));
        decode(access_units(&damaged[..damaged.len() / 3]));
    }
}

#[test]
fn after_a_broken_unit_the_next_key_frame_shows_again() {
    let Some(folder) = streams() else {
        println!("SKIPPED after_a_broken_unit_the_next_key_frame_shows_again: no shared/data/h264");
        return;
    };
    let stream = fs::read(folder.join("BA_MW_D.264")).unwrap();
    let units = access_units(&stream);
    let cut = &units[3][..units[3].len() / 2];
    let played = units[..3].iter().copied().chain([cut]).chain(units[..5].iter().copied());
    let decoded = decode(played);
    assert!(!decoded.faults.is_empty());
    let whole = decode(units[..5].iter().copied());
    assert!(decoded.pictures.ends_with(&whole.pictures));
}

#[test]
fn bytes_that_are_no_stream_are_a_broken_unit() {
    for bytes in [&[][..], &[0, 0, 1], &[0, 0, 1, 0x65, 0x88, 0x84, 0, 0x10], &[0xff; 400]] {
        let mut decoder = decoder();
        let mut count = 0;
        let result = decoder.decode(bytes, Timestamp::ZERO, &mut |_| count += 1);
        assert!(!matches!(result, Err(BackendError::Failed { .. })), "{result:?}");
        assert_eq!(count, 0);
    }
}
