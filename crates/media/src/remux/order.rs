//! The order in which the pictures of a stream are shown, found from their picture order counts.

use framewire_bitstream::order::Place;
use std::{cmp::Reverse, collections::BinaryHeap};

/// The most pictures that precede another in decoding order and follow it in output order, in either codec (H.264,
/// A.3.1; HEVC, A.4.2).
const MAX_REORDER: usize = 16;

/// Gives each picture its place in the order of showing, as soon as no later picture can come before it.
#[derive(Default)]
pub(super) struct ShowOrder {
    /// Pictures that may still have to wait: sequence, order count, place in decoding order.
    waiting: BinaryHeap<Reverse<(u64, i64, u64)>>,
    sequence: u64,
    decoded: u64,
    shown: u64,
}

impl ShowOrder {
    /// Takes the next picture in decoding order, and gives those that are settled: place in decoding order and of showing.
    pub(super) fn push(&mut self, place: Place, settled: &mut Vec<(u64, u64)>) {
        if place.begins {
            self.sequence += 1;
            self.settle(0, settled);
        }
        self.waiting.push(Reverse((self.sequence, place.count, self.decoded)));
        self.decoded += 1;
        self.settle(MAX_REORDER, settled);
    }

    /// Settles the rest, at the end.
    pub(super) fn finish(&mut self, settled: &mut Vec<(u64, u64)>) {
        self.settle(0, settled);
    }

    fn settle(&mut self, waiting: usize, settled: &mut Vec<(u64, u64)>) {
        while self.waiting.len() > waiting {
            let Some(Reverse((_, _, decoded))) = self.waiting.pop() else { return };
            settled.push((decoded, self.shown));
            self.shown += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(places: &[(bool, i64)]) -> Vec<u64> {
        let (mut order, mut settled) = (ShowOrder::default(), Vec::new());
        for &(begins, count) in places {
            order.push(Place { begins, count }, &mut settled);
        }
        order.finish(&mut settled);
        settled.sort_unstable();
        settled.into_iter().map(|(_, shown)| shown).collect()
    }

    #[test]
    fn pictures_are_shown_in_the_order_of_their_counts_within_a_sequence() {
        let gop = [(true, 0), (false, 8), (false, 4), (false, 2), (false, 6), (true, 0), (false, 2)];
        assert_eq!(shown(&gop), [0, 4, 2, 1, 3, 5, 6]);
    }

    #[test]
    fn a_long_run_of_pictures_before_one_that_waits_is_settled() {
        let mut places = vec![(true, 0), (false, 1000)];
        places.extend((1..200).map(|count| (false, count)));
        let order = shown(&places);
        assert_eq!((order[1], order[2], order[200]), (200, 1, 199));
    }
}
