//! From pixel buffers of RGB into those that an encoder reads.

use super::{is_switched_off, session::Session};
use crate::backend::surface::PixelBufferSurface;
use framewire_codec::BackendError;
use framewire_frame::{DeviceSurface, Matrix};
use objc2_core_video::CVPixelBuffer;

/// Converts what programs draw into pixel buffers, such as the pictures of a screen, to NV12 of the same size.
pub(crate) struct BufferTransfer {
    matrix: Matrix,
    state: State,
}

enum State {
    /// Nothing was to be converted yet.
    Untried,
    Open(Session),
    /// It was switched off or has failed.
    Off,
}

impl BufferTransfer {
    pub(crate) fn new(matrix: Matrix) -> Self {
        Self { matrix, state: if is_switched_off() { State::Off } else { State::Untried } }
    }

    /// Whether [`run`](Self::run) is to be tried.
    pub(crate) fn takes(&self, surface: &PixelBufferSurface) -> bool {
        !matches!(self.state, State::Off) && !surface.format().is_yuv()
    }

    /// Converts `surface` into `target`, a new buffer of NV12 and of its size.
    ///
    /// # Errors
    /// Nothing is taken any more.
    pub(crate) fn run(
        &mut self,
        surface: &PixelBufferSurface,
        target: &CVPixelBuffer,
    ) -> Result<(), BackendError> {
        let session = match std::mem::replace(&mut self.state, State::Off) {
            State::Open(session) => session,
            State::Untried => Session::open(Some(self.matrix))
                .map_err(|status| status.opening("conversion of pixel buffers"))?,
            State::Off => return Err(BackendError::unsupported(format!("the surface {surface:?}"))),
        };
        session.run(surface.buffer(), target).map_err(|status| status.failed("convert a pixel buffer"))?;
        self.state = State::Open(session);
        Ok(())
    }
}
