use super::{Keep, KeepMetrics, segment::Segment};
use crate::{
    Error, Unit,
    record::{Stamp, Timeline},
};
use framewire_frame::Timestamp;
use std::{collections::VecDeque, fs, io, path::PathBuf, sync::Arc, time::Duration};

/// The units of the recent past, in groups that begin with a key unit.
#[derive(Debug)]
pub(crate) struct Store {
    duration: Duration,
    max_bytes: u64,
    place: Place,
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

#[derive(Clone, Debug)]
enum Payload {
    Memory(Arc<Unit>),
    Disk { segment: Arc<Segment>, offset: u64, len: usize },
}

#[derive(Debug)]
enum Place {
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
    pub(crate) fn open(keep: &Keep) -> Result<Self, Error> {
        let place = match &keep.folder {
            None => Place::Memory,
            Some(folder) => {
                let unusable = |source| Error::Keep { path: folder.clone(), source };
                fs::create_dir_all(folder).map_err(unusable)?;
                // One segment now, so that a folder that can't be written is known at once.
                let first = Segment::create(folder).map_err(unusable)?;
                Place::Disk { folder: folder.clone(), current: Some((Arc::new(first), 0)) }
            }
        };
        Ok(Self {
            duration: keep.duration,
            max_bytes: keep.bytes,
            place,
            groups: VecDeque::new(),
            bytes: 0,
            units: 0,
            timeline: Timeline::default(),
        })
    }

    /// Keeps a unit, and returns the groups that have grown too old or find no room any more.
    pub(crate) fn push(&mut self, unit: Arc<Unit>) -> io::Result<Vec<Group>> {
        if unit.key {
            self.groups.push_back(Group::default());
        }
        let moment = unit.moment();
        let media = self.timeline.place(Stamp { frame: unit.frame.0, timestamp: unit.timestamp, moment });
        let Some(group) = self.groups.back_mut() else { return Ok(Vec::new()) };
        let (duration, len) = (unit.duration, unit.data.len() as u64);
        let payload = self.place.keep(unit)?;
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
        Ok(gone)
    }

    /// The units from the last key unit at or before `from`, or the oldest one, up to `to`, both on the stream's clock.
    pub(crate) fn between(&self, from: Timestamp, to: Timestamp) -> Vec<Kept> {
        let starts_later = |group: &Group| group.units.first().is_none_or(|first| first.moment > from);
        let begin = self.groups.partition_point(|group| !starts_later(group)).saturating_sub(1);
        let units = self.groups.iter().skip(begin).flat_map(|group| &group.units);
        units.take_while(|unit| unit.moment <= to).cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.groups.clear();
        (self.bytes, self.units) = (0, 0);
        if let Place::Disk { current, .. } = &mut self.place {
            *current = None;
        }
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
    fn keep(&mut self, unit: Arc<Unit>) -> io::Result<Payload> {
        let Self::Disk { folder, current } = self else { return Ok(Payload::Memory(unit)) };
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
