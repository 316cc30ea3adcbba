use super::{Keep, KeepMetrics, segment::Segment};
use crate::{
    Error, Unit,
    record::{Stamp, Timeline},
};
use framewire_frame::Timestamp;
use std::{collections::VecDeque, fs, io, path::PathBuf, sync::Arc, time::Duration};

/// The units of the recent past, in groups that begin with a key unit. It touches no disk: see [`Place`].
#[derive(Debug)]
pub(crate) struct Store {
    duration: Duration,
    max_bytes: u64,
    groups: VecDeque<Group>,
    bytes: u64,
    units: usize,
    timeline: Timeline,
}

/// A unit of the past. A clone shares the bytes.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// Its moment among the others.
    pub(crate) media: Duration,
    /// When it was encoded, on the stream's clock.
    pub(crate) moment: Timestamp,
    /// About how long it is shown.
    pub(crate) duration: Duration,
    payload: Payload,
}

/// The bytes of a unit, or where they are.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Memory(Arc<Unit>),
    Disk { segment: Arc<Segment>, offset: u64, len: usize },
}

/// Where the bytes of units go. It belongs to the thread that keeps, so that nobody waits for its disk.
#[derive(Debug)]
pub(crate) enum Place {
    Memory,
    Disk { folder: PathBuf, current: Option<(Arc<Segment>, u64)> },
}

#[derive(Debug, Default)]
pub(crate) struct Group {
    units: Vec<Kept>,
    bytes: u64,
}

/// A segment is not continued beyond this size. As much more than a store holds may be on the disk.
const SEGMENT_BYTES: u64 = 16 << 20;

impl Store {
    pub(crate) fn new(keep: &Keep) -> Self {
        Self {
            duration: keep.duration,
            max_bytes: keep.bytes,
            groups: VecDeque::new(),
            bytes: 0,
            units: 0,
            timeline: Timeline::default(),
        }
    }

    /// Whether a unit is to be kept: without the key unit before it nothing can be done with it.
    pub(crate) fn wants(&self, unit: &Unit) -> bool {
        unit.key || !self.groups.is_empty()
    }

    /// Keeps a unit whose bytes are at `payload`, and returns the groups that have grown too old or find no room any
    /// more.
    pub(crate) fn push(&mut self, unit: &Unit, payload: Payload) -> Vec<Group> {
        if unit.key {
            self.groups.push_back(Group::default());
        }
        let moment = unit.moment();
        let media = self.timeline.place(Stamp { frame: unit.frame.0, timestamp: unit.timestamp, moment });
        let Some(group) = self.groups.back_mut() else { return Vec::new() };
        let (duration, len) = (unit.duration, unit.data.len() as u64);
        group.units.push(Kept { media, moment, duration, payload });
        group.bytes += len;
        self.bytes += len;
        self.units += 1;
        let mut gone = Vec::new();
        while self.is_too_much(moment)
            && let Some(group) = self.groups.pop_front()
        {
            self.bytes -= group.bytes;
            self.units -= group.units.len();
            gone.push(group);
        }
        gone
    }

    /// The units from the last key unit at or before `from`, or the oldest one, up to `to`, both on the stream's clock.
    pub(crate) fn between(&self, from: Timestamp, to: Timestamp) -> Vec<Kept> {
        let starts_later = |group: &Group| group.units.first().is_none_or(|first| first.moment > from);
        let begin = self.groups.partition_point(|group| !starts_later(group)).saturating_sub(1);
        let units = self.groups.iter().skip(begin).flat_map(|group| &group.units);
        units.take_while(|unit| unit.moment <= to).cloned().collect()
    }

    /// Forgets everything, and returns it.
    pub(crate) fn clear(&mut self) -> VecDeque<Group> {
        (self.bytes, self.units) = (0, 0);
        std::mem::take(&mut self.groups)
    }

    pub(crate) fn metrics(&self) -> KeepMetrics {
        let oldest = self.groups.front().and_then(|group| group.units.first());
        let newest = self.groups.back().and_then(|group| group.units.last());
        let duration =
            oldest.zip(newest).map_or(Duration::ZERO, |(oldest, newest)| newest.media - oldest.media);
        KeepMetrics { units: self.units, bytes: self.bytes, duration }
    }

    fn is_too_much(&self, now: Timestamp) -> bool {
        let too_old =
            |group: &Group| group.units.first().is_some_and(|first| now.since(first.moment) >= self.duration);
        // What comes next can only begin with a key unit, so that the only group goes as a whole when it is too large.
        self.bytes > self.max_bytes || self.units > Keep::MAX_UNITS || self.groups.get(1).is_some_and(too_old)
    }
}

impl Place {
    /// Makes the folder, where there is to be one.
    pub(crate) fn open(keep: &Keep) -> Result<Self, Error> {
        let Some(folder) = &keep.folder else { return Ok(Self::Memory) };
        let unusable = |source| Error::Keep { path: folder.clone(), source };
        fs::create_dir_all(folder).map_err(unusable)?;
        // One segment now, so that a folder that can't be written is known at once.
        let first = Segment::create(folder).map_err(unusable)?;
        Ok(Self::Disk { folder: folder.clone(), current: Some((Arc::new(first), 0)) })
    }

    /// Puts the bytes of a unit there.
    pub(crate) fn keep(&mut self, unit: &Arc<Unit>) -> io::Result<Payload> {
        let Self::Disk { folder, current } = self else { return Ok(Payload::Memory(Arc::clone(unit))) };
        let (segment, end) = match current.take() {
            Some((segment, end)) if end < SEGMENT_BYTES => (segment, end),
            _ => (Arc::new(Segment::create(folder)?), 0),
        };
        segment.write(end, &unit.data)?;
        let len = unit.data.len();
        *current = Some((Arc::clone(&segment), end + len as u64));
        Ok(Payload::Disk { segment, offset: end, len })
    }
}

impl Kept {
    /// Hands the access unit to `take`; `buffer` serves where it has to be read first.
    pub(crate) fn with_data<T>(&self, buffer: &mut Vec<u8>, take: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        match &self.payload {
            Payload::Memory(unit) => Ok(take(&unit.data)),
            Payload::Disk { segment, offset, len } => {
                buffer.resize(*len, 0);
                segment.read(*offset, buffer)?;
                Ok(take(buffer))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::example;
    use framewire_frame::FrameId;
    use proptest::prelude::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    /// A unit whose encoding began at that moment.
    fn unit(millis: u64, key: bool, len: usize) -> Arc<Unit> {
        let mut unit = example(key, len);
        (unit.frame, unit.timestamp, unit.encode, unit.made) =
            (FrameId(millis), at(millis), Duration::ZERO, at(millis));
        Arc::new(unit)
    }

    fn store(seconds: u64, bytes: u64) -> Store {
        let mut keep = Keep::in_memory(Duration::from_secs(seconds));
        keep.bytes = bytes;
        Store::new(&keep)
    }

    fn keep(store: &mut Store, unit: &Arc<Unit>) {
        if store.wants(unit) {
            let payload = Place::Memory.keep(unit).unwrap();
            store.push(unit, payload);
        }
    }

    fn moments(store: &Store, from: u64, to: u64) -> Vec<u64> {
        let units = store.between(at(from), at(to));
        units.iter().map(|unit| unit.moment.as_micros() / 1000).collect()
    }

    #[test]
    fn a_stretch_begins_at_the_last_key_unit_before_it() {
        let mut store = store(60, 1 << 20);
        for second in 0..6 {
            keep(&mut store, &unit(second * 1000, second % 2 == 0, 10));
        }
        assert_eq!(moments(&store, 0, 9000), [0, 1000, 2000, 3000, 4000, 5000]);
        assert_eq!(moments(&store, 3500, 9000), [2000, 3000, 4000, 5000]);
        assert_eq!(moments(&store, 2000, 3000), [2000, 3000]);
        assert_eq!(moments(&store, 9000, 9000), [4000, 5000]);
    }

    #[test]
    fn what_is_older_than_needed_goes_in_whole_groups() {
        let mut store = store(10, 1 << 20);
        for second in 0..=20 {
            keep(&mut store, &unit(second * 1000, second % 4 == 0, 10));
        }
        assert_eq!(moments(&store, 0, 99_000)[0], 8000, "the last ten seconds begin in this group");
        assert_eq!(store.metrics().duration, Duration::from_secs(12));
    }

    #[test]
    fn units_before_the_first_key_unit_and_after_one_that_finds_no_room_are_not_kept() {
        let mut store = store(60, 100);
        keep(&mut store, &unit(0, false, 10));
        assert_eq!(store.metrics().units, 0);
        keep(&mut store, &unit(1000, true, 60));
        keep(&mut store, &unit(2000, false, 60));
        keep(&mut store, &unit(3000, false, 10));
        assert_eq!((store.metrics().units, store.bytes), (0, 0));
        keep(&mut store, &unit(4000, true, 60));
        assert_eq!(moments(&store, 0, 9000), [4000]);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_bounded_and_begins_with_a_key_unit(
            units in prop::collection::vec((any::<bool>(), 0..400_usize, 0..3000_u64), 1..200),
        ) {
            let mut store = store(5, 1000);
            let mut now = 0;
            for (key, len, pause) in units {
                now += pause;
                keep(&mut store, &unit(now, key, len));
                let held: u64 = store.groups.iter().map(|group| group.bytes).sum();
                prop_assert_eq!(store.bytes, held);
                prop_assert!(held <= 1000);
                let count: usize = store.groups.iter().map(|group| group.units.len()).sum();
                prop_assert_eq!(store.units, count);
                let second = store.groups.get(1).and_then(|group| group.units.first());
                prop_assert!(second.is_none_or(|unit| at(now).since(unit.moment) < Duration::from_secs(5)));
                let starts = store.groups.iter().filter_map(|group| match &group.units[0].payload {
                    Payload::Memory(unit) => Some(unit.key),
                    Payload::Disk { .. } => None,
                });
                prop_assert!(starts.into_iter().all(|key| key));
            }
        }
    }
}
