use framewire_frame::{FrameRate, Timestamp};

const WINDOW: usize = 15;
/// Fewer intervals than this say nothing yet.
const ENOUGH: usize = 6;
/// At a lower rate one frame would be given so many bits that it holds up the path.
const SLOWEST_MICROS: u32 = 250_000;
const FASTEST_MICROS: u32 = 1_000_000 / 240;

/// Measures how often frames are published.
///
/// The median of the last intervals: a pause, or a frame that came late, does not count as a change of rate.
#[derive(Debug, Default)]
pub(crate) struct Cadence {
    last: Option<Timestamp>,
    intervals: [u32; WINDOW],
    count: usize,
}

impl Cadence {
    pub(crate) fn record(&mut self, now: Timestamp) {
        if let Some(last) = self.last {
            let micros = u32::try_from(now.since(last).as_micros()).unwrap_or(u32::MAX);
            self.intervals[self.count % WINDOW] = micros.clamp(FASTEST_MICROS, SLOWEST_MICROS);
            self.count += 1;
        }
        self.last = Some(now);
    }

    /// From 4 to 240 frames per second; `None` before there is enough to go by.
    pub(crate) fn frame_rate(&self) -> Option<FrameRate> {
        let known = self.count.min(WINDOW);
        if known < ENOUGH {
            return None;
        }
        let mut sorted = self.intervals;
        let (_, &mut median, _) = sorted[..known].select_nth_unstable(known / 2);
        FrameRate::new(1_000_000, median)
    }
}

/// Whether a rate control that works with `old` should be told `new`: not for jitter.
pub(crate) fn differs(old: FrameRate, new: FrameRate) -> bool {
    let ratio = new.as_f64() / old.as_f64();
    !(0.8..=1.25).contains(&ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate_of(intervals: impl IntoIterator<Item = u64>) -> Option<f64> {
        let mut cadence = Cadence::default();
        let mut now = 0;
        cadence.record(Timestamp::ZERO);
        for interval in intervals {
            now += interval;
            cadence.record(Timestamp::from_micros(now));
        }
        cadence.frame_rate().map(FrameRate::as_f64)
    }

    #[test]
    fn a_few_frames_say_nothing() {
        assert_eq!(rate_of([16_667; 5]), None);
    }

    #[test]
    fn a_steady_publisher_is_measured() {
        let rate = rate_of([16_667; 30]).unwrap();
        assert!((rate - 60.0).abs() < 0.1, "{rate}");
    }

    #[test]
    fn a_pause_is_not_a_change_of_rate() {
        let rate = rate_of([16_667; 20].into_iter().chain([30_000_000]).chain([16_667; 3])).unwrap();
        assert!((rate - 60.0).abs() < 0.1, "{rate}");
    }

    #[test]
    fn a_sparse_publisher_counts_as_four_frames_a_second() {
        assert_eq!(rate_of([5_000_000; 10]), Some(4.0));
    }

    #[test]
    fn a_burst_counts_as_at_most_240() {
        let rate = rate_of([0; 20]).unwrap();
        assert!((239.0..=241.0).contains(&rate), "{rate}");
    }

    #[test]
    fn jitter_is_no_difference() {
        assert!(!differs(FrameRate::whole(60), FrameRate::whole(58)));
        assert!(differs(FrameRate::whole(60), FrameRate::whole(30)));
        assert!(differs(FrameRate::whole(30), FrameRate::whole(60)));
    }
}
