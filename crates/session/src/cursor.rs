use crate::{CursorPolicy, KeyframeReason, Time, UnitLog};
use std::time::Duration;

/// Where in its rendition a viewer is, and which unit it gets next.
#[derive(Clone, Debug)]
pub struct Cursor {
    policy: CursorPolicy,
    place: Place,
    /// Units before this position are the replay of a join: they are old by intent.
    replay_end: u64,
    /// Units that this viewer did not get while it watched.
    dropped: u64,
    losses: u64,
}

/// What a viewer gets next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// This unit. [`Cursor::sent`] confirms it.
    Unit(u64),
    /// Nothing until a later unit is there.
    Later,
    /// Nothing until a key unit is there, which has to be asked for.
    Ask(KeyframeReason),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Wants to begin, at a recent key unit or at one that comes.
    Joining { asked: Option<Time> },
    /// Cannot go on before a key unit at `from` or later.
    Lost { reason: KeyframeReason, from: u64, asked: Option<Time> },
    /// Wants the unit at this position.
    Following(u64),
}

impl Cursor {
    /// A viewer that begins.
    pub fn new(policy: CursorPolicy) -> Self {
        Self { policy, place: Place::Joining { asked: None }, replay_end: 0, dropped: 0, losses: 0 }
    }

    /// The viewer begins anew, on another rendition.
    pub fn join(&mut self) {
        self.replay_end = 0;
        self.place = Place::Joining { asked: None };
    }

    /// The viewer's decoder cannot go on: what is in the log is of no use, a later key unit is.
    pub fn need_key(&mut self) {
        match self.place {
            Place::Following(next) => {
                self.place = Place::Lost { reason: KeyframeReason::Decoder, from: next, asked: None };
            }
            Place::Joining { .. } | Place::Lost { .. } => {}
        }
    }

    /// Whether a key unit is awaited.
    pub fn is_waiting(&self) -> bool {
        !matches!(self.place, Place::Following(_))
    }

    /// Chooses. Asking is to be followed by the request; it is repeated only after [`CursorPolicy::ask_again`].
    pub fn next(&mut self, log: &dyn UnitLog, now: Time) -> Next {
        if let Place::Following(next) = self.place {
            match self.follow(next, log) {
                Some(next) => return next,
                None => self.lose(next),
            }
        }
        match self.place {
            Place::Joining { asked } => match self.replay(log) {
                Some(key) => {
                    self.replay_end = log.range().end;
                    Next::Unit(key)
                }
                None => {
                    // A key unit that came since may have too many units behind it already; the newest is still the
                    // way in once it was asked for.
                    let came = asked.and(log.newest_key()).filter(|key| self.is_near(*key, log));
                    came.map_or_else(|| self.ask(KeyframeReason::Join, asked, now), Next::Unit)
                }
            },
            Place::Lost { reason, from, asked } => match log.newest_key().filter(|key| *key >= from) {
                Some(key) => Next::Unit(key),
                None => self.ask(reason, asked, now),
            },
            Place::Following(_) => Next::Later,
        }
    }

    /// The unit that [`Cursor::next`] chose is sent.
    pub fn sent(&mut self, position: u64) {
        match self.place {
            Place::Following(next) | Place::Lost { from: next, .. } => {
                self.dropped += position.saturating_sub(next);
            }
            Place::Joining { .. } => {}
        }
        self.place = Place::Following(position + 1);
    }

    /// When to choose again though no unit came.
    pub fn deadline(&self) -> Option<Time> {
        match self.place {
            Place::Joining { asked } | Place::Lost { asked, .. } => {
                asked.map(|at| at + self.policy.ask_again)
            }
            Place::Following(_) => None,
        }
    }

    /// Units that this viewer did not get while it watched.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How often this viewer fell too far behind.
    pub fn losses(&self) -> u64 {
        self.losses
    }

    /// The next unit of a viewer that follows; `None` where the chain is broken or too long.
    fn follow(&self, next: u64, log: &dyn UnitLog) -> Option<Next> {
        let range = log.range();
        if next >= range.end {
            return Some(Next::Later);
        }
        let key_ahead = log.newest_key().filter(|key| *key > next);
        let Some(unit) = log.unit(next) else { return key_ahead.map(Next::Unit) };
        let newest = log.unit(range.end - 1).map_or(unit.timestamp, |newest| newest.timestamp);
        let few = next < self.replay_end || range.end - next <= self.policy.catch_up_units;
        let lag = if few { Duration::ZERO } else { newest.since(unit.timestamp) };
        match key_ahead {
            // Key units in a row need each other as little as images do.
            Some(key) if unit.key || lag > self.policy.catch_up => Some(Next::Unit(key)),
            _ if lag <= self.policy.catch_up => Some(Next::Unit(next)),
            _ if lag <= self.policy.skip => {
                let needed = |at: &u64| log.unit(*at).is_some_and(|unit| !unit.disposable);
                Some((next..range.end).find(needed).map_or(Next::Unit(range.end - 1), Next::Unit))
            }
            _ if unit.key => Some(Next::Unit(next)),
            _ => None,
        }
    }

    fn lose(&mut self, next: u64) {
        self.losses += 1;
        self.place = Place::Lost { reason: KeyframeReason::Loss, from: next, asked: None };
    }

    /// The newest key unit, if what follows it is short enough to be sent at once.
    fn replay(&self, log: &dyn UnitLog) -> Option<u64> {
        let key = log.newest_key()?;
        let end = log.range().end;
        if end.saturating_sub(key) > self.policy.replay_units {
            return None;
        }
        let bytes: u64 = (key..end).filter_map(|at| log.unit(at)).map(|unit| unit.bytes as u64).sum();
        // The newest unit alone is always worth sending, however large it is.
        (bytes <= self.policy.replay_bytes || key + 1 == end).then_some(key)
    }

    fn is_near(&self, key: u64, log: &dyn UnitLog) -> bool {
        let newest = log.range().end.checked_sub(1).and_then(|at| log.unit(at));
        let lag = log.unit(key).zip(newest).map(|(key, newest)| newest.timestamp.since(key.timestamp));
        lag.is_some_and(|lag| lag <= self.policy.catch_up)
    }

    fn ask(&mut self, reason: KeyframeReason, asked: Option<Time>, now: Time) -> Next {
        if asked.is_some_and(|at| now.since(at) < self.policy.ask_again) {
            return Next::Later;
        }
        match &mut self.place {
            Place::Joining { asked } | Place::Lost { asked, .. } => *asked = Some(now),
            Place::Following(_) => {}
        }
        Next::Ask(reason)
    }
}

#[cfg(test)]
#[path = "cursor_tests.rs"]
mod tests;
