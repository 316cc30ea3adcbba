//! `framewire remux`, with FFmpeg as the judge.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod judge;

use judge::{
    Folder, clip, command, ffprobe, frame_hashes, framewire, has_ffmpeg, interrupt, made, refusal, sentence,
    wait_until, works,
};
use serde_json::Value;
use std::{fs, io::Write as _, process::Stdio};

/// Times, flags and sizes of the packets, as ffprobe says them.
fn packets(path: &str) -> Vec<String> {
    ffprobe(path, "packet=pts_time,dts_time,duration_time,size,flags")
}

/// A clip with pictures that are shown in another order, a changing frame rate, a rotation and sound.
fn difficult(test: &str, folder: &Folder) -> Option<String> {
    let filter = "select='not(mod(n,3))+not(mod(n,7))',setpts=PTS+1/TB";
    let pictures = ["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=30000/1001:duration=3"];
    let sound = ["-f", "lavfi", "-i", "sine=duration=3", "-c:a", "aac", "-metadata:s:a", "language=deu"];
    let coding =
        ["-vf", filter, "-fps_mode", "vfr", "-c:v", "libx264", "-bf", "3", "-g", "12", "-pix_fmt", "yuv420p"];
    let made_clip = made(test, folder, "vfr.mp4", &[&pictures[..], &sound, &coding].concat())?;
    made(test, folder, "difficult.mp4", &["-i", &made_clip, "-c", "copy", "-metadata:s:v", "rotate=90"])
}

#[test]
fn mp4_into_every_layout_keeps_times_order_rotation_edits_and_sound() {
    let test = "mp4_into_every_layout_keeps_times_order_rotation_edits_and_sound";
    let folder = Folder::new("remux-mp4");
    let Some(input) = difficult(test, &folder) else { return };
    let layouts = [
        ("plain.mp4", &[][..]),
        ("front.mp4", &["--fast-start"]),
        ("parts.mp4", &["--format", "fragmented-mp4"]),
    ];
    for (name, options) in layouts {
        let output = folder.path(name);
        let report = works(&[&["remux", &input, &output, "--json"], options].concat());
        let report: Value = serde_json::from_slice(&report).unwrap();
        assert_eq!(report["tracks"].as_array().unwrap().len(), 2, "{report}");
        assert_eq!(report["left_out"], Value::Array(Vec::new()));
        assert_eq!(report["bytes"], fs::metadata(&output).unwrap().len());
        assert_eq!(packets(&output), packets(&input), "{name}");
        assert_eq!(frame_hashes(&output, "0:v"), frame_hashes(&input, "0:v"), "{name}");
        // FFmpeg plays the samples of a fragmented file that an edit list cuts off at the beginning of the sound.
        let (sound, whole) = (frame_hashes(&output, "0:a"), frame_hashes(&input, "0:a"));
        assert!(sound.ends_with(&whole) && sound.len() <= whole.len() + 1, "{name}");
        let rotation = ffprobe(&output, "stream_side_data=rotation");
        assert_eq!((rotation.len(), &rotation), (1, &ffprobe(&input, "stream_side_data=rotation")));
        assert_eq!(
            ffprobe(&output, "stream=time_base,profile,start_time"),
            ffprobe(&input, "stream=time_base,profile,start_time")
        );
        // And back into a plain file.
        let again = folder.path(&format!("again-{name}"));
        works(&["remux", &output, &again, "--quiet"]);
        assert_eq!(packets(&again), packets(&input), "{name}");
    }
}

#[test]
fn annex_b_and_back_keeps_every_frame_where_it_is_shown() {
    let test = "annex_b_and_back_keeps_every_frame_where_it_is_shown";
    let folder = Folder::new("remux-annexb");
    let x264: [&[&str]; 4] = [
        &["-bf", "0", "-g", "5"],
        &["-bf", "3", "-g", "12", "-x264-params", "b-pyramid=normal:open-gop=1:keyint=12"],
        &["-bf", "16", "-g", "60", "-x264-params", "b-adapt=0:b-pyramid=none"],
        &["-bf", "2", "-x264-params", "slices=4:keyint=8:aud=1"],
    ];
    for (number, options) in x264.iter().enumerate() {
        let coding = ["-s", "96x64", "-r", "30000/1001", "-t", "1", "-c:v", "libx264", "-pix_fmt", "yuv420p"];
        let Some(input) = clip(test, &folder, &format!("{number}.mp4"), &[&coding[..], options].concat())
        else {
            return;
        };
        there_and_back(&folder, &input, "h264", number);
    }
    let x265 = [
        "-c:v",
        "libx265",
        "-x265-params",
        "log-level=none:bframes=4:b-pyramid=1:keyint=6",
        "-pix_fmt",
        "yuv420p",
        "-tag:v",
        "hvc1",
    ];
    if let Some(input) = clip(test, &folder, "hevc.mp4", &x265) {
        there_and_back(&folder, &input, "hevc", 9);
    }
}

fn there_and_back(folder: &Folder, input: &str, codec: &str, number: usize) {
    let stream = folder.path(&format!("{number}.{codec}"));
    let report: Value = serde_json::from_slice(&works(&["remux", input, &stream, "--json"])).unwrap();
    assert_eq!(report["left_out"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(frame_hashes(&stream, "0:v"), frame_hashes(input, "0:v"), "{number}");
    let output = folder.path(&format!("{number}-back.mp4"));
    works(&["remux", &stream, &output, "--quiet"]);
    assert_eq!(frame_hashes(&output, "0:v"), frame_hashes(input, "0:v"), "{number}");
    let times = |path: &str| ffprobe(path, "packet=pts_time,flags");
    assert_eq!(times(&output), times(input), "{number}");
    // A pipe gives the same.
    let piped =
        framewire(&["remux", "-", "-", "--format", "fragmented-mp4"], Some(&fs::read(&stream).unwrap()));
    let piped = folder.file(&format!("{number}-piped.mp4"), &piped.stdout);
    assert_eq!(times(&piped), times(input), "{number}");
    let same = works(&["remux", &stream, "-", "--format", "h264"]);
    assert!(same == fs::read(&stream).unwrap(), "units pass as they are");
}

#[test]
fn tracks_that_a_stream_cannot_hold_are_listed() {
    let test = "tracks_that_a_stream_cannot_hold_are_listed";
    let folder = Folder::new("remux-left");
    let Some(input) = difficult(test, &folder) else { return };
    let output = framewire(&["remux", &input, &folder.path("out.h264")], None);
    let text = String::from_utf8(output.stderr).unwrap();
    for part in ["left out: track 2 (audio, mp4a)", "left out: the times", "left out: the rotation"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_stream_without_a_rate_needs_one() {
    let test = "a_stream_without_a_rate_needs_one";
    let folder = Folder::new("remux-rate");
    let options = [
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-bsf:v",
        "filter_units=remove_types=6",
        "-x264-params",
        "force-cfr=0",
    ];
    let Some(input) = clip(test, &folder, "in.h264", &options) else { return };
    // The clock of the VUI is taken out by an encoder of ours, which writes none.
    let silent = folder.path("silent.h264");
    let encoded = framewire(&["encode", &input, &silent, "--quiet", "--encoder", "openh264"], None);
    if encoded.status.code() != Some(0) {
        println!("SKIPPED {test}: no encoder here");
        return;
    }
    let text = refusal(&["remux", &silent, &folder.path("out.mp4")], None);
    assert!(text.contains("--fps"), "{text}");
    assert!(!fs::exists(folder.path("out.mp4")).unwrap());
    works(&["remux", &silent, &folder.path("out.mp4"), "--fps", "12.5", "--quiet"]);
    assert_eq!(ffprobe(&folder.path("out.mp4"), "stream=r_frame_rate,nb_frames"), ["25/2", "10"]);
}

#[test]
fn what_is_cut_off_is_copied_as_far_as_it_goes() {
    let test = "what_is_cut_off_is_copied_as_far_as_it_goes";
    let folder = Folder::new("remux-cut");
    let options =
        ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-g", "2", "-movflags", "frag_keyframe+empty_moov"];
    let Some(input) = clip(test, &folder, "in.mp4", &options) else { return };
    let whole = fs::read(&input).unwrap();
    let cut = folder.file("cut.mp4", &whole[..whole.len() * 2 / 3]);
    let report: Value =
        serde_json::from_slice(&works(&["remux", &cut, &folder.path("out.mp4"), "--json"])).unwrap();
    assert_eq!(report["input_is_cut_off"], true);
    let frames = frame_hashes(&folder.path("out.mp4"), "0:v");
    assert!(!frames.is_empty());
    assert_eq!(frames, frame_hashes(&input, "0:v")[..frames.len()]);
    let Some(plain) = clip(test, &folder, "plain.mp4", &["-pix_fmt", "yuv420p"]) else { return };
    let bytes = fs::read(&plain).unwrap();
    for part in [8, 40, bytes.len() / 2, bytes.len() - 9] {
        let text =
            refusal(&["remux", &folder.file("part.mp4", &bytes[..part]), &folder.path("none.mp4")], None);
        assert!(text.contains("part.mp4"), "{part}: {text}");
    }
    assert!(!fs::exists(folder.path("none.mp4")).unwrap());
}

#[test]
fn bad_input_and_output_are_said() {
    let test = "bad_input_and_output_are_said";
    let folder = Folder::new("remux-bad");
    if !has_ffmpeg(test) {
        return;
    }
    let Some(input) = clip(test, &folder, "in.mp4", &["-pix_fmt", "yuv420p"]) else { return };
    let Some(pictures) = clip(test, &folder, "in.y4m", &["-pix_fmt", "yuv420p"]) else { return };
    let before = fs::read(&input).unwrap();
    for (arguments, part) in [
        (&["remux", &input, &input, "--force"][..], "it is the input as well"),
        (&["remux", &input, &pictures], "--format"),
        (&["remux", &pictures, &folder.path("out.mp4")], "not coded"),
        (&["remux", &folder.file("empty.h264", b""), &folder.path("out.mp4")], "it is empty"),
        (
            &["remux", &folder.file("text.h264", b"plain text"), &folder.path("out.mp4")],
            "no video that can be read",
        ),
        (&["remux", &input, &folder.file("taken.mp4", b"kept")], "--force"),
    ] {
        let text = refusal(arguments, None);
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    assert_eq!(fs::read(&input).unwrap(), before);
    let text = refusal(&["remux", "-", "-", "--format", "mp4"], Some(b""));
    assert!(text.contains("it is empty"), "{text}");
    for format in ["mp4", "h264"] {
        let text = sentence(&["remux", &input, "/dev/full", "--format", format], None, 1);
        assert!(text.contains("/dev/full: it could not be written"), "{text}");
    }
}

#[test]
fn ctrl_c_ends_a_copy_of_a_pipe_that_rests() {
    let test = "ctrl_c_ends_a_copy_of_a_pipe_that_rests";
    let folder = Folder::new("remux-interrupt");
    let source = "testsrc2=size=320x240:rate=25:duration=8";
    // In the order of showing, so that a copy that ends anywhere has no gap.
    let coding = ["-c:v", "libx264", "-bf", "0", "-g", "10", "-pix_fmt", "yuv420p"];
    let arguments = [&["-f", "lavfi", "-i", source], &coding[..]].concat();
    let Some(input) = made(test, &folder, "in.h264", &arguments) else { return };
    let output = folder.path("out.mp4");
    let mut child = command(&["remux", "-", &output]).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&fs::read(&input).unwrap()).unwrap();
    wait_until("a written file", || fs::metadata(&output).is_ok_and(|facts| facts.len() > 2000));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let frames = frame_hashes(&output, "0:v");
    assert!(!frames.is_empty());
    assert_eq!(frames, frame_hashes(&input, "0:v")[..frames.len()]);
    drop(stdin);
}
