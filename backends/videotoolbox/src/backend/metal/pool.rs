//! From pixels on a device into the pixel buffers that VideoToolbox encodes.

use super::{
    conversion::{Conversion, Plan},
    queue::{Buffer, MetalQueue, Slice},
    span::{PageLen, Span},
    surface::{Source, wanted},
};
use crate::{
    NAME,
    backend::pixel_buffer::{self, LentPlanes},
};
use framewire_codec::BackendError;
use framewire_convert::Converter;
use framewire_frame::{Color, DeviceSurface, PictureRef, PixelFormat, Size};
use framewire_shader::{Biplanar, YuvLayout};
use objc2_core_video::CVPixelBuffer;

/// Converts frames of Metal into pixel buffers of one size.
#[derive(Debug)]
pub(crate) struct PoolConversion {
    /// Of the pixel buffers, with even sides.
    coded: Size,
    color: Color,
    kept: Option<Kept>,
    /// The kernel writes into the pixel buffer; else into a buffer, of which the host copies the rows.
    direct: bool,
    /// A conversion has failed.
    failed: bool,
}

/// What is used again while frames have the same layout.
#[derive(Debug)]
struct Kept {
    conversion: Conversion,
    /// What has changed since the buffer's last picture, which nobody asks for.
    changes: Buffer,
    /// A picture that the host is to copy, and what copies it.
    picture: Option<(Buffer, Converter)>,
}

impl PoolConversion {
    pub(crate) fn new(coded: Size, color: Color) -> Self {
        Self { coded, color, kept: None, direct: true, failed: false }
    }

    /// Whether `surface` is one of Metal's with a picture of `size`, and no conversion has failed.
    pub(crate) fn takes(&self, surface: &dyn DeviceSurface, size: Size) -> bool {
        !self.failed && wanted(surface, self.color).is_some_and(|(_, plan)| plan.size == size)
    }

    /// Converts `surface` into `target`, which is of the size and range that were said, and waits until that is done.
    pub(crate) fn convert(
        &mut self,
        surface: &dyn DeviceSurface,
        target: &CVPixelBuffer,
    ) -> Result<(), BackendError> {
        self.attempt(surface, target).inspect_err(|_| self.failed = true)
    }

    fn attempt(&mut self, surface: &dyn DeviceSurface, target: &CVPixelBuffer) -> Result<(), BackendError> {
        let (source, plan) = wanted(surface, self.color)
            .ok_or_else(|| BackendError::unsupported(format!("the surface {surface:?} as one of Metal's")))?;
        let kept = match self.kept.take().filter(|kept| kept.conversion.fits(source, plan)) {
            Some(kept) => kept,
            None => Kept::new(&source.queue, plan, self.coded)?,
        };
        let kept = self.kept.insert(kept);
        if self.direct {
            self.direct = kept.write(source, target, self.coded)?;
            if self.direct {
                return Ok(());
            }
            tracing::debug!(
                "{NAME}: Metal does not take the encoder's memory, into which the processor copies"
            );
        }
        kept.copy(source, target, self.coded)
    }
}

impl Kept {
    fn new(queue: &MetalQueue, plan: Plan, coded: Size) -> Result<Self, BackendError> {
        let changes = YuvLayout::nv12(coded).changes_len();
        Ok(Self {
            conversion: Conversion::new(queue, plan)?,
            changes: queue.private_buffer(changes as u64)?,
            picture: None,
        })
    }

    /// Has the kernel write the memory of `target`; `false` where that lies in a way that Metal does not take.
    fn write(&self, source: &Source, target: &CVPixelBuffer, coded: Size) -> Result<bool, BackendError> {
        let lent = pixel_buffer::lend_planes(target, coded)?;
        let Some((layout, pages)) = direct(&lent, coded) else { return Ok(false) };
        let queue = self.conversion.queue();
        // SAFETY: the memory is that of an IOSurface, which is mapped in whole pages and has the bytes of the layout. It stays
        // mapped as long as the planes are lent, which is until the work is done.
        let buffer = unsafe { queue.buffer_over(lent.luma().start.cast(), pages.len) };
        match buffer {
            Some(buffer) => self.run(source, &layout, buffer, lent).map(|_| true),
            None => Ok(false),
        }
    }

    /// Has the kernel write a buffer, and copies its rows into `target`.
    fn copy(&mut self, source: &Source, target: &CVPixelBuffer, coded: Size) -> Result<(), BackendError> {
        let layout = YuvLayout::nv12(coded);
        let (picture, converter) = match self.picture.take() {
            Some(kept) => kept,
            None => {
                let copying = Converter::new(PixelFormat::Nv12, PixelFormat::Nv12, coded, Color::default());
                let copying = copying.map_err(|error| BackendError::failed_with("a copy", error))?;
                (source.queue.shared_buffer(layout.len() as u64)?, copying)
            }
        };
        let (picture, ()) = self.run(source, &layout, picture, ())?;
        // SAFETY: the buffer is shared with the host, and the work that writes it is done.
        let bytes = unsafe { picture.bytes() };
        let planes = layout.planes().into_iter().map(|(start, stride)| (&bytes[start..], stride));
        let made = PictureRef::new(PixelFormat::Nv12, coded, &planes.collect::<Vec<_>>())
            .map_err(|error| BackendError::failed_with("Metal made a picture that is none", error))?;
        pixel_buffer::write(target, &converter, made, coded)?;
        self.picture = Some((picture, converter));
        Ok(())
    }

    /// Converts, and waits. Gives back the buffer and the memory that it lies in.
    fn run<M: Send + 'static>(
        &self,
        source: &Source,
        layout: &YuvLayout,
        target: Buffer,
        memory: M,
    ) -> Result<(Buffer, M), BackendError> {
        let work = self.conversion.queue().submit_reading(source, |commands| {
            // Of 32 bits, as the length of the buffer is.
            let target = Slice { buffer: &target, offset: 0, len: layout.len() as u32 };
            self.conversion.record(commands, source, layout, target, &self.changes)
        })?;
        work.wait((target, memory))
    }
}

/// Where a kernel writes planes, from the start of luma on, and the pages that they lie in; `None` where it would write
/// beside them or beside the IOSurface.
fn direct(lent: &LentPlanes, coded: Size) -> Option<(YuvLayout, Span)> {
    let (luma, chroma) = (lent.luma(), lent.chroma());
    let address = luma.start.addr().get();
    let planes = Biplanar {
        luma_stride: luma.stride,
        chroma_offset: chroma.start.addr().get().checked_sub(address)?,
        chroma_stride: chroma.stride,
    };
    let layout = YuvLayout::nv12_at(coded, planes)?;
    let written = Span { address, len: layout.len() };
    let pages = written.in_whole_pages(PageLen::of_system()?)?;
    lent.surface()?.contains(written).then_some((layout, pages))
}
