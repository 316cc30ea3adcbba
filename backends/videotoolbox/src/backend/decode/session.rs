//! One `VTDecompressionSession` and the channel that its callback fills.

use super::sample::sample;
use crate::backend::{
    dictionary::{Dictionary, Value, constant, dictionary},
    outbox::{Answer, Outbox, deliver, to_ref_con},
    pixel_buffer, property,
    status::Status,
};
use framewire_frame::{Range, Timestamp};
use objc2_core_foundation::CFRetained;
use objc2_core_media::{CMFormatDescription, CMTime};
use objc2_core_video::CVImageBuffer;
use objc2_video_toolbox::{
    VTDecodeFrameFlags, VTDecodeInfoFlags, VTDecompressionOutputCallbackRecord, VTDecompressionSession,
    kVTDecompressionPropertyKey_UsingHardwareAcceleratedVideoDecoder,
    kVTVideoDecoderSpecification_EnableHardwareAcceleratedVideoDecoder,
};
use std::{
    ffi::c_void,
    ptr::{self, NonNull},
};

pub(super) struct Session {
    raw: CFRetained<VTDecompressionSession>,
    description: CFRetained<CMFormatDescription>,
    outbox: Outbox<CVImageBuffer>,
}

// SAFETY: VideoToolbox's sessions may be used from any thread, and this value is used by one at a time. Its description is
// immutable.
unsafe impl Send for Session {}

impl Session {
    pub(super) fn open(description: CFRetained<CMFormatDescription>, range: Range) -> Result<Self, Status> {
        let outbox = Outbox::new();
        let record = VTDecompressionOutputCallbackRecord {
            decompressionOutputCallback: Some(callback),
            decompressionOutputRefCon: outbox.context(),
        };
        // NV12 in the range of the stream, so that nothing is converted.
        let (specification, target) = (specification(), pixel_buffer::attributes(range, None));
        let mut raw: *mut VTDecompressionSession = ptr::null_mut();
        // SAFETY: the callback has the signature that is asked for and gets the outbox, which lives at its address until
        // the session is dropped; the dictionaries have keys and values of the documented types; the record is copied by the
        // call; the last argument leads to a variable of this function.
        let status = unsafe {
            VTDecompressionSession::create(
                None,
                &description,
                Some((*specification).as_ref()),
                Some((*target).as_ref()),
                &record,
                NonNull::from(&mut raw),
            )
        };
        match (Status::check(status), NonNull::new(raw)) {
            (Ok(()), Some(raw)) => {
                // SAFETY: it was just created for the caller, who owns one reference to it.
                let raw = unsafe { CFRetained::from_raw(raw) };
                Ok(Self { raw, description, outbox })
            }
            (result, _) => {
                // SAFETY: without a session no callback has its address.
                unsafe { outbox.close() };
                Err(result.err().unwrap_or(Status::NOTHING_MADE))
            }
        }
    }

    /// Goes over to `description`, where the session can; whether it can.
    pub(super) fn accept(&mut self, description: &CFRetained<CMFormatDescription>) -> bool {
        // SAFETY: the session and the description are live ones.
        let accepts = unsafe { self.raw.can_accept_format_description(description) };
        if accepts {
            self.description = description.clone();
        }
        accepts
    }

    /// Whether the decoder is hardware; `None` where it does not say.
    pub(super) fn in_hardware(&self) -> Option<bool> {
        let key = constant!(
            "UsingHardwareAcceleratedVideoDecoder",
            kVTDecompressionPropertyKey_UsingHardwareAcceleratedVideoDecoder
        );
        property::flag(&self.raw, &key)
    }

    /// Decodes a sample with lengths of four bytes; the callback has returned with `number` when this does. Where the
    /// decoder takes no sample, which is an error, there is no callback.
    pub(super) fn decode(&self, bytes: &[u8], timestamp: Timestamp, number: u64) -> Result<(), Status> {
        let sample = sample(bytes, &self.description, timestamp)?;
        // SAFETY: the session and the sample are live ones, the number is never followed as a pointer, and a null for the
        // flags is taken.
        let status = unsafe {
            self.raw.decode_frame(&sample, VTDecodeFrameFlags::empty(), to_ref_con(number), ptr::null_mut())
        };
        Status::check(status)?;
        self.wait()
    }

    /// Has the session give what it holds back, and waits for that.
    pub(super) fn finish(&self) -> Result<(), Status> {
        // SAFETY: the session is a live one.
        Status::check(unsafe { self.raw.finish_delayed_frames() })?;
        self.wait()
    }

    fn wait(&self) -> Result<(), Status> {
        // SAFETY: the session is a live one.
        Status::check(unsafe { self.raw.wait_for_asynchronous_frames() })
    }

    /// The next answer that has come.
    pub(super) fn take(&self) -> Option<Answer<CVImageBuffer>> {
        self.outbox.take()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let finished = self.finish();
        // SAFETY: the session is a live one, and nothing is done with it afterwards but to release it.
        unsafe { self.raw.invalidate() };
        // SAFETY: the session is invalid, and is dropped once.
        unsafe { self.outbox.close_after(finished) };
    }
}

/// The callback of a session.
///
/// # Safety
/// `outbox` is the context of the session's outbox; `image` is null or a live picture.
unsafe extern "C-unwind" fn callback(
    outbox: *mut c_void,
    number: *mut c_void,
    status: i32,
    flags: VTDecodeInfoFlags,
    image: *mut CVImageBuffer,
    _: CMTime,
    _: CMTime,
) {
    let dropped = flags.contains(VTDecodeInfoFlags::FrameDropped);
    // SAFETY: the caller's promise is the same.
    unsafe { deliver(outbox, number, status, dropped, image) };
}

/// Which decoder is wanted: hardware where there is some, else Apple's in software.
fn specification() -> CFRetained<Dictionary> {
    let hardware = constant!(
        "EnableHardwareAcceleratedVideoDecoder",
        kVTVideoDecoderSpecification_EnableHardwareAcceleratedVideoDecoder
    );
    dictionary(&[(hardware, Value::Bool(true))])
}
