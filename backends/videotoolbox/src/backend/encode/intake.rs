//! Pictures on their way into the pixel buffers that a session encodes.

use super::session::Session;
#[cfg(target_os = "macos")]
use crate::backend::metal::PoolConversion;
use crate::{
    NAME,
    backend::{convert::BufferTransfer, pixel_buffer, surface::PixelBufferSurface},
};
use framewire_codec::{BackendError, Preparation};
use framewire_convert::Converter;
use framewire_frame::{Color, DeviceSurface, PictureRef, PixelFormat, Size};
use objc2_core_foundation::{CFRetained, Type};
use objc2_core_video::CVPixelBuffer;
use std::time::Instant;

/// Formats of host pictures, the one that needs no conversion first.
pub(super) const FORMATS: &[PixelFormat] =
    &[PixelFormat::Nv12, PixelFormat::I420, PixelFormat::Bgra8, PixelFormat::Rgba8, PixelFormat::Rgb8];

/// Takes pictures of one size for a session, in its memory or in memory that it reads.
pub(super) struct Intake {
    size: Size,
    /// Of the session's buffers, which may be larger.
    coded: Size,
    color: Color,
    /// Of the last host picture's format.
    converter: Option<Converter>,
    transfer: BufferTransfer,
    #[cfg(target_os = "macos")]
    metal: PoolConversion,
    preparation: Preparation,
}

impl Intake {
    pub(super) fn new(size: Size, coded: Size, color: Color) -> Self {
        Self {
            size,
            coded,
            color,
            converter: None,
            transfer: BufferTransfer::new(color.matrix),
            #[cfg(target_os = "macos")]
            metal: PoolConversion::new(coded, color),
            preparation: Preparation::default(),
        }
    }

    /// How long the last picture took.
    pub(super) fn preparation(&self) -> Preparation {
        self.preparation
    }

    /// Whether `surface` needs no download.
    pub(super) fn takes(&self, surface: &dyn DeviceSurface) -> bool {
        #[cfg(target_os = "macos")]
        if self.metal.takes(surface, self.size) {
            return true;
        }
        self.fitting(surface).is_some_and(|surface| self.is_own(surface) || self.transfer.takes(surface))
    }

    /// A buffer of the session's with `picture` in NV12, converted on the way where it is in another format.
    pub(super) fn host(
        &mut self,
        picture: PictureRef<'_>,
        session: &Session,
    ) -> Result<CFRetained<CVPixelBuffer>, BackendError> {
        let (format, size) = (picture.format(), picture.size());
        if size != self.size {
            return Err(BackendError::unsupported(format!(
                "a picture of {size} in a session for {}",
                self.size
            )));
        }
        let start = Instant::now();
        let converter = match self.converter.take_if(|kept| kept.source_format() == format) {
            Some(kept) => kept,
            None => Converter::new(format, PixelFormat::Nv12, size, self.color)
                .map_err(|error| BackendError::failed_with("a conversion", error))?,
        };
        let buffer = empty(session)?;
        pixel_buffer::write(&buffer, &converter, picture, self.coded)?;
        self.converter = Some(converter);
        let took = start.elapsed();
        self.preparation = match format.is_yuv() {
            true => Preparation { copy: took, ..Preparation::default() },
            false => Preparation { convert: took, ..Preparation::default() },
        };
        Ok(buffer)
    }

    /// The buffer of `surface`, or one of the session's into which its pixels were converted. Where that fails, the processor
    /// does so, and what has failed is asked no more.
    pub(super) fn device(
        &mut self,
        surface: &dyn DeviceSurface,
        session: &Session,
    ) -> Result<CFRetained<CVPixelBuffer>, BackendError> {
        self.preparation = Preparation::default();
        if let Some(own) = self.fitting(surface).filter(|surface| self.is_own(surface)) {
            return Ok(own.buffer().retain());
        }
        let start = Instant::now();
        let target = empty(session)?;
        let Err(error) = self.convert(surface, &target) else {
            self.preparation.convert = start.elapsed();
            return Ok(target);
        };
        drop(target);
        tracing::warn!("{NAME}: frames like {surface:?} are downloaded from here on: {}", error.in_full());
        let picture = surface
            .download()
            .map_err(|error| BackendError::failed_with("a frame could not be downloaded", error))?;
        self.host(picture.as_ref(), session)
    }

    fn convert(&mut self, surface: &dyn DeviceSurface, target: &CVPixelBuffer) -> Result<(), BackendError> {
        #[cfg(target_os = "macos")]
        if self.metal.takes(surface, self.size) {
            return self.metal.convert(surface, target);
        }
        match self.fitting(surface) {
            Some(surface) => self.transfer.run(surface, target),
            None => Err(BackendError::unsupported(format!("the surface {surface:?} in VideoToolbox"))),
        }
    }

    /// `surface`, where it is a pixel buffer of what is coded, and the picture fills it.
    fn fitting<'a>(&self, surface: &'a dyn DeviceSurface) -> Option<&'a PixelBufferSurface> {
        let surface: &PixelBufferSurface = surface.as_any().downcast_ref()?;
        let fits = surface.size() == self.coded && self.size == self.coded && surface.fills_its_buffer();
        fits.then_some(surface)
    }

    /// Whether the session reads it where it is.
    fn is_own(&self, surface: &PixelBufferSurface) -> bool {
        pixel_buffer::range(surface.buffer()) == Some(self.color.range)
    }
}

/// A buffer of the session's, of unspecified content.
fn empty(session: &Session) -> Result<CFRetained<CVPixelBuffer>, BackendError> {
    let pool = session.pool().ok_or_else(|| {
        BackendError::failed("VideoToolbox has no pixel buffers for this session, which may be closed")
    })?;
    pixel_buffer::from_pool(&pool)
}
