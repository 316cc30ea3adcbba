mod messages;
mod socket;

use crate::{
    Cursor, Input, Ladder, Next, Output, RenditionInfo, Send, SessionConfig, Time, TokenBucket, UnitLog,
    ViewerStats, Window,
    handshake::{Early, Peer, Phase},
    stats::{Counters, millis},
};
use framewire_frame::{Bitrate, Timestamp};
use framewire_protocol::{Close, Feature, Role, ServerMessage, SetQuality};
use messages::Message;
use socket::{Socket, StatsClock};
use std::collections::VecDeque;

/// One viewer: what it may send, what it is told, and which unit it gets when.
///
/// After every call of [`Session::handle`] and [`Session::next_unit`] the outputs are to be taken with
/// [`Session::poll`] until there is none.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    phase: Phase,
    peer: Peer,
    early: Early,
    rendition: Option<RenditionInfo>,
    outputs: VecDeque<Output>,
    window: Window,
    cursor: Cursor,
    ladder: Ladder,
    messages: TokenBucket,
    counters: Counters,
    socket: Socket,
    ready: bool,
    /// The key unit that was sent last, and when.
    last_key: Option<(u64, Time)>,
    losses_seen: u64,
    stats: StatsClock,
}

impl Session {
    /// A connection that was accepted now; the first message has not been read.
    pub fn new(config: SessionConfig, now: Time) -> Self {
        Self {
            phase: Phase::Greeting { until: now + config.limits.hello },
            peer: Peer::default(),
            early: Early::default(),
            rendition: None,
            outputs: VecDeque::new(),
            window: Window::new(config.window),
            cursor: Cursor::new(config.cursor),
            ladder: Ladder::new(config.ladder, now),
            messages: TokenBucket::new(config.limits.messages_per_second, config.limits.message_burst, now),
            counters: Counters::new(now),
            socket: Socket { waiting_since: None, full: false, texts: 0, heard: now, asked: false },
            ready: false,
            last_key: None,
            losses_seen: 0,
            stats: StatsClock { last: now, told: (0, 0) },
            config,
        }
    }

    /// Takes notice of what happened. After the close nothing has an effect.
    pub fn handle(&mut self, input: Input<'_>, now: Time) {
        if self.phase == Phase::Closed {
            return;
        }
        match input {
            Input::Text(text) => self.message(Message::Text(text), now),
            Input::Binary(bytes) => self.message(Message::Binary(bytes), now),
            Input::Alive => self.heard(now),
            Input::Admitted(role) => self.admitted(role),
            Input::Rejected => self.close(Close::unauthorized()),
            Input::Rendition(info) => self.assign(info, now),
            Input::Reconfigured(info) => self.reconfigure(info, now),
            Input::NoTransport => self.close(Close::no_transport()),
            Input::Quality(quality) => self.quality(quality),
            Input::Notice(notice) => {
                if self.peer.has(Feature::Notice) {
                    self.tell(&ServerMessage::Notice(notice));
                }
            }
            Input::Written { remaining } => self.socket.written(remaining, now),
            Input::Timeout => {}
            Input::StreamEnded => self.close(Close::stream_ended()),
            Input::Shutdown => self.close(Close::going_away()),
            Input::Refuse(close) => self.close(close),
        }
        self.settle(now);
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due; `None` for never.
    pub fn deadline(&self) -> Option<Time> {
        let limits = &self.config.limits;
        let phase = match self.phase {
            Phase::Closed => return None,
            Phase::Greeting { until } => Some(until),
            _ => None,
        };
        let stall = self.socket.waiting_since.map(|since| since + limits.stall);
        let life = self.socket.heard + if self.socket.asked { limits.silence } else { limits.quiet };
        let live = if self.phase == Phase::Live { self.live_deadline() } else { None };
        [phase, stall, Some(life), live].into_iter().flatten().min()
    }

    /// The unit to send now, if there is one and the window takes it. The log is that of the rendition that
    /// [`Input::Rendition`] named last. After `Some`, the header and the payload are written and
    /// [`Input::Written`] told; until the socket has taken all there is no other.
    pub fn next_unit(&mut self, log: &dyn UnitLog, now: Time) -> Option<Send> {
        if self.phase != Phase::Live || self.socket.waiting_since.is_some() || !self.window.is_open(now) {
            return None;
        }
        let next = self.cursor.next(log, now);
        self.count_losses(now);
        let position = match next {
            Next::Unit(position) => position,
            Next::Later => return None,
            Next::Ask(reason) => {
                self.outputs.push_back(Output::RequestKeyframe(reason));
                return None;
            }
        };
        let unit = log.unit(position)?;
        self.cursor.sent(position);
        let bytes = unit.bytes as u64;
        let seq = self.window.send(bytes, now);
        if unit.key {
            self.last_key = Some((seq, now));
        }
        self.counters.sent(bytes, unit.key, unit.encode, now);
        self.socket.waits(now);
        self.update_ready(now);
        Some(Send { position, seq, publish_time: self.peer.has(Feature::PublishTime) })
    }

    /// How delivery goes.
    pub fn stats(&self, now: Time) -> ViewerStats {
        ViewerStats {
            frames_dropped: self.cursor.dropped(),
            losses: self.cursor.losses(),
            rtt_ms: millis(self.window.round_trip()),
            min_rtt_ms: millis(self.window.shortest_round_trip()),
            decode_queue_size: self.window.decode_queue(),
            inflight: self.window.units_in_flight(),
            inflight_bytes: self.window.bytes_in_flight(),
            delivery_bps: self.delivery_rate().map_or(0, |rate| rate.bits_per_second().into()),
            role: self.peer.role,
            ..self.counters.snapshot(self.target(), now)
        }
    }

    /// What the viewer's path delivers at least; `None` before anything has arrived.
    pub fn delivery_rate(&self) -> Option<Bitrate> {
        self.window.delivery_rate()
    }

    /// Whether the viewer was given a rendition and gets frames.
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    /// Whether the connection is over.
    pub fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    fn live_deadline(&self) -> Option<Time> {
        let stats = self.config.stats_interval.filter(|_| self.stats.is_due(&self.counters));
        let moves = self.rendition.as_ref().map(|rendition| rendition.moves).unwrap_or_default();
        [
            self.window.closes_at().filter(|_| self.ready),
            self.window.expires_at(),
            // Asking again happens in `next_unit`, which does nothing while the window is closed.
            self.cursor.deadline().filter(|_| self.ready && self.socket.waiting_since.is_none()),
            self.ladder.deadline(moves),
            stats.map(|interval| self.stats.last + interval),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn admitted(&mut self, role: Role) {
        if self.phase == Phase::Authenticating {
            self.peer.role = role;
            self.phase = Phase::Selecting;
            self.outputs.push_back(Output::Select(self.peer.capabilities));
        }
    }

    fn assign(&mut self, info: RenditionInfo, now: Time) {
        if !matches!(self.phase, Phase::Selecting | Phase::Live) {
            return;
        }
        self.cursor.join();
        self.rendition = Some(info);
        self.send_config(now);
        if self.phase == Phase::Selecting {
            self.phase = Phase::Live;
            for message in self.early.take() {
                self.client(message, now);
            }
        }
    }

    fn reconfigure(&mut self, info: RenditionInfo, now: Time) {
        if self.phase != Phase::Live {
            return;
        }
        let before = self.rendition.replace(info);
        let transport = |info: &RenditionInfo| info.transport;
        // Other clients know a config as the sign of another transport or codec only.
        if self.peer.features.is_some()
            || before.as_ref().map(transport) != self.rendition.as_ref().map(transport)
        {
            self.send_config(now);
        }
    }

    fn quality(&mut self, quality: SetQuality) {
        let Some(rendition) = &mut self.rendition else { return };
        if rendition.quality != quality {
            rendition.quality = quality;
            self.tell(&ServerMessage::SetQuality(quality));
        }
    }

    fn heard(&mut self, now: Time) {
        self.socket.heard = self.socket.heard.max(now);
        self.socket.asked = false;
    }

    fn count_losses(&mut self, now: Time) {
        let losses = self.cursor.losses();
        if losses == self.losses_seen {
            return;
        }
        self.losses_seen = losses;
        let moves = self.rendition.as_ref().map(|rendition| rendition.moves).unwrap_or_default();
        if let Some(step) = self.ladder.lost(moves, now) {
            self.outputs.push_back(Output::Move(step));
        }
    }

    /// What time brings, and what every change leads to.
    fn settle(&mut self, now: Time) {
        self.check_limits(now);
        if self.phase != Phase::Live {
            return;
        }
        self.window.expire(now);
        let moves = self.rendition.as_ref().map(|rendition| rendition.moves).unwrap_or_default();
        if let Some(step) = self.ladder.check(moves, now) {
            self.outputs.push_back(Output::Move(step));
        }
        if let Some(interval) = self.config.stats_interval
            && self.stats.is_due(&self.counters)
            && now.since(self.stats.last) >= interval
        {
            self.stats.last = now;
            self.stats.told = (self.counters.frames_sent, self.counters.frames_acked);
            self.tell(&ServerMessage::Stats(self.stats(now).to_message()));
        }
        self.update_ready(now);
    }

    fn check_limits(&mut self, now: Time) {
        let limits = self.config.limits;
        if self.phase == Phase::Closed {
            return;
        }
        if matches!(self.phase, Phase::Greeting { until } if now >= until) {
            return self.close(Close::policy("no hello in time"));
        }
        if self.socket.waiting_since.is_some_and(|since| now.since(since) >= limits.stall) {
            return self.close(Close::policy("the connection takes no bytes"));
        }
        let quiet = now.since(self.socket.heard);
        if quiet >= limits.silence {
            self.close(Close::policy("no sign of life"));
        } else if quiet >= limits.quiet && !self.socket.asked {
            self.socket.asked = true;
            self.outputs.push_back(Output::Ping);
        }
    }

    fn update_ready(&mut self, now: Time) {
        let ready = self.phase == Phase::Live && !self.socket.full && self.window.is_open(now);
        if ready != self.ready {
            self.ready = ready;
            self.outputs.push_back(Output::Ready(ready));
        }
    }

    fn send_config(&mut self, now: Time) {
        let Some(rendition) = &self.rendition else { return };
        let config = rendition.to_config(&self.config.stream, &self.peer, self.stream_clock(now));
        self.tell(&ServerMessage::Config(config));
    }

    /// Sends a text message. What only informs is left out while the socket takes nothing, so that a client that asks
    /// and does not read costs no memory.
    fn tell(&mut self, message: &ServerMessage) {
        const TEXTS: u32 = 32;
        let informs = !matches!(message, ServerMessage::Config(_));
        if informs && self.socket.texts >= TEXTS {
            return;
        }
        if self.socket.texts >= 4 * TEXTS {
            return self.close(Close::policy("the connection takes no bytes"));
        }
        self.socket.texts += 1;
        self.outputs.push_back(Output::Send(message.to_text()));
    }

    fn close(&mut self, close: Close) {
        if self.phase != Phase::Closed {
            self.phase = Phase::Closed;
            self.early.take();
            self.outputs.push_back(Output::Close(close));
        }
    }

    fn target(&self) -> SetQuality {
        self.rendition.as_ref().map_or(SetQuality { bitrate: 0, fps: 0.0 }, |rendition| rendition.quality)
    }

    fn stream_clock(&self, now: Time) -> Timestamp {
        now.since(self.config.stream_epoch).into()
    }
}
