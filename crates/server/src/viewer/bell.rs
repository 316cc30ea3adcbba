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

    pub(super) fn ring(&self) {
        self.shared.rung.store(true, Ordering::Release);
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
