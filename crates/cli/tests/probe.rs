//! `framewire probe`, with ffprobe as the judge.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod judge;

use judge::{Folder, clip, ffprobe, made, refusal, works};
use serde_json::Value;
use std::fs;

fn probe(arguments: &[&str]) -> Value {
    serde_json::from_slice(&works(&[&["probe", "--json"], arguments].concat())).unwrap()
}

#[test]
fn facts_are_those_that_ffprobe_says() {
    let test = "facts_are_those_that_ffprobe_says";
    let folder = Folder::new("probe-facts");
    let color =
        ["-color_range", "pc", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"];
    let coding = [
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-profile:v",
        "high",
        "-bf",
        "2",
        "-g",
        "4",
        "-sc_threshold",
        "0",
    ];
    let shape = ["-vf", "setsar=4/3", "-movflags", "faststart"];
    let Some(input) = clip(test, &folder, "in.mp4", &[&color[..], &coding, &shape].concat()) else { return };
    let facts = probe(&[&input]);
    let (track, bytes) = (&facts["tracks"][0], fs::metadata(&input).unwrap().len());
    assert_eq!((&facts["format"], &facts["bytes"]), (&"mp4".into(), &bytes.into()));
    assert_eq!((&facts["layout"]["brand"], &facts["layout"]["index_first"]), (&"isom".into(), &true.into()));
    assert_eq!((&track["samples"], &track["codec"]), (&10.into(), &"avc1".into()));
    assert_eq!(track["seconds"].as_f64().unwrap(), 1.0);
    let video = &track["video"];
    assert_eq!(ffprobe(&input, "stream=profile"), [video["profile"].as_str().unwrap()]);
    let level: f64 = video["level"].as_str().unwrap().parse().unwrap();
    assert_eq!(ffprobe(&input, "stream=level"), [((level * 10.0) as u32).to_string()]);
    assert_eq!((&video["size"], &video["pixel_aspect"]), (&"64x48".into(), &"4:3".into()));
    let color = &video["color"];
    assert_eq!(
        (&color["range"], &color["matrix"], &color["primaries"], &color["transfer"]),
        (&"full".into(), &"bt709".into(), &"bt709".into(), &"bt709".into())
    );
    assert_eq!((&video["frame_rate"], &video["constant_frame_rate"]), (&10.0.into(), &true.into()));
    assert_eq!(
        (&video["reordered"], &video["chroma"], &video["bit_depth"]),
        (&true.into(), &"4:2:0".into(), &8.into())
    );
    assert_eq!(
        (&video["key_frames"]["count"], &video["key_frames"]["longest_distance"]),
        (&3.into(), &4.into())
    );
    assert!(track["edits"][0]["media_time"].as_f64().unwrap() > 0.0);
}

#[test]
fn units_are_listed_with_times_keys_and_nal_units() {
    let test = "units_are_listed_with_times_keys_and_nal_units";
    let folder = Folder::new("probe-units");
    let coding = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "2", "-g", "5"];
    let Some(input) = clip(test, &folder, "in.mp4", &coding) else { return };
    let facts = probe(&[&input, "--units"]);
    let units = facts["units"].as_array().unwrap();
    let sizes: Vec<String> = units.iter().map(|unit| unit["bytes"].to_string()).collect();
    assert_eq!(ffprobe(&input, "packet=size"), sizes);
    let times: Vec<String> = units.iter().map(|unit| unit["pts"].to_string()).collect();
    assert_eq!(ffprobe(&input, "packet=pts"), times);
    let keys: Vec<bool> =
        ffprobe(&input, "packet=flags").iter().map(|flags| flags.starts_with('K')).collect();
    assert_eq!(units.iter().map(|unit| unit["key"].as_bool().unwrap()).collect::<Vec<_>>(), keys);
    assert!(
        units[0]["nals"].as_array().unwrap().iter().any(|nal| nal["type"] == "IDR slice"),
        "{}",
        units[0]
    );
    let text = String::from_utf8(works(&["probe", &input, "--units"])).unwrap();
    assert_eq!(text.lines().filter(|line| line.contains(" bytes  ")).count(), 10, "{text}");
    let Some(stream) = clip(test, &folder, "in.h264", &coding) else { return };
    let facts = probe(&[&stream, "--units"]);
    assert_eq!((&facts["format"], &facts["tracks"][0]["samples"]), (&"h264".into(), &10.into()));
    assert_eq!(facts["tracks"][0]["video"]["key_frames"]["count"], 2);
    assert_eq!(facts["units"].as_array().unwrap().len(), 10);
}

#[test]
fn hevc_sound_fragments_and_uncoded_pictures_are_known() {
    let test = "hevc_sound_fragments_and_uncoded_pictures_are_known";
    let folder = Folder::new("probe-kinds");
    let hevc = ["-c:v", "libx265", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p10le"];
    if let Some(input) = clip(test, &folder, "in.hevc", &hevc) {
        let facts = probe(&[&input]);
        let video = &facts["tracks"][0]["video"];
        assert_eq!(
            (&facts["format"], &video["profile"], &video["bit_depth"]),
            (&"hevc".into(), &"Main 10".into(), &10.into())
        );
    }
    let sound = [
        "-f",
        "lavfi",
        "-i",
        "testsrc=size=64x48:rate=10:duration=1",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=1",
    ];
    let coding = [
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
        "-metadata:s:a",
        "language=deu",
        "-movflags",
        "frag_keyframe+empty_moov",
    ];
    if let Some(input) = made(test, &folder, "in.mp4", &[&sound[..], &coding].concat()) {
        let facts = probe(&[&input]);
        assert!(facts["layout"]["fragments"].as_u64().unwrap() > 0);
        let audio = &facts["tracks"][1];
        assert_eq!(
            (&audio["kind"], &audio["codec"], &audio["language"]),
            (&"audio".into(), &"mp4a".into(), &"deu".into())
        );
    }
    if let Some(input) = clip(test, &folder, "in.y4m", &["-pix_fmt", "yuv420p"]) {
        let facts = probe(&[&input]);
        assert_eq!((&facts["format"], &facts["tracks"][0]["samples"]), (&"yuv4mpeg2".into(), &10.into()));
    }
}

#[test]
fn a_file_that_is_no_video_is_said_to_be() {
    let folder = Folder::new("probe-bad");
    let index = [&16_u32.to_be_bytes()[..], b"moov", &[0xff; 8]].concat();
    for (path, part) in [
        (folder.file("empty.mp4", b""), "it is empty"),
        (folder.file("text.mp4", b"this is no video"), "no video that can be read"),
        (folder.file("odd.mp4", &index), "odd.mp4"),
        (folder.file("noise.h264", &[0, 0, 1, 0x67, 9, 9, 9, 9]), "noise.h264"),
        (folder.file("header.y4m", b"YUV4MPEG2 W4 H4 C444\n"), "444"),
        ("/nowhere/x.mp4".to_owned(), "/nowhere/x.mp4"),
        (std::env::temp_dir().to_str().unwrap().to_owned(), "it is a folder"),
    ] {
        let text = refusal(&["probe", &path], None);
        assert!(text.contains(part), "{path}: {text}");
    }
}
