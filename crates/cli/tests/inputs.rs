//! What bad input gets: one sentence that says which, and exit code 2.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod judge;

use judge::{Folder, clip, framewire, refusal};
use std::fs;

#[test]
fn a_missing_file_is_named() {
    let text = refusal(&["serve", "/nowhere/clip.mp4"], None);
    assert!(text.contains("/nowhere/clip.mp4") && text.contains("No such file"), "{text}");
}

#[test]
fn files_that_hold_no_video_are_said_to() {
    let folder = Folder::new("no-video");
    let empty = refusal(&["serve", &folder.file("empty.mp4", b"")], None);
    assert!(empty.contains("it is empty"), "{empty}");
    let text = refusal(&["serve", &folder.file("text.mp4", b"this is no video at all, only text")], None);
    assert!(text.contains("no video that can be read"), "{text}");
    let start = refusal(&["serve", &folder.file("start.h264", &[0, 0, 0, 1])], None);
    assert!(start.contains("no picture") || start.contains("no video"), "{start}");
    let noise: Vec<u8> =
        [0, 0, 0, 1, 0x67].into_iter().chain((0..4000_u32).map(|i| (i * 97 % 251) as u8)).collect();
    let broken = refusal(&["serve", &folder.file("noise.h264", &noise)], None);
    assert!(broken.contains("noise.h264"), "{broken}");
    let header = refusal(&["serve", &folder.file("cut.y4m", b"YUV4MPEG2 W4 H")], None);
    assert!(header.contains("cut off"), "{header}");
}

#[test]
fn a_truncated_mp4_is_said_to_be() {
    let folder = Folder::new("truncated");
    let Some(path) = clip("a_truncated_mp4_is_said_to_be", &folder, "whole.mp4", &["-pix_fmt", "yuv420p"])
    else {
        return;
    };
    let bytes = fs::read(path).unwrap();
    for part in [bytes.len() / 2, 40, 20] {
        let text = refusal(&["serve", &folder.file("part.mp4", &bytes[..part])], None);
        assert!(text.contains("part.mp4"), "{text}");
        assert!(["truncated", "never finished", "no video"].iter().any(|word| text.contains(word)), "{text}");
    }
}

#[test]
fn a_codec_that_cannot_be_read_is_named() {
    let folder = Folder::new("codec");
    let test = "a_codec_that_cannot_be_read_is_named";
    if let Some(path) = clip(test, &folder, "old.mp4", &["-c:v", "mpeg4"]) {
        let text = refusal(&["serve", &path], None);
        assert!(text.contains("mp4v"), "{text}");
    }
    if let Some(path) =
        clip(test, &folder, "hevc.mp4", &["-c:v", "libx265", "-x265-params", "log-level=none"])
    {
        let text = refusal(&["serve", &path], None);
        assert!(text.contains("HEVC"), "{text}");
    }
    if let Some(path) = clip(test, &folder, "422.y4m", &["-pix_fmt", "yuv422p"]) {
        let text = refusal(&["serve", &path], None);
        assert!(text.contains("422"), "{text}");
    }
}

#[test]
fn standard_input_needs_a_shape() {
    let text = refusal(&["serve", "-"], Some(&[7; 5000]));
    assert!(text.contains("--size") && text.contains("--pixel-format"), "{text}");
    let text = refusal(&["serve", "-", "--size", "4x4"], Some(b""));
    assert!(text.contains("both --size and --pixel-format"), "{text}");
    let text = refusal(&["serve", "-", "--loop"], Some(b""));
    assert!(text.contains("--loop"), "{text}");
}

#[test]
fn options_with_impossible_values_are_refused() {
    for (arguments, part) in [
        (&["serve", "pattern:spiral"][..], "spiral"),
        (&["serve", "pattern:solid", "--size", "0x9"], "0x9"),
        (&["serve", "pattern:solid", "--fps", "0"], "frame rate"),
        (&["serve", "pattern:solid", "--bitrate", "fast"], "bitrate"),
        (&["demo", "--scene", "opera"], "opera"),
        (&["load", "ftp://x/"], "ftp://x/"),
        (&["bench", "convert", "--from", "yuyv"], "yuyv"),
        (&["serve", "pattern:solid", "--encoder", "theora"], "theora"),
    ] {
        let output = framewire(arguments, None);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
}
