//! From memory of a device to the host.

use super::{
    commands::{Bindings, Submitted},
    queue::{Buffer, Kernel},
    surface::Source,
};
use bytes::Bytes;
use framewire_codec::BackendError;
use framewire_frame::{Color, Picture, PixelFormat, Size};
use framewire_shader::{Lent, smaller};

/// The pixels as code values of 8 bits.
pub(super) fn download(source: &Source) -> Result<Picture, BackendError> {
    let (queue, layout) = (&source.queue, &source.layout);
    let fetched = match layout.plain_format() {
        Some(format) => {
            let lent = queue.download(layout.len())?;
            let work = queue
                .submit_reading(source, |commands| commands.copy(source.pixels(), lent.buffer().whole()))?;
            Picture::new(format, layout.size, bytes_of(lent, work)?, &[(0, layout.stride as usize)])
        }
        None => {
            let lent = queue.download(PixelFormat::Rgba8.packed_len(layout.size) as u64)?;
            let work = queue.submit_reading(source, |commands| {
                let bindings = Bindings {
                    params: &layout.params(),
                    source: source.binding(),
                    codes: queue.table(layout.codes()),
                    target: lent.buffer().whole(),
                    changes: None,
                };
                let grid = [layout.size.width(), layout.size.height()];
                commands.dispatch(Kernel::Pack, &bindings, grid)
            })?;
            Picture::packed(PixelFormat::Rgba8, layout.size, bytes_of(lent, work)?)
        }
    };
    fetched.map_err(|error| BackendError::failed_with("Metal gave a picture that is none", error))
}

/// The same as NV12 at a smaller size, which the processor makes.
pub(super) fn download_smaller(source: &Source, size: Size, color: Color) -> Result<Picture, BackendError> {
    smaller(&download(source)?, size, color)
        .map_err(|error| BackendError::failed_with("a picture of Metal's could not be scaled", error))
}

/// The bytes of a buffer of [`MetalQueue::download`](super::queue::MetalQueue::download), after the work that fills it; the
/// buffer goes back when they are dropped.
pub(super) fn bytes_of(lent: Lent<Buffer>, work: Submitted) -> Result<Bytes, BackendError> {
    Ok(Bytes::from_owner(Fetched { lent: work.wait(lent)? }))
}

/// Memory that the device has filled.
struct Fetched {
    lent: Lent<Buffer>,
}

impl AsRef<[u8]> for Fetched {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the host reaches buffers of downloads. The work that has filled this one is done, and nobody else has it
        // until it goes back.
        unsafe { self.lent.buffer().bytes() }
    }
}
