use crate::Time;
use framewire_frame::Bitrate;
use std::time::Duration;

/// Fits a rendition's bitrate to its slowest viewer, once no viewer can follow.
///
/// It is told whenever the set of ready viewers becomes empty or not, and asked once per second.
#[derive(Clone, Debug)]
pub struct RatePolicy {
    configured: Bitrate,
    current: Bitrate,
    /// Since when no viewer is ready.
    blocked_since: Option<Time>,
    /// The time that no viewer was ready since the last update, up to `blocked_since`.
    blocked: Duration,
    updated: Time,
}

impl RatePolicy {
    /// The time between two updates.
    pub const INTERVAL: Duration = Duration::from_secs(1);

    /// The bitrate below which a picture is of no use; a stream that is configured lower goes no lower.
    pub const FLOOR: Bitrate = Bitrate::from_bits_per_second(150_000);

    /// A rendition that begins now.
    pub fn new(configured: Bitrate, now: Time) -> Self {
        Self { configured, current: configured, blocked_since: None, blocked: Duration::ZERO, updated: now }
    }

    /// The bitrate that holds.
    pub fn bitrate(&self) -> Bitrate {
        self.current
    }

    /// The publisher set another bitrate. It holds at once.
    pub fn configure(&mut self, configured: Bitrate) {
        self.configured = configured;
        self.current = configured;
    }

    /// Whether any viewer is ready now. A rendition without viewers counts as ready.
    pub fn set_ready(&mut self, any: bool, now: Time) {
        match (self.blocked_since, any) {
            (None, false) => self.blocked_since = Some(now),
            (Some(since), true) => {
                self.blocked += now.since(since.max(self.updated));
                self.blocked_since = None;
            }
            _ => {}
        }
    }

    /// Decides for the next second; `slowest` is the smallest delivery rate that a viewer measured.
    /// Returns the new bitrate if it changes. Asked too early it changes nothing.
    pub fn update(&mut self, slowest: Option<Bitrate>, now: Time) -> Option<Bitrate> {
        let period = now.since(self.updated);
        if period < Self::INTERVAL {
            return None;
        }
        let open = self.blocked_since.map_or(Duration::ZERO, |since| now.since(since.max(self.updated)));
        let blocked = self.blocked + open;
        self.updated = now;
        self.blocked = Duration::ZERO;
        let next = if blocked * 2 > period {
            // Without a measurement the rate itself is the best estimate of what does not get through.
            lowered(self.current, slowest.unwrap_or(self.current), self.configured)
        } else if blocked.is_zero() {
            raised(self.current, self.configured)
        } else {
            self.current
        };
        (next != self.current).then(|| {
            self.current = next;
            next
        })
    }
}

/// 0.8 of what gets through; never more than now, and never below the floor unless that was configured.
fn lowered(current: Bitrate, slowest: Bitrate, configured: Bitrate) -> Bitrate {
    slowest.scaled(0.8).max(RatePolicy::FLOOR).min(configured).min(current)
}

/// A tenth more, up to what was configured.
fn raised(current: Bitrate, configured: Bitrate) -> Bitrate {
    current.scaled(1.1).min(configured)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kilobits(kilobits: u32) -> Bitrate {
        Bitrate::from_bits_per_second(kilobits * 1000)
    }

    fn at(millis: u64) -> Time {
        Time::from_epoch(Duration::from_millis(millis))
    }

    #[test]
    fn the_rate_falls_to_what_gets_through_and_no_lower_than_the_floor() {
        for (current, slowest, configured, next) in [
            (8000, 2000, 8000, 1600),
            (8000, 20_000, 8000, 8000),
            (8000, 100, 8000, 150),
            (100, 10, 100, 100),
            (1000, 5000, 8000, 1000),
        ] {
            assert_eq!(lowered(kilobits(current), kilobits(slowest), kilobits(configured)), kilobits(next));
        }
    }

    #[test]
    fn it_falls_only_when_nobody_was_ready_for_half_of_the_time_and_rises_when_somebody_always_was() {
        let mut policy = RatePolicy::new(kilobits(8000), at(0));
        policy.set_ready(false, at(100));
        policy.set_ready(true, at(500));
        assert_eq!(policy.update(Some(kilobits(1000)), at(1000)), None, "400 ms are no congestion");
        policy.set_ready(false, at(1300));
        assert_eq!(policy.update(Some(kilobits(1000)), at(2000)), Some(kilobits(800)));
        policy.set_ready(true, at(2001));
        assert_eq!(policy.update(None, at(3000)), None, "neither congested nor free");
        assert_eq!(policy.update(None, at(3500)), None, "too early");
        assert_eq!(policy.update(None, at(4000)), Some(kilobits(880)));
        let mut seconds = 4;
        while policy.bitrate() < kilobits(8000) {
            seconds += 1;
            policy.update(None, at(seconds * 1000));
        }
        assert!((25..40).contains(&seconds), "{seconds}");
        assert_eq!(policy.update(None, at(100_000)), None, "never above what was configured");
    }

    #[test]
    fn blocked_time_before_the_last_update_does_not_count_twice() {
        let mut policy = RatePolicy::new(kilobits(8000), at(0));
        policy.set_ready(false, at(0));
        assert_eq!(policy.update(Some(kilobits(5000)), at(1000)), Some(kilobits(4000)));
        policy.set_ready(true, at(1100));
        assert_eq!(policy.update(Some(kilobits(1000)), at(2000)), None);
    }
}
