//! What all sessions have: properties, a limit of how many are open, and a thread for callbacks.

use super::{
    INVALID_SESSION, PROPERTY_NOT_SUPPORTED, compression::Compression, decompression::Decompression,
    settings::Properties, transfer::Transfer,
};
use crate::{
    core_foundation::{Dictionary, Number, boolean_object, create_string, text},
    faults, ledger,
    object::{self, Cf, Ref, create, object},
    types::{OK, OSStatus},
};
use std::{
    ffi::c_void,
    panic::{self, AssertUnwindSafe},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
};

static OPEN: AtomicUsize = AtomicUsize::new(0);

/// A place among the sessions that may be open at once.
pub(super) struct Slot(());

impl Slot {
    /// `None` where all are taken.
    pub(super) fn take() -> Option<Self> {
        let limit = faults::current().max_sessions.unwrap_or(usize::MAX);
        let taken =
            OPEN.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |open| (open < limit).then_some(open + 1));
        taken.is_ok().then(|| Self(()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A session's thread, its place and its count of frames.
pub(super) struct Thread<J> {
    running: Mutex<Option<Running<J>>>,
    frames: AtomicUsize,
    broken: AtomicBool,
}

struct Running<J> {
    jobs: Sender<J>,
    thread: JoinHandle<()>,
    _slot: Slot,
}

impl<J: Send + 'static> Thread<J> {
    pub(super) fn start(
        name: &str,
        slot: Slot,
        work: impl FnOnce(Receiver<J>) + Send + 'static,
    ) -> Option<Self> {
        let (jobs, receiver) = channel();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work(receiver)).ok()?;
        let running = Mutex::new(Some(Running { jobs, thread, _slot: slot }));
        Some(Self { running, frames: AtomicUsize::new(0), broken: AtomicBool::new(false) })
    }

    /// Counts a frame; an error where the session takes none.
    pub(super) fn count_frame(&self) -> OSStatus {
        let frames = self.frames.fetch_add(1, Ordering::SeqCst);
        if faults::current().invalid_after.is_some_and(|limit| frames >= limit) {
            self.broken.store(true, Ordering::SeqCst);
        }
        if self.broken.load(Ordering::SeqCst) { INVALID_SESSION } else { OK }
    }

    /// Hands a job over; an error where the session is not valid any more.
    pub(super) fn send(&self, job: J) -> OSStatus {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match &*running {
            Some(running) if running.jobs.send(job).is_ok() => OK,
            _ => INVALID_SESSION,
        }
    }

    /// Sends the job that the closure makes, and waits for the answer.
    pub(super) fn ask(&self, job: impl FnOnce(Sender<()>) -> J) -> OSStatus {
        if self.is_current() {
            object::die("a callback waits for its own session");
        }
        let (sender, receiver) = channel();
        let status = self.send(job(sender));
        if status == OK {
            // The thread may end without an answer.
            let _ = receiver.recv();
        }
        status
    }

    pub(super) fn is_valid(&self) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.is_some() && !self.broken.load(Ordering::SeqCst)
    }

    /// Whether this is called by the thread itself.
    pub(super) fn is_current(&self) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().is_some_and(|running| running.thread.thread().id() == thread::current().id())
    }

    /// Ends the thread with its session, which should have been invalidated.
    pub(super) fn release(&self) {
        if self.running.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            ledger::released_without_invalidation();
        }
        self.stop();
    }

    /// Ends the thread, and waits for it where this is not the thread itself.
    pub(super) fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { jobs, thread, _slot }) = running {
            drop(jobs);
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

/// Calls back. An unwinding that leaves the caller's function ends the process: the frameworks cannot bear one.
pub(super) fn call_back(callback: impl FnOnce()) {
    if panic::catch_unwind(AssertUnwindSafe(callback)).is_err() {
        object::die("a callback unwound into the frameworks");
    }
}

/// # Safety
/// `session` is an object of the frameworks.
unsafe fn properties<'a>(session: Cf) -> &'a Properties {
    // SAFETY: the caller vouches for the reference.
    let object = unsafe { object(session) };
    object
        .payload::<Compression>()
        .map(|session| &session.properties)
        .or_else(|| object.payload::<Decompression>().map(|session| &session.properties))
        .or_else(|| object.payload::<Transfer>().map(|session| &session.properties))
        .unwrap_or_else(|| object::die(&format!("a {} was passed for a VTSession", object.kind().name())))
}

/// # Safety
/// As for [`properties`].
unsafe fn is_valid(session: Cf) -> bool {
    // SAFETY: the caller vouches for the reference.
    let object = unsafe { object(session) };
    let compression = object.payload::<Compression>().map(|session| session.thread.is_valid());
    let decompression = || object.payload::<Decompression>().map(|session| session.thread.is_valid());
    compression.or_else(decompression).unwrap_or(true)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTSessionSetProperty(session: Cf, key: Cf, value: Cf) -> OSStatus {
    // SAFETY: the caller passes a session, a string, and an object or null.
    unsafe {
        if !is_valid(session) {
            return INVALID_SESSION;
        }
        let name = text(object(key)).unwrap_or_default();
        properties(session).set(name, Ref::retain(value))
    }
}

/// Sets all of them; the status is that of the first one that fails.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTSessionSetProperties(session: Cf, all: Cf) -> OSStatus {
    // SAFETY: the caller passes a dictionary.
    let entries = unsafe { object::get::<Dictionary>(all) }.entries();
    let mut first = OK;
    for (key, value) in &entries {
        // SAFETY: the caller passes a session; the entries are objects.
        let status = unsafe { VTSessionSetProperty(session, key.as_ptr(), value.as_ptr()) };
        if first == OK {
            first = status;
        }
    }
    first
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTSessionCopyProperty(session: Cf, key: Cf, _: Cf, out: *mut c_void) -> OSStatus {
    // SAFETY: the caller passes a session and a string.
    let (properties, name) = unsafe {
        if !is_valid(session) {
            return INVALID_SESSION;
        }
        (properties(session), text(object(key)).unwrap_or_default())
    };
    if !properties.supported().contains(&name) {
        return PROPERTY_NOT_SUPPORTED;
    }
    let value = match name {
        "UsingHardwareAcceleratedVideoEncoder" => boolean_object(!faults::current().hardware_lost),
        "UsingHardwareAcceleratedVideoDecoder" => {
            // SAFETY: the caller passes a session.
            let session = unsafe { object(session) }.payload::<Decompression>();
            boolean_object(session.is_some_and(|session| session.in_hardware))
        }
        "NumberOfPendingFrames" | "NumberOfFramesBeingDecoded" => {
            // SAFETY: the caller passes a session.
            let object = unsafe { object(session) };
            let pending =
                object.payload::<Compression>().map(|session| session.pending.load(Ordering::SeqCst));
            create(Number::Integer(pending.unwrap_or(0) as i64))
        }
        "EncoderID" => create_string("framewire.double".to_owned()),
        name => properties.get(name).map_or(std::ptr::null(), Ref::into_raw),
    };
    // SAFETY: the caller passes a place for the reference.
    unsafe { *out.cast::<Cf>() = value };
    OK
}

/// Each property with an empty dictionary.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTSessionCopySupportedPropertyDictionary(session: Cf, out: *mut Cf) -> OSStatus {
    // SAFETY: the caller passes a session.
    let names = unsafe { properties(session) }.supported();
    // SAFETY: the caller passes a place for the reference.
    unsafe { *out = dictionary_of(&names).into_raw() };
    OK
}

pub(super) fn dictionary_of(names: &[&str]) -> Ref {
    let dictionary = Dictionary::new();
    for name in names {
        // SAFETY: the string was just made, and its one reference is taken over.
        if let Some(key) = unsafe { Ref::adopt(create_string((*name).to_owned())) } {
            dictionary.set(key, Ref::new(Dictionary::new()));
        }
    }
    Ref::new(dictionary)
}
