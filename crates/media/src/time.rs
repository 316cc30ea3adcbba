use framewire_frame::{FrameRate, Timestamp};
use std::{num::NonZeroU32, time::Duration};

/// Units per second of a file's own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timescale(NonZeroU32);

/// A moment since the beginning, in whole units of a file's clock: exact, so that what is written is what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    /// Units since the beginning.
    pub ticks: u64,
    /// Units per second.
    pub timescale: Timescale,
}

/// Units per second that a clock made for a frame rate has at least, so that times between frames can be told apart.
const LEAST_UNITS: u32 = 10_000;

impl Timescale {
    /// Units per second; zero, which broken files have, counts as one.
    pub fn new(units: u32) -> Self {
        Self(NonZeroU32::new(units).unwrap_or(NonZeroU32::MIN))
    }

    /// Units per second.
    pub const fn units(self) -> u32 {
        self.0.get()
    }

    /// The clock on which every frame of `rate` lies exactly, and the units from one frame to the next.
    pub fn of_rate(rate: FrameRate) -> (Self, u64) {
        let (mut units, mut interval) = (rate.numerator(), u64::from(rate.denominator()));
        while units < LEAST_UNITS {
            (units, interval) = (units * 2, interval * 2);
        }
        (Self::new(units), interval)
    }
}

impl From<Timescale> for NonZeroU32 {
    fn from(timescale: Timescale) -> Self {
        timescale.0
    }
}

impl Moment {
    /// When frame `index` of `rate` is due.
    pub fn of_frame(rate: FrameRate, index: u64) -> Self {
        let (timescale, interval) = Timescale::of_rate(rate);
        Self { ticks: index.saturating_mul(interval), timescale }
    }

    /// The time since the beginning, rounded down to a nanosecond.
    pub fn as_duration(self) -> Duration {
        let units = u64::from(self.timescale.units());
        let nanos = self.ticks % units * 1_000_000_000 / units;
        Duration::new(self.ticks / units, u32::try_from(nanos).unwrap_or(0))
    }

    /// The same moment for an encoder, rounded down to a microsecond.
    pub fn as_timestamp(self) -> Timestamp {
        Timestamp::from(self.as_duration())
    }

    /// The same moment counted from `first`, which is on the same clock.
    #[must_use]
    pub fn since(self, first: Self) -> Self {
        Self { ticks: self.ticks.saturating_sub(first.ticks), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_a_fraction_lie_on_whole_units() {
        let rate = FrameRate::new(30_000, 1001).unwrap();
        let moment = Moment::of_frame(rate, 30_000);
        assert_eq!((moment.ticks, moment.timescale.units()), (30_030_000, 30_000));
        assert_eq!(moment.as_duration(), Duration::from_secs(1001));
        let film = Moment::of_frame(FrameRate::whole(24), 1);
        assert_eq!((film.ticks, film.timescale.units()), (512, 12_288));
        let slow = Moment::of_frame(FrameRate::new(1, 100).unwrap(), 3);
        assert_eq!(slow.as_duration(), Duration::from_secs(300));
    }

    #[test]
    fn a_clock_without_units_counts_seconds() {
        assert_eq!(Timescale::new(0).units(), 1);
        let last = Moment { ticks: u64::MAX, timescale: Timescale::new(1) };
        assert_eq!(last.as_duration().as_secs(), u64::MAX);
    }
}
