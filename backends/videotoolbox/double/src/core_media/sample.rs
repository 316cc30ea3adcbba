//! `CMSampleBuffer`: one sample with its time and what is known of it.

use super::{Block, CMTime};
use crate::{
    core_foundation::{Array, Dictionary},
    ledger::Kind,
    object::{self, Cf, Class, Ref, create},
    types::{Boolean, CFIndex, OK, OSStatus},
};
use std::{
    ffi::c_void,
    ptr,
    sync::{Mutex, PoisonError},
};

const INVALID_ENTRY_COUNT: OSStatus = -12736;
const INDEX_OUT_OF_RANGE: OSStatus = -12733;

/// When a sample is shown, and for how long.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) duration: CMTime,
    pub(crate) presentation: CMTime,
    pub(crate) decode: CMTime,
}

#[unsafe(no_mangle)]
static kCMTimingInfoInvalid: Timing = Timing::INVALID;

impl Timing {
    const INVALID: Self =
        Self { duration: CMTime::INVALID, presentation: CMTime::INVALID, decode: CMTime::INVALID };
}

/// What a sample buffer holds: one sample of coded data.
pub(crate) struct Sample {
    pub(crate) data: Option<Ref>,
    pub(crate) format: Option<Ref>,
    pub(crate) timing: Timing,
    /// An array with one mutable dictionary.
    attachments: Mutex<Option<Ref>>,
}

impl Class for Sample {
    const KIND: Kind = Kind::SampleBuffer;
}

impl Sample {
    pub(crate) fn new(data: Option<Ref>, format: Option<Ref>, timing: Timing) -> Self {
        Self { data, format, timing, attachments: Mutex::new(None) }
    }

    /// The same with attachments.
    pub(crate) fn with_attachments(self, attachments: Dictionary) -> Self {
        let array = Ref::new(Array::new(vec![Ref::new(attachments)]));
        Self { attachments: Mutex::new(Some(array)), ..self }
    }
}

/// # Safety
/// `sample` is an object of the frameworks.
unsafe fn get<'a>(sample: Cf) -> &'a Sample {
    // SAFETY: the caller vouches for the reference.
    unsafe { object::get(sample) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMSampleBufferCreateReady(
    _: Cf,
    data: Cf,
    format: Cf,
    samples: CFIndex,
    timing_entries: CFIndex,
    timing: *const Timing,
    _: CFIndex,
    _: *const usize,
    out: *mut Cf,
) -> OSStatus {
    if samples != 1 || timing_entries > 1 {
        return INVALID_ENTRY_COUNT;
    }
    let timing = if timing_entries == 0 || timing.is_null() {
        Timing::INVALID
    } else {
        // SAFETY: the caller passes one entry.
        unsafe { timing.read_unaligned() }
    };
    // SAFETY: the caller passes objects or null, and a place for the reference.
    unsafe { *out = create(Sample::new(Ref::retain(data), Ref::retain(format), timing)) };
    OK
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMSampleBufferCreate(
    allocator: Cf,
    data: Cf,
    _: Boolean,
    _: *const c_void,
    _: *mut c_void,
    format: Cf,
    samples: CFIndex,
    timing_entries: CFIndex,
    timing: *const Timing,
    size_entries: CFIndex,
    sizes: *const usize,
    out: *mut Cf,
) -> OSStatus {
    // SAFETY: the caller's promise is the same. Data are always ready here.
    unsafe {
        CMSampleBufferCreateReady(
            allocator,
            data,
            format,
            samples,
            timing_entries,
            timing,
            size_entries,
            sizes,
            out,
        )
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMSampleBufferGetDataBuffer(sample: Cf) -> Cf {
    // SAFETY: the caller passes a sample buffer.
    unsafe { get(sample) }.data.as_ref().map_or(ptr::null(), Ref::as_ptr)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMSampleBufferGetFormatDescription(sample: Cf) -> Cf {
    // SAFETY: the caller passes a sample buffer.
    unsafe { get(sample) }.format.as_ref().map_or(ptr::null(), Ref::as_ptr)
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CMSampleBufferGetImageBuffer(_: Cf) -> Cf {
    ptr::null()
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CMSampleBufferDataIsReady(_: Cf) -> Boolean {
    1
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CMSampleBufferIsValid(_: Cf) -> Boolean {
    1
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CMSampleBufferGetNumSamples(_: Cf) -> CFIndex {
    1
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMSampleBufferGetPresentationTimeStamp(sample: Cf) -> CMTime {
    // SAFETY: the caller passes a sample buffer.
    unsafe { get(sample) }.timing.presentation
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMSampleBufferGetDecodeTimeStamp(sample: Cf) -> CMTime {
    // SAFETY: the caller passes a sample buffer.
    unsafe { get(sample) }.timing.decode
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMSampleBufferGetDuration(sample: Cf) -> CMTime {
    // SAFETY: the caller passes a sample buffer.
    unsafe { get(sample) }.timing.duration
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMSampleBufferGetSampleTimingInfo(
    sample: Cf,
    index: CFIndex,
    out: *mut Timing,
) -> OSStatus {
    if index != 0 {
        return INDEX_OUT_OF_RANGE;
    }
    // SAFETY: the caller passes a sample buffer and a place for its times.
    unsafe { out.write_unaligned(get(sample).timing) };
    OK
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMSampleBufferGetTotalSampleSize(sample: Cf) -> usize {
    // SAFETY: the caller passes a sample buffer.
    unsafe { get(sample) }.data.as_ref().map_or(0, |data| data.get::<Block>().len())
}

/// Null where there are no attachments and none are to be made.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn CMSampleBufferGetSampleAttachmentsArray(sample: Cf, create: Boolean) -> Cf {
    // SAFETY: the caller passes a sample buffer.
    let sample = unsafe { get(sample) };
    let mut attachments = sample.attachments.lock().unwrap_or_else(PoisonError::into_inner);
    if attachments.is_none() && create != 0 {
        *attachments = Some(Ref::new(Array::new(vec![Ref::new(Dictionary::new())])));
    }
    attachments.as_ref().map_or(ptr::null(), Ref::as_ptr)
}
