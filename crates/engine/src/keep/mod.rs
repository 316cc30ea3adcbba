//! The recent past of a stream, from which any stretch can be written.

mod recent;
mod segment;
mod store;

use crate::{
    Error, Notice, Unit,
    core::{Core, lock},
    feed::{Feed, Next},
    tap::Tap,
};
use framewire_codec::Codec;
use framewire_frame::Timestamp;
pub use recent::{Recent, Stretch};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};
pub(crate) use store::{Kept, Place, Store};

/// How much of its past a stream keeps, and where.
///
/// What is kept is the full video rendition, in whole groups from one key unit to the next, so that a stretch can begin
/// at any of them. It is freed with the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keep {
    /// How far back, at most [`Keep::MAX_DURATION`] and [`Keep::MAX_UNITS`].
    pub duration: Duration,
    /// The most bytes of units, whatever the duration: the oldest groups go first.
    pub bytes: u64,
    /// A folder for the units; `None` keeps them in memory. The files in it have no names where the system allows that,
    /// and none outlives the process there.
    pub folder: Option<PathBuf>,
}

impl Keep {
    /// The longest past.
    pub const MAX_DURATION: Duration = Duration::from_secs(24 * 60 * 60);
    /// The most units, whatever the duration: 4.8 hours at 60 frames per second.
    pub const MAX_UNITS: usize = 1 << 20;

    /// At most 512 MiB in memory.
    pub fn in_memory(duration: Duration) -> Self {
        Self { duration, bytes: 512 << 20, folder: None }
    }

    /// At most 16 GiB in files of a folder, which is made if it is missing.
    pub fn on_disk(duration: Duration, folder: impl Into<PathBuf>) -> Self {
        Self { duration, bytes: 16 << 30, folder: Some(folder.into()) }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.duration.is_zero() || self.duration > Self::MAX_DURATION {
            let value = format!("{:?}", self.duration);
            return Err(Error::InvalidConfig {
                what: "the past to keep",
                value,
                rule: "it lasts up to 24 hours",
            });
        }
        if self.bytes < 1 << 20 {
            let value = format!("{} bytes", self.bytes);
            return Err(Error::InvalidConfig {
                what: "the room for the past",
                value,
                rule: "it has a mebibyte at least",
            });
        }
        Ok(())
    }
}

/// What a stream has kept so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeepMetrics {
    /// Units that are kept.
    pub units: usize,
    /// Their bytes.
    pub bytes: u64,
    /// From the oldest unit to the newest.
    pub duration: Duration,
}

/// A thread that keeps the past of a stream. Dropping it frees everything.
pub(crate) struct Keeper {
    store: Arc<Mutex<Store>>,
    codec: Codec,
    feed: Arc<Feed>,
    thread: Option<JoinHandle<()>>,
}

/// How often a thread that gets no units looks around.
const PATIENCE: Duration = Duration::from_secs(60);

impl Keeper {
    /// Keeps what comes through `tap`.
    ///
    /// # Errors
    /// [`Error::Keep`] when the folder can't be used, [`Error::Thread`].
    pub(crate) fn start(keep: &Keep, tap: Tap, core: Arc<Core>) -> Result<Self, Error> {
        let mut place = Place::open(keep)?;
        let store = Arc::new(Mutex::new(Store::new(keep)));
        let (codec, feed) = (tap.codec(), Arc::clone(tap.feed()));
        let shared = Arc::clone(&store);
        let run = move || {
            keep_all(&shared, &mut place, tap.feed(), &core);
            drop(place);
            let gone = lock(&shared).clear();
            drop(gone);
            drop(tap);
        };
        let thread =
            thread::Builder::new().name("framewire keep".to_owned()).spawn(run).map_err(Error::Thread)?;
        Ok(Self { store, codec, feed, thread: Some(thread) })
    }

    /// What is kept of a stretch that ends before `now`.
    pub(crate) fn recent(&self, stretch: Stretch, now: Timestamp) -> Recent {
        let ago = |ago: Duration| now.since(Timestamp::ZERO).saturating_sub(ago).into();
        Recent::new(lock(&self.store).between(ago(stretch.from()), ago(stretch.to())), self.codec)
    }

    pub(crate) fn metrics(&self) -> KeepMetrics {
        lock(&self.store).metrics()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.feed.end();
        // The thread ends with its feed; that it panicked was said by itself.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn keep_all(store: &Mutex<Store>, place: &mut Place, feed: &Feed, core: &Core) {
    loop {
        match feed.next(PATIENCE) {
            Next::Unit { unit, lost } => {
                if lost > 0 {
                    tracing::warn!("the past of \"{}\" lacks {lost} units: its disk is too slow", core.name);
                }
                let failed = keep_one(store, place, &unit).err();
                if let Some(error) = failed {
                    let why = error.to_string();
                    tracing::error!("the past of \"{}\" is kept no more: {why}", core.name);
                    return core.notify(Notice::KeepFailed { why });
                }
            }
            Next::Failed(why) => {
                tracing::error!("the past of \"{}\" grows no more: {why}", core.name);
                core.notify(Notice::KeepStalled { why });
            }
            Next::Repeated(_) | Next::Nothing => {}
            Next::End { .. } => return,
        }
    }
}

fn keep_one(store: &Mutex<Store>, place: &mut Place, unit: &Arc<Unit>) -> std::io::Result<()> {
    if !lock(store).wants(unit) {
        return Ok(());
    }
    // Whoever looks at the store does not wait for the disk.
    let payload = place.keep(unit)?;
    let gone = lock(store).push(unit, payload);
    // These may be the last references to megabytes: not under the lock.
    drop(gone);
    Ok(())
}
