use crate::Time;
use framewire_protocol::Features;
use std::time::Duration;

/// What a session is set to for its whole life.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionConfig {
    /// The stream's name, as the viewer is told.
    pub stream: String,
    /// The moment at which the stream's clock read zero.
    pub stream_epoch: Time,
    /// The additions to the wire that this server offers.
    pub features: Features,
    /// How often the viewer is told how its delivery goes, while anything happens; `None` for never.
    pub stats_interval: Option<Duration>,
    /// What a client may do at most.
    pub limits: Limits,
    /// How much may be on its way.
    pub window: WindowPolicy,
    /// When a viewer that lags catches up, skips or starts over.
    pub cursor: CursorPolicy,
    /// When a viewer moves to another size.
    pub ladder: LadderPolicy,
}

/// What a client may do at most.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// The time from the connection to the hello.
    pub hello: Duration,
    /// The bytes of one message.
    pub message_bytes: usize,
    /// Messages per second in the long run.
    pub messages_per_second: u32,
    /// Messages at once after a pause.
    pub message_burst: u32,
    /// Messages between hello and the first config; they wait for it.
    pub early_messages: usize,
    /// How long the socket may refuse all bytes while some wait.
    pub stall: Duration,
    /// After so long without a byte from the peer it is asked for a sign of life.
    pub quiet: Duration,
    /// After so long without a byte from the peer the connection ends.
    pub silence: Duration,
}

/// How much may be on its way to a viewer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct WindowPolicy {
    /// Bytes that may be in flight on any path.
    pub min_bytes: u64,
    /// Bytes that may be in flight on the best path.
    pub max_bytes: u64,
    /// Bytes in flight as a multiple of the measured delivery rate times the shortest round trip.
    pub gain: f64,
    /// Units that may be in flight however large they are.
    pub min_units: usize,
    /// Units in flight at most.
    pub max_units: usize,
    /// How much longer than the shortest round trip the oldest unit may be under way: the queue that is allowed.
    pub queue: Duration,
    /// The same before the first measurement.
    pub first_queue: Duration,
    /// Units beyond those in flight that may wait for their display.
    pub undisplayed: u64,
    /// Chunks that may wait in the client's decoder.
    pub decode_queue: u32,
    /// After so long, or four round trips, a unit that was never acknowledged is given up.
    pub expiry: Duration,
    /// How long a shortest round trip is believed without a sample near it.
    pub rtt_memory: Duration,
}

/// When a viewer that lags catches up, skips or starts over.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct CursorPolicy {
    /// A viewer joins at the last key frame if at most so many units follow it,
    pub replay_units: u64,
    /// and they have at most so many bytes.
    pub replay_bytes: u64,
    /// A lag of so few units is caught up however old they are: a slow publisher makes no lag.
    pub catch_up_units: u64,
    /// A lag of at most so much stream time is caught up unit by unit,
    pub catch_up: Duration,
    /// up to so much by leaving out disposable units, and beyond that by a key frame.
    pub skip: Duration,
    /// A key frame that did not come is asked for again after so long.
    pub ask_again: Duration,
    /// A client's request is a reaction to units before the last key frame, until that arrived or for so long.
    pub stale_request: Duration,
}

/// When a viewer moves to another size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LadderPolicy {
    /// More than so many losses
    pub losses: usize,
    /// within so long move a viewer to the next smaller rendition.
    pub period: Duration,
    /// So long without a loss moves it back; doubled with every failed attempt.
    pub clean: Duration,
    /// The longest that the doubling leads to.
    pub clean_max: Duration,
}

impl SessionConfig {
    /// The defaults for a stream of this name.
    pub fn new(stream: impl Into<String>) -> Self {
        Self {
            stream: stream.into(),
            stream_epoch: Time::ZERO,
            features: Features::ALL,
            stats_interval: Some(Duration::from_secs(1)),
            limits: Limits::default(),
            window: WindowPolicy::default(),
            cursor: CursorPolicy::default(),
            ladder: LadderPolicy::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(10),
            message_bytes: 64 << 10,
            messages_per_second: 2_000,
            message_burst: 4_000,
            early_messages: 64,
            stall: Duration::from_secs(15),
            quiet: Duration::from_secs(20),
            silence: Duration::from_secs(60),
        }
    }
}

impl Default for WindowPolicy {
    fn default() -> Self {
        Self {
            min_bytes: 64 << 10,
            max_bytes: 8 << 20,
            gain: 2.0,
            min_units: 2,
            max_units: 256,
            queue: Duration::from_millis(100),
            first_queue: Duration::from_secs(1),
            undisplayed: 8,
            decode_queue: 6,
            expiry: Duration::from_secs(2),
            rtt_memory: Duration::from_secs(10),
        }
    }
}

impl Default for CursorPolicy {
    fn default() -> Self {
        Self {
            replay_units: 30,
            replay_bytes: 1 << 20,
            catch_up_units: 4,
            catch_up: Duration::from_millis(500),
            skip: Duration::from_secs(1),
            ask_again: Duration::from_secs(3),
            stale_request: Duration::from_millis(500),
        }
    }
}

impl Default for LadderPolicy {
    fn default() -> Self {
        Self {
            losses: 2,
            period: Duration::from_secs(10),
            clean: Duration::from_secs(15),
            clean_max: Duration::from_secs(240),
        }
    }
}
