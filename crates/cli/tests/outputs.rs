//! What becomes of an output when the input is refused, nobody reads, or the end is wished.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod judge;

use judge::{Folder, clip, command, interrupt, refusal, works};
use std::{fs, path::Path, process::Command, thread, time::Duration};

/// A clip whose first sample says that it has a unit of four gigabytes.
fn damaged_at_its_first_sample(test: &str, folder: &Folder) -> Option<String> {
    let path = clip(test, folder, "whole.mp4", &["-c:v", "libx264", "-pix_fmt", "yuv420p"])?;
    let mut bytes = fs::read(path).unwrap();
    let media = bytes.windows(4).position(|name| name == b"mdat").unwrap() + 4;
    bytes[media..media + 4].fill(0xff);
    Some(folder.file("damaged.mp4", &bytes))
}

#[test]
fn an_input_that_is_refused_at_its_first_sample_leaves_nothing_and_costs_nothing() {
    let test = "an_input_that_is_refused_at_its_first_sample_leaves_nothing_and_costs_nothing";
    let folder = Folder::new("outputs-refused");
    let Some(input) = damaged_at_its_first_sample(test, &folder) else { return };
    let output = folder.path("new.h264");
    let text = refusal(&["remux", &input, &output], None);
    assert!(text.contains("in the sample of track 1 at byte 48"), "{text}");
    assert!(!text.contains("parameter sets"), "{text}");
    assert!(!Path::new(&output).exists());
    let kept = folder.file("kept.h264", b"kept");
    refusal(&["remux", &input, &kept, "--force"], None);
    assert_eq!(fs::read(&kept).unwrap(), b"kept");
}

#[test]
fn an_output_that_may_be_overwritten_holds_nothing_of_what_was_there() {
    let test = "an_output_that_may_be_overwritten_holds_nothing_of_what_was_there";
    let folder = Folder::new("outputs-replaced");
    let Some(input) = clip(test, &folder, "whole.mp4", &["-c:v", "libx264", "-pix_fmt", "yuv420p"]) else {
        return;
    };
    for name in ["a.mp4", "a.h264"] {
        let fresh = folder.path(name);
        works(&["remux", &input, &fresh]);
        let old = folder.file(&format!("old-{name}"), &[7; 1_000_000]);
        works(&["remux", &input, &old, "--force"]);
        assert_eq!(fs::read(&old).unwrap(), fs::read(&fresh).unwrap());
    }
}

#[test]
fn a_pipe_that_nobody_reads_is_left_when_that_is_wished() {
    let test = "a_pipe_that_nobody_reads_is_left_when_that_is_wished";
    let folder = Folder::new("outputs-pipe");
    let Some(input) = clip(test, &folder, "whole.mp4", &["-c:v", "libx264", "-pix_fmt", "yuv420p"]) else {
        return;
    };
    let pipe = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for arguments in [
        ["remux", &input, &pipe, "--format", "fragmented-mp4"],
        ["remux", &input, &pipe, "--format", "h264"],
        ["encode", &input, &pipe, "--format", "h264"],
        ["decode", &input, &pipe, "--format", "y4m"],
    ] {
        let mut child = command(&arguments).spawn().unwrap();
        // There is no outward sign that it waits for a reader; a signal that comes earlier ends it as well.
        thread::sleep(Duration::from_millis(700));
        assert!(child.try_wait().unwrap().is_none(), "{arguments:?} waits");
        interrupt(&child);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{arguments:?}");
    }
}

#[test]
fn mp4_on_standard_input_is_named() {
    let mut file = b"\0\0\0\x10ftypisom\0\0\0\0".to_vec();
    file.resize(5000, 0);
    let folder = Folder::new("outputs-standard-input");
    let output = folder.path("out.mp4");
    let text = refusal(&["remux", "-", &output], Some(&file));
    assert!(text.contains("MP4 cannot be read from a pipe"), "{text}");
    assert!(!Path::new(&output).exists());
}
