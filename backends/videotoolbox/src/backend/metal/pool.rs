//! From pixels on a device into the pixel buffers that VideoToolbox encodes.

use super::{
    conversion::Conversion,
    kernel::whole_pages,
    queue::{Buffer, Slice},
    surface::{Source, wanted},
};
use crate::{
    NAME,
    backend::pixel_buffer::{self, Plane},
};
use framewire_codec::BackendError;
use framewire_frame::{Color, DeviceSurface, PictureRef, PixelFormat, Size};
use framewire_shader::YuvLayout;
use objc2_core_video::CVPixelBuffer;
use std::ffi::c_int;

/// Converts frames of Metal into pixel buffers of one size.
#[derive(Debug)]
pub(crate) struct PoolConversion {
    /// Of the pixel buffers, with even sides.
    coded: Size,
    color: Color,
    kept: Option<Kept>,
    way: Way,
}

/// What is used again while frames have the same layout.
#[derive(Debug)]
struct Kept {
    conversion: Conversion,
    /// What has changed since the buffer's last picture, which nobody asks for.
    changes: Buffer,
}

/// How the picture comes into the pixel buffer.
#[derive(Debug)]
enum Way {
    /// The kernel writes it there.
    Direct,
    /// The kernel writes it into a buffer, and the host copies its rows.
    Copied(Option<Buffer>),
}

impl PoolConversion {
    pub(crate) fn new(coded: Size, color: Color) -> Self {
        Self { coded, color, kept: None, way: Way::Direct }
    }

    /// Whether `surface` is one of Metal's with a picture of `size`.
    pub(crate) fn takes(&self, surface: &dyn DeviceSurface, size: Size) -> bool {
        wanted(surface, self.color).is_some_and(|(_, plan)| plan.size == size)
    }

    /// Converts `surface` into `target`, which is of the size and range that were said, and waits until that is done.
    pub(crate) fn convert(
        &mut self,
        surface: &dyn DeviceSurface,
        target: &CVPixelBuffer,
    ) -> Result<(), BackendError> {
        let (source, plan) = wanted(surface, self.color)
            .ok_or_else(|| BackendError::unsupported(format!("the surface {surface:?} as one of Metal's")))?;
        let kept = match self.kept.take().filter(|kept| kept.conversion.fits(source, plan)) {
            Some(kept) => kept,
            None => Kept {
                conversion: Conversion::new(&source.queue, plan)?,
                changes: source.queue.private_buffer(self.copied_layout().changes_len() as u64)?,
            },
        };
        let kept = self.kept.insert(kept);
        if matches!(self.way, Way::Direct) {
            if kept.write(source, target, self.coded)? {
                return Ok(());
            }
            tracing::debug!(
                "{NAME}: Metal does not write the encoder's memory; the processor copies pictures there"
            );
            self.way = Way::Copied(None);
        }
        self.copy(source, target)
    }

    /// By a buffer of our own.
    fn copy(&mut self, source: &Source, target: &CVPixelBuffer) -> Result<(), BackendError> {
        let (coded, layout) = (self.coded, self.copied_layout());
        let (Some(kept), Way::Copied(buffer)) = (&self.kept, &mut self.way) else {
            return Err(BackendError::failed("a picture of Metal's was to be copied that is not there"));
        };
        let buffer = match buffer.take().filter(|_| kept.conversion.queue().is(&source.queue)) {
            Some(kept) => buffer.insert(kept),
            None => buffer.insert(source.queue.shared_buffer(layout.len() as u64)?),
        };
        kept.run(source, &layout, buffer)?;
        // SAFETY: the buffer is shared with the host, and the work that writes it is done.
        let bytes = unsafe { buffer.bytes() };
        let planes = layout.planes();
        let planes: Vec<_> = planes.iter().map(|&(start, stride)| (&bytes[start..], stride)).collect();
        let picture = PictureRef::new(PixelFormat::Nv12, coded, &planes)
            .map_err(|error| BackendError::failed_with("Metal made a picture that is none", error))?;
        pixel_buffer::write(target, picture, coded)
    }

    fn copied_layout(&self) -> YuvLayout {
        YuvLayout::new(PixelFormat::Nv12, self.coded)
    }
}

impl Kept {
    /// Has the kernel write the memory of `target`; `false` where that lies in a way that Metal does not take.
    fn write(&self, source: &Source, target: &CVPixelBuffer, coded: Size) -> Result<bool, BackendError> {
        let Some(len) = pixel_buffer::surface_len(target) else { return Ok(false) };
        pixel_buffer::lend_planes(target, coded, |planes| {
            let Some(layout) = layout(planes, coded).filter(|layout| layout.len() <= len) else {
                return Ok(false);
            };
            let [luma, _] = planes;
            let pages = whole_pages(luma.start.addr().get(), layout.len(), page_len());
            let queue = self.conversion.queue();
            // SAFETY: the memory is that of an IOSurface, which is mapped in whole pages and has these bytes. It stays
            // mapped as long as the buffer is locked, and this function waits for the work before it ends.
            let buffer = pages.and_then(|pages| unsafe { queue.buffer_over(luma.start.cast(), pages) });
            match buffer {
                Some(buffer) => self.run(source, &layout, &buffer).map(|()| true),
                None => Ok(false),
            }
        })?
    }

    /// Converts, and waits.
    fn run(&self, source: &Source, layout: &YuvLayout, target: &Buffer) -> Result<(), BackendError> {
        let work = self.conversion.queue().submit(|commands| {
            // Of 32 bits, as the length of the buffer is.
            let target = Slice { buffer: target, offset: 0, len: layout.len() as u32 };
            self.conversion.record(commands, source, layout, target, &self.changes)
        })?;
        work.wait()
    }
}

/// Where the planes lie, from the start of luma on; `None` where a kernel would write beside them.
fn layout([luma, chroma]: [Plane; 2], coded: Size) -> Option<YuvLayout> {
    let offset = chroma.start.addr().get().checked_sub(luma.start.addr().get())?;
    YuvLayout::nv12_at(coded, luma.stride, offset, chroma.stride)
}

/// Bytes of a page of memory, 4,096 or 16,384.
fn page_len() -> usize {
    unsafe extern "C" {
        safe fn getpagesize() -> c_int;
    }
    usize::try_from(getpagesize()).unwrap_or(0)
}
