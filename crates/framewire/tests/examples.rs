//! The examples run.
#![cfg(feature = "openh264")]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::{env, fs, path::PathBuf, process::Output};

/// What an example prints; `None`, with the reason printed, where it was not built.
fn run(test: &str, example: &str, arguments: &[&str]) -> Option<String> {
    let Output { status, stdout, stderr } = common::example(test, example)?.args(arguments).output().unwrap();
    assert!(status.success(), "{example}: {}", String::from_utf8_lossy(&stderr));
    Some(String::from_utf8(stdout).unwrap())
}

fn scratch(name: &str) -> PathBuf {
    env::temp_dir().join(format!("framewire-examples-{}-{name}", std::process::id()))
}

#[test]
fn an_encoder_gives_key_frames_when_asked() {
    let path = scratch("encode.h264");
    let Some(text) = run("an_encoder_gives_key_frames_when_asked", "encode", &[path.to_str().unwrap()])
    else {
        return;
    };
    assert!(text.contains("frame 0 is a key frame") && text.contains("frame 20 is a key frame"), "{text}");
    assert_eq!(text.matches("is a key frame").count(), 2, "{text}");
    fs::remove_file(path).unwrap();
}

#[test]
fn a_call_shows_all_but_what_the_network_loses() {
    let Some(text) = run("a_call_shows_all_but_what_the_network_loses", "call", &[]) else { return };
    assert!(text.contains("57 of 60 frames were shown"), "{text}");
    assert_eq!(text.matches("repairs it by").count(), 2, "{text}");
}

#[test]
fn a_decoder_loses_no_frame_over_a_change_of_size() {
    let Some(text) = run("a_decoder_loses_no_frame_over_a_change_of_size", "decode", &[]) else { return };
    assert!(text.contains("320x240 nv12") && text.contains("640x480 nv12"), "{text}");
    assert!(text.contains("20 of 20 frames came back"), "{text}");
}

#[test]
fn a_conversion_starts_from_raw_bytes_with_a_stride() {
    let Some(text) = run("a_conversion_starts_from_raw_bytes_with_a_stride", "convert", &[]) else { return };
    assert!(text.contains("Y begins with"), "{text}");
}

#[test]
fn samples_are_written_and_read() {
    let path = scratch("mp4_file.mp4");
    let Some(text) = run("samples_are_written_and_read", "mp4_file", &[path.to_str().unwrap()]) else {
        return;
    };
    assert!(text.contains("30 frames, 2.002 s"), "{text}");
    fs::remove_file(path).unwrap();
}

#[test]
fn units_go_to_lengths_and_back() {
    let Some(text) = run("units_go_to_lengths_and_back", "annexb", &[]) else { return };
    assert!(text.contains("1 SPS and 1 PPS") && text.contains("the same there and back: true"), "{text}");
}

#[test]
fn a_file_is_exported() {
    let (input, output) = (scratch("in.y4m"), scratch("out.mp4"));
    let mut file = b"YUV4MPEG2 W64 H48 F25:1 Ip C420jpeg\n".to_vec();
    for frame in 0..25_u8 {
        file.extend(b"FRAME\n");
        file.extend([frame * 9; 64 * 48 * 3 / 2]);
    }
    fs::write(&input, file).unwrap();
    let text = run("a_file_is_exported", "export", &[input.to_str().unwrap(), output.to_str().unwrap()]);
    fs::remove_file(input).unwrap();
    let Some(text) = text else { return };
    assert!(text.contains("25 frames by"), "{text}");
    fs::remove_file(output).unwrap();
}
