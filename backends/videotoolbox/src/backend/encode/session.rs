//! One `VTCompressionSession` and the channel that its callback fills.

use super::properties::Property;
use crate::backend::{
    dictionary::{Dictionary, Name, Value, constant, dictionary},
    outbox::{Answer, Outbox, deliver, to_ref_con},
    property,
    status::Status,
    time::NEVER,
};
use framewire_codec::Codec;
use framewire_frame::{FrameId, Size};
use objc2_core_foundation::CFRetained;
use objc2_core_media::{CMSampleBuffer, CMTime, kCMVideoCodecType_H264, kCMVideoCodecType_HEVC};
use objc2_core_video::{CVPixelBuffer, CVPixelBufferPool};
use objc2_video_toolbox::{
    VTCompressionSession, VTEncodeInfoFlags, VTSessionSetProperty,
    kVTCompressionPropertyKey_UsingHardwareAcceleratedVideoEncoder,
};
use std::{
    ffi::c_void,
    ptr::{self, NonNull},
};

pub(super) struct Session {
    raw: CFRetained<VTCompressionSession>,
    outbox: Outbox<CMSampleBuffer>,
}

// SAFETY: VideoToolbox's sessions may be used from any thread, and this value is used by one at a time.
unsafe impl Send for Session {}

impl Session {
    pub(super) fn open(
        codec: Codec,
        size: Size,
        specification: &Dictionary,
        source: &Dictionary,
    ) -> Result<Self, Status> {
        let outbox = Outbox::new();
        let codec = match codec {
            Codec::H264 => kCMVideoCodecType_H264,
            Codec::Hevc => kCMVideoCodecType_HEVC,
        };
        let mut raw: *mut VTCompressionSession = ptr::null_mut();
        // SAFETY: the callback has the signature that is asked for and gets the outbox, which lives at its address until
        // the session is dropped; the dictionaries have keys and values of the documented types; the last argument leads to
        // a variable of this function.
        let status = unsafe {
            VTCompressionSession::create(
                None,
                size.width().cast_signed(),
                size.height().cast_signed(),
                codec,
                Some(specification.as_ref()),
                Some(source.as_ref()),
                None,
                Some(callback),
                outbox.context(),
                NonNull::from(&mut raw),
            )
        };
        match (Status::check(status), NonNull::new(raw)) {
            (Ok(()), Some(raw)) => {
                // SAFETY: it was just created for the caller, who owns one reference to it.
                let raw = unsafe { CFRetained::from_raw(raw) };
                Ok(Self { raw, outbox })
            }
            (result, _) => {
                // SAFETY: without a session no callback has its address.
                unsafe { outbox.close() };
                Err(result.err().unwrap_or(Status::NOTHING_MADE))
            }
        }
    }

    /// Sets a property to the first of its values that is taken.
    pub(super) fn set(&self, property: &Property) -> Result<(), Status> {
        let mut result = Ok(());
        for value in &property.values {
            let value = value.to_cf();
            // SAFETY: the session is a live one, and the value has the type that the key is documented with.
            let status = unsafe { VTSessionSetProperty(&self.raw, &property.key.string, Some(&value)) };
            result = Status::check(status);
            if result.is_ok() {
                break;
            }
        }
        result
    }

    /// Has the encoder take what it needs before the first picture.
    pub(super) fn prepare(&self) -> Result<(), Status> {
        // SAFETY: the session is a live one.
        Status::check(unsafe { self.raw.prepare_to_encode_frames() })
    }

    /// Whether the encoder is hardware; `None` where it does not say.
    pub(super) fn in_hardware(&self) -> Option<bool> {
        let key = constant!(
            "UsingHardwareAcceleratedVideoEncoder",
            kVTCompressionPropertyKey_UsingHardwareAcceleratedVideoEncoder
        );
        property::flag(&self.raw, &key)
    }

    /// The pool of the session's buffers; `None` where it has none, as after its end.
    pub(super) fn pool(&self) -> Option<CFRetained<CVPixelBufferPool>> {
        // SAFETY: the session is a live one.
        unsafe { self.raw.pixel_buffer_pool() }
    }

    /// Gives a picture to the encoder, which keeps a reference to the buffer. `options` are for this picture alone.
    pub(super) fn encode(
        &self,
        buffer: &CVPixelBuffer,
        time: CMTime,
        id: FrameId,
        options: &[(Name, Value)],
    ) -> Result<(), Status> {
        let options = (!options.is_empty()).then(|| dictionary(options));
        let options = options.as_ref().map(|options| (**options).as_ref());
        // SAFETY: the session and the buffer are live ones, the options are of the documented types, the id is never followed
        // as a pointer, and a null for the flags is taken.
        Status::check(unsafe {
            self.raw.encode_frame(buffer, time, NEVER, options, to_ref_con(id.0), ptr::null_mut())
        })
    }

    /// Waits until the callback has returned for all pictures up to `until`, or for all of them.
    pub(super) fn complete(&self, until: CMTime) -> Result<(), Status> {
        // SAFETY: the session is a live one.
        Status::check(unsafe { self.raw.complete_frames(until) })
    }

    /// The next answer that has come.
    pub(super) fn take(&self) -> Option<Answer<CMSampleBuffer>> {
        self.outbox.take()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let completed = self.complete(NEVER);
        // SAFETY: the session is a live one, and nothing is done with it afterwards but to release it.
        unsafe { self.raw.invalidate() };
        // SAFETY: the session is invalid, and is dropped once.
        unsafe { self.outbox.close_after(completed) };
    }
}

/// The callback of a session.
///
/// # Safety
/// `outbox` is the context of the session's outbox; `sample` is null or a live sample.
unsafe extern "C-unwind" fn callback(
    outbox: *mut c_void,
    id: *mut c_void,
    status: i32,
    flags: VTEncodeInfoFlags,
    sample: *mut CMSampleBuffer,
) {
    let dropped = flags.contains(VTEncodeInfoFlags::FrameDropped);
    // SAFETY: the caller's promise is the same.
    unsafe { deliver(outbox, id, status, dropped, sample) };
}
