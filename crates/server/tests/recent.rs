//! The recent past over HTTP: for whom, of what, and how much at once.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use common::{LONG, TestServer, config, picture_of, size};
use framewire_codec::testing::Script;
use framewire_engine::{Keep, StreamConfig};
use framewire_mp4::Mp4Reader;
use framewire_server::{Limits, ServerBuilder, TokenAuth};
use std::{
    io::{Cursor, Read, Write},
    time::Duration,
};

fn keeping() -> StreamConfig {
    let mut config = config();
    config.keep = Some(Keep::in_memory(Duration::from_secs(60)));
    config
}

/// A server whose stream has kept so many frames.
fn server(frames: u8, build: impl FnOnce(ServerBuilder) -> ServerBuilder) -> TestServer {
    let server = TestServer::with_scripts(&[&Script::new("scripted")], keeping(), build);
    for seq in 0..frames {
        server.stream.publish(picture_of(size(256, 128), seq)).unwrap();
        server.wait_until("the unit", || server.stream.metrics().kept.unwrap().units > usize::from(seq));
    }
    server
}

/// The body of a chunked answer; `None` when it lacks its end.
fn dechunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|pair| pair == b"\r\n")?;
        let len = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if len == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(body.get(end + 2..end + 2 + len)?);
        body = body.get(end + 4 + len..)?;
    }
}

fn units(file: Vec<u8>) -> usize {
    let reader = Mp4Reader::open(Cursor::new(file)).unwrap();
    reader.video_track().unwrap().samples().len()
}

#[test]
fn the_past_is_a_file_for_whom_may_watch() {
    let server =
        server(5, |builder| builder.auth(TokenAuth::new(Some("secret".into()), Some("look".into()))));
    let path = "/streams/default/recent.mp4";
    for headers in [&[][..], &[("authorization", "Bearer wrong")]] {
        assert_eq!(server.request("GET", path, headers, "").status, 401);
    }
    for token in ["secret", "look"] {
        let answer = server.get(&format!("{path}?last=60&token={token}"));
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("video/mp4")));
        assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"default.mp4\""));
        assert_eq!(units(dechunked(&answer.body).unwrap()), 5);
    }
    let head = server.request("HEAD", path, &[("authorization", "Bearer look")], "");
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn what_is_not_kept_or_not_understood_is_said() {
    let server = server(3, |builder| builder);
    server.hub.add_stream("plain", config()).unwrap();
    let answer = |path: &str| {
        let answer = server.get(path);
        (answer.status, answer.text().trim().to_owned())
    };
    assert_eq!(answer("/streams/none/recent.mp4"), (404, "there is no such stream".into()));
    assert_eq!(answer("/streams/plain/recent.mp4"), (404, "this stream keeps nothing of its past".into()));
    assert_eq!(
        answer("/streams/default/recent.mp4?from=50&to=40"),
        (404, "nothing of that time is kept".into())
    );
    for query in ["last=x", "last=-1", "last=nan", "last=1e300", "to=3", "from=1&to=2", "last=1&from=2"] {
        assert_eq!(answer(&format!("/streams/default/recent.mp4?{query}")).0, 400, "{query}");
    }
    assert_eq!(server.request("POST", "/streams/default/recent.mp4", &[], "").status, 405);
    let listed = server.get("/streams").json();
    assert!(listed[0]["kept_seconds"].is_number() && listed[1].get("kept_seconds").is_none(), "{listed}");
    assert!(server.get("/metrics/prometheus").text().contains("framewire_kept_bytes{stream=\"default\"}"));
}

#[test]
fn whoever_takes_nothing_is_given_up_and_knows_that_the_file_lacks_its_end() {
    let mut limits = Limits { saves: 1, ..Limits::default() };
    limits.session.stall = Duration::from_millis(300);
    // More than the buffers of a connection take.
    let server = server(250, |builder| builder.limits(limits));
    let ask_and_read_nothing = || {
        let mut stuck = server.tcp();
        let host = server.address;
        write!(
            stuck,
            "GET /streams/default/recent.mp4 HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        stuck.read_exact(&mut [0; 1]).unwrap();
        stuck
    };
    let mut stuck = ask_and_read_nothing();
    let answer = server.get("/streams/default/recent.mp4");
    assert_eq!((answer.status, answer.text().trim()), (503, "others are saving; try again later"));
    let head = server.request("HEAD", "/streams/default/recent.mp4", &[], "");
    assert_eq!(head.status, 503, "looking costs as much as asking");
    let mut whole = None;
    server.wait_until("the place is free again", || {
        let answer = server.get("/streams/default/recent.mp4");
        whole = (answer.status == 200).then_some(answer);
        whole.is_some()
    });
    assert_eq!(units(dechunked(&whole.unwrap().body).unwrap()), 250);
    stuck.set_read_timeout(Some(LONG)).unwrap();
    let mut rest = Vec::new();
    // The connection ends in the middle, one way or another.
    let _ = stuck.read_to_end(&mut rest);
    let start = rest.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(dechunked(&rest[start..]), None);
    let mut stuck = ask_and_read_nothing();
    server.wait_until("the connection is ended", || stuck.write_all(b" ").is_err());
}
