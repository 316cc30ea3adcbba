use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
};

/// Tells whether one of several futures of a task has woken it, so that the rare ones are not polled with every
/// message.
pub(super) struct Bell {
    shared: Arc<Shared>,
    waker: Waker,
}

struct Shared {
    rung: AtomicBool,
    task: Waker,
}

impl Bell {
    /// A bell that has just rung: whatever it stands for wants to be polled once.
    pub(super) fn new(task: &Waker) -> Self {
        let shared = Arc::new(Shared { rung: AtomicBool::new(true), task: task.clone() });
        Self { waker: Waker::from(Arc::clone(&shared)), shared }
    }

    /// Whether the bell still wakes this task.
    pub(super) fn belongs_to(&self, task: &Waker) -> bool {
        self.shared.task.will_wake(task)
    }

    /// Whether it has rung since the last call.
    pub(super) fn take(&self) -> bool {
        self.shared.rung.load(Ordering::Relaxed) && self.shared.rung.swap(false, Ordering::AcqRel)
    }

    /// Has the task polled once more, and whatever it stands for with it.
    pub(super) fn ring(&self) {
        self.waker.wake_by_ref();
    }

    /// To poll with what the bell stands for.
    pub(super) fn context(&self) -> Context<'_> {
        Context::from_waker(&self.waker)
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn whoever_rings_wakes_the_task_instead_of_going_on_in_its_turn() {
        let task = Arc::new(Task::default());
        let bell = Bell::new(&Waker::from(Arc::clone(&task)));
        assert!(bell.take() && !bell.take());
        bell.ring();
        assert_eq!(task.0.load(Ordering::Relaxed), 1);
        assert!(bell.take());
    }
}
