//! One viewer: joins, acknowledges, counts.

use crate::client::{Connection, Target, Tls};
use framewire::websocket::{Event, Reader};
use hdrhistogram::Histogram;
use serde::Deserialize;
use std::{
    collections::VecDeque,
    io,
    time::{Duration, Instant},
};
use tokio::{sync::watch, time::timeout_at};

/// Bytes of each binary message that are looked at: its header.
const HEAD: usize = 2048;
/// How often the clock of the server is compared with ours.
const PING_INTERVAL: Duration = Duration::from_secs(1);
/// The largest latency that is told apart, in microseconds.
const MAX_LATENCY_US: u64 = 60_000_000;

/// What all viewers of a run share.
pub struct Plan {
    pub target: Target,
    pub tls: Option<Tls>,
    pub images: bool,
    /// How late frames are acknowledged.
    pub round_trip: Duration,
    /// When counting begins and ends; unknown until everybody has joined.
    pub window: watch::Receiver<Option<Window>>,
}

/// The time in which frames are counted.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub begin: Instant,
    pub end: Instant,
}

/// What one viewer got.
pub struct Tally {
    /// Frames within the window.
    pub frames: u64,
    /// Of these, key frames.
    pub keys: u64,
    /// Bytes of these, headers included.
    pub bytes: u64,
    /// Time from the opening of the socket to the first frame.
    pub first_frame: Option<Duration>,
    /// Publish to arrival, in microseconds.
    pub latency: Histogram<u64>,
    /// The same without conversion and encoding, which the server reports for each frame.
    pub delivery: Histogram<u64>,
    /// Units that the server skipped for this viewer, by its own count.
    pub dropped: u64,
    /// Why it ended before its time.
    pub failure: Option<String>,
}

#[derive(Deserialize)]
struct FrameHeader<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    seq: u64,
    #[serde(default)]
    keyframe: bool,
    publish_us: Option<u64>,
    encode_us: Option<u64>,
}

#[derive(Deserialize)]
struct ServerMessage<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    client_us: Option<f64>,
    server_us: Option<f64>,
    dropped: Option<u64>,
}

/// What the events of one read ask for.
#[derive(Default)]
struct Replies {
    /// Frames that have arrived, each with the moment of its acknowledgement.
    acks: VecDeque<(Instant, u64)>,
    pong: Option<Vec<u8>>,
    closed: Option<String>,
}

/// What the header of a frame says.
struct Arriving {
    seq: u64,
    key: bool,
    /// When it was published, on the server's clock, and how long conversion and encoding took.
    published: Option<(u64, u64)>,
}

struct Viewer {
    started: Instant,
    window: Option<Window>,
    tally: Tally,
    /// Server clock minus ours, in microseconds, with the round trip in which it was seen; the shortest wins.
    offset: Option<(Duration, f64)>,
    /// The frame whose payload is arriving.
    arriving: Option<Arriving>,
}

/// Watches until the window ends. Errors end up in the tally.
pub async fn watch(plan: &Plan, joined: impl FnOnce()) -> Tally {
    let mut viewer = Viewer::new();
    let mut joined = Some(joined);
    if let Err(error) = viewer.run(plan, &mut joined).await {
        viewer.tally.failure = Some(error.to_string());
    }
    if let Some(joined) = joined {
        joined();
    }
    viewer.tally
}

impl Viewer {
    fn new() -> Self {
        let latency = Histogram::new_with_bounds(1, MAX_LATENCY_US, 2).expect("the bounds are in order");
        let delivery = latency.clone();
        let tally = Tally {
            frames: 0,
            keys: 0,
            bytes: 0,
            first_frame: None,
            latency,
            delivery,
            dropped: 0,
            failure: None,
        };
        Self { started: Instant::now(), window: None, tally, offset: None, arriving: None }
    }

    async fn run(&mut self, plan: &Plan, joined: &mut Option<impl FnOnce()>) -> io::Result<()> {
        let mut connection =
            Connection::open(&plan.target, plan.tls.as_ref(), Reader::for_client_streaming(HEAD)).await?;
        connection.send(&hello(plan)).await?;
        let mut window = plan.window.clone();
        let mut next_ping = Instant::now();
        let mut replies = Replies::default();
        loop {
            let now = Instant::now();
            self.window = *window.borrow_and_update();
            if self.window.is_some_and(|window| now >= window.end) {
                return Ok(());
            }
            if now >= next_ping {
                next_ping = now + PING_INTERVAL;
                connection
                    .send(&format!("{{\"type\":\"ping\",\"id\":1,\"client_us\":{}}}", self.clock_us()))
                    .await?;
            }
            let window_end = self.window.map(|window| window.end);
            let next_ack = replies.acks.front().map(|(due, _)| *due);
            let wake = [window_end, next_ack].into_iter().flatten().fold(next_ping, Instant::min);
            let on_event = |event: Event<'_>| self.on_event(event, plan.round_trip, &mut replies);
            let received = timeout_at(wake.into(), connection.receive(on_event)).await;
            let open = received.unwrap_or(Ok(true))?;
            if let Some(reason) = replies.closed.take() {
                return Err(io::Error::other(reason));
            }
            if let Some(payload) = replies.pong.take() {
                connection.pong(&payload).await?;
            }
            if !open {
                return Err(io::Error::other("the server hung up"));
            }
            let now = Instant::now();
            let due = replies.acks.partition_point(|(due, _)| *due <= now);
            for (_, seq) in replies.acks.drain(..due) {
                let ack =
                    format!("{{\"type\":\"ack\",\"seq\":{seq},\"decode_queue_size\":0,\"displayed\":true}}");
                connection.send(&ack).await?;
                if let Some(joined) = joined.take() {
                    joined();
                }
            }
        }
    }

    fn on_event(&mut self, event: Event<'_>, ack_after: Duration, replies: &mut Replies) {
        match event {
            Event::Text(text) => self.on_text(text),
            Event::BinaryHead { head, .. } => self.on_head(head),
            Event::BinaryEnd { len } => {
                if let Some(frame) = self.arriving.take() {
                    self.on_frame(len, &frame);
                    replies.acks.push_back((Instant::now() + ack_after, frame.seq));
                }
            }
            Event::Ping(payload) => replies.pong = Some(payload.to_vec()),
            Event::Close(frame) => {
                replies.closed = Some(frame.map_or_else(
                    || "the server closed the connection".to_owned(),
                    |frame| format!("the server closed the connection with {} {}", frame.code, frame.reason),
                ));
            }
            Event::Binary(_) | Event::Pong(_) => {}
        }
    }

    fn on_head(&mut self, head: &[u8]) {
        let header = head.split_first_chunk::<4>().and_then(|(len, rest)| {
            let json = rest.get(..usize::try_from(u32::from_le_bytes(*len)).ok()?)?;
            serde_json::from_slice::<FrameHeader<'_>>(json).ok()
        });
        self.arriving =
            header.filter(|header| matches!(header.kind, "video_chunk" | "image_frame")).map(|header| {
                Arriving {
                    seq: header.seq,
                    key: header.keyframe || header.kind == "image_frame",
                    published: header.publish_us.zip(header.encode_us),
                }
            });
    }

    fn on_frame(&mut self, len: u64, frame: &Arriving) {
        let now = Instant::now();
        self.tally.first_frame.get_or_insert(now - self.started);
        if !self.window.is_some_and(|window| window.begin <= now && now < window.end) {
            return;
        }
        self.tally.frames += 1;
        self.tally.keys += u64::from(frame.key);
        self.tally.bytes += len;
        if let (Some((publish_us, encode_us)), Some((_, offset))) = (frame.published, self.offset) {
            let latency = self.clock_us() + offset - publish_us as f64;
            self.tally.latency.saturating_record(latency.max(1.0) as u64);
            self.tally.delivery.saturating_record((latency - encode_us as f64).max(1.0) as u64);
        }
    }

    fn on_text(&mut self, text: &str) {
        let Ok(message) = serde_json::from_str::<ServerMessage<'_>>(text) else { return };
        match (message.kind, message.client_us, message.server_us) {
            ("pong", Some(client_us), Some(server_us)) => {
                let now = self.clock_us();
                let round_trip = Duration::from_secs_f64((now - client_us).max(0.0) / 1e6);
                if self.offset.is_none_or(|(best, _)| round_trip <= best) {
                    self.offset = Some((round_trip, server_us - f64::midpoint(client_us, now)));
                }
            }
            ("stats", ..) => self.tally.dropped = message.dropped.unwrap_or(self.tally.dropped),
            _ => {}
        }
    }

    fn clock_us(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * 1e6
    }
}

fn hello(plan: &Plan) -> String {
    let supported: &[&str] = if plan.images {
        &["image/jpeg", "image/png", "image/webp"]
    } else {
        &["image/jpeg", "image/png", "webcodecs/h264-annexb"]
    };
    let mut hello = serde_json::json!({
        "type": "hello",
        "supported": supported,
        "framewire": { "version": 1, "features": ["clock", "publish_time"] },
    });
    if let Some(token) = &plan.target.token {
        hello["token"] = token.as_str().into();
    }
    hello.to_string()
}
