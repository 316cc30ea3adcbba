//! The program as a user runs it.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use common::{Server, run};
use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    process::Command,
    time::{Duration, Instant},
};

#[test]
fn every_command_has_a_help_text() {
    for command in [
        &[][..],
        &["demo"],
        &["serve"],
        &["encode"],
        &["decode"],
        &["probe"],
        &["remux"],
        &["record"],
        &["save"],
        &["doctor"],
        &["load"],
        &["bench"],
        &["bench", "convert"],
        &["bench", "encode"],
        &["bench", "export"],
        &["bench", "remux"],
    ] {
        let output = run(&[command, &["--help"]].concat());
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("Usage: framewire"), "{text}");
    }
}

#[test]
fn doctor_recommends_an_encoder_that_it_has_tried() {
    let output = run(&["doctor", "--json"]);
    assert!(output.status.success());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let recommended = report["recommended"].as_str().unwrap();
    let rows = report["rows"].as_array().unwrap();
    assert!(
        rows.iter()
            .any(|row| row["status"] == "ok" && row["component"].as_str().unwrap().starts_with(recommended)),
        "{report:#}"
    );
    let text = String::from_utf8(run(&["doctor"]).stdout).unwrap();
    assert!(text.lines().any(|line| line == format!("Recommended: {recommended}")), "{text}");
}

#[test]
fn hardware_that_is_missing_is_an_error_with_the_reason() {
    let doctor = run(&["doctor", "--refresh", "--json"]);
    assert!(doctor.status.success());
    let report: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap();
    if report["rows"].as_array().unwrap().iter().any(|row| row.get("finding").is_some()) {
        println!("SKIPPED hardware_that_is_missing_is_an_error_with_the_reason: this build has hardware");
        return;
    }
    let frames = std::env::temp_dir().join(format!("framewire-hardware-{}.rgb", std::process::id()));
    let file = frames.with_extension("mp4");
    std::fs::write(&frames, [0; 16 * 16 * 3]).unwrap();
    let (frames, file) = (frames.to_str().unwrap(), file.to_str().unwrap());
    for command in [
        &["serve", "pattern:counter", "--port", "0"][..],
        &["demo", "--port", "0"],
        &["encode", frames, file, "--size", "16x16", "--pixel-format", "rgb"],
    ] {
        let output = run(&[command, &["--encoder", "hardware"]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let why = "framewire: hardware was asked for, and no encoder of h264 works: hardware refused (there is no encoder \
                   of h264 in hardware in this program)";
        assert!(said.lines().any(|line| line == why), "{said}");
    }
    assert!(!std::path::Path::new(file).exists());
    std::fs::remove_file(frames).unwrap();
}

#[test]
fn an_unknown_encoder_is_answered_with_the_same_names_everywhere() {
    for command in [
        &["serve", "pattern:counter", "--port", "0", "--encoder"][..],
        &["demo", "--port", "0", "--encoder"],
        &["encode", "in.y4m", "out.mp4", "--encoder"],
    ] {
        let output = run(&[command, &["theora"]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let (_, known) = said.split_once("no encoder is named \"theora\"; known are ").unwrap();
        let names: Vec<&str> = known.trim().split(", ").collect();
        assert_eq!((names[0], names.contains(&"hardware")), ("auto", cfg!(target_os = "macos")), "{said}");
    }
}

#[test]
fn a_benchmark_says_why_nothing_was_measured() {
    let bench = |encoders: &str, x264: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_framewire"))
            .args(["--log", "error", "bench", "encode", "--sizes", "64x48", "--patterns", "noise"])
            .args(["--frames", "1", "--changed", "0", "--encoders", encoders])
            .env("FRAMEWIRE_X264", x264)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = bench("theora", "off");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("no encoder is named \"theora\"; known are hardware, "), "{said}");
    if cfg!(feature = "x264") {
        let (code, said) = bench("x264", "off");
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("nothing was measured: x264: "), "{said}");
    }
    if cfg!(not(target_os = "macos")) {
        let (code, said) = bench("hardware", "off");
        assert_eq!(code, Some(1), "{said}");
        let why = format!(
            "nothing was measured: this program has no encoder in hardware for {}",
            std::env::consts::OS
        );
        assert!(said.contains(&why), "{said}");
    }
}

#[test]
fn a_library_that_is_named_and_cannot_be_used_is_spoken_of_and_another_encoder_found() {
    let output = Command::new(env!("CARGO_BIN_EXE_framewire"))
        .arg("doctor")
        .env("FRAMEWIRE_X264", std::env::temp_dir())
        .output()
        .unwrap();
    assert!(output.status.success());
    let said = [output.stderr, output.stdout].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(said[0].contains("x264 is not used: FRAMEWIRE_X264 names "), "{said:?}");
    assert!(said[1].contains("Recommended: ") && !said[1].contains("Recommended: x264"), "{said:?}");
}

#[cfg(unix)]
#[test]
fn a_pattern_is_served_watched_and_ended() {
    let server = Server::start(&["serve", "pattern:bouncing-box", "--size", "64x48"]);
    assert!(server.get("/health").ends_with("ok\n"));
    let load = run(&["--log", "error", "load", &server.url, "--viewers", "3", "--seconds", "0.5", "--json"]);
    assert!(load.status.success(), "{}", String::from_utf8_lossy(&load.stderr));
    let report: serde_json::Value = serde_json::from_slice(&load.stdout).unwrap();
    assert_eq!((report["viewers"].as_u64(), report["failed"].as_u64()), (Some(3), Some(0)));
    assert!(report["bytes"].as_u64().unwrap() > 0);
    assert_eq!(server.terminate(), Some(0));
}

/// x264 writes its settings into the stream.
#[cfg(unix)]
#[test]
fn intra_refresh_reaches_the_encoder() {
    let doctor: serde_json::Value = serde_json::from_slice(&run(&["doctor", "--json"]).stdout).unwrap();
    if doctor["recommended"] != "x264" {
        println!("SKIPPED intra_refresh_reaches_the_encoder: this machine has no x264");
        return;
    }
    let file = std::env::temp_dir().join(format!("framewire-refresh-{}.mp4", std::process::id()));
    let path = file.to_str().unwrap();
    for (option, expected) in [(&["--intra-refresh"][..], "intra_refresh=1"), (&[], "intra_refresh=0")] {
        let serve = ["serve", "pattern:counter", "--size", "64x48", "--record", path, "--force"];
        let server = Server::start(&[&serve, option].concat());
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::fs::metadata(&file).map_or(0, |metadata| metadata.len()) < 2000 {
            assert!(Instant::now() < deadline, "nothing is recorded");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(server.terminate(), Some(0));
        let recorded = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(recorded.windows(expected.len()).any(|text| text == expected.as_bytes()), "{expected}");
    }
}

#[test]
fn the_demo_takes_settings_and_refuses_impossible_ones() {
    let server = Server::start(&["demo", "--size", "64x48"]);
    assert!(server.get("/").contains("<html"));
    assert!(server.get("/demo/capabilities").contains("\"paint\""));
    let post = |body: &str| {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).unwrap();
        write!(
            socket,
            "POST /demo/settings HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            server.port,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = post(r#"{"scene":"plasma","fps":10}"#);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"plasma\""), "{answer}");
    for body in [r#"{"fps":0}"#, r#"{"scene":1}"#, "[]", "{", r#"{"encoder":"theora"}"#] {
        let answer = post(body);
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("\"error\""), "{body}: {answer}");
    }
}

#[test]
fn a_file_that_ends_is_an_orderly_end() {
    let path = std::env::temp_dir().join(format!("framewire-end-{}.y4m", std::process::id()));
    let mut file = b"YUV4MPEG2 W16 H16 F100:1 C420\n".to_vec();
    for _ in 0..5 {
        file.extend(b"FRAME\n");
        file.extend([128; 16 * 16 * 3 / 2]);
    }
    std::fs::write(&path, file).unwrap();
    let output = run(&["--log", "error", "serve", path.to_str().unwrap(), "--port", "0", "--no-wait"]);
    let _ = std::fs::remove_file(path);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Recording has it encoded without a viewer.
#[cfg(feature = "openh264")]
#[test]
fn the_log_names_the_encoder_of_a_stream_once() {
    let path = std::env::temp_dir().join(format!("framewire-named-{}.y4m", std::process::id()));
    let mut file = b"YUV4MPEG2 W16 H16 F100:1 C420\n".to_vec();
    for _ in 0..20 {
        file.extend(b"FRAME\n");
        file.extend([128; 16 * 16 * 3 / 2]);
    }
    std::fs::write(&path, file).unwrap();
    let recorded = path.with_extension("mp4");
    let serve = ["serve", path.to_str().unwrap(), "--port", "0", "--encoder", "openh264"];
    let output = run(&[&serve[..], &["--record", recorded.to_str().unwrap(), "--force"]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(said.matches("\"default\" is encoded by openh264").count(), 1, "{said}");
    for path in [path, recorded] {
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_generated_token_stands_in_the_address_and_guards_everything() {
    let server = Server::start(&["serve", "pattern:solid", "--size", "16x16", "--host", "0.0.0.0"]);
    let (_, token) = server.url.split_once("token=").unwrap_or_else(|| panic!("no token in {}", server.url));
    assert!(token.len() >= 16);
    for path in ["/streams", "/metrics", "/metrics/prometheus", "/streams/default/still.png"] {
        assert!(server.get(path).starts_with("HTTP/1.1 401"), "{path}");
        let guarded = format!("{path}?token={token}");
        // The picture of this moment is there once the first frame is.
        let deadline = Instant::now() + Duration::from_secs(20);
        while !server.get(&guarded).starts_with("HTTP/1.1 200") {
            assert!(Instant::now() < deadline, "{path}: {}", server.get(&guarded));
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_finds_no_room_is_a_failure() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_framewire"))
        .args(["doctor", "--json"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output: No space left"));
}
