//! How many encoders with worker threads there are.
//!
//! The library has one pool of threads for all encoders of a process. A worker that has coded the last slice of a picture wakes
//! up whoever waits for it and touches the encoder once more afterwards; the threads are joined by the last encoder alone. One
//! that is closed while another has threads would so be freed under a worker. Hence one at a time has threads, and the others
//! code their slices one after the other, to the same bytes.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

static ENCODERS: AtomicUsize = AtomicUsize::new(0);

/// How long a worker may take to leave an encoder that is closed beside another with threads.
const GRACE: Duration = Duration::from_millis(100);

/// The right to have threads; held until the encoder is closed.
#[derive(Debug)]
pub(super) struct Threaded(());

impl Threaded {
    /// For an encoder that is the only one with threads; `None` while there is another.
    pub(super) fn alone() -> Option<Self> {
        let taken = ENCODERS.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire);
        taken.is_ok().then_some(Self(()))
    }

    /// For a yardstick, which has threads beside the encoder that it is held against. Neither can be closed at once then.
    pub(super) fn beside_another() -> Self {
        ENCODERS.fetch_add(1, Ordering::AcqRel);
        Self(())
    }

    /// Waits until no worker is in this encoder, whose last picture is done. At once where closing it joins the threads.
    pub(super) fn settle(&self) {
        if ENCODERS.load(Ordering::Acquire) > 1 {
            thread::sleep(GRACE);
        }
    }
}

impl Drop for Threaded {
    fn drop(&mut self) {
        ENCODERS.fetch_sub(1, Ordering::AcqRel);
    }
}
