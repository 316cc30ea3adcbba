//! What bad clients get, and that nobody else notices.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use common::{Answer, EVERYTHING, Sent, TestServer, Viewer, picture, picture_of, size};
use framewire_protocol::Close;
use framewire_server::{Limits, SessionLimits};
use serde_json::json;
use std::{io::Write, time::Duration};
use tungstenite::Message;

/// Does something bad with one viewer and sees that another gets its frames.
fn beside_another(bad: impl FnOnce(&TestServer, &mut Viewer) -> (u16, String)) -> (u16, String) {
    let server = TestServer::new();
    server.stream.publish(picture(0)).unwrap();
    let (mut good, _) = server.join("/");
    good.frame();
    let (mut viewer, _) = server.join("/");
    let closed = bad(&server, &mut viewer);
    drop(viewer);
    for seq in 1..5 {
        server.stream.publish(picture(seq)).unwrap();
        assert!(good.frame().0 >= u64::from(seq));
    }
    server.wait_until("only the bad viewer is gone", || server.stream.viewers() == 1);
    closed
}

#[test]
fn what_is_no_json_closes_that_viewer_alone_with_1007() {
    for text in ["{", "[]", "hello", "\"x\"", ""] {
        let (code, _) = beside_another(|_, viewer| {
            viewer.send_text(text);
            viewer.closed()
        });
        assert_eq!(code, 1007, "{text}");
    }
}

#[test]
fn a_message_that_is_too_large_closes_with_1009() {
    let (code, reason) = beside_another(|_, viewer| {
        viewer.send_text(&format!("{{\"x\":\"{}\"}}", "y".repeat(70_000)));
        viewer.closed()
    });
    assert_eq!(code, 1009, "{reason}");
}

#[test]
fn a_breach_of_the_protocol_closes_with_1008() {
    let (code, _) = beside_another(|_, viewer| {
        viewer.hello(&EVERYTHING);
        viewer.closed()
    });
    assert_eq!(code, 1008, "hello comes once");
    let (code, _) = beside_another(|server, _| {
        let mut viewer = server.open("/");
        viewer.send(json!({"type": "ack", "seq": 0}));
        viewer.closed()
    });
    assert_eq!(code, 1008, "hello comes first");
}

#[test]
fn a_frame_that_is_not_masked_closes_with_1002() {
    let (code, _) = beside_another(|_, viewer| {
        viewer.socket.get_mut().write_all(&[0x81, 0x02, b'{', b'}']).unwrap();
        viewer.closed()
    });
    assert_eq!(code, 1002);
}

#[test]
fn unknown_messages_and_fields_mean_nothing() {
    let server = TestServer::new();
    server.stream.publish(picture(0)).unwrap();
    let (mut viewer, _) = server.join("/");
    for message in
        [json!({"type": "warp"}), json!({}), json!({"type": 5}), json!({"type": "ack", "seq": 99, "x": {}})]
    {
        viewer.send(message);
    }
    viewer.socket.send(Message::Binary(vec![1, 2, 3].into())).unwrap();
    assert_eq!(viewer.frame(), (0, true));
}

#[test]
fn a_flood_closes_with_1008() {
    let (code, reason) = beside_another(|_, viewer| {
        let text = json!({"type": "event", "event": {"type": "pointer_move", "x": 1, "y": 1}}).to_string();
        for _ in 0..20_000 {
            if viewer.socket.send(Message::text(text.as_str())).is_err() {
                break;
            }
        }
        viewer.closed()
    });
    assert_eq!((code, reason.as_str()), (1008, "too many messages"));
}

#[test]
fn whoever_says_nothing_is_closed_after_a_while() {
    let mut session = SessionLimits::default();
    session.hello = Duration::from_millis(50);
    let server = TestServer::with(|builder| builder.limits(Limits { session, ..Limits::default() }));
    assert_eq!(server.open("/").closed().0, 1008);
    server.wait_until("nothing is left of it", || server.server().viewers() == 0);
}

#[test]
fn a_slow_hook_is_a_refusal() {
    let limits = Limits { authentication: Duration::from_millis(20), ..Limits::default() };
    let server = TestServer::with(|builder| {
        let hook =
            |_: framewire_server::AuthRequest| std::future::pending::<Option<framewire_server::Principal>>();
        builder.limits(limits).auth(hook)
    });
    let mut viewer = server.open("/");
    viewer.hello(&EVERYTHING);
    viewer.closed_as(&Close::unauthorized());
    assert_eq!(server.get("/streams").status, 401);
}

#[test]
fn a_viewer_that_never_reads_holds_nothing_and_nobody() {
    let mut session = SessionLimits::default();
    session.stall = Duration::from_millis(200);
    let server = TestServer::with(|builder| builder.limits(Limits { session, ..Limits::default() }));
    // Lossless units of this size fill any socket buffer soon.
    let large = |seq| picture_of(size(640, 480), seq);
    server.stream.publish(large(0)).unwrap();
    let (mut good, _) = server.join("/");
    good.frame();
    let mut deaf = server.open("/");
    deaf.hello(&EVERYTHING);
    let mut seq = 0_u8;
    server.wait_until("the deaf viewer is closed", || {
        // It acknowledges what it has not read, so that its window stays open.
        for ack in 0..50 {
            let ack = json!({"type": "ack", "seq": ack + u64::from(seq)}).to_string();
            let _ = deaf.socket.send(Message::text(ack));
        }
        seq = seq.wrapping_add(1);
        server.stream.publish(large(seq)).unwrap();
        good.frame();
        server.server().viewers() == 1
    });
}

#[test]
fn places_for_viewers_are_limited() {
    let server = TestServer::with(|builder| builder.limits(Limits { viewers: 2, ..Limits::default() }));
    let held = [server.join("/"), server.join("/")];
    let (code, reason) = server.open("/").closed();
    assert_eq!((code, reason.as_str()), (1013, "too many viewers"));
    assert_eq!(server.get("/health").status, 200, "the page is still there");
    drop(held);
    server.wait_until("places are free again", || server.server().viewers() == 0);
    server.join("/");
}

#[test]
fn places_of_one_address_are_limited_where_a_proxy_names_it() {
    let server = TestServer::with(|builder| {
        builder.trust_proxy(true).limits(Limits { viewers_per_address: 1, ..Limits::default() })
    });
    let from = |address: &str| server.try_open("/", &[("x-forwarded-for", address)]).unwrap();
    let _held = from("192.0.2.1");
    assert_eq!(from("192.0.2.1").closed().1, "too many viewers from this address");
    let mut other = from("192.0.2.2");
    other.hello(&EVERYTHING);
    other.config();
}

#[test]
fn connections_are_limited_and_the_next_one_hears_503() {
    let limits = Limits { viewers: 1, other_connections: 1, ..Limits::default() };
    let server = TestServer::with(|builder| builder.limits(limits));
    let held = [server.tcp(), server.tcp()];
    // The two that are held were accepted before, in their order.
    assert_eq!(Answer::read(&mut server.tcp()).status, 503);
    drop(held);
    server.wait_until("places are free again", || {
        let mut tcp = server.tcp();
        let request = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        tcp.write_all(request.as_bytes()).is_ok() && {
            use std::io::Read;
            let mut text = String::new();
            let _ = tcp.read_to_string(&mut text);
            text.starts_with("HTTP/1.1 200")
        }
    });
}

#[test]
fn a_header_that_trickles_in_is_not_waited_for() {
    let limits = Limits { header: Duration::from_millis(100), ..Limits::default() };
    let server = TestServer::with(|builder| builder.limits(limits));
    let mut tcp = server.tcp();
    tcp.write_all(b"GET / HTTP/1.1\r\nhost: loc").unwrap();
    let mut rest = Vec::new();
    use std::io::Read;
    // The connection ends, with or without an answer.
    let _ = tcp.read_to_end(&mut rest);
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn a_body_or_a_header_that_is_too_large_is_refused() {
    let server = TestServer::new();
    let long = "x".repeat(64 << 10);
    let headers = [("x-long", long.as_str())];
    assert_eq!(server.request("GET", "/health", &headers, "").status, 431);
}

#[test]
fn pings_are_answered_and_a_close_is_returned() {
    let server = TestServer::new();
    let (mut viewer, _) = server.join("/");
    viewer.socket.send(Message::Ping(b"are you there".to_vec().into())).unwrap();
    loop {
        if let Message::Pong(payload) = viewer.socket.read().unwrap() {
            assert_eq!(&payload[..], b"are you there");
            break;
        }
    }
    viewer.socket.close(None).unwrap();
    while viewer.socket.read().is_ok() {}
    server.wait_until("the viewer is gone", || server.stream.viewers() == 0);
    let (mut viewer, _) = server.join("/");
    assert!(matches!(
        {
            server.stream.publish(picture(0)).unwrap();
            viewer.next()
        },
        Sent::Frame { .. } | Sent::Text(_)
    ));
}
