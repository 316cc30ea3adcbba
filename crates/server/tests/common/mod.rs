//! A server with a scripted encoder, and an independent WebSocket client (tungstenite) that watches it.
#![allow(dead_code, unreachable_pub, reason = "every test file has its own copy and uses a part")]
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "a test's helpers are for reading")]

use framewire_codec::{Roster, testing::Script};
use framewire_engine::{EncoderChoice, Stream, StreamConfig};
use framewire_frame::{Picture, PixelFormat, Size};
use framewire_protocol::{Close, Config, Envelope, ServerMessage};
use framewire_server::{Hub, Server, ServerBuilder};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;
use tungstenite::{Message, WebSocket, client::IntoClientRequest, http::HeaderValue, protocol::CloseFrame};

/// Long enough for any machine; nothing waits for it when things work.
pub const LONG: Duration = Duration::from_secs(30);

pub const EVERYTHING: [&str; 4] =
    ["image/jpeg", "image/png", "webcodecs/h264-annexb", "webcodecs/hevc-annexb"];

pub struct TestServer {
    pub runtime: Runtime,
    server: Option<Server>,
    pub hub: Hub,
    pub stream: Stream,
    pub address: SocketAddr,
}

/// One script as the encoder, and the pure Rust images.
pub fn roster(scripts: &[&Script]) -> Roster {
    Roster {
        encoders: scripts.iter().map(|script| script.candidate()).collect(),
        images: framewire_software::images(),
        ..Roster::default()
    }
}

pub fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).unwrap()
}

pub fn picture_of(size: Size, seq: u8) -> Picture {
    let len = PixelFormat::Rgb8.packed_len(size);
    let bytes: Vec<u8> = (0..len).map(|i| (i as u8).wrapping_mul(7).wrapping_add(seq)).collect();
    Picture::packed(PixelFormat::Rgb8, size, bytes).unwrap()
}

pub fn picture(seq: u8) -> Picture {
    picture_of(size(64, 48), seq)
}

pub fn config() -> StreamConfig {
    let mut config = StreamConfig::new();
    config.size = size(64, 48);
    config.encoder = EncoderChoice::Auto;
    config
}

impl TestServer {
    pub fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub fn with(build: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        Self::with_scripts(&[&Script::new("scripted")], config(), build)
    }

    pub fn with_scripts(
        scripts: &[&Script],
        config: StreamConfig,
        build: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let hub = Hub::new(roster(scripts));
        let stream = hub.add_stream("default", config).unwrap();
        let builder = build(Server::builder().bind(([127, 0, 0, 1], 0)));
        let server = runtime.block_on(builder.start(hub.clone())).unwrap();
        let address = server.local_addr();
        Self { runtime, server: Some(server), hub, stream, address }
    }

    pub fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// Shuts down in good order.
    pub fn shutdown(&mut self) {
        let server = self.server.take().unwrap();
        self.runtime.block_on(server.shutdown());
    }

    pub fn tcp(&self) -> TcpStream {
        let tcp = TcpStream::connect(self.address).unwrap();
        tcp.set_read_timeout(Some(LONG)).unwrap();
        tcp.set_write_timeout(Some(LONG)).unwrap();
        tcp
    }

    pub fn open(&self, path: &str) -> Viewer {
        self.try_open(path, &[]).unwrap()
    }

    /// A WebSocket before its hello, or the status that refused it.
    pub fn try_open(&self, path: &str, headers: &[(&'static str, &str)]) -> Result<Viewer, u16> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        match tungstenite::client(request, self.tcp()) {
            Ok((socket, _)) => Ok(Viewer { socket }),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => {
                Err(response.status().as_u16())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// A viewer that has got its config.
    pub fn join(&self, path: &str) -> (Viewer, Config) {
        let mut viewer = self.open(path);
        viewer.hello(&EVERYTHING);
        let config = viewer.config();
        (viewer, config)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], "")
    }

    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut tcp = self.tcp();
        let mut text =
            format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "host") {
            text += &format!("host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        tcp.write_all(format!("{text}\r\n{body}").as_bytes()).unwrap();
        Answer::read(&mut tcp)
    }

    /// Publishes until `done` says so.
    pub fn publish_until(&self, mut done: impl FnMut() -> bool) {
        let start = Instant::now();
        for seq in 0.. {
            if done() {
                return;
            }
            assert!(start.elapsed() < LONG, "nothing comes");
            self.stream.publish(picture(seq as u8)).unwrap();
            std::thread::yield_now();
        }
    }

    /// Waits for something that others do.
    pub fn wait_until(&self, what: &str, mut done: impl FnMut() -> bool) {
        let start = Instant::now();
        while !done() {
            assert!(start.elapsed() < LONG, "{what}");
            std::thread::yield_now();
        }
    }
}

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn read(from: &mut impl Read) -> Self {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a header");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers =
            lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_lowercase(), v.to_owned()));
        Self { status, headers: headers.collect(), body: bytes[end + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A client of the protocol.
pub struct Viewer {
    pub socket: WebSocket<TcpStream>,
}

/// What a server sends.
#[derive(Debug)]
pub enum Sent {
    Text(ServerMessage),
    Frame { seq: u64, key: bool, width: u32, kind: String, header: Value, payload: Vec<u8> },
    Closed(u16, String),
}

impl Viewer {
    pub fn send(&mut self, message: Value) {
        self.send_text(&message.to_string());
    }

    pub fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).unwrap();
    }

    pub fn hello(&mut self, supported: &[&str]) {
        self.send(json!({"type": "hello", "supported": supported}));
    }

    pub fn hello_framewire(&mut self, supported: &[&str]) {
        let features = ["clock", "publish_time", "arrival", "notice"];
        let framewire = json!({"version": 1, "features": features});
        self.send(json!({"type": "hello", "supported": supported, "framewire": framewire}));
    }

    pub fn next(&mut self) -> Sent {
        let start = Instant::now();
        loop {
            assert!(start.elapsed() < LONG, "nothing comes but pings");
            match self.socket.read() {
                Ok(Message::Text(text)) => return Sent::Text(ServerMessage::parse(&text)),
                Ok(Message::Binary(bytes)) => {
                    let envelope = Envelope::parse(&bytes).unwrap();
                    let header = serde_json::to_value(&envelope.header).unwrap();
                    return Sent::Frame {
                        seq: envelope.header.seq,
                        key: envelope.header.is_key(),
                        width: envelope.header.width,
                        kind: envelope.header.kind.clone(),
                        header,
                        payload: envelope.payload.to_vec(),
                    };
                }
                Ok(Message::Close(Some(CloseFrame { code, reason }))) => {
                    // The answer goes out with the next read, which then sees the end.
                    while self.socket.read().is_ok() {}
                    return Sent::Closed(code.into(), reason.to_string());
                }
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub fn config(&mut self) -> Config {
        loop {
            match self.next() {
                Sent::Text(ServerMessage::Config(config)) => return config,
                Sent::Text(_) => {}
                other => panic!("no config but {other:?}"),
            }
        }
    }

    /// The next frame, which is acknowledged; texts between are dropped.
    pub fn frame(&mut self) -> (u64, bool) {
        loop {
            match self.next() {
                Sent::Frame { seq, key, .. } => {
                    self.send(json!({"type": "ack", "seq": seq, "displayed": true, "decode_queue_size": 0}));
                    return (seq, key);
                }
                Sent::Text(_) => {}
                Sent::Closed(code, reason) => panic!("closed with {code} {reason}"),
            }
        }
    }

    /// How the server closes, whatever it sends before.
    pub fn closed(&mut self) -> (u16, String) {
        loop {
            if let Sent::Closed(code, reason) = self.next() {
                return (code, reason);
            }
        }
    }

    pub fn closed_as(&mut self, expected: &Close) {
        assert_eq!(self.closed(), (expected.code.number(), expected.reason.to_string()));
    }
}
