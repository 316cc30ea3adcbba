use crate::{Error, Notice, RenditionKind, StreamConfig, select, slot::Slot};
use framewire_codec::{Rate, Roster};
use framewire_frame::Timestamp;
use framewire_protocol::Capabilities;
use std::{
    collections::HashMap,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{broadcast, watch};

/// What a stream and the threads of its renditions share.
pub(crate) struct Core {
    pub(crate) name: String,
    pub(crate) roster: Arc<Roster>,
    pub(crate) slot: Slot,
    pub(crate) viewers: Gauge,
    /// Running pipelines.
    pub(crate) threads: Gauge,
    epoch: Instant,
    config: Mutex<StreamConfig>,
    /// Grows when encoders are to be opened anew.
    encoder_generation: AtomicU64,
    /// Kinds that nothing could encode, with what the encoders said.
    failed: Mutex<HashMap<RenditionKind, String>>,
    /// The encoder that the log names.
    logged_encoder: Mutex<String>,
    policy: watch::Sender<u64>,
    notices: broadcast::Sender<Notice>,
    closed: AtomicBool,
}

/// Notices that a slow reader may be behind before it loses the oldest.
const MAX_NOTICES: usize = 32;

impl Core {
    pub(crate) fn new(name: &str, config: StreamConfig, roster: Arc<Roster>) -> Self {
        Self {
            name: name.to_owned(),
            roster,
            slot: Slot::default(),
            viewers: Gauge::default(),
            threads: Gauge::default(),
            epoch: Instant::now(),
            config: Mutex::new(config),
            encoder_generation: AtomicU64::new(0),
            failed: Mutex::default(),
            logged_encoder: Mutex::default(),
            policy: watch::Sender::new(0),
            notices: broadcast::Sender::new(MAX_NOTICES),
            closed: AtomicBool::new(false),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.epoch.elapsed().into()
    }

    pub(crate) fn config(&self) -> MutexGuard<'_, StreamConfig> {
        lock(&self.config)
    }

    pub(crate) fn rate(&self) -> Rate {
        self.config().rate
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Returns whether it was open.
    pub(crate) fn close(&self) -> bool {
        !self.closed.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn check_open(&self) -> Result<(), Error> {
        if self.is_closed() { Err(Error::Closed { name: self.name.clone() }) } else { Ok(()) }
    }

    pub(crate) fn encoder_generation(&self) -> u64 {
        self.encoder_generation.load(Ordering::Acquire)
    }

    /// Lets every rendition open its encoder anew, failed ones included.
    pub(crate) fn renew_encoders(&self) {
        lock(&self.failed).clear();
        self.encoder_generation.fetch_add(1, Ordering::AcqRel);
        self.bump_policy();
    }

    /// Gives kinds that have failed another chance.
    pub(crate) fn forgive(&self) {
        let mut failed = lock(&self.failed);
        let any = !failed.is_empty();
        failed.clear();
        drop(failed);
        if any {
            self.bump_policy();
        }
    }

    pub(crate) fn fail(&self, kind: RenditionKind, why: &str) {
        lock(&self.failed).insert(kind, why.to_owned());
        self.bump_policy();
    }

    /// Says in the log who encodes, once, and again when it is another.
    pub(crate) fn log_encoder(&self, name: &str) {
        let mut logged = lock(&self.logged_encoder);
        if *logged != name {
            tracing::info!("\"{}\" is encoded by {name}", self.name);
            name.clone_into(&mut logged);
        }
    }

    pub(crate) fn failure(&self, kind: RenditionKind) -> Option<String> {
        lock(&self.failed).get(&kind).cloned()
    }

    pub(crate) fn select(&self, viewer: Capabilities) -> Option<RenditionKind> {
        let choice = self.config().encoder.clone();
        let failed = lock(&self.failed);
        select::select(&self.roster, &choice, viewer, |kind| !failed.contains_key(&kind))
    }

    /// Tells the server to look again at what its viewers should get.
    pub(crate) fn bump_policy(&self) {
        self.policy.send_modify(|version| *version += 1);
    }

    pub(crate) fn policy_changes(&self) -> watch::Receiver<u64> {
        self.policy.subscribe()
    }

    pub(crate) fn notify(&self, notice: Notice) {
        // Without receivers there is nobody to tell.
        let _ = self.notices.send(notice);
    }

    pub(crate) fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }
}

/// A number that can be waited for.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    value: Mutex<usize>,
    changed: Condvar,
}

impl Gauge {
    pub(crate) fn get(&self) -> usize {
        *lock(&self.value)
    }

    pub(crate) fn add(&self) {
        *lock(&self.value) += 1;
        self.changed.notify_all();
    }

    pub(crate) fn subtract(&self) {
        let mut value = lock(&self.value);
        *value = value.saturating_sub(1);
        drop(value);
        self.changed.notify_all();
    }

    pub(crate) fn poke(&self) {
        drop(lock(&self.value));
        self.changed.notify_all();
    }

    /// Waits until `condition` holds; returns whether it did in time.
    pub(crate) fn wait_until(&self, timeout: Duration, condition: impl Fn(usize) -> bool) -> bool {
        let value = lock(&self.value);
        let (value, _) = self
            .changed
            .wait_timeout_while(value, timeout, |value| !condition(*value))
            .unwrap_or_else(PoisonError::into_inner);
        condition(*value)
    }
}

/// A lock that a panicking holder has not spoiled: every critical section here leaves a valid state.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
