use super::HIDDEN;
use crate::access_units::is_key;
use framewire_bitstream::{Codec, annexb, parameter_sets};
use std::collections::VecDeque;

/// A picture that is not there when one comes that was decoded so much later does not come any more: encoders send a
/// picture before 16 others at most that are shown before it, each in two fields at most, and twice that is out of doubt.
const MAX_AHEAD: u64 = 64;

/// How much is kept for another decoder. A key frame behind which there is more is beyond it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes of units.
    pub(super) bytes: usize,
    /// Units.
    pub(super) units: usize,
}

/// The units from the last key frame on whose picture has come, or from an earlier one, so that another decoder can go on
/// where one has failed. It knows which pictures were shown, and shows none twice.
///
/// Decoders carry the numbers of units in place of their timestamps. They emit pictures in the order to show, in which all
/// that comes before a key frame in the file, and all that is to be shown before it, precedes its picture.
pub(super) struct Tape {
    codec: Codec,
    limits: Limits,
    units: VecDeque<Unit>,
    /// The number of the first of them.
    first: u64,
    /// Which of them is decoded next.
    next: usize,
    /// Of the data that is kept.
    bytes: usize,
    /// Whether further units are kept: none since a key frame was beyond the limits.
    keeps: bool,
    /// Whether no decoder can begin before the next key frame.
    waits: bool,
    /// The picture that was shown last.
    shown: Option<u64>,
    /// The same while a decoder that began again has not reached it: what it emits before is of no use any more.
    awaited: Option<u64>,
    /// The parameter sets of the last key frame that had some.
    sets: Vec<u8>,
    /// Pictures that were to be shown and will not be, of units that are not here any more.
    lost: u64,
}

struct Unit {
    /// `None` beyond the limits.
    data: Option<Box<[u8]>>,
    moment: u64,
    key: bool,
    shown: bool,
    broken: bool,
}

impl Limits {
    /// A minute and more of most videos.
    pub(super) const DEFAULT: Self = Self { bytes: 64 << 20, units: 4096 };
    /// For a decoder behind which there is no other.
    pub(super) const NOTHING: Self = Self { bytes: 0, units: 0 };
}

impl Tape {
    pub(super) fn new(codec: Codec, limits: Limits) -> Self {
        Self {
            codec,
            limits,
            units: VecDeque::new(),
            first: 0,
            next: 0,
            bytes: 0,
            keeps: true,
            waits: false,
            shown: None,
            awaited: None,
            sets: Vec::new(),
            lost: 0,
        }
    }

    /// Takes a unit that was read. One of a key frame without parameter sets is given those that came last, with which any
    /// decoder can begin there.
    pub(super) fn push(&mut self, unit: &mut Vec<u8>, moment: u64) {
        let key = is_key(self.codec, unit);
        if key {
            self.complete(unit);
            (self.keeps, self.waits) = (true, false);
        }
        let fits = self.bytes + unit.len() <= self.limits.bytes && self.units.len() < self.limits.units;
        if self.keeps && !fits {
            self.units.iter_mut().for_each(|unit| unit.data = None);
            (self.keeps, self.bytes) = (false, 0);
        }
        let data: Option<Box<[u8]>> = self.keeps.then(|| unit.as_slice().into());
        self.bytes += data.as_ref().map_or(0, |data| data.len());
        self.units.push_back(Unit { data, moment, key, shown: false, broken: false });
        if !self.keeps {
            // Their moments are needed as long as they are inside of a decoder, and none holds so many.
            let over = self.units.len().saturating_sub(Limits::DEFAULT.units);
            let shown = self.units.iter().take_while(|unit| unit.shown).count();
            self.forget(over.max(shown));
        }
    }

    fn complete(&mut self, unit: &mut Vec<u8>) {
        let sets = parameter_sets(self.codec, unit);
        if sets.sps.is_empty() {
            unit.splice(0..0, self.sets.iter().copied());
            return;
        }
        self.sets.clear();
        for nal in [sets.vps, sets.sps, sets.pps].concat() {
            annexb::push_nal(&mut self.sets, nal);
        }
    }

    /// Replaces `unit` by the next one to decode again; false where all that is here was decoded.
    pub(super) fn again(&self, unit: &mut Vec<u8>) -> bool {
        let Some(data) = self.units.get(self.next).and_then(|unit| unit.data.as_deref()) else {
            return false;
        };
        unit.clear();
        unit.extend_from_slice(data);
        true
    }

    /// The number of the next unit to decode, which the decoder is given now.
    pub(super) fn take(&mut self) -> u64 {
        self.next += 1;
        self.first + self.next as u64 - 1
    }

    /// Whether the unit with this number is of no use: no decoder can begin before the next key frame.
    pub(super) fn passes_over(&mut self, number: u64) -> bool {
        if self.waits {
            self.broken(number);
        }
        self.waits
    }

    /// The unit with this number cannot be decoded.
    pub(super) fn broken(&mut self, number: u64) {
        if let Some(index) = self.index(number) {
            self.units[index].broken = true;
        }
        if self.awaited == Some(number) {
            self.awaited = None;
        }
    }

    /// The picture of the unit with this number has come: its moment, where it is to be shown now.
    pub(super) fn show(&mut self, number: u64) -> Option<u64> {
        let index = self.index(number)?;
        let unit = &mut self.units[index];
        let is_behind = |awaited| awaited < number && (unit.key || number - awaited > MAX_AHEAD);
        if self.awaited.is_some_and(|awaited| awaited == number || is_behind(awaited)) {
            self.awaited = None;
        }
        let moment = unit.moment;
        if self.awaited.is_some() {
            // Where it was not shown, those that follow it were.
            unit.broken = true;
            return None;
        }
        let is_new = !std::mem::replace(&mut unit.shown, true);
        if is_new {
            self.shown = Some(number);
        }
        if unit.key {
            self.forget(index);
        }
        Some(moment).filter(|moment| is_new && *moment != HIDDEN)
    }

    /// Whether there is a key frame at which another decoder can begin.
    pub(super) fn has_key_frame(&self) -> bool {
        self.key_frame().is_some()
    }

    fn key_frame(&self) -> Option<usize> {
        self.units.iter().position(|unit| unit.key && unit.data.is_some())
    }

    /// A decoder has failed, and the next one begins at the first key frame that is here. What stands before it is lost:
    /// all, up to the next one that is read, where there is none.
    pub(super) fn rewind(&mut self) {
        let start = self.key_frame();
        self.lose(start.unwrap_or(self.units.len()));
        self.next = 0;
        self.awaited = self.shown.filter(|shown| *shown >= self.first);
        self.waits = start.is_none();
    }

    /// A decoder has failed, and none is left.
    pub(super) fn abandon(&mut self) {
        self.lose(self.units.len());
    }

    /// How many pictures were to be shown and were not, since their units were broken or their decoder failed.
    pub(super) fn lost(&self) -> u64 {
        self.lost + self.units.iter().filter(|unit| unit.is_lost()).count() as u64
    }

    fn index(&self, number: u64) -> Option<usize> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        (index < self.units.len()).then_some(index)
    }

    /// Forgets the first `count` units, whose pictures come no more.
    fn lose(&mut self, count: usize) {
        self.units.iter_mut().take(count).for_each(|unit| unit.broken = true);
        self.forget(count);
    }

    /// Forgets the first `count` units.
    fn forget(&mut self, count: usize) {
        for unit in self.units.drain(..count) {
            self.lost += u64::from(unit.is_lost());
            self.bytes -= unit.data.map_or(0, |data| data.len());
        }
        self.first += count as u64;
        self.next = self.next.saturating_sub(count);
    }
}

impl Unit {
    fn is_lost(&self) -> bool {
        self.broken && !self.shown && self.moment != HIDDEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 6] = [0, 0, 0, 1, 0x65, 0x88];
    const DELTA: [u8; 6] = [0, 0, 0, 1, 0x41, 0x9a];

    /// A tape that was given these units and has given them to a decoder.
    fn tape(limits: Limits, units: impl IntoIterator<Item = [u8; 6]>) -> Tape {
        let mut tape = Tape::new(Codec::H264, limits);
        for (number, unit) in (0..).zip(units) {
            tape.push(&mut unit.to_vec(), number);
            assert_eq!(tape.take(), number);
        }
        tape
    }

    #[test]
    fn it_begins_with_the_last_key_frame_whose_picture_has_come() {
        let mut tape = tape(Limits::DEFAULT, [KEY, DELTA, DELTA, KEY, DELTA]);
        for (shown, first) in [(0, 0), (1, 0), (3, 3), (4, 3)] {
            assert_eq!(tape.show(shown), Some(shown));
            assert_eq!((tape.first, tape.bytes), (first, 6 * (5 - first as usize)));
        }
        assert_eq!((tape.show(2), tape.show(9), tape.lost()), (None, None, 0));
    }

    #[test]
    fn a_picture_that_does_not_come_again_is_awaited_up_to_the_next_key_frame() {
        let mut tape = tape(Limits::DEFAULT, [KEY, DELTA, DELTA, KEY, DELTA]);
        assert_eq!([0, 1, 2].map(|number| tape.show(number)), [Some(0), Some(1), Some(2)]);
        tape.rewind();
        assert_eq!([0, 1, 3, 4].map(|number| tape.show(number)), [None, None, Some(3), Some(4)]);
        assert_eq!(tape.lost(), 0);
    }

    #[test]
    fn without_a_key_frame_it_is_awaited_as_long_as_it_may_come() {
        let units = (0..100).map(|index| if index == 0 { KEY } else { DELTA });
        let mut tape = tape(Limits::DEFAULT, units);
        assert_eq!((tape.show(0), tape.show(1)), (Some(0), Some(1)));
        tape.rewind();
        let shown: Vec<_> = (2..100).filter_map(|number| tape.show(number)).collect();
        assert_eq!((shown, tape.lost()), ((2 + MAX_AHEAD..100).collect(), MAX_AHEAD));
    }

    #[test]
    fn beyond_the_limits_it_does_not_grow() {
        for limits in [Limits::DEFAULT, Limits::NOTHING] {
            let units = (0..3 * Limits::DEFAULT.units).map(|index| if index == 0 { KEY } else { DELTA });
            let tape = tape(limits, units);
            assert_eq!((tape.units.len(), tape.bytes), (Limits::DEFAULT.units, 0));
            assert!(!tape.has_key_frame());
        }
    }
}
