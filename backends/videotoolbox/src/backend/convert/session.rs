//! One `VTPixelTransferSession`.

use crate::{
    NAME,
    backend::{
        dictionary::{Name, Value, constant},
        pixel_buffer,
        status::Status,
    },
};
use framewire_frame::Matrix;
use objc2_core_foundation::CFRetained;
use objc2_core_video::CVPixelBuffer;
use objc2_video_toolbox::{self as vt, VTPixelTransferSession, VTSessionSetProperty};
use std::ptr::{self, NonNull};

pub(super) struct Session(CFRetained<VTPixelTransferSession>);

// SAFETY: VideoToolbox's sessions may be used from any thread, and this value is used by one at a time.
unsafe impl Send for Session {}

impl Session {
    /// Of which the samples of 4:2:0 that come out mean `matrix`, if any do, each of chroma being the mean of its pixels'.
    pub(super) fn open(matrix: Option<Matrix>) -> Result<Self, Status> {
        let mut made: *mut VTPixelTransferSession = ptr::null_mut();
        // SAFETY: the last argument leads to a variable of this function.
        Status::check(unsafe { VTPixelTransferSession::create(None, NonNull::from(&mut made)) })?;
        let made = NonNull::new(made).ok_or(Status::NOTHING_MADE)?;
        // SAFETY: it was just created for the caller, who owns one reference to it.
        let session = Self(unsafe { CFRetained::from_raw(made) });
        let Some(matrix) = matrix else { return Ok(session) };
        let key = constant!("DestinationYCbCrMatrix", vt::kVTPixelTransferPropertyKey_DestinationYCbCrMatrix);
        session.set(&key, pixel_buffer::matrix_name(matrix))?;
        let key = constant!("DownsamplingMode", vt::kVTPixelTransferPropertyKey_DownsamplingMode);
        let mean = constant!("Average", vt::kVTDownsamplingMode_Average);
        if let Err(status) = session.set(&key, mean) {
            tracing::debug!("{NAME}: {} was refused ({status}) and is left out", key.text);
        }
        Ok(session)
    }

    /// Converts and scales the pixels of `source` into `target`, to which nobody else writes or reads. They are there when it
    /// returns.
    pub(super) fn run(&self, source: &CVPixelBuffer, target: &CVPixelBuffer) -> Result<(), Status> {
        // SAFETY: the session and both buffers are live ones. The call returns when the pixels are written.
        Status::check(unsafe { self.0.transfer_image(source, target) })
    }

    fn set(&self, key: &Name, value: Name) -> Result<(), Status> {
        let value = Value::Name(value).to_cf();
        // SAFETY: the session is a live one, and the value is a string, as both keys are documented with.
        Status::check(unsafe { VTSessionSetProperty(&self.0, &key.string, Some(&value)) })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the session is a live one, and nothing is done with it afterwards but to release it.
        unsafe { self.0.invalidate() };
    }
}
