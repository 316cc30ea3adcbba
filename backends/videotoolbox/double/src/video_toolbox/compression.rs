//! `VTCompressionSession`.

use super::{
    ASYNCHRONOUS, COULD_NOT_FIND_ENCODER, ENCODER_NOT_AVAILABLE_NOW, PARAMETER,
    encoder::{self, Frame, Job, Output},
    session::{Slot, Thread},
    settings::{Properties, Settings},
};
use crate::{
    core_foundation::{Array, Number, boolean, lookup, number},
    core_media::{CMTime, Timing},
    core_video::{NV12, PixelBuffer, Pool},
    faults,
    ledger::Kind,
    object::{self, Cf, Class, Ref, create},
    types::{OK, OSStatus, codec_of},
};
use framewire_frame::Size;
use std::{
    collections::VecDeque,
    ffi::c_void,
    ptr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Gives each session another delay in turn.
static OPENED: AtomicUsize = AtomicUsize::new(0);

/// What a session holds.
pub(super) struct Compression {
    pub(super) properties: Properties,
    pub(super) thread: Thread<Job>,
    /// Frames that are submitted and have not come out.
    pub(super) pending: Arc<AtomicUsize>,
    delay: usize,
    /// Frames that `MaxFrameDelayCount` lets stay inside, the oldest first.
    allowed: Mutex<VecDeque<CMTime>>,
    pool: Ref,
}

impl Compression {
    /// The frame that has to have come out before the call for the one at `presentation` returns: the one that was given `most`
    /// frames before.
    fn due_after(&self, presentation: CMTime, most: Option<usize>) -> Option<CMTime> {
        let most = most?;
        let mut allowed = self.allowed.lock().unwrap_or_else(PoisonError::into_inner);
        allowed.push_back(presentation);
        if allowed.len() > most { allowed.pop_front() } else { None }
    }
}

impl Class for Compression {
    const KIND: Kind = Kind::CompressionSession;
}

impl Drop for Compression {
    fn drop(&mut self) {
        self.thread.release();
    }
}

/// # Safety
/// `session` is an object of the frameworks.
unsafe fn get<'a>(session: Cf) -> &'a Compression {
    // SAFETY: the caller vouches for the reference.
    unsafe { object::get(session) }
}

/// The first pixel format that a dictionary of attributes names; NV12 where it names none.
///
/// # Safety
/// `attributes` is null or an object of the frameworks.
pub(super) unsafe fn pixel_format(attributes: Cf) -> u32 {
    // SAFETY: the caller vouches for the reference.
    let value = unsafe { lookup(attributes, "PixelFormatType") };
    let first = value.as_ref().and_then(|value| value.payload::<Array>()).map(Array::items);
    let value = first.and_then(|items| items.into_iter().next()).or(value);
    let format =
        value.and_then(|value| number(&value)).and_then(|format| u32::try_from(format.as_i64()).ok());
    format.unwrap_or(NV12)
}

/// Whether a specification has this flag set.
///
/// # Safety
/// `specification` is null or an object of the frameworks.
pub(super) unsafe fn has_flag(specification: Cf, name: &str) -> bool {
    // SAFETY: the caller vouches for the reference.
    unsafe { lookup(specification, name) }.and_then(|value| boolean(&value)).unwrap_or(false)
}

/// The numbers of an array in a dictionary.
///
/// # Safety
/// `options` is null or an object of the frameworks.
unsafe fn numbers(options: Cf, name: &str) -> Vec<i64> {
    // SAFETY: the caller vouches for the reference.
    let value = unsafe { lookup(options, name) };
    let items = value.as_ref().and_then(|value| value.payload::<Array>()).map(Array::items);
    items.unwrap_or_default().iter().filter_map(|item| number(item)).map(Number::as_i64).collect()
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTCompressionSessionCreate(
    _: Cf,
    width: i32,
    height: i32,
    codec: u32,
    specification: Cf,
    attributes: Cf,
    _: Cf,
    callback: Option<encoder::Callback>,
    context: *mut c_void,
    out: *mut Cf,
) -> OSStatus {
    let size = u32::try_from(width).ok().zip(u32::try_from(height).ok());
    let size = size.and_then(|(width, height)| Size::new(width, height).ok());
    let Some(codec) = codec_of(codec) else { return COULD_NOT_FIND_ENCODER };
    let Some(size) = size.filter(|size| size.is_even() && encoder::takes(codec, *size)) else {
        return PARAMETER;
    };
    // SAFETY: the caller passes a dictionary or null.
    let needs_hardware = unsafe { has_flag(specification, "RequireHardwareAcceleratedVideoEncoder") };
    if needs_hardware && faults::current().hardware_lost {
        return COULD_NOT_FIND_ENCODER;
    }
    let Some(slot) = Slot::take() else { return ENCODER_NOT_AVAILABLE_NOW };

    // SAFETY: the caller passes dictionaries or null.
    let (low_latency, format) =
        unsafe { (has_flag(specification, "EnableLowLatencyRateControl"), pixel_format(attributes)) };
    let delay = if low_latency { 0 } else { 2 + OPENED.fetch_add(1, Ordering::SeqCst) % 3 };
    let pending = Arc::new(AtomicUsize::new(0));
    let output = Output::new(callback, context, Arc::clone(&pending));
    let started = Thread::start("double-encoder", slot, move |jobs| encoder::run(&jobs, codec, size, output));
    let Some(thread) = started else { return ENCODER_NOT_AVAILABLE_NOW };
    let session = Compression {
        properties: Properties::new(Kind::CompressionSession, low_latency),
        thread,
        pending,
        delay,
        allowed: Mutex::default(),
        pool: Ref::new(Pool::new(size.width() as usize, size.height() as usize, format)),
    };
    // SAFETY: the caller passes a place for the reference.
    unsafe { *out = create(session) };
    OK
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTCompressionSessionPrepareToEncodeFrames(session: Cf) -> OSStatus {
    // SAFETY: the caller passes a session.
    let session = unsafe { get(session) };
    if session.thread.is_valid() { OK } else { super::INVALID_SESSION }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTCompressionSessionGetPixelBufferPool(session: Cf) -> Cf {
    // SAFETY: the caller passes a session.
    let session = unsafe { get(session) };
    if session.thread.is_valid() { session.pool.as_ptr() } else { ptr::null() }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTCompressionSessionEncodeFrame(
    session: Cf,
    buffer: Cf,
    presentation: CMTime,
    duration: CMTime,
    options: Cf,
    frame_context: *mut c_void,
    flags: *mut u32,
) -> OSStatus {
    // SAFETY: the caller passes a session and a pixel buffer, whose type is checked here.
    let (session, pixels, buffer) =
        unsafe { (get(session), object::get::<PixelBuffer>(buffer), Ref::retain(buffer)) };
    let Some(buffer) = buffer else { return PARAMETER };
    if !presentation.is_numeric() {
        return PARAMETER;
    }
    let status = session.thread.count_frame();
    if status != OK {
        return status;
    }
    let frame = Frame {
        buffer,
        timing: Timing { duration, presentation, decode: CMTime::INVALID },
        context: frame_context as usize,
        // SAFETY: the caller passes a dictionary or null.
        wants_key: unsafe { has_flag(options, "ForceKeyFrame") },
        // SAFETY: as above.
        refreshes: unsafe { has_flag(options, "ForceLTRRefresh") },
        // SAFETY: as above.
        acknowledged: unsafe { numbers(options, "AcknowledgedLTRTokens") },
        // SAFETY: the caller has written what it wants to be encoded.
        mark: unsafe { pixels.mark() },
        settings: Settings::of(&session.properties, delay(session)),
    };
    session.pending.fetch_add(1, Ordering::SeqCst);
    let most = frame.settings.most_inside;
    let mut status = session.thread.send(Job::Frame(Box::new(frame)));
    let due = session.due_after(presentation, most);
    if let Some(due) = due.filter(|_| status == OK) {
        status = session.thread.ask(|done| Job::Complete(due, done));
    }
    // SAFETY: the pointer is null or a place for the flags.
    if let Some(flags) = unsafe { flags.as_mut() } {
        *flags = ASYNCHRONOUS;
    }
    status
}

fn delay(session: &Compression) -> usize {
    faults::current().delay.unwrap_or(session.delay)
}

/// Returns when the callbacks of all frames up to that time, or of all where it is no number, have returned.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTCompressionSessionCompleteFrames(session: Cf, until: CMTime) -> OSStatus {
    // SAFETY: the caller passes a session.
    unsafe { get(session) }.thread.ask(|done| Job::Complete(until, done))
}

/// Frames that were held back are lost; no callback comes afterwards.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTCompressionSessionInvalidate(session: Cf) {
    // SAFETY: the caller passes a session.
    unsafe { get(session) }.thread.stop();
}
