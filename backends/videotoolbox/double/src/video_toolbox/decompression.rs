//! `VTDecompressionSession`.

use super::{
    ASYNCHRONOUS, COULD_NOT_FIND_DECODER, DECODER_BAD_DATA, DECODER_NOT_AVAILABLE_NOW,
    FORMAT_CHANGE_NOT_SUPPORTED, PARAMETER,
    compression::{has_flag, pixel_format},
    decoder::{self, Callback, Job, Output, Unit},
    session::{Slot, Thread},
    settings::Properties,
};
use crate::{
    core_media::{Format, Sample},
    core_video::PixelBuffer,
    faults,
    ledger::Kind,
    object::{self, Cf, Class, Ref, create},
    types::{Boolean, OK, OSStatus, codec_of},
};
use std::{ffi::c_void, sync::mpsc::channel};

const DECODE_ASYNCHRONOUSLY: u32 = 1;
const DO_NOT_OUTPUT: u32 = 1 << 1;
const TEMPORAL_PROCESSING: u32 = 1 << 3;

/// What a session holds.
pub(super) struct Decompression {
    pub(super) properties: Properties,
    pub(super) thread: Thread<Job>,
    /// It runs in hardware, which was there when it was opened.
    pub(super) in_hardware: bool,
    format: Ref,
}

/// The caller's function and its context.
#[repr(C, packed(4))]
#[derive(Clone, Copy)]
struct CallbackRecord {
    callback: Option<Callback>,
    context: *mut c_void,
}

impl Class for Decompression {
    const KIND: Kind = Kind::DecompressionSession;
}

impl Drop for Decompression {
    fn drop(&mut self) {
        self.thread.release();
    }
}

/// # Safety
/// `session` is an object of the frameworks.
unsafe fn get<'a>(session: Cf) -> &'a Decompression {
    // SAFETY: the caller vouches for the reference.
    unsafe { object::get(session) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTDecompressionSessionCreate(
    _: Cf,
    description: Cf,
    specification: Cf,
    attributes: Cf,
    record: *const CallbackRecord,
    out: *mut Cf,
) -> OSStatus {
    // SAFETY: the caller passes a format description, and dictionaries or null.
    let (format, needs_hardware, pixels) = unsafe {
        (
            Format::of(description),
            has_flag(specification, "RequireHardwareAcceleratedVideoDecoder"),
            pixel_format(attributes),
        )
    };
    let lost = faults::current().hardware_lost;
    if codec_of(format.codec).is_none() || format.sets.is_empty() || needs_hardware && lost {
        return COULD_NOT_FIND_DECODER;
    }
    if PixelBuffer::new(16, 16, pixels).is_err() {
        return PARAMETER;
    }
    let Some(slot) = Slot::take() else { return DECODER_NOT_AVAILABLE_NOW };
    let output = if record.is_null() {
        Output::new(None, std::ptr::null_mut(), pixels)
    } else {
        // SAFETY: the caller passes a valid record.
        let record = unsafe { record.read_unaligned() };
        Output::new(record.callback, record.context, pixels)
    };
    let started = Thread::start("double-decoder", slot, move |jobs| decoder::run(&jobs, output, !lost));
    let Some(thread) = started else { return DECODER_NOT_AVAILABLE_NOW };
    // SAFETY: the caller passes a format description.
    let Some(format) = (unsafe { Ref::retain(description) }) else { return PARAMETER };
    let properties = Properties::new(Kind::DecompressionSession, false);
    // SAFETY: the caller passes a place for the reference.
    unsafe { *out = create(Decompression { properties, thread, in_hardware: !lost, format }) };
    OK
}

/// An error that is returned comes without a callback.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTDecompressionSessionDecodeFrame(
    session: Cf,
    sample: Cf,
    flags: u32,
    frame_context: *mut c_void,
    flags_out: *mut u32,
) -> OSStatus {
    // SAFETY: the caller passes a session and a sample buffer.
    let (session, reference, sample) =
        unsafe { (get(session), Ref::retain(sample), object::get::<Sample>(sample)) };
    let Some(reference) = reference.filter(|_| sample.data.is_some()) else { return PARAMETER };
    let format = sample.format.as_ref().unwrap_or(&session.format).clone();
    if !accepts(session, &format) {
        return FORMAT_CHANGE_NOT_SUPPORTED;
    }
    let status = session.thread.count_frame();
    if status != OK {
        return status;
    }
    if faults::refuses_unit() {
        return DECODER_BAD_DATA;
    }
    let is_asynchronous = flags & DECODE_ASYNCHRONOUSLY != 0;
    // SAFETY: the pointer is null or a place for the flags.
    if let Some(out) = unsafe { flags_out.as_mut() } {
        *out = if is_asynchronous { ASYNCHRONOUS } else { 0 };
    }
    let (sender, done) = channel();
    let unit = Unit {
        sample: reference,
        format,
        context: frame_context as usize,
        shows: flags & DO_NOT_OUTPUT == 0,
        may_wait: flags & TEMPORAL_PROCESSING != 0,
        done: sender,
    };
    let status = session.thread.send(Job::Unit(Box::new(unit)));
    if status == OK && !is_asynchronous {
        // The thread may end without an answer.
        let _ = done.recv();
    }
    status
}

fn accepts(session: &Decompression, new: &Ref) -> bool {
    // SAFETY: both are kept alive by their references.
    let (old, new) = unsafe { (Format::of(session.format.as_ptr()), Format::of(new.as_ptr())) };
    let is_alike = (old.codec, old.width, old.height) == (new.codec, new.width, new.height);
    old == new || is_alike && !faults::current().accept_no_change
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTDecompressionSessionCanAcceptFormatDescription(
    session: Cf,
    description: Cf,
) -> Boolean {
    // SAFETY: the caller passes a session and a format description.
    let (session, description) = unsafe { (get(session), Ref::retain(description)) };
    Boolean::from(description.is_some_and(|description| accepts(session, &description)))
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTDecompressionSessionFinishDelayedFrames(session: Cf) -> OSStatus {
    // SAFETY: the caller passes a session.
    unsafe { get(session) }.thread.ask(Job::Finish)
}

/// Delayed frames come out too.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTDecompressionSessionWaitForAsynchronousFrames(session: Cf) -> OSStatus {
    // SAFETY: the caller passes a session.
    unsafe { get(session) }.thread.ask(Job::Finish)
}

/// No callback comes afterwards.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn VTDecompressionSessionInvalidate(session: Cf) {
    // SAFETY: the caller passes a session.
    unsafe { get(session) }.thread.stop();
}
