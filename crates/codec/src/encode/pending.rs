use framewire_frame::{FrameId, Timestamp};
use std::collections::VecDeque;

/// Frames that are inside an encoder, so that each access unit gets the facts of its own frame.
#[derive(Debug)]
pub(super) struct Pending {
    frames: VecDeque<Facts>,
    limit: usize,
    since: Since,
}

/// What has happened since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Since {
    /// The unit of a frame came out.
    pub(super) came: bool,
    /// A frame was given up, because its unit can't come any more.
    pub(super) lost: bool,
}

/// What an access unit takes over from its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) id: FrameId,
    pub(super) timestamp: Timestamp,
    /// It was to refer to acknowledged frames alone.
    pub(super) recovers: bool,
}

/// Frames beyond the pipeline depth that are remembered: room for an encoder that understates its depth.
const SLACK: usize = 8;

impl Pending {
    pub(super) fn new(delay: usize) -> Self {
        Self { frames: VecDeque::new(), limit: delay.saturating_add(SLACK), since: Since::default() }
    }

    /// A frame goes into the encoder.
    pub(super) fn push(&mut self, facts: Facts) {
        if self.frames.len() == self.limit {
            self.frames.pop_front();
            self.since.lost = true;
        }
        self.frames.push_back(facts);
    }

    /// Its access unit has come out; `None` for a frame that never went in. Units come in the order of their frames,
    /// so the frames before it were dropped by the encoder.
    pub(super) fn take(&mut self, id: FrameId) -> Option<Facts> {
        let position = self.frames.iter().position(|facts| facts.id == id)?;
        self.since.came = true;
        self.since.lost |= position > 0;
        self.frames.drain(..=position).next_back()
    }

    /// How many frames are inside, or were dropped and not given up yet.
    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    /// What has happened since the last call.
    pub(super) fn take_since(&mut self) -> Since {
        std::mem::take(&mut self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(id: u64) -> Facts {
        Facts { id: FrameId(id), timestamp: Timestamp::from_micros(id * 7), recovers: false }
    }

    #[test]
    fn each_id_finds_the_facts_of_its_own_frame_also_after_dropped_ones() {
        let mut pending = Pending::new(3);
        (0..4).for_each(|id| pending.push(facts(id)));
        assert_eq!(pending.take(FrameId(0)), Some(facts(0)));
        assert_eq!(pending.take_since(), Since { came: true, lost: false });
        assert_eq!(pending.take(FrameId(2)), Some(facts(2)));
        assert_eq!((pending.take_since(), pending.len()), (Since { came: true, lost: true }, 1));
        assert_eq!(pending.take_since(), Since::default());
        assert_eq!(pending.take(FrameId(1)), None);
        assert_eq!(pending.take(FrameId(3)), Some(facts(3)));
    }

    #[test]
    fn the_same_frame_can_go_in_twice() {
        let mut pending = Pending::new(1);
        pending.push(facts(4));
        pending.push(Facts { timestamp: Timestamp::from_micros(99), ..facts(4) });
        assert_eq!(pending.take(FrameId(4)), Some(facts(4)));
        assert_eq!(pending.take(FrameId(4)).map(|facts| facts.timestamp.as_micros()), Some(99));
    }

    #[test]
    fn an_encoder_that_swallows_everything_does_not_grow_the_memory() {
        let mut pending = Pending::new(2);
        (0..1000).for_each(|id| pending.push(facts(id)));
        assert_eq!((pending.len(), pending.take_since()), (2 + SLACK, Since { came: false, lost: true }));
    }
}
