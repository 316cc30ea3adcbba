//! `framewire decode`, with FFmpeg as the judge.
#![cfg(all(unix, feature = "openh264"))]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod judge;

use judge::{Folder, clip, command, ffprobe, frame_hashes, framewire, refusal, sentence, works};
use std::fs;

/// Options for a clip that has everything a decoder must not stumble over.
const CODING: [&str; 8] = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "3", "-g", "7"];

#[test]
fn pictures_are_those_that_ffmpeg_decodes() {
    let test = "pictures_are_those_that_ffmpeg_decodes";
    let folder = Folder::new("decode-same");
    let Some(mp4) = clip(test, &folder, "in.mp4", &CODING) else { return };
    let Some(stream) = clip(test, &folder, "in.h264", &CODING) else { return };
    for input in [&mp4, &stream] {
        let output = folder.path("out.y4m");
        works(&["decode", input, &output, "--force", "--quiet"]);
        assert_eq!(frame_hashes(&output, "0:v"), frame_hashes(input, "0:v"), "{input}");
        assert_eq!(ffprobe(&output, "stream=width,height,r_frame_rate"), ["64", "48", "10/1"]);
    }
    let piped = framewire(&["decode", "-", "-", "--format", "y4m"], Some(&fs::read(&stream).unwrap()));
    assert_eq!(piped.stdout, fs::read(folder.path("out.y4m")).unwrap());
}

#[test]
fn raw_frames_and_png_files_are_written() {
    let test = "raw_frames_and_png_files_are_written";
    let folder = Folder::new("decode-raw");
    let Some(input) = clip(test, &folder, "in.mp4", &CODING) else { return };
    for (name, bytes) in [
        ("out.rgba", 4 * 64 * 48),
        ("out.rgb", 3 * 64 * 48),
        ("out.nv12", 64 * 48 * 3 / 2),
        ("out.yuv", 64 * 48 * 3 / 2),
    ] {
        works(&["decode", &input, &folder.path(name), "--quiet"]);
        assert_eq!(fs::read(folder.path(name)).unwrap().len(), bytes * 10, "{name}");
    }
    let report = works(&["decode", &input, &folder.path("p%03d.png"), "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    assert_eq!((&report["frames"], &report["encoder"]), (&10.into(), &serde_json::Value::Null));
    assert_eq!(frame_hashes(&folder.path("p%03d.png"), "0:v").len(), 10);
    // What came out as RGB is what the PNG files hold.
    let rgb = fs::read(folder.path("out.rgb")).unwrap();
    works(&["encode", &folder.path("p%03d.png"), &folder.path("again.mp4"), "--fps", "10"]);
    assert_eq!(ffprobe(&folder.path("again.mp4"), "stream=nb_frames"), ["10"]);
    let judged = std::process::Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-start_number",
            "0",
            "-i",
            &folder.path("p%03d.png"),
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-",
        ])
        .output()
        .unwrap();
    assert!(judged.stdout == rgb, "the same pixels");
    let text = refusal(&["decode", &input, &folder.path("p%03d.png")], None);
    assert!(text.contains("p000.png exists"), "{text}");
}

#[test]
fn bad_input_and_output_are_said() {
    let test = "bad_input_and_output_are_said";
    let folder = Folder::new("decode-bad");
    let Some(input) = clip(test, &folder, "in.mp4", &CODING) else { return };
    let taken = folder.file("taken.y4m", b"kept");
    let whole = fs::read(&input).unwrap();
    let cut = folder.file("cut.mp4", &whole[..whole.len() / 2]);
    for (arguments, part) in [
        (&["decode", &input, &taken][..], "--force"),
        (&["decode", &input, &input, "--force", "--format", "y4m"], "it is the input as well"),
        (&["decode", &input, &folder.path("out.png")], "%04d"),
        (&["decode", &input, &folder.path("out")], "--format"),
        (&["decode", &cut, &folder.path("out.y4m")], "cut.mp4"),
        (&["decode", "/nowhere/a.mp4", "-", "--format", "y4m"], "/nowhere/a.mp4"),
    ] {
        let text = refusal(arguments, None);
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    let text = refusal(&["decode", "-", "-", "--format", "y4m"], Some(&whole));
    assert!(text.contains("MP4 cannot be read from a pipe"), "{text}");
    let text = sentence(&["decode", &input, "/dev/full", "--format", "raw"], None, 1);
    assert!(text.contains("/dev/full: it could not be written"), "{text}");
    let mut child = command(&["decode", &input, "-", "--format", "png", "--quiet"]).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    let mut child = command(&["decode", &input, "-", "--format", "raw", "--quiet"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    // What fits into the pipe before it is closed may have been all.
    assert!(output.status.code() == Some(1) && text.contains("standard output"), "{text}");
}

#[test]
fn a_recording_that_is_cut_off_is_decoded_as_far_as_it_goes() {
    let test = "a_recording_that_is_cut_off_is_decoded_as_far_as_it_goes";
    let folder = Folder::new("decode-cut");
    let options = [&CODING[..], &["-movflags", "frag_keyframe+empty_moov"]].concat();
    let Some(input) = clip(test, &folder, "in.mp4", &options) else { return };
    let whole = fs::read(&input).unwrap();
    let cut = folder.file("cut.mp4", &whole[..whole.len() * 3 / 4]);
    let output = framewire(&["decode", &cut, &folder.path("out.y4m"), "--quiet"], None);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let frames = frame_hashes(&folder.path("out.y4m"), "0:v");
    assert!(!frames.is_empty() && frames.len() < 10);
    assert_eq!(frames, frame_hashes(&input, "0:v")[..frames.len()]);
}
