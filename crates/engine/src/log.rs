use crate::Unit;
use framewire_session::{UnitInfo, UnitLog};
use std::{
    collections::VecDeque,
    ops::Range,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

/// The last units of a rendition, for any number of readers.
///
/// It holds what a viewer can go on from: the newest key unit and all after it, at most [`Log::MAX_UNITS`] and
/// [`Log::MAX_BYTES`], and the newest unit always.
#[derive(Debug, Default)]
pub struct Log {
    ring: RwLock<Ring>,
}

#[derive(Debug, Default)]
struct Ring {
    /// The position of the oldest unit, or of the next one when there is none.
    first: u64,
    units: VecDeque<Arc<Unit>>,
    bytes: usize,
}

impl Log {
    /// The most units.
    pub const MAX_UNITS: usize = 128;
    /// The most bytes, but for a single unit that is larger.
    pub const MAX_BYTES: usize = 8 << 20;

    /// The unit at a position, while it is held.
    pub fn get(&self, position: u64) -> Option<Arc<Unit>> {
        self.read().get(position).cloned()
    }

    /// The newest unit.
    pub fn newest(&self) -> Option<Arc<Unit>> {
        self.read().units.back().cloned()
    }

    /// The positions that are held; the end is that of the next unit.
    pub fn positions(&self) -> Range<u64> {
        self.read().range()
    }

    /// Appends a unit. The positions of units follow each other for the whole life of the log.
    pub(crate) fn push(&self, mut unit: Unit) -> Arc<Unit> {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        unit.position = ring.range().end;
        let unit = Arc::new(unit);
        // Kept until the lock is free: these may be the last references to megabytes.
        let gone = ring.push(Arc::clone(&unit));
        drop(ring);
        drop(gone);
        unit
    }

    /// Forgets every unit; positions go on.
    pub(crate) fn clear(&self) {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.first = ring.range().end;
        ring.bytes = 0;
        let gone = std::mem::take(&mut ring.units);
        drop(ring);
        drop(gone);
    }

    fn read(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnitLog for Log {
    fn range(&self) -> Range<u64> {
        self.positions()
    }

    fn newest_key(&self) -> Option<u64> {
        // A key unit empties the ring, so that it is the first or there is none.
        self.read().units.front().filter(|unit| unit.key).map(|unit| unit.position)
    }

    fn unit(&self, position: u64) -> Option<UnitInfo> {
        self.read().get(position).map(|unit| unit.info())
    }
}

impl Ring {
    fn range(&self) -> Range<u64> {
        self.first..self.first + self.units.len() as u64
    }

    fn get(&self, position: u64) -> Option<&Arc<Unit>> {
        self.units.get(usize::try_from(position.checked_sub(self.first)?).ok()?)
    }

    fn push(&mut self, unit: Arc<Unit>) -> Vec<Arc<Unit>> {
        let mut gone = Vec::new();
        let keep = if unit.key { 0 } else { Log::MAX_UNITS - 1 };
        let room = Log::MAX_BYTES.saturating_sub(unit.data.len());
        while self.units.len() > keep || self.bytes > room {
            let Some(oldest) = self.units.pop_front() else { break };
            self.first += 1;
            self.bytes -= oldest.data.len();
            gone.push(oldest);
        }
        self.bytes += unit.data.len();
        self.units.push_back(unit);
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::example as unit;
    use proptest::prelude::*;

    #[test]
    fn a_key_unit_begins_the_log_anew_and_positions_go_on() {
        let log = Log::default();
        assert_eq!(log.positions(), 0..0);
        assert_eq!(log.newest_key(), None);
        log.push(unit(true, 10));
        log.push(unit(false, 10));
        assert_eq!((log.positions(), log.newest_key()), (0..2, Some(0)));
        let key = log.push(unit(true, 10));
        assert_eq!(key.position, 2);
        assert_eq!((log.positions(), log.newest_key()), (2..3, Some(2)));
        assert!(log.get(1).is_none());
        assert!(log.get(3).is_none());
        log.clear();
        assert_eq!((log.positions(), log.newest_key()), (3..3, None));
        assert_eq!(log.push(unit(true, 10)).position, 3);
    }

    #[test]
    fn a_unit_larger_than_the_log_is_held_alone() {
        let log = Log::default();
        log.push(unit(true, 10));
        log.push(unit(false, Log::MAX_BYTES + 1));
        assert_eq!(log.positions(), 1..2);
        log.push(unit(false, 10));
        assert_eq!(log.positions(), 2..3);
    }

    #[test]
    fn a_long_group_loses_its_beginning() {
        let log = Log::default();
        log.push(unit(true, 1));
        for _ in 0..200 {
            log.push(unit(false, 1));
        }
        assert_eq!(log.positions(), 73..201);
        assert_eq!(log.newest_key(), None);
    }

    proptest! {
        #[test]
        fn memory_is_bounded_whatever_comes(units in prop::collection::vec((any::<bool>(), 0..3_usize << 20), 1..40)) {
            let log = Log::default();
            for (index, (key, len)) in units.into_iter().enumerate() {
                log.push(unit(key, len));
                let range = log.positions();
                prop_assert_eq!(range.end, index as u64 + 1);
                prop_assert!(!range.is_empty());
                let held: usize = range.clone().map(|position| log.get(position).unwrap().data.len()).sum();
                prop_assert!(held <= Log::MAX_BYTES || range.end - range.start == 1);
                prop_assert_eq!(held, log.read().bytes);
            }
        }
    }
}
