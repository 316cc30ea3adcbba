//! What is remembered of the socket and of the statistics.

use crate::{Time, stats::Counters};

/// What is known of the bytes on their way into the socket, and of those that come out of it.
#[derive(Debug)]
pub(super) struct Socket {
    /// Whether bytes wait; since when none was taken.
    pub(super) waiting_since: Option<Time>,
    /// Whether it refused some when they were written.
    pub(super) full: bool,
    /// Text messages since the socket last was empty.
    pub(super) texts: u32,
    pub(super) heard: Time,
    /// Whether a sign of life was asked for since then.
    pub(super) asked: bool,
}

/// When the viewer was last told how its delivery goes.
#[derive(Debug)]
pub(super) struct StatsClock {
    pub(super) last: Time,
    /// What was counted when the last message went out.
    pub(super) told: (u64, u64),
}

impl Socket {
    pub(super) fn waits(&mut self, now: Time) {
        self.waiting_since.get_or_insert(now);
    }

    pub(super) fn written(&mut self, remaining: usize, now: Time) {
        self.full = remaining > 0;
        if remaining == 0 {
            self.waiting_since = None;
            self.texts = 0;
        } else {
            self.waiting_since = Some(now);
        }
    }
}

impl StatsClock {
    pub(super) fn is_due(&self, counters: &Counters) -> bool {
        self.told != (counters.frames_sent, counters.frames_acked)
    }
}
