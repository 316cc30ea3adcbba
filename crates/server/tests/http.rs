//! What plain requests get.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use common::{TestServer, config, picture};
use framewire_codec::testing::Script;
use serde_json::{Value, json};

#[test]
fn the_page_and_what_it_loads_come_from_here_alone() {
    let server = TestServer::new();
    for path in ["/", "/default", "/?token=x"] {
        let page = server.get(path);
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("http")
        );
        for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")] {
            assert_eq!(page.header(name), Some(value));
        }
    }
    let page = server.get("/");
    for address in ["assets/app.js", "assets/app.css", "assets/framewire.js"] {
        assert!(page.text().contains(&format!("\"{address}\"")), "{address} is loaded by a relative address");
        assert_eq!(server.get(&format!("/{address}")).status, 200, "{address}");
    }
    assert_eq!(
        server.get("/assets/worker.js").header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    assert_eq!(server.get("/assets/../index.html").status, 404);
    assert_eq!(server.get("/none").status, 404);
    assert_eq!(server.get("/a/b/c").status, 404);
    let redirect = server.get("/default/?token=x");
    assert_eq!((redirect.status, redirect.header("location")), (307, Some("../default?token=x")));
}

#[test]
fn what_a_browser_has_already_is_not_sent_again() {
    let server = TestServer::new();
    let first = server.get("/assets/app.js");
    let tag = first.header("etag").unwrap();
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    let again = server.request("GET", "/assets/app.js", &[("if-none-match", tag)], "");
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = server.request("GET", "/assets/app.js", &[("if-none-match", "\"0\"")], "");
    assert_eq!((other.status, &other.body), (200, &first.body));
    let head = server.request("HEAD", "/assets/app.js", &[], "");
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn streams_and_their_viewers_are_listed() {
    let server = TestServer::new();
    server.hub.add_stream("cam", config()).unwrap();
    server.stream.publish(picture(0)).unwrap();
    let (mut viewer, _) = server.join("/");
    viewer.frame();
    assert_eq!(
        server.get("/streams").json(),
        json!([
            {"name": "cam", "width": 64, "height": 48, "fps": 30.0, "clients": 0},
            {"name": "default", "width": 64, "height": 48, "fps": 30.0, "clients": 1},
        ])
    );
    server.wait_until("the acknowledgement is counted", || {
        server.get("/metrics").json()[0]["frames_acked"] == 1
    });
    let rows = server.get("/streams/default/metrics").json();
    let row = &rows[0];
    for key in [
        "elapsed_s",
        "frames_sent",
        "frames_dropped",
        "frames_acked",
        "keyframes_sent",
        "bytes_sent",
        "fps_sent",
        "fps_acked",
        "bitrate_bps",
        "encode_ms",
        "rtt_ms",
        "decode_queue_size",
        "inflight",
        "target_bitrate",
        "target_fps",
    ] {
        assert!(row[key].is_number(), "{key} in {row}");
    }
    assert_eq!(
        (&row["frames_sent"], &row["keyframes_sent"], &row["inflight"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert_eq!(row["rendition"], "h264");
    assert_eq!(server.get("/streams/cam/metrics").json(), json!([]));
    let unknown = server.get("/streams/none/metrics");
    assert_eq!((unknown.status, unknown.json()), (404, json!([])));
}

#[test]
fn the_newest_frame_comes_as_png() {
    let server = TestServer::new();
    assert_eq!(server.get("/streams/default/still.png").status, 404);
    server.stream.publish(picture(0)).unwrap();
    let still = server.get("/streams/default/still.png");
    assert_eq!((still.status, still.header("content-type")), (200, Some("image/png")));
    assert!(still.body.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(&still.body[16..24], [0, 0, 0, 64, 0, 0, 0, 48]);
    assert_eq!(server.get("/streams/none/still.png").status, 404);
}

#[test]
fn recorded_input_is_shown_and_forgotten() {
    let mut recording = config();
    recording.record_events = true;
    let server = TestServer::with_scripts(&[&Script::new("scripted")], recording, |builder| builder);
    assert_eq!(server.get("/recorded-events").json(), json!([]));
    let (mut viewer, _) = server.join("/");
    viewer.send(json!({"type": "event", "event": {"type": "key_down", "key": "a", "mine": [1]}}));
    let expected = json!([{"type": "key_down", "key": "a", "mine": [1]}]);
    server.wait_until("the event is recorded", || server.get("/recorded-events").json() == expected);
    let json = [("content-type", "application/json")];
    assert_eq!(server.request("POST", "/recorded-events/reset", &json, "").json(), json!([]));
    assert_eq!(server.get("/recorded-events").json(), json!([]));
}

/// Reads the text format by the rules: each sample belongs to the family that was announced last.
fn samples(text: &str) -> Vec<(String, f64)> {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let (mut family, mut counter, mut samples) = (String::new(), false, Vec::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            (family, counter) = (name.to_owned(), kind == "counter");
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let bare = name.split('{').next().unwrap();
            let expected = if counter { format!("{family}_total") } else { family.clone() };
            assert_eq!(bare, expected, "{line}");
            samples.push((name.to_owned(), value.parse().unwrap()));
        }
    }
    samples
}

#[test]
fn prometheus_reads_the_figures() {
    let server = TestServer::new();
    server.stream.publish(picture(0)).unwrap();
    let (mut viewer, _) = server.join("/");
    viewer.frame();
    let answer = server.get("/metrics/prometheus");
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    let samples = samples(answer.text());
    let value = |name: &str| samples.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("{name}")).1;
    assert_eq!(value("framewire_viewers{stream=\"default\"}"), 1.0);
    assert_eq!(value("framewire_frames_published_total{stream=\"default\"}"), 1.0);
    assert_eq!(value("framewire_frames_encoded_total{stream=\"default\",rendition=\"h264\"}"), 1.0);
    if cfg!(target_os = "linux") {
        assert!(value("process_resident_memory_bytes") > 1e6);
        assert!(value("process_cpu_seconds_total") >= 0.0);
    }
}

#[test]
fn every_row_of_json_is_json() {
    let server = TestServer::new();
    for path in ["/streams", "/metrics", "/recorded-events"] {
        let answer = server.get(path);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(matches!(answer.json(), Value::Array(_)), "{path}");
    }
    assert_eq!(server.request("PUT", "/streams", &[], "").status, 405);
}
