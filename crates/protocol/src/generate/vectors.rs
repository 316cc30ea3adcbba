//! Golden vectors: what one side writes and what the other side has to read, for every kind of message.

use super::OutputFile;
use crate::{
    Ack, Arrived, Capabilities, ClientMessage, CloseCode, ColorDescriptor, Config, ConfigExtension, Event,
    EventMessage, Features, FrameHeader, HeaderTemplate, Hello, HelloExtension, ImageFormat, ImageHeader,
    InputEvent, KeyEvent, Modifiers, Notice, NoticeLevel, Ping, PointerEvent, Pong, RequestKeyframe,
    ResizeEvent, Role, ServerMessage, SetQuality, Stats, Transport, TransportName, TransportPolicy,
    VideoCodec, VideoHeader, Viewport, WheelEvent, pack, select_transport, stream_from_path,
};
use framewire_frame::ColorSpace;
use serde_json::{Value, json};
use std::path::PathBuf;

pub(super) fn files() -> Vec<OutputFile> {
    vec![
        file("client_messages", &client_messages()),
        file("bad_client_messages", &bad_client_messages()),
        file("server_messages", &server_messages()),
        file("envelopes", &envelopes()),
        file("events", &events()),
        file("negotiation", &negotiation()),
        file("routes", &routes()),
        file("close_codes", &close_codes()),
    ]
}

fn file(name: &str, vectors: &[Value]) -> OutputFile {
    let mut contents = serde_json::to_string_pretty(vectors).expect("values have text keys");
    contents.push('\n');
    OutputFile { path: PathBuf::from(format!("fixtures/protocol/{name}.json")), contents }
}

/// A text as a client writes it, and the message that a server reads.
fn client_messages() -> Vec<Value> {
    let hello = Hello {
        supported: Capabilities::from_strings(["image/jpeg", "image/png", "webcodecs/h264-annexb"]),
        token: Some("secret \u{e9}".into()),
        device_pixel_ratio: Some(2.0),
        framewire: Some(HelloExtension { version: 1, features: Features::ALL }),
        json: Box::default(),
    };
    let old = Hello { framewire: None, token: None, device_pixel_ratio: Some(1.0), ..hello.clone() };
    let hevc = Hello { supported: VideoCodec::Hevc.into(), ..Hello::default() };
    let ack = Ack { seq: 7, decode_queue_size: 2, displayed: true, latency_us: None };
    [
        ("hello of framewire", ClientMessage::Hello(hello)),
        ("hello of another client", ClientMessage::Hello(old)),
        ("hello with hevc only", ClientMessage::Hello(hevc)),
        ("ack", ClientMessage::Ack(ack)),
        ("ack with latency", ClientMessage::Ack(Ack { latency_us: Some(12_345), ..ack })),
        ("arrived", ClientMessage::Arrived(Arrived { seq: 7 })),
        ("request_keyframe", ClientMessage::RequestKeyframe(RequestKeyframe { reason: "awaiting keyframe".into() })),
        ("decoder_reset", ClientMessage::DecoderReset),
        ("event", ClientMessage::Event(EventMessage { event: InputEvent::new(Event::Blur) })),
        (
            "set_viewport",
            ClientMessage::SetViewport(Viewport {
                width: 640.0,
                height: 360.5,
                pwidth: 1280.0,
                pheight: 721.0,
                ratio: 2.0,
            }),
        ),
        ("ping", ClientMessage::Ping(Ping { id: 3, client_us: 1_234_567.25 })),
    ]
    .into_iter()
    .map(|(name, message)| json!({ "name": name, "text": message.to_text(), "message": parsed(&message.to_text()) }))
    .collect()
}

/// Texts after the hello that are ignored (`close` is null) or close the connection.
fn bad_client_messages() -> Vec<Value> {
    [
        ("no JSON", "nonsense"),
        ("empty", ""),
        ("cut off", "{\"type\":\"ack\""),
        ("an array", "[]"),
        ("a number", "5"),
        ("no type", "{}"),
        ("an unknown type", "{\"type\":\"warp\",\"speed\":9}"),
        ("a type that is no text", "{\"type\":1}"),
        ("an ack of nothing", "{\"type\":\"ack\"}"),
        ("an ack of a text", "{\"type\":\"ack\",\"seq\":\"7\"}"),
        ("an event without event", "{\"type\":\"event\"}"),
        ("an event that is no object", "{\"type\":\"event\",\"event\":[]}"),
        ("a viewport without height", "{\"type\":\"set_viewport\",\"width\":5}"),
        ("a viewport of texts", "{\"type\":\"set_viewport\",\"width\":\"5\",\"height\":\"5\"}"),
        ("a ping without clock", "{\"type\":\"ping\",\"id\":1}"),
    ]
    .into_iter()
    .map(|(name, text)| {
        let close = ClientMessage::parse(text).err().map(|error| error.close().code.number());
        json!({ "name": name, "text": text, "close": close })
    })
    .collect()
}

/// A text as a server writes it, and the message that a client reads.
fn server_messages() -> Vec<Value> {
    let config = Config {
        transport: TransportName::Webcodecs,
        width: 1280,
        height: 720,
        coords: Config::COORDS.to_owned(),
        codec: Some(VideoCodec::H264.placeholder().into()),
        pixel_ratio: None,
        color: None,
        mime: None,
        framewire: None,
    };
    let extension = ConfigExtension {
        version: 1,
        features: Features::ALL,
        role: Role::Control,
        stream: "d\u{e9}mo".into(),
        encoder: "openh264".into(),
        server_us: 123_456,
    };
    let image = Config {
        transport: TransportName::Image,
        codec: None,
        pixel_ratio: Some(2.0),
        color: Some(ColorSpace::DISPLAY_P3.into()),
        ..config.clone()
    };
    let full = Config { mime: Some(ImageFormat::Jpeg), framewire: Some(extension.clone()), ..image.clone() };
    let video =
        Config { framewire: Some(ConfigExtension { role: Role::View, ..extension }), ..config.clone() };
    let stats = Stats {
        rtt_ms: 12.5,
        fps_sent: 30.0,
        fps_acked: 29.97,
        bitrate_bps: 7_900_000,
        encode_ms: 4.25,
        decode_queue_size: 1,
        dropped: 3,
        target_bitrate: 8_000_000,
        target_fps: 30.0,
    };
    [
        ("config of video", ServerMessage::Config(config)),
        ("config of images", ServerMessage::Config(image)),
        ("config of video with additions", ServerMessage::Config(video)),
        ("config of images with additions", ServerMessage::Config(full)),
        ("stats", ServerMessage::Stats(stats)),
        ("set_quality", ServerMessage::SetQuality(SetQuality { bitrate: 4_000_000, fps: 30.0 })),
        ("pong", ServerMessage::Pong(Pong { id: 3, client_us: 1_234_567.25, server_us: 99 })),
        (
            "notice",
            ServerMessage::Notice(Notice { level: NoticeLevel::Warn, text: "openh264 failed: \u{1f62f}\n".into() }),
        ),
    ]
    .into_iter()
    .map(|(name, message)| json!({ "name": name, "text": message.to_text(), "message": value(&message.to_text()) }))
    .collect()
}

/// Binary messages, whole and broken.
fn envelopes() -> Vec<Value> {
    let video = VideoHeader {
        timestamp_us: 33_333,
        width: 1280,
        height: 720,
        codec: "avc1.42C01F".into(),
        bitstream: VideoHeader::ANNEX_B.into(),
        keyframe: true,
        duration_us: Some(33_333),
        pixel_ratio: None,
        color: None,
    };
    let delta = VideoHeader { keyframe: false, duration_us: None, timestamp_us: 66_667, ..video.clone() };
    let described = VideoHeader {
        pixel_ratio: Some(1.0),
        color: Some(ColorDescriptor::from(ColorSpace::SRGB)),
        ..video.clone()
    };
    let hevc = VideoHeader { codec: "hvc1.1.6.L93.B0".into(), ..video.clone() };
    let image = ImageHeader {
        timestamp_us: 0,
        width: 3,
        height: 2,
        mime: ImageFormat::Png,
        pixel_ratio: Some(2.0),
        color: None,
    };
    let mut vectors = Vec::new();
    for (name, header, seq, payload) in [
        ("a key chunk", FrameHeader::Video(video.clone()), 0, &b"\0\0\0\x01\x67\0\0\0\x01\x65"[..]),
        ("a delta chunk", FrameHeader::Video(delta), 1, b"\0\0\0\x01\x41"),
        ("a described chunk", FrameHeader::Video(described), 4_294_967_296, b"\0\0\0\x01\x65"),
        ("an hevc chunk", FrameHeader::Video(hevc), 9, b"\0\0\0\x01\x26"),
        ("an image", FrameHeader::Image(image), 5, b"\x89PNG"),
    ] {
        vectors.push(envelope(name, &pack(&header, seq, payload), payload));
    }
    let mut timed = Vec::new();
    HeaderTemplate::new(&FrameHeader::Video(video), 33_000, 4_100).write(2, true, &mut timed);
    timed.extend_from_slice(b"\0\0\0\x01\x65");
    vectors.push(envelope("a chunk with its publish time", &timed, b"\0\0\0\x01\x65"));
    for (name, message) in [
        ("empty", &b""[..]),
        ("shorter than the length", b"\x05\0\0"),
        ("shorter than the header", b"\x05\0\0\0{}"),
        ("a header that is no JSON", b"\x02\0\0\0{]"),
        ("a header that is no object", b"\x02\0\0\0[]"),
        ("a huge length", b"\xff\xff\xff\xff{}"),
    ] {
        vectors.push(json!({ "name": name, "hex": hex(message), "error": true }));
    }
    vectors
}

fn envelope(name: &str, message: &[u8], payload: &[u8]) -> Value {
    let header = &message[4..message.len() - payload.len()];
    let header: Value = serde_json::from_slice(header).expect("a header is JSON");
    json!({ "name": name, "hex": hex(message), "header": header, "payload_hex": hex(payload) })
}

/// Input events as they are written, and what they are typed as (`null` for those that only pass through).
fn events() -> Vec<Value> {
    let pointer = PointerEvent {
        x: 10.5,
        y: -2.0,
        button: 1,
        buttons: [1, 3].into_iter().collect(),
        modifiers: Modifiers::from_iter(["Shift", "Meta"]),
        timestamp: 1.25,
        inside: Some(false),
        pixel_ratio: Some(2.0),
        ..PointerEvent::default()
    };
    let touch = PointerEvent {
        pointer_id: Some(4),
        pointer_type: Some("touch".into()),
        pressure: Some(0.5),
        ..pointer.clone()
    };
    let wheel = WheelEvent { x: 1.0, y: 2.0, dx: 0.0, dy: -48.0, ..WheelEvent::default() };
    let key =
        KeyEvent { key: "\u{e9}".into(), code: "KeyE".into(), repeat: Some(true), ..KeyEvent::default() };
    let resize = ResizeEvent { width: 640.0, height: 480.0, pwidth: 1280.0, pheight: 960.0, ratio: 2.0 };
    let mut vectors: Vec<Value> = [
        Event::PointerMove(touch.clone()),
        Event::PointerDown(pointer.clone()),
        Event::PointerUp(pointer),
        Event::PointerCancel(touch),
        Event::Wheel(wheel),
        Event::KeyDown(key.clone()),
        Event::KeyUp(KeyEvent { repeat: None, ..key }),
        Event::Resize(resize),
        Event::Blur,
    ]
    .into_iter()
    .map(InputEvent::new)
    .map(|event| {
        json!({ "name": value(event.as_json())["type"], "text": event.as_json(), "event": value(event.as_json()) })
    })
    .collect();
    vectors.push(json!({ "name": "custom", "text": "{\"type\":\"mine\",\"a\":[1]}", "event": null }));
    vectors
}

fn negotiation() -> Vec<Value> {
    let every: Vec<&str> = Capabilities::from_iter(
        VideoCodec::ALL.map(Capabilities::from).into_iter().chain(ImageFormat::ALL.map(Capabilities::from)),
    )
    .strings()
    .collect();
    let name = |transport: Transport| match transport {
        Transport::Video(codec) => codec.capability(),
        Transport::Image(format) => format.mime(),
    };
    let (h264, hevc) = (Transport::Video(VideoCodec::H264), Transport::Video(VideoCodec::Hevc));
    let (jpeg, webp) = (Transport::Image(ImageFormat::Jpeg), Transport::Image(ImageFormat::Webp));
    let mut vectors = Vec::new();
    for client in [
        &["image/jpeg", "image/png", "webcodecs/h264-annexb"][..],
        &["image/png", "image/jpeg"],
        &["image/webp"],
        &["webcodecs/h264-annexb"],
        &["webcodecs/hevc-annexb"],
        &["image/avif", "unknown"],
        &[],
        &every,
    ] {
        for server in [&every[..], &["image/jpeg", "image/png"], &["webcodecs/h264-annexb", "image/jpeg"]] {
            for preferred in [h264, hevc, jpeg, webp] {
                let can = Capabilities::from_strings(server.iter().copied());
                let policy = TransportPolicy { video: can, images: can, preferred };
                let chosen =
                    select_transport(Capabilities::from_strings(client.iter().copied()), &policy).map(name);
                vectors
                    .push(json!({ "client": client, "server": server, "preferred": name(preferred), "chosen": chosen }));
            }
        }
    }
    vectors
}

fn routes() -> Vec<Value> {
    [
        "/",
        "",
        "//",
        "/cam",
        "/cam/",
        "//cam//x?y=/z",
        "/?token=1",
        "/a%20b",
        "/%C3%A9",
        "/100%",
        "/%ff",
        "/health",
    ]
    .into_iter()
    .map(|path| json!({ "path": path, "stream": stream_from_path(path) }))
    .collect()
}

fn close_codes() -> Vec<Value> {
    CloseCode::ALL
        .into_iter()
        .map(|code| json!({ "code": code.number(), "name": format!("{code:?}"), "terminal": code.is_terminal() }))
        .collect()
}

/// The message as the parser understands it, written again.
fn parsed(text: &str) -> Value {
    let message = ClientMessage::parse(text).expect("a vector is a good message");
    value(&message.to_text())
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("a vector is JSON")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
