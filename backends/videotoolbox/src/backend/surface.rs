//! `CVPixelBuffer`s as frames.

use super::{decode::Lease, pixel_buffer};
use framewire_codec::BackendError;
use framewire_frame::{DeviceError, DeviceSurface, Picture, PixelFormat, Size};
use objc2_core_foundation::CFRetained;
use objc2_core_video::CVPixelBuffer;
use std::{any::Any, fmt};

/// A pixel buffer as a frame, a decoder's or a program's own: NV12 in two planes, RGBA or BGRA, in the memory of an IOSurface or
/// in any other.
///
/// The encoder takes NV12 as it is where its size and range are the session's, and RGBA and BGRA of its size by pixel transfer;
/// everybody else downloads it. A decoder's buffer may be larger than the picture, which is the upper left part of it then,
/// and is downloaded too.
pub struct PixelBufferSurface {
    buffer: CFRetained<CVPixelBuffer>,
    /// Of the picture.
    size: Size,
    /// Of a decoder's buffer, which counts those that live.
    _lease: Option<Lease>,
}

// SAFETY: a pixel buffer is counted with atomic operations and may be locked for reading from several threads at once. Nobody
// writes to this one, by the promise of whoever made the surface.
unsafe impl Send for PixelBufferSurface {}
// SAFETY: as above.
unsafe impl Sync for PixelBufferSurface {}

impl PixelBufferSurface {
    /// Shares `buffer`.
    ///
    /// # Safety
    /// Nobody writes to `buffer`, its pixels or attachments, for as long as anybody retains it: an encoder does so beyond the life
    /// of the surface, until its picture is coded.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for another format than these and for a size that no picture can have.
    pub unsafe fn new(buffer: CFRetained<CVPixelBuffer>) -> Result<Self, BackendError> {
        let size = pixel_buffer::size(&buffer)?;
        if pixel_buffer::format(&buffer).is_none() {
            return Err(BackendError::unsupported(
                "a pixel buffer of another format than NV12, RGBA and BGRA",
            ));
        }
        Ok(Self { buffer, size, _lease: None })
    }

    /// The upper left `size` of a buffer that a decoder has written and given away.
    pub(super) fn decoded(
        buffer: CFRetained<CVPixelBuffer>,
        size: Size,
        lease: Lease,
    ) -> Result<Self, BackendError> {
        let whole = pixel_buffer::size(&buffer)?;
        if whole.width() < size.width() || whole.height() < size.height() {
            return Err(BackendError::failed(format!(
                "VideoToolbox gave a picture of {whole} for one of {size}"
            )));
        }
        Ok(Self { buffer, size, _lease: Some(lease) })
    }

    /// Whether the picture fills the buffer.
    pub(super) fn fills_its_buffer(&self) -> bool {
        pixel_buffer::size(&self.buffer).is_ok_and(|whole| whole == self.size)
    }

    /// The buffer, to be shown.
    ///
    /// # Safety
    /// It is only read from, and its attachments are left as they are: others have it on other threads.
    pub unsafe fn pixel_buffer(&self) -> &CVPixelBuffer {
        &self.buffer
    }

    /// The buffer, to read from.
    pub(super) fn buffer(&self) -> &CVPixelBuffer {
        &self.buffer
    }
}

impl DeviceSurface for PixelBufferSurface {
    fn size(&self) -> Size {
        self.size
    }

    fn format(&self) -> PixelFormat {
        pixel_buffer::format(&self.buffer).unwrap_or(PixelFormat::Nv12)
    }

    fn download(&self) -> Result<Picture, DeviceError> {
        let format = self.format();
        let mut data = vec![0; format.packed_len(self.size)];
        pixel_buffer::read(&self.buffer, self.size, |picture| picture.copy_packed_to(&mut data)).map_err(
            |error| DeviceError {
                message: "a pixel buffer could not be read".to_owned(),
                source: Some(Box::new(error)),
            },
        )?;
        Picture::packed(format, self.size, data).map_err(|error| DeviceError {
            message: "a pixel buffer has a picture that is none".to_owned(),
            source: Some(Box::new(error)),
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl fmt::Debug for PixelBufferSurface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PixelBufferSurface({})", self.size)
    }
}
