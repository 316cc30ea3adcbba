//! Publishes the frames of a source when they are due.

use framewire::{
    engine::{self, Stream},
    media::source::{Due, InputError, Source},
};
use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// A source that is this late is not caught up with: its clock starts anew, so that a stall is no burst afterwards.
const MAX_LATENESS: Duration = Duration::from_millis(500);

/// Asks a player to end; clones share the wish.
#[derive(Clone, Default)]
pub struct Stop {
    shared: Arc<(AtomicBool, Mutex<()>, Condvar)>,
}

/// Why playing ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// The source has no more frames.
    OfSource,
    /// It was asked to.
    Stopped,
}

/// What can go wrong while playing.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The source broke off.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The stream takes no frames.
    #[error(transparent)]
    Stream(#[from] engine::Error),
}

impl Stop {
    /// Ends the player soon.
    pub fn stop(&self) {
        let (stopped, lock, wake) = &*self.shared;
        stopped.store(true, Ordering::Relaxed);
        drop(lock.lock().unwrap_or_else(PoisonError::into_inner));
        wake.notify_all();
    }

    /// Whether nobody has asked to end.
    pub fn goes_on(&self) -> bool {
        !self.shared.0.load(Ordering::Relaxed)
    }

    /// Waits until `deadline`, or less when asked to stop; whether to go on.
    pub fn sleep_until(&self, deadline: Instant) -> bool {
        let (stopped, lock, wake) = &*self.shared;
        let mut guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if stopped.load(Ordering::Relaxed) {
                return false;
            }
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return true;
            }
            guard = wake.wait_timeout(guard, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Plays to the end, or for ever with `repeat`.
pub fn play(source: &mut dyn Source, stream: &Stream, repeat: bool, stop: &Stop) -> Result<End, PlayError> {
    let mut clock = Clock::new(Instant::now());
    let mut played = 0_u64;
    loop {
        if let Some(target) = stream.target_size() {
            source.resize(target.size);
        }
        let Some(timed) = source.next()? else {
            if !repeat || played == 0 || !source.rewind()? {
                if source.lost() > 0 {
                    tracing::warn!("frames that could not be decoded: {}", source.lost());
                }
                return Ok(End::OfSource);
            }
            clock.continue_after_last();
            played = 0;
            continue;
        };
        let due = match timed.due {
            Due::At(moment) => clock.due(moment.as_duration(), Instant::now()),
            Due::Now => Instant::now(),
        };
        if !stop.sleep_until(due) {
            return Ok(End::Stopped);
        }
        stream.publish(timed.frame)?;
        played += 1;
    }
}

/// Maps moments of a source to moments of the world.
struct Clock {
    /// The moment of the world that is zero for the source.
    zero: Instant,
    last: Duration,
    interval: Duration,
}

impl Clock {
    fn new(now: Instant) -> Self {
        Self { zero: now, last: Duration::ZERO, interval: Duration::ZERO }
    }

    fn due(&mut self, moment: Duration, now: Instant) -> Instant {
        if moment > self.last {
            self.interval = moment - self.last;
        }
        self.last = moment;
        let due = self.zero + moment;
        let lateness = now.saturating_duration_since(due);
        if lateness > MAX_LATENESS {
            self.zero += lateness;
        }
        self.zero + moment
    }

    /// The source starts over: its zero comes one interval after its last frame.
    fn continue_after_last(&mut self) {
        self.zero += self.last + self.interval;
        self.last = Duration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(40);

    #[test]
    fn a_loop_goes_on_without_a_gap() {
        let start = Instant::now();
        let mut clock = Clock::new(start);
        for index in 0..3 {
            assert_eq!(clock.due(FRAME * index, start), start + FRAME * index);
        }
        clock.continue_after_last();
        assert_eq!(clock.due(Duration::ZERO, start), start + FRAME * 3);
        assert_eq!(clock.due(FRAME, start), start + FRAME * 4);
    }

    #[test]
    fn after_a_stall_frames_keep_their_distance() {
        let start = Instant::now();
        let mut clock = Clock::new(start);
        clock.due(Duration::ZERO, start);
        let late = start + Duration::from_secs(5);
        assert_eq!(clock.due(FRAME, late), late);
        assert_eq!(clock.due(FRAME * 2, late), late + FRAME);
    }

    #[test]
    fn a_little_lateness_is_made_up_for() {
        let start = Instant::now();
        let mut clock = Clock::new(start);
        assert_eq!(clock.due(FRAME, start + Duration::from_millis(100)), start + FRAME);
    }

    #[test]
    fn a_stop_ends_the_waiting() {
        let stop = Stop::default();
        assert!(stop.sleep_until(Instant::now()));
        stop.stop();
        assert!(!stop.sleep_until(Instant::now() + Duration::from_secs(3600)));
    }
}
