use crate::{Hub, RouterOptions, limits::Gate, limits::Limits, origin::OriginRule};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{Notify, Semaphore, watch};

/// What every request and every viewer of one server shares.
pub(crate) struct App {
    pub(crate) hub: Hub,
    pub(crate) auth: Option<Arc<dyn crate::Authenticator>>,
    pub(crate) origins: OriginRule,
    pub(crate) trust_proxy: bool,
    pub(crate) local_hosts_only: bool,
    pub(crate) limits: Limits,
    pub(crate) gate: Arc<Gate>,
    pub(crate) tasks: Tasks,
    /// Still pictures that are made at a time.
    pub(crate) stills: Arc<Semaphore>,
    /// Files of the past that are sent at a time.
    pub(crate) saves: Arc<Semaphore>,
    phase: watch::Sender<Phase>,
}

/// How far a server is on its way to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    /// Nobody new is let in; everybody is asked to leave.
    Draining,
    /// Everything ends at once.
    Abort,
}

/// Counts running tasks.
#[derive(Clone, Default)]
pub(crate) struct Tasks {
    shared: Arc<(AtomicUsize, Notify)>,
}

/// A running task; dropping it says that it has ended.
pub(crate) struct Running {
    tasks: Tasks,
}

impl App {
    pub(crate) fn new(hub: Hub, options: RouterOptions) -> Self {
        Self {
            hub,
            auth: options.auth,
            origins: options.origins,
            trust_proxy: options.trust_proxy,
            local_hosts_only: options.local_hosts_only,
            gate: Gate::new(options.limits.viewers, options.limits.viewers_per_address),
            saves: Arc::new(Semaphore::new(options.limits.saves)),
            limits: options.limits,
            tasks: Tasks::default(),
            stills: Arc::new(Semaphore::new(2)),
            phase: watch::Sender::new(Phase::Running),
        }
    }

    pub(crate) fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    pub(crate) fn is_running(&self) -> bool {
        *self.phase.borrow() == Phase::Running
    }

    /// Goes on to a later phase; there is no way back.
    pub(crate) fn advance(&self, to: Phase) {
        self.phase.send_if_modified(|phase| {
            let later = matches!(
                (*phase, to),
                (Phase::Running, Phase::Draining | Phase::Abort) | (Phase::Draining, Phase::Abort)
            );
            if later {
                *phase = to;
            }
            later
        });
    }
}

impl Tasks {
    pub(crate) fn start(&self) -> Running {
        self.shared.0.fetch_add(1, Ordering::AcqRel);
        Running { tasks: self.clone() }
    }

    /// Completes when none is running.
    pub(crate) async fn ended(&self) {
        loop {
            let ended = self.shared.1.notified();
            if self.shared.0.load(Ordering::Acquire) == 0 {
                return;
            }
            ended.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.tasks.shared.0.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.tasks.shared.1.notify_waiters();
        }
    }
}
