//! What the stages share: the wish to stop, the times, how much waits between them.

use super::{report::Times, route::Route};
use crate::Cancel;
use framewire_frame::Frame;
use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Bytes of frames that may wait between two stages, beyond the one that each holds.
const WAITING_BYTES: usize = 24 * 1024 * 1024;
/// Frames that may wait, however small they are.
const MAX_WAITING: usize = 8;
/// Converters side by side: more are faster than any encoder.
const MAX_CONVERTERS: usize = 4;
/// How long a stage waits for a frame before it looks whether it is to end.
pub(super) const PATIENCE: Duration = Duration::from_millis(50);

/// What all stages of one export see.
pub(super) struct Shared {
    cancel: Cancel,
    ended: AtomicBool,
    /// What the source has [lost](crate::source::Source::lost).
    pub(super) undecoded: AtomicU64,
    pub(super) times: Times,
    pub(super) route: Arc<Route>,
}

impl Shared {
    pub(super) fn new(cancel: Cancel, route: Route) -> Self {
        Self {
            cancel,
            ended: AtomicBool::new(false),
            undecoded: AtomicU64::new(0),
            times: Times::default(),
            route: Arc::new(route),
        }
    }

    /// Whether more frames are wanted.
    pub(super) fn goes_on(&self) -> bool {
        !self.cancel.is_wished() && !self.ended.load(Ordering::Relaxed)
    }

    /// Lets every stage end that still waits for frames.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// How many frames wait where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Depths {
    /// Converters side by side, each of which holds one frame.
    pub(super) converters: usize,
    /// Frames before each converter; none for large ones, which are then handed from thread to thread.
    pub(super) read: usize,
    /// Pictures behind each converter; none where frames are large.
    pub(super) converted: usize,
}

impl Depths {
    /// For frames like `frame`: a frame of 4K in RGBA has 33 MB, of which a handful may exist at a time.
    pub(super) fn of(frame: &Frame) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let bytes = frame.surface.format().packed_len(frame.size());
        let waiting = (WAITING_BYTES / bytes.max(1)).min(MAX_WAITING);
        // One core in two: the encoder needs the others.
        let converters = (cores / 2).clamp(1, MAX_CONVERTERS);
        Self { converters, read: waiting / converters, converted: waiting / converters }
    }
}

/// A thread of an export.
pub(super) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    // As `thread::spawn`: a machine without room for a thread cannot export.
    thread::Builder::new().name(name.to_owned()).spawn(work).expect("the machine has room for a thread")
}

/// Waits for a stage; its panic is the caller's.
pub(super) fn join(stage: JoinHandle<()>) {
    if let Err(panic) = stage.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Waits for the reader where its source has ended. One that may still wait for its input is left to it.
pub(super) fn join_reader(reading: JoinHandle<()>, ended: bool) {
    if ended || reading.is_finished() {
        join(reading);
    }
}
