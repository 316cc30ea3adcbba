//! Frames come out, input comes in.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use common::{EVERYTHING, Sent, TestServer, config, picture, picture_of, size};
use framewire_codec::{
    ImageFormat, Tier,
    testing::{Fault, Script},
};
use framewire_engine::EncoderChoice;
use framewire_protocol::{Close, Event, ServerMessage, TransportName};
use serde_json::json;

#[test]
fn the_config_comes_first_then_a_key_frame_and_then_every_frame_in_order() {
    let server = TestServer::new();
    server.stream.publish(picture(0)).unwrap();
    let (mut viewer, config) = server.join("/");
    assert_eq!((config.transport, config.width, config.height), (TransportName::Webcodecs, 64, 48));
    assert!(config.framewire.is_none(), "the client did not name the additions");
    assert_eq!(viewer.frame(), (0, true), "a scene at rest is shown at once");
    for seq in 1..50 {
        server.stream.publish(picture(seq)).unwrap();
        assert_eq!(viewer.frame(), (u64::from(seq), false), "one in, one out, no key frame without a reason");
    }
}

#[test]
fn a_viewer_may_come_before_the_first_frame() {
    let server = TestServer::new();
    let (mut viewer, config) = server.join("/default?x=1");
    assert_eq!((config.width, config.height), (64, 48));
    server.stream.publish(picture(0)).unwrap();
    assert_eq!(viewer.frame(), (0, true));
}

#[test]
fn a_thousand_joins_get_a_key_frame_each_and_leave_nothing_behind() {
    let server = TestServer::with(|builder| {
        builder.limits(framewire_server::Limits { viewers: 200, ..Default::default() })
    });
    server.stream.publish(picture(0)).unwrap();
    for _ in 0..10 {
        let mut viewers: Vec<_> = (0..100).map(|_| server.join("/").0).collect();
        for viewer in &mut viewers {
            assert_eq!(viewer.frame(), (0, true));
        }
    }
    server.wait_until("viewers that are gone are counted", || {
        server.stream.viewers() == 0 && server.server().viewers() == 0
    });
    assert_eq!(server.get("/metrics").json(), json!([]));
}

#[test]
fn the_additions_are_used_by_those_who_name_them() {
    let server = TestServer::new();
    server.stream.publish(picture(0)).unwrap();
    let mut viewer = server.open("/");
    viewer.hello_framewire(&EVERYTHING);
    let config = viewer.config();
    assert_eq!(config.framewire.unwrap().stream, "default");
    loop {
        match viewer.next() {
            Sent::Frame { header, .. } => {
                assert!(header["publish_us"].is_u64() && header["encode_us"].is_u64(), "{header}");
                break;
            }
            Sent::Text(_) => {}
            Sent::Closed(..) => panic!("closed"),
        }
    }
    viewer.send(json!({"type": "arrived", "seq": 0}));
    viewer.send(json!({"type": "ping", "id": 7, "client_us": 1.5}));
    loop {
        if let Sent::Text(ServerMessage::Pong(pong)) = viewer.next() {
            assert_eq!((pong.id, pong.client_us), (7, 1.5));
            break;
        }
    }
}

#[test]
fn no_extension_of_the_websocket_is_negotiated() {
    let server = TestServer::new();
    let headers = [
        ("upgrade", "websocket"),
        ("connection", "upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits"),
        ("sec-websocket-protocol", "chat"),
    ];
    // `connection: close` comes beside `connection: upgrade`; the client closes at once.
    let mut tcp = server.tcp();
    use std::io::{Read, Write};
    let mut text = format!("GET / HTTP/1.1\r\nhost: {}\r\n", server.address);
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    tcp.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(tcp.read(&mut byte).unwrap(), 1);
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(head.contains("s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
    assert!(!head.contains("extensions") && !head.contains("sec-websocket-protocol"), "{head}");
}

#[test]
fn streams_of_any_name_are_reached_by_the_first_segment_of_the_path() {
    let server = TestServer::new();
    for name in ["health", "metrics", "streams", "assets", "cam.1"] {
        let stream = server.hub.add_stream(name, config()).unwrap();
        stream.publish(picture(0)).unwrap();
        let (mut viewer, _) = server.join(&format!("//{name}/more?x=1"));
        assert_eq!(viewer.frame(), (0, true), "{name}");
        assert_eq!(stream.viewers(), 1);
    }
    assert_eq!(server.get("/health").text(), "ok\n");
    let (_viewer, _) = server.join("/cam%2E1");
    server.open("/n%C3%A9").closed_as(&Close::unknown_stream("né"));
}

#[test]
fn events_arrive_with_the_viewer_and_its_name() {
    use framewire_server::{AuthRequest, Principal, Role};
    let server = TestServer::with(|builder| {
        builder.auth(async |request: AuthRequest| Some(Principal::new(Role::Control).named(request.token?)))
    });
    let viewers = ["ada", "bob"].map(|name| {
        let mut viewer = server.open("/");
        viewer.send(json!({"type": "hello", "supported": EVERYTHING, "token": name}));
        viewer.config();
        viewer.send(json!({"type": "event", "event": {"type": "key_down", "key": name}}));
        viewer
    });
    let mut events = Vec::new();
    server.wait_until("two events", || {
        events.extend(server.stream.poll_events());
        events.len() == 2
    });
    assert_ne!(events[0].viewer, events[1].viewer);
    for event in events {
        let Event::KeyDown(key) = event.event.event() else { panic!("{event:?}") };
        assert_eq!(event.principal.as_deref(), Some(key.key.as_str()));
    }
    drop(viewers);
}

#[test]
fn another_size_is_told_before_its_first_frame_without_a_reconnect() {
    let server = TestServer::new();
    server.stream.publish(picture(0)).unwrap();
    let mut viewer = server.open("/");
    viewer.hello_framewire(&EVERYTHING);
    viewer.config();
    viewer.frame();
    server.stream.publish(picture_of(size(33, 17), 1)).unwrap();
    let mut told = None;
    loop {
        let sent = viewer.next();
        match sent {
            Sent::Text(ServerMessage::Config(config)) => told = Some((config.width, config.height)),
            Sent::Frame { width: 33, key, .. } => {
                assert!(key);
                assert_eq!(told, Some((33, 17)));
                break;
            }
            Sent::Frame { seq, .. } => viewer.send(json!({"type": "ack", "seq": seq})),
            Sent::Text(_) => {}
            Sent::Closed(..) => panic!("closed"),
        }
    }
}

#[test]
fn the_encoder_is_switched_live_within_what_each_viewer_can_show() {
    let server = TestServer::new();
    server.stream.publish(picture(0)).unwrap();
    let (mut video, _) = server.join("/");
    video.frame();
    let mut images = server.open("/");
    images.hello(&["image/jpeg"]);
    assert_eq!(images.config().transport, TransportName::Image);
    images.frame();

    server.stream.set_encoder(EncoderChoice::Image(ImageFormat::Png)).unwrap();
    assert_eq!(video.config().transport, TransportName::Image);
    loop {
        if let Sent::Frame { kind, header, .. } = video.next() {
            assert_eq!((kind.as_str(), &header["mime"]), ("image_frame", &json!("image/png")));
            break;
        }
    }
    server.stream.set_encoder(EncoderChoice::Auto).unwrap();
    assert_eq!(video.config().transport, TransportName::Webcodecs);
    server.stream.publish(picture(1)).unwrap();
    loop {
        if let Sent::Frame { kind, header, .. } = images.next() {
            assert_eq!((kind.as_str(), &header["mime"]), ("image_frame", &json!("image/jpeg")));
            break;
        }
    }
}

#[test]
fn viewers_stay_when_the_encoder_dies_and_are_told() {
    let dying = Script::new("dying").in_tier(Tier::Preferred).with(Fault::FailAt(3));
    let server = TestServer::with_scripts(&[&dying, &Script::new("steady")], config(), |builder| builder);
    server.stream.publish(picture(0)).unwrap();
    let mut viewer = server.open("/");
    viewer.hello_framewire(&EVERYTHING);
    let (mut noticed, mut last, mut published) = (false, 0, 0);
    while !(noticed && last >= 10) {
        match viewer.next() {
            Sent::Frame { seq, .. } => {
                last = seq;
                viewer.send(json!({"type": "arrived", "seq": seq}));
                viewer.send(json!({"type": "ack", "seq": seq}));
                published += 1;
                server.stream.publish(picture(published)).unwrap();
            }
            Sent::Text(ServerMessage::Notice(notice)) => noticed |= notice.text.contains("steady"),
            Sent::Text(_) => {}
            Sent::Closed(code, reason) => panic!("closed with {code} {reason}"),
        }
    }
}

#[test]
fn the_viewers_of_a_removed_stream_are_closed_and_its_name_is_free() {
    let server = TestServer::new();
    let (mut viewer, _) = server.join("/");
    assert!(server.hub.remove_stream("default"));
    viewer.closed_as(&Close::stream_ended());
    server.wait_until("the viewer is gone", || server.server().viewers() == 0);
    server.open("/").closed_as(&Close::unknown_stream("default"));
    server.hub.add_stream("default", config()).unwrap();
    server.join("/");
}

#[test]
fn viewers_for_whom_no_encoder_opens_are_told_and_leave_nothing_behind() {
    let broken = Script::new("broken").with(Fault::Unavailable("the driver"));
    let server = TestServer::with_scripts(&[&broken], config(), |builder| builder);
    server.stream.publish(picture(0)).unwrap();
    for _ in 0..5 {
        let mut viewer = server.open("/");
        viewer.hello(&["webcodecs/h264-annexb"]);
        assert_eq!(viewer.closed().0, Close::no_transport().code.number());
    }
    server.wait_until("nothing is left of them", || {
        server.stream.viewers() == 0 && server.server().viewers() == 0
    });
    let (mut viewer, config) = server.join("/");
    assert_eq!(config.transport, TransportName::Image);
    assert_eq!(viewer.frame(), (0, true));
}
