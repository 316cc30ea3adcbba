//! `framewire encode`, with FFmpeg as the judge.
#![cfg(all(unix, feature = "openh264"))]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod judge;

use judge::{
    Folder, clip, command, ffprobe, frame_hashes, framewire, has_ffmpeg, interrupt, made, refusal, sentence,
    shown_times, wait_until, works,
};
use std::{
    fs,
    io::{Read as _, Write as _},
    process::{Command, Stdio},
};

/// A clip of 29.97 frames a second in Y4M: 30 frames of 96x64.
fn ntsc(test: &str, folder: &Folder) -> Option<String> {
    let source = "testsrc2=size=96x64:rate=30000/1001";
    made(test, folder, "in.y4m", &["-f", "lavfi", "-i", source, "-frames:v", "30", "-pix_fmt", "yuv420p"])
}

#[test]
fn a_file_has_the_frames_times_size_and_colour_of_its_source() {
    let folder = Folder::new("encode-y4m");
    let Some(input) = ntsc("a_file_has_the_frames_times_size_and_colour_of_its_source", &folder) else {
        return;
    };
    for (name, options) in [
        ("plain.mp4", &[][..]),
        ("fast.mp4", &["--fast-start"]),
        ("parts.mp4", &["--format", "fragmented-mp4"]),
    ] {
        let output = folder.path(name);
        let report = works(&[&["encode", &input, &output, "--json"], options].concat());
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
        assert_eq!((&report["frames"], &report["size"]), (&30.into(), &"96x64".into()), "{report}");
        assert_eq!(report["bytes"], fs::metadata(&output).unwrap().len());
        assert_eq!(
            ffprobe(&output, "stream=codec_name,width,height,r_frame_rate,time_base"),
            ["h264", "96", "64", "30000/1001", "1/30000"]
        );
        assert_eq!(
            ffprobe(&output, "stream=color_range,color_space,color_transfer,color_primaries"),
            ["tv", "smpte170m", "iec61966-2-1", "bt709"]
        );
        let expected: Vec<String> = (0..30).map(|index| (index * 1001).to_string()).collect();
        assert_eq!(ffprobe(&output, "packet=pts"), expected);
        assert_eq!(frame_hashes(&output, "0:v").len(), 30);
        let probed: serde_json::Value =
            serde_json::from_slice(&works(&["probe", &output, "--json"])).unwrap();
        assert_eq!(probed["layout"]["index_first"], name != "plain.mp4", "{probed}");
    }
}

#[test]
fn every_kind_of_input_becomes_a_video() {
    let test = "every_kind_of_input_becomes_a_video";
    let folder = Folder::new("encode-kinds");
    let Some(mp4) = clip(test, &folder, "in.mp4", &["-pix_fmt", "yuv420p", "-bf", "2"]) else { return };
    let Some(stream) = clip(test, &folder, "in.h264", &["-pix_fmt", "yuv420p"]) else { return };
    let Some(png) = clip(test, &folder, "in-%03d.png", &[]) else { return };
    let Some(jpeg) = clip(test, &folder, "in-%03d.jpg", &[]) else { return };
    let Some(raw) = clip(test, &folder, "in.rgb", &["-pix_fmt", "rgb24", "-f", "rawvideo"]) else { return };
    for (input, options) in [
        (&mp4, &[][..]),
        (&stream, &[]),
        (&png, &["--fps", "10"]),
        (&jpeg, &["--fps", "10", "--matrix", "709", "--range", "full"]),
        (&raw, &["--size", "64x48", "--pixel-format", "rgb", "--fps", "10"]),
    ] {
        let output = folder.path("out.mp4");
        works(&[&["encode", input, &output, "--force", "--quiet", "--gop", "4"], options].concat());
        let times: Vec<f64> = (0..10).map(|index| f64::from(index) / 10.0).collect();
        assert_eq!(shown_times(&output), times, "{input}");
        assert_eq!(ffprobe(&output, "stream=width,height"), ["64", "48"], "{input}");
        assert_eq!(frame_hashes(&output, "0:v").len(), 10, "{input}");
    }
    assert_eq!(ffprobe(&folder.path("out.mp4"), "stream=color_space"), ["smpte170m"]);
    works(&["encode", &jpeg, &folder.path("full.mp4"), "--matrix", "709", "--range", "full"]);
    assert_eq!(ffprobe(&folder.path("full.mp4"), "stream=color_range,color_space"), ["pc", "bt709"]);
    let later = works(&["encode", &png, "-", "--format", "h264", "--start", "6"]);
    assert_eq!(frame_hashes(&folder.file("later.h264", &later), "0:v").len(), 5);
}

#[test]
fn groups_are_as_long_as_frames_or_time_allow() {
    if !has_ffmpeg("groups_are_as_long_as_frames_or_time_allow") {
        return;
    }
    let folder = Folder::new("encode-groups");
    let raw = folder.file("frames.rgb", &vec![90; 64 * 48 * 3 * 10]);
    for (limits, keys) in [
        (&["--gop", "4"][..], &[0, 4, 8][..]),
        (&["--gop-duration", "300ms"], &[0, 3, 6, 9]),
        (&["--gop", "2", "--gop-duration", "300ms"], &[0, 2, 4, 6, 8]),
    ] {
        let output = folder.path("groups.mp4");
        let shape = ["encode", &raw, &output, "--force", "--size", "64x48", "--pixel-format", "rgb"];
        works(&[&shape[..], &["--fps", "10"], limits].concat());
        let flags = ffprobe(&output, "packet=flags");
        let is_key = |index: &usize| flags[*index].starts_with('K');
        assert_eq!((0..10).filter(is_key).collect::<Vec<_>>(), keys, "{limits:?}");
    }
}

#[test]
fn frames_are_counted_by_who_has_converted_them() {
    let folder = Folder::new("encode-converted");
    for (format, bytes, processor) in [("rgb", 3 * 64 * 48, 10), ("i420", 64 * 48 * 3 / 2, 0)] {
        let raw = folder.file("frames.raw", &vec![90; bytes * 10]);
        let output = folder.path("out.h264");
        let shape = ["encode", &raw, &output, "--force", "--size", "64x48", "--pixel-format", format];
        let options = ["--encoder", "openh264", "--convert", "processor", "--json"];
        let report = works(&[&shape[..], &options].concat());
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
        let expected = serde_json::json!({ "machine": 0, "processor": processor });
        assert_eq!(report["converted"], expected, "{format}");
        assert_eq!(report["converter"].is_null(), processor == 0, "{format}");
    }
    let output = framewire(&["encode", "-", "out.h264", "--convert", "nobody"], None);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("\"nobody\" is no conversion: auto and processor are"), "{text}");
}

#[test]
fn pipes_go_in_and_out() {
    if !has_ffmpeg("pipes_go_in_and_out") {
        return;
    }
    let folder = Folder::new("encode-pipes");
    let frames = vec![90; 5 * 7 * 4 * 12];
    let options = ["--size", "5x7", "--pixel-format", "rgba", "--fps", "25"];
    for (format, name) in [("h264", "out.h264"), ("mp4", "out.mp4")] {
        let arguments = [&["encode", "-", "-", "--format", format], &options[..]].concat();
        let output = framewire(&arguments, Some(&frames));
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let path = folder.file(name, &output.stdout);
        assert_eq!(frame_hashes(&path, "0:v").len(), 12);
        // 4:2:0 has even sides.
        assert_eq!(ffprobe(&path, "stream=width,height"), ["6", "8"]);
    }
}

#[test]
fn a_variable_frame_rate_and_a_rotation_stay_as_they_are() {
    let test = "a_variable_frame_rate_and_a_rotation_stay_as_they_are";
    let folder = Folder::new("encode-vfr");
    let filter = "select='not(mod(n,3))+not(mod(n,7))',setpts=PTS+1/TB";
    let source = ["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=30000/1001:duration=2", "-vf", filter];
    let coding = ["-fps_mode", "vfr", "-c:v", "libx264", "-bf", "2", "-pix_fmt", "yuv420p"];
    let Some(vfr) = made(test, &folder, "vfr.mp4", &[&source[..], &coding].concat()) else { return };
    let Some(input) =
        made(test, &folder, "in.mp4", &["-i", &vfr, "-c", "copy", "-metadata:s:v", "rotate=90"])
    else {
        return;
    };
    let output = folder.path("out.mp4");
    works(&["encode", &input, &output]);
    let (before, after) = (shown_times(&input), shown_times(&output));
    let from_zero: Vec<f64> = before.iter().map(|time| time - before[0]).collect();
    assert_eq!(after.len(), from_zero.len());
    assert!(after.iter().zip(&from_zero).all(|(a, b)| (a - b).abs() < 1e-6), "{after:?} {from_zero:?}");
    assert_eq!(ffprobe(&output, "stream_side_data=rotation"), ffprobe(&input, "stream_side_data=rotation"));
    assert_eq!(ffprobe(&output, "stream_side_data=rotation"), ["90"]);
}

#[test]
fn a_change_of_size_in_the_middle_is_followed() {
    let test = "a_change_of_size_in_the_middle_is_followed";
    let folder = Folder::new("encode-sizes");
    let Some(small) = clip(test, &folder, "small.h264", &["-pix_fmt", "yuv420p"]) else { return };
    let Some(large) = clip(test, &folder, "large.h264", &["-pix_fmt", "yuv420p", "-s", "128x96"]) else {
        return;
    };
    let both = folder.file("both.h264", &[fs::read(small).unwrap(), fs::read(large).unwrap()].concat());
    let output = folder.path("out.mp4");
    works(&["encode", &both, &output]);
    let probed: serde_json::Value = serde_json::from_slice(&works(&["probe", &output, "--json"])).unwrap();
    assert_eq!(
        (&probed["tracks"][0]["samples"], &probed["tracks"][0]["descriptions"]),
        (&20.into(), &2.into())
    );
    let decoded = works(&["decode", &output, "-", "--format", "raw"]);
    assert_eq!(decoded.len(), 10 * (64 * 48 + 128 * 96) * 3 / 2);
}

#[test]
fn an_existing_file_stays_and_the_input_is_never_the_output() {
    let test = "an_existing_file_stays_and_the_input_is_never_the_output";
    let folder = Folder::new("encode-force");
    let Some(input) = ntsc(test, &folder) else { return };
    let output = folder.file("out.mp4", b"kept");
    let text = refusal(&["encode", &input, &output], None);
    assert!(text.contains("out.mp4") && text.contains("--force"), "{text}");
    assert_eq!(fs::read(&output).unwrap(), b"kept");
    works(&["encode", &input, &output, "--force", "--quiet"]);
    let before = fs::read(&input).unwrap();
    let text = refusal(&["encode", &input, &input, "--force", "--format", "mp4"], None);
    assert!(text.contains("it is the input as well"), "{text}");
    assert_eq!(fs::read(&input).unwrap(), before);
}

#[test]
fn what_cannot_be_encoded_is_said_and_leaves_nothing() {
    let folder = Folder::new("encode-bad");
    let output = folder.path("out.mp4");
    let text = folder.file("text.mp4", b"this is no video at all");
    for (arguments, part) in [
        (&["encode", "/nowhere/in.y4m", &output][..], "/nowhere/in.y4m"),
        (&["encode", &folder.file("empty.y4m", b""), &output], "it is empty"),
        (&["encode", &text, &output], "no video that can be read"),
        (&["encode", &text, &folder.path("out.avi")], "--format"),
        (&["encode", &text, &folder.path("out.mov")], "end it in .mp4, .h264 or .hevc, or give --format"),
        (
            &["encode", &text, &output, "--encoder", "theora"],
            "no encoder is named \"theora\"; known are auto, ",
        ),
        (&["encode", &text, "-", "--format", "h264", "--json"], "--json"),
        (&["encode", &folder.path("%03d.png"), &output], "no file of that name"),
        (&["encode", &text, &folder.path("out.h264"), "--fast-start"], "--fast-start"),
    ] {
        let said = refusal(arguments, None);
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
    assert!(!fs::exists(&output).unwrap());
}

/// An encoder of HEVC is hardware, which only some systems have.
#[cfg(not(target_os = "macos"))]
#[test]
fn a_codec_comes_from_the_option_the_format_or_the_name() {
    let folder = Folder::new("encode-codec");
    let raw = folder.file("in.rgb", &[90; 64 * 48 * 3]);
    let encode = |output: &str, options: &[&str]| -> Vec<String> {
        let shape = ["encode", &raw, output, "--force", "--size", "64x48", "--pixel-format", "rgb"];
        [&shape[..], options].concat().into_iter().map(str::to_owned).collect()
    };
    let said = |output: &str, options: &[&str]| {
        let arguments = encode(output, options);
        refusal(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), None)
    };
    for (output, options) in [
        ("out.hevc", &[][..]),
        ("out.H265", &[]),
        ("out.265", &["--encoder", "openh264"]),
        ("out.mp4", &["--codec", "hevc"]),
        ("out.mp4", &["--codec", "hevc", "--encoder", "openh264"]),
        ("-", &["--format", "hevc"]),
        ("out.hevc", &["--format", "hevc", "--codec", "hevc"]),
    ] {
        let output = if output == "-" { output.to_owned() } else { folder.path(output) };
        let text = said(&output, options);
        assert!(text.contains("no encoder of this program makes hevc: encoders in hardware do"), "{text}");
        assert!(output == "-" || !fs::exists(&output).unwrap());
    }
    for (output, options, parts) in [
        ("out.h264", &["--codec", "hevc"][..], ["--codec hevc says hevc", "out.h264 says h264"]),
        ("out.hevc", &["--codec", "h264"], ["--codec h264 says h264", "out.hevc says hevc"]),
        (
            "-",
            &["--codec", "hevc", "--format", "h264"],
            ["--codec hevc says hevc", "--format h264 says h264"],
        ),
        ("out.hevc", &["--format", "h264"], ["--format h264 says h264", "out.hevc says hevc"]),
        (
            "out.hevc",
            &["--codec", "h264", "--format", "mp4"],
            ["--codec h264 says h264", "out.hevc says hevc"],
        ),
    ] {
        let output = if output == "-" { output.to_owned() } else { folder.path(output) };
        let text = said(&output, options);
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
    for (output, options) in [("out.264", &["--codec", "h264"][..]), ("out.bin", &["--format", "annexb"])] {
        let arguments = encode(&folder.path(output), options);
        works(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(fs::read(folder.path(output)).unwrap().starts_with(&[0, 0]), "{output}");
    }
}

#[test]
fn hevc_is_named_as_what_cannot_be_decoded() {
    let test = "hevc_is_named_as_what_cannot_be_decoded";
    let folder = Folder::new("encode-hevc");
    let coding = ["-c:v", "libx265", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p"];
    for name in ["in.mp4", "in.hevc"] {
        let Some(input) = clip(test, &folder, name, &coding) else { return };
        let text = refusal(&["encode", &input, &folder.path("out.mp4")], None);
        assert!(text.contains("HEVC"), "{text}");
    }
}

#[test]
fn an_input_that_is_cut_off_is_said_with_the_byte_and_its_frames_are_kept() {
    let test = "an_input_that_is_cut_off_is_said_with_the_byte_and_its_frames_are_kept";
    let folder = Folder::new("encode-cut");
    let Some(input) = ntsc(test, &folder) else { return };
    let bytes = fs::read(input).unwrap();
    let cut = bytes.len() - 100;
    let input = folder.file("cut.y4m", &bytes[..cut]);
    let output = folder.path("out.mp4");
    let text = sentence(&["encode", &input, &output], None, 2);
    assert!(text.contains(&format!("cut off at byte {cut}")) && text.contains("29 frames are in"), "{text}");
    assert_eq!(frame_hashes(&output, "0:v").len(), 29);
}

#[test]
fn a_full_disk_and_a_closed_pipe_are_said() {
    let frame = vec![7; 64 * 64 * 4 * 40];
    let raw = ["--size", "64x64", "--pixel-format", "rgba"];
    for format in ["mp4", "h264"] {
        let arguments = [&["encode", "-", "/dev/full", "--format", format], &raw[..]].concat();
        let text = sentence(&arguments, Some(&frame), 1);
        assert!(text.contains("/dev/full") && text.contains("could not be written"), "{text}");
    }
    let arguments = [&["encode", "-", "-", "--format", "h264", "--quiet"], &raw[..]].concat();
    let mut child = command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    // The program may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(&frame);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("standard output: it could not be written"), "{text}");
}

#[test]
fn a_disk_that_fills_up_leaves_what_it_holds() {
    let test = "a_disk_that_fills_up_leaves_what_it_holds";
    let folder = Folder::new("encode-full");
    let source = "testsrc2=size=320x240:rate=10:duration=20";
    let options = ["-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p"];
    let Some(input) = made(test, &folder, "in.y4m", &options) else { return };
    for options in [&[][..], &["--fast-start"], &["--format", "fragmented-mp4"]] {
        let output = folder.path("out.mp4");
        // A limit on the size of files is a disk that is full, once its signal is ignored.
        let run = "trap '' XFSZ; ulimit -f 400; exec \"$@\"";
        let arguments = [&["encode", &input, &output, "--force", "--bitrate", "2M"], options].concat();
        let program = command(&arguments);
        let child = Command::new("sh")
            .args(["-c", run, "sh"])
            .arg(program.get_program())
            .args(program.get_args())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&child.stderr);
        assert_eq!(child.status.code(), Some(1), "{options:?}: {text}");
        assert!(text.contains("out.mp4: it could not be written"), "{text}");
        let frames = frame_hashes(&output, "0:v").len();
        assert!((5..200).contains(&frames), "{options:?}: {frames} frames");
    }
}

#[test]
fn ctrl_c_leaves_a_whole_file_also_while_the_input_rests() {
    let folder = Folder::new("encode-interrupt");
    if !has_ffmpeg("ctrl_c_leaves_a_whole_file_also_while_the_input_rests") {
        return;
    }
    for (name, options) in [("plain.mp4", &[][..]), ("fast.mp4", &["--fast-start"])] {
        let output = folder.path(name);
        let arguments =
            [&["encode", "-", &output, "--size", "64x64", "--pixel-format", "rgba", "--fps", "10"], options]
                .concat();
        let mut child = command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let frame: Vec<u8> = (0..64 * 64 * 4).map(|at| (at * 7 % 251) as u8).collect();
        for _ in 0..40 {
            stdin.write_all(&frame).unwrap();
        }
        wait_until("a written file", || fs::metadata(&output).is_ok_and(|facts| facts.len() > 2000));
        interrupt(&child);
        let status = child.wait().unwrap();
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(status.code(), Some(130), "{text}");
        let frames = frame_hashes(&output, "0:v").len();
        assert!(frames > 0 && text.contains(&format!("{frames} frames")), "{frames}: {text}");
        let probed: serde_json::Value =
            serde_json::from_slice(&works(&["probe", &output, "--json"])).unwrap();
        assert_eq!(probed["layout"]["fragments"], 0, "it has an index of the whole");
        drop(stdin);
    }
}

#[test]
fn a_killed_program_leaves_what_it_wrote() {
    let folder = Folder::new("encode-kill");
    if !has_ffmpeg("a_killed_program_leaves_what_it_wrote") {
        return;
    }
    let output = folder.path("out.mp4");
    let arguments = ["encode", "-", &output, "--size", "64x64", "--pixel-format", "rgba", "--fps", "10"];
    let mut child = command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for number in 0..60_u8 {
        stdin.write_all(&[number * 4; 64 * 64 * 4]).unwrap();
    }
    wait_until("five seconds", || {
        let found = framewire(&["probe", &output, "--json"], None);
        let probed: Option<serde_json::Value> = serde_json::from_slice(&found.stdout).ok();
        probed.is_some_and(|probed| probed["tracks"][0]["samples"].as_u64() >= Some(45))
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(frame_hashes(&output, "0:v").len() >= 45);
}
