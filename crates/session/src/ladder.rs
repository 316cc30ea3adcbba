use crate::{LadderPolicy, Move, Moves, Time};
use std::time::Duration;

/// Decides when a viewer moves to a smaller rendition, and back.
#[derive(Clone, Debug)]
pub struct Ladder {
    policy: LadderPolicy,
    /// The latest losses, no more of them than it takes to move.
    losses: Vec<Time>,
    clean_since: Time,
    clean: Duration,
    /// Whether the last move went up: a loss soon after it is a failed attempt.
    climbed: bool,
}

impl Ladder {
    /// A viewer that begins now.
    pub fn new(policy: LadderPolicy, now: Time) -> Self {
        Self { policy, losses: Vec::new(), clean_since: now, clean: policy.clean, climbed: false }
    }

    /// The viewer lost units for good and needs a key frame.
    pub fn lost(&mut self, moves: Moves, now: Time) -> Option<Move> {
        self.clean_since = now;
        self.losses.retain(|at| now.since(*at) < self.policy.period);
        self.losses.push(now);
        if self.losses.len() <= self.policy.losses {
            return None;
        }
        self.losses.clear();
        if !moves.smaller {
            return None;
        }
        if self.climbed {
            self.clean = (self.clean * 2).min(self.policy.clean_max);
        }
        self.climbed = false;
        Some(Move::Smaller)
    }

    /// Asked at [`Ladder::deadline`]: whether delivery was clean for long enough to try the next larger one.
    pub fn check(&mut self, moves: Moves, now: Time) -> Option<Move> {
        let due = self.deadline(moves).is_some_and(|deadline| now >= deadline);
        due.then(|| {
            self.clean_since = now;
            self.climbed = true;
            Move::Larger
        })
    }

    /// When to check next.
    pub fn deadline(&self, moves: Moves) -> Option<Time> {
        moves.larger.then(|| self.clean_since + self.clean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Moves = Moves { smaller: true, larger: true };

    fn at(seconds: u64) -> Time {
        Time::from_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn the_third_loss_in_ten_seconds_moves_down() {
        let mut ladder = Ladder::new(LadderPolicy::default(), at(0));
        assert_eq!(ladder.lost(BOTH, at(1)), None);
        assert_eq!(ladder.lost(BOTH, at(2)), None);
        assert_eq!(ladder.lost(BOTH, at(12)), None, "the first two are too long ago");
        assert_eq!(ladder.lost(BOTH, at(13)), None);
        assert_eq!(ladder.lost(BOTH, at(14)), Some(Move::Smaller));
        let mut alone = Ladder::new(LadderPolicy::default(), at(0));
        let none = Moves::default();
        assert!((0..50).all(|second| alone.lost(none, at(second)).is_none()), "there is nowhere to go");
    }

    #[test]
    fn clean_delivery_moves_up_and_every_failed_attempt_doubles_the_wait() {
        let mut ladder = Ladder::new(LadderPolicy::default(), at(0));
        let mut now = 0;
        for wait in [15, 30, 60, 120, 240, 240] {
            assert_eq!(ladder.check(BOTH, at(now + wait - 1)), None);
            assert_eq!(ladder.check(BOTH, at(now + wait)), Some(Move::Larger), "after {wait} s");
            now += wait;
            assert_eq!([0, 1, 2].map(|s| ladder.lost(BOTH, at(now + s))), [None, None, Some(Move::Smaller)]);
            now += 2;
        }
    }
}
