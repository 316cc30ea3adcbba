use framewire_frame::Timestamp;
use std::time::Duration;

/// Gives the units of a stream their moments in a file: their own timestamps, counted from the first one.
///
/// A picture that rests is encoded again with next to the timestamp that it had; in a file its time has to go on, so
/// each such unit stands where the clock was when it was encoded. A publisher whose own clock stood still meanwhile is
/// moved behind what is written already.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    last: Option<Last>,
    /// From a unit's timestamp to its moment in the file, in microseconds.
    shift: i128,
}

/// What is known of when a unit is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Tells pictures apart: units with the same number in a row show the same frame.
    pub(crate) frame: u64,
    /// The unit's own timestamp.
    pub(crate) timestamp: Timestamp,
    /// When it was encoded, on a clock that never stands still.
    pub(crate) moment: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    stamp: Stamp,
    media: Duration,
}

impl Timeline {
    /// So much a unit may come before its predecessor for a clock that is read a little late.
    const JITTER: Duration = Duration::from_secs(1);
    const STEP: Duration = Duration::from_micros(1);
    /// A longer gap is cut to this: a file holds how long a unit is shown in 32 bits.
    const MAX_GAP: Duration = Duration::from_secs(3600);

    /// The moment of the next unit. It is later than that of every unit before.
    pub(crate) fn place(&mut self, stamp: Stamp) -> Duration {
        let own = i128::from(stamp.timestamp.as_micros());
        let media = match self.last {
            None => {
                self.shift = -own;
                Duration::ZERO
            }
            Some(last) => {
                let (least, most) = (last.media + Self::STEP, last.media + Self::MAX_GAP);
                let rested = (last.media + stamp.moment.since(last.stamp.moment)).clamp(least, most);
                let place = u64::try_from(own + self.shift).map_or(Duration::ZERO, Duration::from_micros);
                if last.stamp.frame == stamp.frame {
                    rested
                } else if place + Self::JITTER < least {
                    self.shift = micros(rested) - own;
                    rested
                } else if place > most {
                    self.shift = micros(most) - own;
                    most
                } else {
                    place.max(least)
                }
            }
        };
        self.last = Some(Last { stamp, media });
        media
    }

    /// How long the newest unit has been shown at `moment`.
    pub(crate) fn shown_for(&self, moment: Timestamp) -> Duration {
        self.last.map_or(Duration::ZERO, |last| moment.since(last.stamp.moment)).min(Self::MAX_GAP)
    }
}

fn micros(duration: Duration) -> i128 {
    i128::try_from(duration.as_micros()).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn places(stamps: impl IntoIterator<Item = (u64, u64, u64)>) -> Vec<u64> {
        let mut timeline = Timeline::default();
        let place = |(frame, timestamp, moment)| {
            timeline.place(Stamp { frame, timestamp: at(timestamp), moment: at(moment) })
        };
        stamps.into_iter().map(place).map(|media| media.as_millis() as u64).collect()
    }

    #[test]
    fn timestamps_are_kept_and_counted_from_the_first() {
        assert_eq!(places([(4, 1000, 1010), (5, 1033, 1090), (9, 1500, 1501)]), [0, 33, 500]);
    }

    #[test]
    fn a_resting_picture_stands_where_the_clock_was_and_a_live_publisher_goes_on_from_there() {
        assert_eq!(places([(0, 0, 10), (0, 0, 1910), (0, 0, 3810), (1, 3900, 3950)]), [0, 1900, 3800, 3900]);
    }

    #[test]
    fn a_publisher_whose_clock_stood_still_is_moved_behind_what_is_there() {
        assert_eq!(
            places([(0, 0, 0), (0, 0, 2000), (0, 0, 4000), (1, 40, 5000), (2, 80, 5040)]),
            [0, 2000, 4000, 5000, 5040]
        );
    }

    #[test]
    fn a_little_jitter_shifts_nothing() {
        let mut timeline = Timeline::default();
        let mut place = |frame, timestamp, moment| {
            timeline.place(Stamp { frame, timestamp: at(timestamp), moment: at(moment) })
        };
        place(0, 0, 0);
        assert_eq!(place(0, 0, 2000), ms(2000));
        assert_eq!(place(1, 1900, 2050), ms(2000) + Duration::from_micros(1));
        assert_eq!(place(2, 2100, 2150), ms(2100));
    }

    proptest! {
        #[test]
        fn moments_always_grow_and_not_too_far(stamps in prop::collection::vec((0..4_u64, any::<u64>(), any::<u64>()), 1..50)) {
            let mut timeline = Timeline::default();
            let mut last = None;
            for (frame, timestamp, moment) in stamps {
                let stamp = Stamp {
                    frame,
                    timestamp: Timestamp::from_micros(timestamp >> 4),
                    moment: Timestamp::from_micros(moment >> 8),
                };
                let media = timeline.place(stamp);
                prop_assert!(last.is_none_or(|last| media > last && media - last <= Timeline::MAX_GAP));
                last = Some(media);
            }
        }
    }
}
