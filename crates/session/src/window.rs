use crate::{Time, WindowPolicy};
use framewire_frame::Bitrate;
use std::{collections::VecDeque, time::Duration};

/// How much is on its way to a viewer, and whether more may be.
///
/// The window follows the path: the bytes in flight against the measured delivery rate and the shortest round trip, and
/// the age of the oldest unit in flight, which bounds the queue whatever the rate is. As TCP keeps the order, the arrival
/// of a unit is the arrival of all before it.
#[derive(Clone, Debug)]
pub struct Window {
    policy: WindowPolicy,
    in_flight: VecDeque<InFlight>,
    bytes_in_flight: u64,
    next_seq: u64,
    /// The first unit of which it is not known that its display is over.
    next_display: u64,
    decode_queue: u32,
    /// When a unit was last sent or displayed.
    active: Time,
    rtt: RoundTrip,
    rate: DeliveryRate,
}

#[derive(Clone, Copy, Debug)]
struct InFlight {
    seq: u64,
    bytes: u64,
    sent: Time,
    /// Bytes that had arrived when it was sent, and when that was known.
    delivered: u64,
    delivered_at: Time,
}

#[derive(Clone, Copy, Debug, Default)]
struct RoundTrip {
    shortest: Option<Duration>,
    /// When a sample last was near the shortest.
    confirmed: Time,
    smoothed: Option<Duration>,
}

/// The largest delivery rate of the last two to three seconds: smaller samples mean that less was sent.
#[derive(Clone, Copy, Debug, Default)]
struct DeliveryRate {
    delivered: u64,
    delivered_at: Time,
    /// Bytes per second, the best of each of three periods.
    best: [f64; 3],
    period: u64,
}

impl Window {
    /// An empty window on an unknown path.
    pub fn new(policy: WindowPolicy) -> Self {
        Self {
            policy,
            in_flight: VecDeque::new(),
            bytes_in_flight: 0,
            next_seq: 0,
            next_display: 0,
            decode_queue: 0,
            active: Time::ZERO,
            rtt: RoundTrip::default(),
            rate: DeliveryRate::default(),
        }
    }

    /// A unit is sent; the number that it gets on this connection.
    pub fn send(&mut self, bytes: u64, now: Time) -> u64 {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.active = now;
        if self.in_flight.is_empty() {
            self.rate.delivered_at = now;
        }
        let (delivered, delivered_at) = (self.rate.delivered, self.rate.delivered_at);
        self.in_flight.push_back(InFlight { seq, bytes, sent: now, delivered, delivered_at });
        self.bytes_in_flight += bytes;
        seq
    }

    /// A unit is there; false if nothing was in flight under this number.
    pub fn arrived(&mut self, seq: u64, now: Time) -> bool {
        let mut sample = None;
        while let Some(unit) = self.in_flight.front().copied().filter(|unit| unit.seq <= seq) {
            self.in_flight.pop_front();
            self.bytes_in_flight -= unit.bytes;
            self.rate.delivered += unit.bytes;
            sample = Some(unit);
        }
        let Some(unit) = sample else { return false };
        self.rate.sample(&unit, now);
        if unit.seq == seq {
            self.rtt.sample(now.since(unit.sent), &self.policy, now);
        }
        true
    }

    /// A unit is on the screen, and so nothing before it waits any more.
    pub fn displayed(&mut self, seq: u64, decode_queue: u32, now: Time) {
        if seq < self.next_seq {
            self.active = now;
            self.next_display = self.next_display.max(seq + 1);
            self.decode_queue = decode_queue;
        }
    }

    /// Nothing that was sent will be heard of any more.
    pub fn reset(&mut self) {
        self.in_flight.clear();
        self.bytes_in_flight = 0;
        self.forget_display();
    }

    /// Nothing that was sent will be displayed any more, though it may still arrive.
    pub fn forget_display(&mut self) {
        self.next_display = self.next_seq;
        self.decode_queue = 0;
    }

    /// Gives up units that were never acknowledged, or never displayed while that holds the window; true if there were any.
    pub fn expire(&mut self, now: Time) -> bool {
        let expired = self.expiry().is_some_and(|at| at <= now);
        if expired {
            self.reset();
        } else if self.display_expiry().is_some_and(|at| at <= now) {
            self.forget_display();
            return true;
        }
        expired
    }

    /// Whether a unit may be sent now.
    pub fn is_open(&self, now: Time) -> bool {
        let units = self.in_flight.len();
        if units == 0 {
            return self.decoder_follows();
        }
        units < self.policy.max_units
            && !self.is_probing(now)
            && (units < self.policy.min_units || self.bytes_in_flight < self.byte_limit())
            && self.closes_at().is_none_or(|at| now < at)
            && self.decoder_follows()
    }

    /// When the oldest unit in flight is late, which closes an open window.
    pub fn closes_at(&self) -> Option<Time> {
        let allowed =
            self.rtt.shortest.map_or(self.policy.first_queue, |shortest| shortest + self.policy.queue);
        self.in_flight.front().map(|oldest| oldest.sent + allowed)
    }

    /// When [`Window::expire`] has something to do.
    pub fn expires_at(&self) -> Option<Time> {
        [self.expiry(), self.display_expiry()].into_iter().flatten().min()
    }

    /// Units in flight.
    pub fn units_in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Bytes in flight.
    pub fn bytes_in_flight(&self) -> u64 {
        self.bytes_in_flight
    }

    /// The number that the next unit gets.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// Whether a unit is in flight under this number.
    pub fn is_in_flight(&self, seq: u64) -> bool {
        self.in_flight.front().is_some_and(|oldest| oldest.seq <= seq) && seq < self.next_seq
    }

    /// The chunks that waited in the client's decoder when it last said so.
    pub fn decode_queue(&self) -> u32 {
        self.decode_queue
    }

    /// The shortest round trip of the last while.
    pub fn shortest_round_trip(&self) -> Option<Duration> {
        self.rtt.shortest
    }

    /// The smoothed round trip.
    pub fn round_trip(&self) -> Option<Duration> {
        self.rtt.smoothed
    }

    /// What the path delivers at least; `None` before anything has arrived.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
    pub fn delivery_rate(&self) -> Option<Bitrate> {
        let rate = self.rate.bytes_per_second();
        (rate > 0.0).then(|| Bitrate::from_bits_per_second((rate * 8.0) as u32))
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
    fn byte_limit(&self) -> u64 {
        let round_trip = self.rtt.shortest.unwrap_or_default().as_secs_f64();
        let product = (self.policy.gain * self.rate.bytes_per_second() * round_trip) as u64;
        product.max(self.policy.min_bytes).min(self.policy.max_bytes)
    }

    fn expiry(&self) -> Option<Time> {
        let round_trips = self.rtt.smoothed.unwrap_or_default() * 4;
        let oldest = self.in_flight.front()?;
        // What was sent long ago but is still being taken by a slow path is alive as long as something arrives.
        Some(oldest.sent.max(self.rate.delivered_at) + self.policy.expiry.max(round_trips))
    }

    /// When a client that displays nothing is taken as one that does not say so.
    fn display_expiry(&self) -> Option<Time> {
        (!self.decoder_follows())
            .then(|| self.active + self.policy.expiry.max(self.rtt.smoothed.unwrap_or_default() * 4))
    }

    /// A shortest round trip that no sample came near for long may hide a standing queue: what is in flight has to
    /// drain before the next unit, whose sample then counts.
    fn is_probing(&self, now: Time) -> bool {
        self.rtt.shortest.is_some() && now.since(self.rtt.confirmed) > self.policy.rtt_memory
    }

    fn decoder_follows(&self) -> bool {
        let undisplayed = self.next_seq - self.next_display;
        undisplayed <= self.in_flight.len() as u64 + self.policy.undisplayed
            && self.decode_queue <= self.policy.decode_queue
    }
}

impl RoundTrip {
    fn sample(&mut self, sample: Duration, policy: &WindowPolicy, now: Time) {
        self.smoothed = Some(self.smoothed.map_or(sample, |smoothed| (smoothed * 7 + sample) / 8));
        let old = now.since(self.confirmed) > policy.rtt_memory;
        match self.shortest {
            Some(shortest) if !old && sample > shortest => {
                if sample <= shortest + (shortest / 8).max(Duration::from_millis(5)) {
                    self.confirmed = now;
                }
            }
            _ => {
                self.shortest = Some(sample);
                self.confirmed = now;
            }
        }
    }
}

impl DeliveryRate {
    fn sample(&mut self, unit: &InFlight, now: Time) {
        self.delivered_at = now;
        let elapsed = now.since(unit.delivered_at).max(Duration::from_millis(1)).as_secs_f64();
        let rate = (self.delivered - unit.delivered) as f64 / elapsed;
        let period = now.since_epoch().as_secs();
        if period != self.period {
            let [a, b, _] = self.best;
            self.best = match period.saturating_sub(self.period) {
                1 => [0.0, a, b],
                2 => [0.0, 0.0, a],
                _ => [0.0; 3],
            };
            self.period = period;
        }
        self.best[0] = self.best[0].max(rate);
    }

    fn bytes_per_second(&self) -> f64 {
        self.best.into_iter().fold(0.0, f64::max)
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
