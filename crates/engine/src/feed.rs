use crate::{Unit, core::lock};
use framewire_frame::FrameId;
use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

/// The units of a rendition on their way to one reader that must not miss any and may be slow for a while.
///
/// Whoever pushes never waits. What the reader leaves waiting is bounded; a unit that finds no room is lost with all
/// that follow it up to the next key unit, and the reader is told how many these were.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    state: Mutex<State>,
    changed: Condvar,
}

/// What a reader gets.
#[derive(Debug)]
pub(crate) enum Next {
    /// The next unit; `lost` are those between the one before it and this one that found no room.
    Unit { unit: Arc<Unit>, lost: u64 },
    /// A frame came that shows what the unit before it shows, so that it has none of its own.
    Repeated(FrameId),
    /// Nothing encodes the rendition for now, and why.
    Failed(String),
    /// Nothing came in time.
    Nothing,
    /// Nothing will come any more; `lost` are those at the end that found no room.
    End { lost: u64 },
}

#[derive(Debug, Default)]
struct State {
    /// With what was lost before each.
    units: VecDeque<(Arc<Unit>, u64)>,
    bytes: usize,
    lost: u64,
    /// The newest frame that repeats what is before it.
    repeated: Option<FrameId>,
    /// Why nothing follows the units that wait.
    failure: Option<String>,
    phase: Phase,
    ended: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// No key unit has come yet.
    #[default]
    Begins,
    Follows,
    /// Units are lost until the next key unit.
    Skips,
}

impl Feed {
    /// The most units that wait.
    pub(crate) const MAX_UNITS: usize = 1024;
    /// The most bytes that wait, but for a single unit that is larger.
    pub(crate) const MAX_BYTES: usize = 64 << 20;

    /// Hands on a unit. The first one is a key unit; those before it are nobody's.
    pub(crate) fn push(&self, unit: &Arc<Unit>) {
        let mut state = lock(&self.state);
        if state.ended || (state.phase == Phase::Begins && !unit.key) {
            return;
        }
        if !state.has_room(unit.data.len()) || (state.phase == Phase::Skips && !unit.key) {
            state.phase = Phase::Skips;
            state.lost += 1;
            return;
        }
        state.phase = Phase::Follows;
        state.failure = None;
        state.bytes += unit.data.len();
        let lost = std::mem::take(&mut state.lost);
        state.units.push_back((Arc::clone(unit), lost));
        drop(state);
        self.changed.notify_one();
    }

    /// Says that a frame shows what the newest unit shows.
    pub(crate) fn repeat(&self, frame: FrameId) {
        let mut state = lock(&self.state);
        // What is lost or has not begun is shown by nothing.
        if state.ended || state.phase != Phase::Follows {
            return;
        }
        state.repeated = Some(frame);
        drop(state);
        self.changed.notify_one();
    }

    /// Says that nothing follows for now.
    pub(crate) fn fail(&self, why: &str) {
        lock(&self.state).failure = Some(why.to_owned());
        self.changed.notify_one();
    }

    /// The next unit, or what is to be known where none waits. It may be waited for.
    pub(crate) fn next(&self, timeout: Duration) -> Next {
        let idle = |state: &mut State| {
            let silent = state.repeated.is_none() && state.failure.is_none();
            state.units.is_empty() && silent && !state.ended
        };
        let (mut state, _) = self
            .changed
            .wait_timeout_while(lock(&self.state), timeout, idle)
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((unit, lost)) = state.units.pop_front() {
            state.bytes -= unit.data.len();
            return Next::Unit { unit, lost };
        }
        if let Some(frame) = state.repeated.take() {
            return Next::Repeated(frame);
        }
        match state.failure.take() {
            Some(why) => Next::Failed(why),
            None if state.ended => Next::End { lost: std::mem::take(&mut state.lost) },
            None => Next::Nothing,
        }
    }

    /// Nothing comes any more. What waits is still there.
    pub(crate) fn end(&self) {
        lock(&self.state).ended = true;
        self.changed.notify_all();
    }
}

impl State {
    fn has_room(&self, bytes: usize) -> bool {
        self.units.is_empty() || (self.units.len() < Feed::MAX_UNITS && self.bytes + bytes <= Feed::MAX_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::example;

    fn unit(key: bool, len: usize) -> Arc<Unit> {
        Arc::new(example(key, len))
    }

    fn taken(feed: &Feed) -> Option<(bool, u64)> {
        match feed.next(Duration::ZERO) {
            Next::Unit { unit, lost } => Some((unit.key, lost)),
            _ => None,
        }
    }

    #[test]
    fn a_feed_begins_with_a_key_unit_and_keeps_the_order() {
        let feed = Feed::default();
        for key in [false, false, true, false, true] {
            feed.push(&unit(key, 10));
        }
        assert_eq!([taken(&feed), taken(&feed), taken(&feed)], [true, false, true].map(|key| Some((key, 0))));
        assert_eq!(taken(&feed), None);
    }

    #[test]
    fn what_finds_no_room_is_lost_up_to_the_next_key_unit_and_counted() {
        let feed = Feed::default();
        feed.push(&unit(true, Feed::MAX_BYTES));
        feed.push(&unit(false, 1));
        assert_eq!(taken(&feed), Some((true, 0)));
        feed.push(&unit(false, 1));
        feed.push(&unit(true, 1));
        feed.push(&unit(false, 1));
        assert_eq!([taken(&feed), taken(&feed)], [Some((true, 2)), Some((false, 0))]);
    }

    #[test]
    fn many_small_units_are_bounded_too() {
        let feed = Feed::default();
        for _ in 0..Feed::MAX_UNITS + 5 {
            feed.push(&unit(true, 1));
        }
        feed.end();
        let mut count = 0;
        while taken(&feed).is_some() {
            count += 1;
        }
        assert_eq!(count, Feed::MAX_UNITS);
    }

    #[test]
    fn a_failure_comes_after_what_waits_and_is_forgotten_with_the_next_unit() {
        let feed = Feed::default();
        feed.push(&unit(true, 1));
        feed.fail("why");
        assert!(taken(&feed).is_some());
        assert!(matches!(feed.next(Duration::MAX), Next::Failed(why) if why == "why"));
        assert!(matches!(feed.next(Duration::ZERO), Next::Nothing));
        feed.fail("why");
        feed.push(&unit(true, 1));
        assert!(taken(&feed).is_some());
        assert!(matches!(feed.next(Duration::ZERO), Next::Nothing));
    }

    #[test]
    fn a_repetition_is_told_where_its_unit_was() {
        let feed = Feed::default();
        feed.repeat(FrameId(0));
        assert!(matches!(feed.next(Duration::ZERO), Next::Nothing), "nothing shows it");
        feed.push(&unit(true, 1));
        feed.repeat(FrameId(1));
        feed.repeat(FrameId(2));
        assert!(taken(&feed).is_some());
        assert!(matches!(feed.next(Duration::MAX), Next::Repeated(FrameId(2))));
        assert!(matches!(feed.next(Duration::ZERO), Next::Nothing));
    }

    #[test]
    fn after_the_end_what_waits_is_there_and_then_the_end_with_what_was_lost() {
        let feed = Feed::default();
        feed.push(&unit(true, Feed::MAX_BYTES));
        feed.push(&unit(true, 1));
        feed.end();
        feed.push(&unit(true, 1));
        assert!(taken(&feed).is_some());
        assert!(matches!(feed.next(Duration::MAX), Next::End { lost: 1 }));
    }
}
