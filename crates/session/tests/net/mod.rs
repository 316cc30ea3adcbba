//! A simulated world: one publisher, one rendition, viewers behind links. One tick is one millisecond.
#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    reason = "every test file uses a part of it, and a test may fail"
)]

use framewire_frame::{Bitrate, Size, Timestamp};
use framewire_protocol::{SetQuality, Transport, VideoCodec};
use framewire_session::{
    Input, KeyframeBudget, KeyframeReason, Move, Moves, Output, RatePolicy, RenditionInfo, Session,
    SessionConfig, Time, UnitInfo, UnitLog,
};
use std::{collections::VecDeque, ops::Range, time::Duration};

pub fn at(millis: u64) -> Time {
    Time::from_epoch(Duration::from_millis(millis))
}

pub const HELLO: &str = r#"{"type":"hello","supported":["image/jpeg","webcodecs/h264-annexb"],"framewire":{"version":1,"features":["clock","publish_time","arrival","notice"]}}"#;
pub const OLD_HELLO: &str = r#"{"type":"hello","supported":["image/jpeg","image/png","webcodecs/h264-annexb"],"device_pixel_ratio":1}"#;

pub fn info() -> RenditionInfo {
    RenditionInfo {
        transport: Transport::Video(VideoCodec::H264),
        codec: None,
        size: Size::new(1280, 720).unwrap(),
        pixel_ratio: None,
        color: None,
        encoder: "scripted".into(),
        quality: SetQuality { bitrate: 8_000_000, fps: 30.0 },
        moves: Moves::default(),
    }
}

/// The units of a rendition since its newest key unit, and at most 128.
#[derive(Default)]
pub struct Log {
    pub units: VecDeque<UnitInfo>,
    pub first: u64,
}

impl Log {
    pub fn push(&mut self, unit: UnitInfo) {
        self.units.push_back(unit);
        while self.units.len() > 128 {
            self.units.pop_front();
            self.first += 1;
        }
    }

    pub fn end(&self) -> u64 {
        self.first + self.units.len() as u64
    }
}

impl UnitLog for Log {
    fn range(&self) -> Range<u64> {
        self.first..self.end()
    }

    fn newest_key(&self) -> Option<u64> {
        self.units.iter().rposition(|unit| unit.key).map(|index| self.first + index as u64)
    }

    fn unit(&self, position: u64) -> Option<UnitInfo> {
        self.units.get(usize::try_from(position.checked_sub(self.first)?).ok()?).copied()
    }
}

/// Encodes the latest frame while somebody is ready or a key frame is due.
pub struct Rendition {
    pub log: Log,
    pub budget: KeyframeBudget,
    pub rate: RatePolicy,
    pub adaptive: bool,
    pub fps: f64,
    pub delta_bytes: usize,
    pub key_bytes: usize,
    pub latest: Option<u64>,
    encoded: Option<u64>,
    published: u64,
    pub until: u64,
    pub keys: Vec<(u64, Option<KeyframeReason>)>,
    asked: Option<KeyframeReason>,
}

impl Rendition {
    pub fn new(fps: f64, delta_bytes: usize) -> Self {
        Self {
            log: Log::default(),
            budget: KeyframeBudget::default(),
            rate: RatePolicy::new(Bitrate::from_bits_per_second(8_000_000), at(0)),
            adaptive: false,
            fps,
            delta_bytes,
            key_bytes: delta_bytes * 4,
            latest: None,
            encoded: None,
            published: 0,
            until: u64::MAX,
            keys: Vec::new(),
            asked: None,
        }
    }

    pub fn publish(&mut self, now: u64) {
        self.latest = Some(now);
        self.published += 1;
    }

    fn tick(&mut self, now: u64, ready: bool) {
        if now < self.until && now as f64 >= self.published as f64 * 1000.0 / self.fps {
            self.publish(now);
        }
        if self.adaptive {
            self.rate.set_ready(ready, at(now));
        }
        let Some(frame) = self.latest else { return };
        let due = self.budget.is_due(at(now));
        if !ready || (self.encoded == Some(frame) && !due) {
            return;
        }
        let key = due || self.encoded.is_none();
        if key {
            self.budget.emitted(at(now));
            self.keys.push((now, self.asked.take()));
        }
        let scale = if self.adaptive { f64::from(self.rate.bitrate().bits_per_second()) / 8e6 } else { 1.0 };
        let bytes = if key { self.key_bytes } else { self.delta_bytes } as f64 * scale;
        self.encoded = Some(frame);
        let timestamp = Timestamp::from_micros(frame * 1000);
        self.log.push(UnitInfo { bytes: bytes as usize, key, timestamp, ..UnitInfo::default() });
    }
}

/// A path that carries bytes in order: a socket's buffer, a bandwidth and a delay.
#[derive(Clone, Debug)]
pub struct Link {
    pub bytes_per_ms: f64,
    pub delay: u64,
    pub buffer: usize,
    /// Nothing moves in these spans, as after a loss.
    pub stalls: Vec<Range<u64>>,
    queue: VecDeque<(u64, u64, f64)>,
    pub queued: f64,
    credit: f64,
}

impl Link {
    pub fn new(bits_per_second: f64, delay: u64) -> Self {
        Self {
            bytes_per_ms: bits_per_second / 8000.0,
            delay,
            buffer: 32 << 10,
            stalls: Vec::new(),
            queue: VecDeque::new(),
            queued: 0.0,
            credit: 0.0,
        }
    }

    fn push(&mut self, seq: u64, position: u64, bytes: usize) {
        self.queue.push_back((seq, position, bytes as f64));
        self.queued += bytes as f64;
    }

    /// What is handed over to the wire by now.
    fn tick(&mut self, now: u64) -> Vec<(u64, u64)> {
        let mut done = Vec::new();
        if self.stalls.iter().any(|stall| stall.contains(&now)) {
            return done;
        }
        self.credit = if self.queue.is_empty() { 0.0 } else { self.credit } + self.bytes_per_ms;
        while let Some((seq, position, left)) = self.queue.front_mut() {
            let moved = left.min(self.credit);
            *left -= moved;
            self.credit -= moved;
            self.queued -= moved;
            if *left > 0.0 {
                break;
            }
            done.push((*seq, *position));
            self.queue.pop_front();
        }
        done
    }

    fn unsent(&self) -> usize {
        (self.queued as usize).saturating_sub(self.buffer)
    }
}

/// One viewer with its session, its link and its client's habits.
pub struct Viewer {
    pub session: Session,
    pub link: Link,
    pub hello: &'static str,
    /// Sends `arrived` at once and `ack` after this many milliseconds; `None` for never.
    pub acks_after: Option<u64>,
    pub reads: bool,
    pub ready: bool,
    pub texts: Vec<String>,
    pub outputs: Vec<Output>,
    pub closed: Option<u16>,
    pub moves: Vec<Move>,
    /// When each unit arrived: moment, seq, position.
    pub arrivals: Vec<(u64, u64, u64)>,
    /// Units that could not be decoded as they came.
    pub broken: u64,
    on_wire: VecDeque<(u64, u64, u64)>,
    upstream: VecDeque<(u64, String)>,
    unsent: usize,
    last: Option<u64>,
}

impl Viewer {
    pub fn new(link: Link) -> Self {
        Self::with(link, HELLO, at(0))
    }

    pub fn with(link: Link, hello: &'static str, now: Time) -> Self {
        Self {
            session: Session::new(SessionConfig::new("default"), now),
            link,
            hello,
            acks_after: Some(5),
            reads: true,
            ready: false,
            texts: Vec::new(),
            outputs: Vec::new(),
            closed: None,
            moves: Vec::new(),
            arrivals: Vec::new(),
            broken: 0,
            on_wire: VecDeque::new(),
            upstream: VecDeque::new(),
            unsent: 0,
            last: None,
        }
    }

    pub fn say(&mut self, now: u64, text: impl Into<String>) {
        let due = now + self.link.delay;
        let at = self.upstream.iter().position(|(when, _)| *when > due).unwrap_or(self.upstream.len());
        self.upstream.insert(at, (due, text.into()));
    }

    fn tick(&mut self, now: u64, rendition: &mut Rendition) {
        if self.closed.is_some() {
            return;
        }
        let time = at(now);
        while self.upstream.front().is_some_and(|(due, _)| *due <= now) {
            let (_, text) = self.upstream.pop_front().unwrap();
            self.session.handle(Input::Text(&text), time);
            self.drain(now, rendition);
        }
        let reads = self.reads;
        for (seq, position) in if reads { self.link.tick(now) } else { Vec::new() } {
            self.on_wire.push_back((now + self.link.delay, seq, position));
        }
        let unsent = self.link.unsent();
        if unsent < self.unsent {
            self.unsent = unsent;
            self.session.handle(Input::Written { remaining: unsent }, time);
        }
        while self.on_wire.front().is_some_and(|(due, ..)| *due <= now) {
            let (_, seq, position) = self.on_wire.pop_front().unwrap();
            self.receive(now, seq, position, &rendition.log);
        }
        if self.session.deadline().is_some_and(|deadline| deadline <= time) {
            self.session.handle(Input::Timeout, time);
            self.drain(now, rendition);
            self.pull(now, rendition);
            let deadline = self.session.deadline();
            assert!(
                deadline.is_none_or(|deadline| deadline > time),
                "a timer that does not move: {deadline:?} at {now}"
            );
        }
        self.drain(now, rendition);
        self.pull(now, rendition);
    }

    fn pull(&mut self, now: u64, rendition: &mut Rendition) {
        while self.closed.is_none() {
            let Some(send) = self.session.next_unit(&rendition.log, at(now)) else { break };
            let bytes = rendition.log.unit(send.position).unwrap().bytes;
            self.link.push(send.seq, send.position, bytes);
            self.unsent = self.link.unsent();
            self.session.handle(Input::Written { remaining: self.unsent }, at(now));
            self.drain(now, rendition);
        }
        self.drain(now, rendition);
    }

    fn receive(&mut self, now: u64, seq: u64, position: u64, log: &Log) {
        self.arrivals.push((now, seq, position));
        let key = log.unit(position).is_none_or(|unit| unit.key);
        if !key && self.last != Some(position - 1) {
            self.broken += 1;
        }
        self.last = Some(position);
        if self.hello == HELLO && self.acks_after.is_some() {
            self.say(now, format!(r#"{{"type":"arrived","seq":{seq}}}"#));
        }
        if let Some(after) = self.acks_after {
            self.say(
                now + after,
                format!(r#"{{"type":"ack","seq":{seq},"decode_queue_size":0,"displayed":true}}"#),
            );
        }
    }

    fn drain(&mut self, now: u64, rendition: &mut Rendition) {
        while let Some(output) = self.session.poll() {
            match output.clone() {
                Output::Authenticate(_) => self.session.handle(Input::Admitted(Default::default()), at(now)),
                Output::Select(_) => self.session.handle(Input::Rendition(info()), at(now)),
                Output::Send(text) => self.texts.push(text),
                Output::Close(close) => self.closed = Some(close.code.number()),
                Output::RequestKeyframe(reason) => {
                    rendition.asked = Some(reason);
                    rendition.budget.request(reason, at(now));
                }
                Output::Ready(ready) => self.ready = ready,
                Output::Move(step) => self.moves.push(step),
                _ => {}
            }
            self.outputs.push(output);
        }
    }
}

/// All of it, with one clock.
pub struct World {
    pub now: u64,
    pub rendition: Rendition,
    pub viewers: Vec<Viewer>,
}

impl World {
    pub fn new(rendition: Rendition, viewers: Vec<Viewer>) -> Self {
        let mut world = Self { now: 0, rendition, viewers };
        for viewer in &mut world.viewers {
            viewer.say(0, viewer.hello);
        }
        world
    }

    pub fn run(&mut self, millis: u64) -> &mut Self {
        for _ in 0..millis {
            self.now += 1;
            let ready = self.viewers.iter().any(|viewer| viewer.ready && viewer.closed.is_none());
            self.rendition.tick(self.now, ready);
            if self.rendition.adaptive {
                let slowest = self.viewers.iter().filter_map(|viewer| viewer.session.delivery_rate()).min();
                self.rendition.rate.update(slowest, at(self.now));
            }
            for viewer in &mut self.viewers {
                viewer.tick(self.now, &mut self.rendition);
            }
        }
        self
    }

    /// Units that a viewer received in a span.
    pub fn received(&self, viewer: usize, span: Range<u64>) -> usize {
        self.viewers[viewer].arrivals.iter().filter(|(when, ..)| span.contains(when)).count()
    }

    /// The frame (by its moment of publish) that a viewer shows.
    pub fn shown(&self, viewer: usize) -> Option<u64> {
        let (.., position) = *self.viewers[viewer].arrivals.last()?;
        Some(self.rendition.log.unit(position)?.timestamp.as_micros() / 1000)
    }

    /// The longest time from publish to arrival in a span.
    pub fn worst_delay(&self, viewer: usize, span: Range<u64>) -> u64 {
        let delay = |(when, _, position): &(u64, u64, u64)| {
            self.rendition.log.unit(*position).map(|unit| when - unit.timestamp.as_micros() / 1000)
        };
        let arrivals = self.viewers[viewer].arrivals.iter().filter(|(when, ..)| span.contains(when));
        arrivals.filter_map(delay).max().unwrap_or(u64::MAX)
    }
}

/// Everything that a session has to say now.
pub fn outputs(session: &mut Session) -> Vec<Output> {
    std::iter::from_fn(|| session.poll()).collect()
}

/// A session that has said hello and has a rendition, with nothing left to say.
pub fn live(hello: &str) -> Session {
    let mut session = Session::new(SessionConfig::new("default"), at(0));
    session.handle(Input::Text(hello), at(0));
    session.handle(Input::Admitted(Default::default()), at(0));
    session.handle(Input::Rendition(info()), at(0));
    outputs(&mut session);
    session
}

/// The code of the close among some outputs.
pub fn close_code(outputs: &[Output]) -> Option<u16> {
    outputs.iter().find_map(|output| match output {
        Output::Close(close) => Some(close.code.number()),
        _ => None,
    })
}
