//! Waiting for work of a device, but not for ever.

use std::{
    fmt,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Whether a piece of work is done, as whoever does it says.
#[derive(Default)]
pub(super) struct Completion {
    state: Mutex<State>,
    told: Condvar,
}

#[derive(Default)]
struct State {
    is_done: bool,
    /// What the work uses, and nobody waits for any more.
    left: Option<Box<dyn Send>>,
}

impl Completion {
    /// The work is done, well or not. What was left with it is dropped.
    pub(super) fn finish(&self) {
        let mut state = self.state();
        state.is_done = true;
        let left = state.left.take();
        drop(state);
        self.told.notify_all();
        drop(left);
    }

    pub(super) fn is_done(&self) -> bool {
        self.state().is_done
    }

    /// Waits for as long as `patience`; whether the work is done then.
    pub(super) fn wait(&self, patience: Duration) -> bool {
        self.waited(patience).is_done
    }

    /// Waits for as long as `patience` and gives `used` back, which the work uses. `None` where the work is not done then:
    /// what it uses is left with it, and is dropped when it is done.
    pub(super) fn wait_with<T: Send + 'static>(&self, used: T, patience: Duration) -> Option<T> {
        let mut state = self.waited(patience);
        if state.is_done {
            return Some(used);
        }
        state.left = Some(Box::new(used));
        None
    }

    fn waited(&self, patience: Duration) -> MutexGuard<'_, State> {
        let waited = self.told.wait_timeout_while(self.state(), patience, |state| !state.is_done);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Completion({})", if self.is_done() { "done" } else { "not yet" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::Arc, thread};

    #[test]
    fn what_done_work_has_used_comes_back() {
        let completion = Arc::new(Completion::default());
        let worker = thread::spawn({
            let completion = Arc::clone(&completion);
            move || completion.finish()
        });
        assert_eq!(completion.wait_with("memory", Duration::MAX), Some("memory"));
        assert!(completion.is_done());
        assert!(completion.wait(Duration::ZERO));
        worker.join().expect("it does not panic");
    }

    #[test]
    fn what_overdue_work_uses_is_there_until_it_is_done() {
        let (completion, memory) = (Completion::default(), Arc::new(()));
        assert!(completion.wait_with(Arc::clone(&memory), Duration::ZERO).is_none());
        assert!(!completion.is_done());
        assert!(!completion.wait(Duration::ZERO));
        assert_eq!(Arc::strong_count(&memory), 2);
        completion.finish();
        assert!(completion.is_done());
        assert_eq!(Arc::strong_count(&memory), 1);
    }
}
