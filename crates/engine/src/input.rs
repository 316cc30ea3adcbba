use crate::{Error, core::lock, events::EventQueue, events::Queued};
use framewire_frame::Timestamp;
use framewire_protocol::{self as protocol, Event};
use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::{BufWriter, Write},
    path::Path,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
};
use tokio::sync::Notify;

/// Input of one viewer for the application.
#[derive(Clone, Debug, PartialEq)]
pub struct InputEvent {
    /// Whose it is.
    pub viewer: ViewerId,
    /// Who the viewer is, as the server's authenticator said.
    pub principal: Option<Arc<str>>,
    /// When it came, on the stream's clock.
    pub received: Timestamp,
    /// The event: its typed view and the JSON as the client wrote it.
    pub event: protocol::InputEvent,
}

/// A viewer's number; every connection has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewerId(pub u64);

impl Queued for InputEvent {
    fn is_superseded_by(&self, next: &Self) -> bool {
        self.viewer == next.viewer && self.event.is_superseded_by(&next.event)
    }

    fn is_release(&self) -> bool {
        self.event.is_release()
    }

    fn is_repeated_by(&self, later: &Self) -> bool {
        self.viewer == later.viewer
            && match (self.event.event(), later.event.event()) {
                (
                    Event::PointerUp(a) | Event::PointerCancel(a),
                    Event::PointerUp(b) | Event::PointerCancel(b),
                ) => (a.button, a.pointer_id) == (b.button, b.pointer_id),
                (Event::KeyUp(a), Event::KeyUp(b)) => (&a.code, &a.key) == (&b.code, &b.key),
                (Event::Blur, Event::Blur) | (Event::Resize(_), Event::Resize(_)) => true,
                _ => false,
            }
    }

    fn cost(&self) -> usize {
        // The typed view holds some of the text again.
        size_of::<Self>() + 2 * self.event.len()
    }
}

/// Where input events wait for the application, and are recorded if that is wanted.
pub(crate) struct Inbox {
    state: Mutex<State>,
    arrived: Notify,
}

struct State {
    queue: EventQueue<InputEvent>,
    /// The JSON of the last events; `None` where they are not recorded.
    recorded: Option<VecDeque<Arc<str>>>,
    recorded_bytes: usize,
    writer: Option<Writer>,
    closed: bool,
}

const MAX_RECORDED_BYTES: usize = 8 << 20;

impl Inbox {
    pub(crate) fn new(capacity: usize, record: bool, log: Option<&Path>) -> Result<Self, Error> {
        let state = State {
            queue: EventQueue::new(capacity),
            recorded: record.then(VecDeque::new),
            recorded_bytes: 0,
            writer: log.map(Writer::open).transpose()?,
            closed: false,
        };
        Ok(Self { state: Mutex::new(state), arrived: Notify::new() })
    }

    pub(crate) fn push(&self, event: InputEvent) {
        let mut state = lock(&self.state);
        if state.closed {
            return;
        }
        state.record(&event);
        state.queue.push(event);
        drop(state);
        self.arrived.notify_one();
    }

    pub(crate) fn drain(&self) -> Vec<InputEvent> {
        lock(&self.state).queue.drain()
    }

    /// The next event; `None` once the inbox is closed and empty.
    pub(crate) async fn next(&self) -> Option<InputEvent> {
        loop {
            let arrived = self.arrived.notified();
            {
                let mut state = lock(&self.state);
                if let Some(event) = state.queue.pop() {
                    return Some(event);
                }
                if state.closed {
                    // The next of several waiting tasks has to see it too.
                    self.arrived.notify_one();
                    return None;
                }
            }
            arrived.await;
        }
    }

    pub(crate) fn dropped(&self) -> u64 {
        lock(&self.state).queue.dropped()
    }

    pub(crate) fn recorded(&self) -> Vec<Arc<str>> {
        lock(&self.state).recorded.iter().flatten().cloned().collect()
    }

    pub(crate) fn reset_recorded(&self) {
        let mut state = lock(&self.state);
        if let Some(recorded) = &mut state.recorded {
            recorded.clear();
        }
        state.recorded_bytes = 0;
    }

    /// Ends the log file. Events that wait can still be fetched.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        state.writer = None;
        drop(state);
        self.arrived.notify_one();
    }
}

impl State {
    fn record(&mut self, event: &InputEvent) {
        if let Some(writer) = &mut self.writer {
            writer.write(event);
        }
        let Some(recorded) = &mut self.recorded else { return };
        let json: Arc<str> = event.event.as_json().into();
        self.recorded_bytes += json.len();
        recorded.push_back(json);
        while recorded.len() > crate::StreamConfig::RECORDED_EVENTS
            || self.recorded_bytes > MAX_RECORDED_BYTES
        {
            let Some(oldest) = recorded.pop_front() else { break };
            self.recorded_bytes -= oldest.len();
        }
    }
}

/// Appends lines to a file on a thread of its own, which ends when this is dropped.
struct Writer {
    lines: SyncSender<String>,
    /// Whether it was said that the disk is too slow.
    warned: bool,
}

/// Lines that wait for a slow disk.
const MAX_LINES: usize = 1024;

impl Writer {
    fn open(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(|source| Error::EventLog { path: path.to_owned(), source })?;
        let (lines, to_write) = sync_channel(MAX_LINES);
        let path = path.to_owned();
        thread::Builder::new()
            .name("framewire-events".to_owned())
            .spawn(move || write_lines(file, &to_write, &path))
            .map_err(Error::Thread)?;
        Ok(Self { lines, warned: false })
    }

    fn write(&mut self, event: &InputEvent) {
        // Line breaks between the tokens of the client's JSON would break the line; within strings they are escaped.
        let json: String = event.event.as_json().chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        let (micros, viewer) = (event.received.as_micros(), event.viewer.0);
        let line = format!("{{\"received_us\":{micros},\"viewer\":{viewer},\"event\":{json}}}\n");
        // A thread that has ended has said why itself.
        if let Err(TrySendError::Full(_)) = self.lines.try_send(line)
            && !self.warned
        {
            tracing::warn!("the event log can't keep up; events are missing in it");
            self.warned = true;
        }
    }
}

fn write_lines(file: File, lines: &Receiver<String>, path: &Path) {
    let mut file = BufWriter::new(file);
    while let Ok(line) = lines.recv() {
        let written = file.write_all(line.as_bytes());
        let rest = lines.try_iter().try_for_each(|line| file.write_all(line.as_bytes()));
        if let Err(error) = written.and(rest).and_then(|()| file.flush()) {
            tracing::warn!("the event log {} can't be written and ends: {error}", path.display());
            return;
        }
    }
}
