//! How far apart the frames really are: a pure function of their moments.

use framewire_codec::Rate;
use framewire_frame::Timestamp;

/// The share of the last distance in the estimate.
const WEIGHT: f64 = 0.125;
/// A distance counts for at most so many times the estimate: a pause saves up no more.
const LONGEST: f64 = 2.0;
/// The rate control hears of another distance when it differs by this factor.
const NOTABLE: f64 = 1.05;

/// Follows the distance of the frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    rate: Rate,
    last: Option<Timestamp>,
    /// Seconds from frame to frame.
    interval: f64,
    /// The interval that the rate control has.
    told: f64,
}

impl Pace {
    /// Frames that come as `rate` says, as far as is known.
    pub(super) fn new(rate: Rate) -> Self {
        let interval = 1.0 / rate.frame_rate.as_f64();
        Self { rate, last: None, interval, told: interval }
    }

    /// The rate that is wanted.
    pub(super) fn rate(&self) -> Rate {
        self.rate
    }

    /// Seconds from frame to frame.
    pub(super) fn interval(&self) -> f64 {
        self.interval
    }

    /// Follows another rate and returns the interval to reckon with: the one that was seen, unless the announced one has
    /// changed.
    pub(super) fn set_rate(&mut self, rate: Rate) -> f64 {
        if rate.frame_rate != self.rate.frame_rate {
            self.interval = 1.0 / rate.frame_rate.as_f64();
        }
        self.rate = rate;
        self.told = self.interval;
        self.told
    }

    /// Takes note of the moment of the next frame; returns the interval where it has notably changed.
    pub(super) fn advance(&mut self, timestamp: Timestamp) -> Option<f64> {
        if let Some(last) = self.last.replace(timestamp) {
            let distance = timestamp.since(last).as_secs_f64().clamp(1e-4, self.interval * LONGEST);
            self.interval += (distance - self.interval) * WEIGHT;
        }
        let ratio = self.interval / self.told;
        if (1.0 / NOTABLE..=NOTABLE).contains(&ratio) {
            return None;
        }
        self.told = self.interval;
        Some(self.told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_frame::FrameRate;

    /// Frames at the moments of `micros`, and what the rate control hears.
    fn run(pace: &mut Pace, micros: impl Iterator<Item = u64>) -> Vec<f64> {
        micros.filter_map(|micros| pace.advance(Timestamp::from_micros(micros))).collect()
    }

    fn thirty() -> Pace {
        Pace::new(Rate::default())
    }

    #[test]
    fn frames_that_come_as_announced_need_no_word() {
        let jitter = |frame: u64| frame * 33_333 + frame % 3 * 2000;
        assert!(run(&mut thirty(), (0..300).map(jitter)).is_empty());
    }

    #[test]
    fn another_distance_is_learnt_within_a_few_frames() {
        for distance in [16_667, 200_000] {
            let told = run(&mut thirty(), (0..40).map(|frame| frame * distance));
            let last = told.last().unwrap() * 1e6 / distance as f64;
            assert!((0.94..1.06).contains(&last), "{distance}: {last}");
        }
    }

    #[test]
    fn a_pause_counts_for_two_frames_and_a_clock_that_stands_still_for_something() {
        let mut pace = thirty();
        run(&mut pace, [0, 33_333, 3_600_000_000].into_iter());
        assert!(pace.interval < 0.038, "{}", pace.interval);
        run(&mut pace, (0..1000).map(|_| 5));
        assert!(pace.interval >= 1e-4);
    }

    #[test]
    fn an_announced_frame_rate_is_believed_at_once() {
        let mut pace = thirty();
        let rate = Rate { frame_rate: FrameRate::whole(60), ..Rate::default() };
        assert!((pace.set_rate(rate) - 1.0 / 60.0).abs() < 1e-9);
    }
}
