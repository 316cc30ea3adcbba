//! The decoder against published streams, with FFmpeg as the judge.
#![cfg(feature = "openh264")]
#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is to stop the test")]

mod common;

use common::{access_units, ffmpeg_decode, has_ffmpeg, streams};
use framewire_codec::{BackendError, Codec, DecodedPicture, DecoderBackend, DecoderConfig};
use framewire_frame::{PixelFormat, Size, Timestamp};
use framewire_software::openh264::OpenH264Decoder;
use std::fs;

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

/// The others, which are not compared with FFmpeg from their first unit to their last.
const LEFT_OUT: [(&str, &str); 3] = [
    ("BA_MW_D_IDR_LOST.264", "its first key frame is missing"),
    ("Error_I_P.264", "units of it are damaged"),
    ("sps_subsetsps_bothVUI.264", "FFmpeg finds no picture in it"),
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
    let mut emit = |given: DecodedPicture<'_>| {
        let at = decoded.pictures.len();
        let picture = given.picture.host().unwrap();
        decoded.pictures.resize(at + PixelFormat::I420.packed_len(picture.size()), 0);
        picture.copy_packed_to(&mut decoded.pictures[at..]);
        decoded.timestamps.push(given.timestamp.as_micros());
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
fn every_published_stream_is_decoded_or_left_out_for_a_reason() {
    let Some(folder) = streams() else {
        println!("SKIPPED every_published_stream_is_decoded_or_left_out_for_a_reason: no shared/data/h264");
        return;
    };
    let mut found: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".264"))
        .collect();
    let mut known: Vec<&str> = WHOLE.into_iter().chain(LEFT_OUT.map(|(name, _)| name)).collect();
    found.sort_unstable();
    known.sort_unstable();
    assert_eq!(found, known);
}

#[test]
fn a_stream_whose_first_key_frame_is_lost_recovers_at_the_next_one() {
    let (Some(folder), true) = (streams(), has_ffmpeg()) else {
        println!(
            "SKIPPED a_stream_whose_first_key_frame_is_lost_recovers_at_the_next_one: no ffmpeg or no shared/data/h264"
        );
        return;
    };
    let file = folder.join("BA_MW_D_IDR_LOST.264");
    let stream = fs::read(&file).unwrap();
    let units = access_units(&stream);
    let decoded = decode(units.iter().copied());
    let first = units.iter().position(|unit| has_idr(unit)).unwrap();
    assert_eq!(decoded.timestamps, (first as u64..units.len() as u64).collect::<Vec<_>>());
    assert_eq!(decoded.faults.len(), first);
    assert!(decoded.pictures == ffmpeg_decode(&file), "other bytes than ffmpeg's");
}

fn has_idr(unit: &[u8]) -> bool {
    unit.windows(4).any(|bytes| bytes[..3] == [0, 0, 1] && bytes[3] & 31 == 5)
}

#[test]
fn damaged_streams_neither_crash_nor_end_the_session() {
    let Some(folder) = streams() else {
        println!("SKIPPED damaged_streams_neither_crash_nor_end_the_session: no shared/data/h264");
        return;
    };
    for (name, _) in LEFT_OUT {
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
