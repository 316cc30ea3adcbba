//! Recordings: the units that viewers get, in a file.

mod file;
mod options;
mod stream;
mod timeline;
mod writer;

use crate::{
    Error, Notice,
    core::{Core, lock},
    feed::{Feed, Next},
    tap::Tap,
};
use framewire_frame::FrameId;
use std::{
    fmt,
    io::{self, Seek, Write},
    sync::{Arc, Condvar, Mutex, PoisonError, Weak},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

pub use file::RecordFile;
pub use options::RecordOptions;
pub(crate) use timeline::{Stamp, Timeline};
pub use writer::{RecordError, RecordedUnit, UnitWriter};

/// A recording of a stream, which goes on until it is stopped or dropped, or the stream is closed.
///
/// It has a thread of its own, and the stream never waits for it: what a slow disk leaves waiting is bounded, and what
/// finds no room is lost with a [`Notice`], up to the next key unit. A recording that fails says so with a notice, too,
/// and in its [status](Recording::status); so does one that gets nothing as its rendition can't be encoded.
///
/// Dropping it ends it as [`Recording::stop`] does, and waits until the file is whole.
pub struct Recording {
    shared: Arc<Shared>,
    feed: Arc<Feed>,
    thread: Option<JoinHandle<()>>,
}

/// How a recording is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordingStatus {
    /// The file.
    pub file: String,
    /// Whether it goes on.
    pub running: bool,
    /// Units written.
    pub units: u64,
    /// Units that found no room because the disk was too slow.
    pub lost: u64,
    /// Bytes handed to the system.
    pub bytes: u64,
    /// From the first unit to the newest.
    pub duration: Duration,
    /// The newest frame that is in the file: as a unit of its own, or as one that shows what the unit before it shows.
    pub newest: Option<FrameId>,
    /// Why it has ended before its time, or, while it goes on, why no unit comes. The next unit clears it.
    pub error: Option<String>,
}

/// What a recording and its thread share.
struct Shared {
    status: Mutex<RecordingStatus>,
    changed: Condvar,
}

/// The recordings of a stream that go on, and those whose end somebody still looks at.
#[derive(Default)]
pub(crate) struct Recordings(Mutex<Vec<Weak<Shared>>>);

/// How long units wait for others before they are handed to the system.
const FLUSH: Duration = Duration::from_millis(500);
/// How often a thread that gets no units looks around.
const PATIENCE: Duration = Duration::from_secs(60);

impl Recording {
    /// Writes what comes through `tap`. At the end `finish` gets the file and the number of its units.
    pub(crate) fn start<W>(
        file: String,
        sink: W,
        tap: Tap,
        core: Arc<Core>,
        finish: impl FnOnce(W, u64) -> io::Result<()> + Send + 'static,
    ) -> Result<Self, Error>
    where
        W: Write + Seek + Send + 'static,
    {
        let status = RecordingStatus { file, running: true, ..RecordingStatus::default() };
        let shared = Arc::new(Shared { status: Mutex::new(status), changed: Condvar::new() });
        let feed = Arc::clone(tap.feed());
        let recorder = Recorder { shared: Arc::clone(&shared), core, tap };
        let run = move || recorder.run(sink, finish);
        let thread =
            thread::Builder::new().name("framewire record".to_owned()).spawn(run).map_err(Error::Thread)?;
        Ok(Self { shared, feed, thread: Some(thread) })
    }

    /// How it is now.
    pub fn status(&self) -> RecordingStatus {
        self.shared.status()
    }

    /// Waits on this thread until a frame or a later one is in the file; returns whether that was so in time. One that shows
    /// what was shown before it is there with the unit before it.
    pub fn wait_for(&self, frame: FrameId, timeout: Duration) -> bool {
        let missing = |status: &mut RecordingStatus| {
            status.running && status.newest.is_none_or(|newest| newest < frame)
        };
        let status = lock(&self.shared.status);
        let waited = self.shared.changed.wait_timeout_while(status, timeout, missing);
        let (status, _) = waited.unwrap_or_else(PoisonError::into_inner);
        status.newest.is_some_and(|newest| newest >= frame)
    }

    /// Ends it and waits until the file is whole: a plain MP4 with an index. Without a unit there is no file, and one that
    /// was to be replaced is as it was.
    pub fn stop(mut self) -> RecordingStatus {
        self.end();
        self.shared.status()
    }

    fn end(&mut self) {
        self.feed.end();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            self.shared.fail("its thread has panicked");
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recording").field(&self.status()).finish()
    }
}

impl Recordings {
    pub(crate) fn add(&self, recording: &Recording) {
        let mut recordings = lock(&self.0);
        recordings.retain(|recording| recording.strong_count() > 0);
        recordings.push(Arc::downgrade(&recording.shared));
    }

    pub(crate) fn status(&self) -> Vec<RecordingStatus> {
        let recordings = lock(&self.0);
        recordings.iter().filter_map(Weak::upgrade).map(|recording| recording.status()).collect()
    }
}

impl Shared {
    fn status(&self) -> RecordingStatus {
        lock(&self.status).clone()
    }

    fn fail(&self, why: &str) {
        let mut status = lock(&self.status);
        status.running = false;
        status.error = Some(why.to_owned());
        drop(status);
        self.changed.notify_all();
    }
}

/// What the thread of a recording owns.
struct Recorder {
    shared: Arc<Shared>,
    core: Arc<Core>,
    tap: Tap,
}

impl Recorder {
    fn run<W: Write + Seek>(self, sink: W, finish: impl FnOnce(W, u64) -> io::Result<()>) {
        let Err(error) = self.write(sink, finish) else {
            lock(&self.shared.status).running = false;
            self.shared.changed.notify_all();
            return;
        };
        let (file, why) = (self.shared.status().file, error.to_string());
        tracing::error!("the recording {file} of \"{}\" has ended: {why}", self.core.name);
        self.shared.fail(&why);
        self.core.notify(Notice::RecordingFailed { file, why });
    }

    fn write<W: Write + Seek>(
        &self,
        sink: W,
        finish: impl FnOnce(W, u64) -> io::Result<()>,
    ) -> Result<(), RecordError> {
        let mut writer = UnitWriter::seekable(sink, self.tap.codec());
        let written = self.take_all(&mut writer);
        self.note(&writer);
        let units = writer.units();
        // Also after a failure: what is whole gets its index, if that can be written.
        let finished = writer.finish_seekable().and_then(|sink| Ok(finish(sink, units)?));
        written.and(finished)
    }

    fn take_all<W: Write>(&self, writer: &mut UnitWriter<W>) -> Result<(), RecordError> {
        // Since when units wait that a crash would cost.
        let mut waiting: Option<Instant> = None;
        loop {
            let timeout = waiting.map_or(PATIENCE, |since| FLUSH.saturating_sub(since.elapsed()));
            match self.tap.feed().next(timeout) {
                Next::Unit { unit, lost } => {
                    self.report(lost);
                    writer.push(RecordedUnit::of(&unit))?;
                    let mut status = lock(&self.shared.status);
                    status.newest = status.newest.max(Some(unit.frame));
                    status.error = None;
                    drop(status);
                    waiting = waiting.or_else(|| Some(Instant::now()));
                }
                Next::Repeated(frame) => {
                    let mut status = lock(&self.shared.status);
                    status.newest = status.newest.max(Some(frame));
                }
                Next::Failed(why) => self.stall(why),
                Next::Nothing => {}
                Next::End { lost } => {
                    self.report(lost);
                    return writer.rest_until(self.core.now());
                }
            }
            if waiting.is_some_and(|since| since.elapsed() >= FLUSH) {
                writer.flush()?;
                waiting = None;
            }
            self.note(writer);
        }
    }

    fn note<W: Write>(&self, writer: &UnitWriter<W>) {
        let mut status = lock(&self.shared.status);
        (status.units, status.bytes, status.duration) = (writer.units(), writer.bytes(), writer.duration());
        drop(status);
        self.shared.changed.notify_all();
    }

    /// Says that nothing comes for now.
    fn stall(&self, why: String) {
        let mut status = lock(&self.shared.status);
        status.error = Some(why.clone());
        let file = status.file.clone();
        drop(status);
        tracing::error!("the recording {file} of \"{}\" gets nothing: {why}", self.core.name);
        self.core.notify(Notice::RecordingStalled { file, why });
    }

    fn report(&self, lost: u64) {
        if lost == 0 {
            return;
        }
        let mut status = lock(&self.shared.status);
        status.lost += lost;
        let file = status.file.clone();
        drop(status);
        tracing::warn!(
            "the recording {file} of \"{}\" lacks {lost} units: its disk is too slow",
            self.core.name
        );
        self.core.notify(Notice::RecordingLagged { file, lost });
    }
}
