//! From the order of decoding, in which sessions give pictures, to the order of showing.

use crate::backend::outbox::Handed;
use framewire_bitstream::order::{Counts, Place};
use framewire_codec::Codec;
use framewire_frame::{Size, Timestamp};
use objc2_core_video::CVImageBuffer;
use std::collections::{BTreeMap, VecDeque};

/// Units whose answer is waited for. A session answers each, or refuses it, before the next one goes in; one that leaves out
/// an answer costs the memory of its facts until so many have followed.
const MOST_SENT: usize = 64;

/// Pictures that wait for their turn.
///
/// The turn is that of the picture order counts in the slices, not of the timestamps: those of a stream without a container
/// are often counted in the order of decoding.
pub(super) struct Display {
    counts: Counts,
    /// The turn of the last unit that was sent.
    last: Turn,
    /// The highest order count since the sequence began.
    highest: i64,
    sent: VecDeque<Sent>,
    waiting: BTreeMap<Turn, Waiting>,
}

/// A picture whose turn has come.
pub(super) struct Waiting {
    pub(super) timestamp: Timestamp,
    pub(super) size: Size,
    pub(super) image: Handed<CVImageBuffer>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    /// Coded video sequences are shown one after the other.
    sequence: u64,
    /// The picture order count.
    count: i64,
    /// In the order of decoding; no two are equal.
    number: u64,
}

struct Sent {
    turn: Turn,
    timestamp: Timestamp,
    size: Size,
}

impl Display {
    pub(super) fn new(codec: Codec) -> Self {
        Self {
            counts: Counts::of(codec),
            last: Turn::default(),
            highest: 0,
            sent: VecDeque::new(),
            waiting: BTreeMap::new(),
        }
    }

    /// Reads what `unit`, the next in decoding order, says of its place.
    pub(super) fn read(&mut self, unit: &[u8]) -> Option<Place> {
        // A place that cannot be read is the one behind all others.
        self.counts.read(unit).unwrap_or(None)
    }

    /// A unit goes to the session; the number that its answer is to have.
    pub(super) fn send(&mut self, place: Option<Place>, timestamp: Timestamp, size: Size) -> u64 {
        let Turn { sequence, number, .. } = self.last;
        let (begins, count) = match place {
            Some(Place { begins, count }) => (begins, count),
            None => (false, self.highest),
        };
        self.highest = if begins { count } else { self.highest.max(count) };
        let turn = Turn { sequence: sequence + u64::from(begins), count, number: number + 1 };
        self.last = turn;
        if self.sent.len() == MOST_SENT {
            self.sent.pop_front();
        }
        self.sent.push_back(Sent { turn, timestamp, size });
        turn.number
    }

    /// The answer to a unit has come, with a picture or without.
    pub(super) fn receive(&mut self, number: u64, image: Option<Handed<CVImageBuffer>>) {
        let Some(at) = self.sent.iter().position(|sent| sent.turn.number == number) else { return };
        if let (Some(Sent { turn, timestamp, size }), Some(image)) = (self.sent.remove(at), image) {
            self.waiting.insert(turn, Waiting { timestamp, size, image });
        }
    }

    /// The next picture to show, where more than `keep` wait or another sequence has begun behind it.
    pub(super) fn next(&mut self, keep: usize) -> Option<Waiting> {
        let (first, _) = self.waiting.first_key_value()?;
        let is_due = self.waiting.len() > keep || first.sequence < self.last.sequence;
        if is_due { self.waiting.pop_first().map(|(_, waiting)| waiting) } else { None }
    }
}
