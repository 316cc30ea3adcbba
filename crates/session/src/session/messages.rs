//! What the client says.

use super::Session;
use crate::{
    Output, Time,
    handshake::{Peer, Phase},
};
use framewire_protocol::{Ack, ClientMessage, Close, CloseCode, Feature, Hello, Pong, Role, ServerMessage};

#[derive(Clone, Copy)]
pub(super) enum Message<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
}

impl Session {
    pub(super) fn message(&mut self, message: Message<'_>, now: Time) {
        self.heard(now);
        if message.len() > self.config.limits.message_bytes {
            let limit = self.config.limits.message_bytes;
            let reason = format!("a message of {} bytes is larger than {limit} bytes", message.len());
            return self.close(Close::new(CloseCode::TooBig, reason));
        }
        if !self.messages.take(now) {
            return self.close(Close::policy("too many messages"));
        }
        if matches!(self.phase, Phase::Greeting { .. }) {
            return match Hello::parse(message.bytes()) {
                Ok(hello) => self.greet(hello),
                Err(error) => self.close(error.close()),
            };
        }
        let Message::Text(text) = message else { return };
        match ClientMessage::parse(text) {
            Err(error) => self.close(error.close()),
            Ok(ClientMessage::Ignored) => {}
            Ok(ClientMessage::Hello(_)) => self.close(Close::policy("hello comes once")),
            Ok(message) if self.phase == Phase::Live => self.client(message, now),
            Ok(early) => {
                if !self.early.keep(early, text.len(), &self.config.limits) {
                    self.close(Close::policy("too many messages before the config"));
                }
            }
        }
    }

    fn greet(&mut self, hello: Hello) {
        self.peer = Peer::of(&hello, self.config.features);
        self.phase = Phase::Authenticating;
        self.outputs.push_back(Output::Authenticate(hello));
    }

    pub(super) fn client(&mut self, message: ClientMessage, now: Time) {
        match message {
            ClientMessage::Ack(ack) => self.ack(ack, now),
            ClientMessage::Arrived(arrived) if self.peer.has(Feature::Arrival) => {
                self.window.arrived(arrived.seq, now);
            }
            ClientMessage::RequestKeyframe(_) => self.keyframe_request(now),
            ClientMessage::DecoderReset => {
                self.window.reset();
                self.last_key = None;
                self.cursor.need_key();
            }
            ClientMessage::Event(event) if self.peer.role == Role::Control => {
                self.outputs.push_back(Output::Event(event.event));
            }
            ClientMessage::SetViewport(viewport) if self.peer.role == Role::Control => {
                self.outputs.push_back(Output::Event(viewport.to_event()));
                self.outputs.push_back(Output::Viewport(viewport));
            }
            ClientMessage::Ping(ping) if self.peer.has(Feature::Clock) => {
                let (id, client_us, server_us) =
                    (ping.id, ping.client_us, self.stream_clock(now).as_micros());
                self.tell(&ServerMessage::Pong(Pong { id, client_us, server_us }));
            }
            _ => {}
        }
    }

    fn ack(&mut self, ack: Ack, now: Time) {
        if ack.seq >= self.window.next_seq() {
            return;
        }
        self.window.arrived(ack.seq, now);
        self.window.displayed(ack.seq, ack.decode_queue_size, now);
        if ack.displayed {
            self.counters.acked(ack.latency_us, now);
        }
    }

    /// A client asks once per unit that it cannot decode. What it sent before the last key unit reached it asks for
    /// that one.
    fn keyframe_request(&mut self, now: Time) {
        let stale = self.last_key.is_some_and(|(seq, sent)| {
            let round_trip = self.window.shortest_round_trip().unwrap_or_default();
            self.window.is_in_flight(seq) && now.since(sent) < round_trip + self.config.cursor.stale_request
        });
        if stale || self.cursor.is_waiting() {
            return;
        }
        if self.peer.has(Feature::Arrival) {
            self.window.forget_display();
        } else {
            // Units that the client does not decode are never acknowledged.
            self.window.reset();
        }
        self.cursor.need_key();
    }
}

impl Message<'_> {
    fn len(&self) -> usize {
        self.bytes().len()
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}
