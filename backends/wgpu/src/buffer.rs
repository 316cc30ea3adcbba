use crate::{
    Error, Gpu, Light,
    pixels::Pixels,
    source::{Memory, Source, check_limits},
};
use framewire_frame::{DeviceSurface, Frame, Size, Surface};
use framewire_shader::SourceLayout;
use std::sync::Arc;
use wgpu::BufferUsages;

/// A frame with the pixels that a buffer holds, as compute shaders write them.
#[derive(Clone, Debug)]
pub struct Buffer {
    pixels: Pixels,
}

impl Buffer {
    /// Takes a copy of what was written into `buffer` by all that has been submitted to the queue: the buffer may be written
    /// again at once. It needs the usage `COPY_SRC`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a layout that does not fit the buffer or is not as [`SourceLayout`] says,
    /// [`Error::TooLarge`] for one that the device's limits keep from being read by a kernel, [`Error::OutOfMemory`];
    /// [`Error::Lost`] once the device is known to be, and [`Error::Failed`] for what wgpu objects to, such as a buffer of
    /// another device.
    pub fn new(gpu: &Gpu, buffer: &wgpu::Buffer, layout: SourceLayout) -> Result<Self, Error> {
        check(buffer, BufferUsages::COPY_SRC, &layout)?;
        let (from, layout) = (layout, SourceLayout { offset: 0, ..layout });
        check_limits(&layout, gpu)?;
        let lent = gpu.snapshots().take(gpu, layout.len())?;
        gpu.submit(|_, encoder| {
            encoder.copy_buffer_to_buffer(buffer, from.offset, lent.buffer(), 0, layout.len());
        })?;
        Ok(Self { pixels: Pixels::new(Source::new(gpu, layout, Memory::Snapshot(lent))) })
    }

    /// Shares the buffer, without a copy: it must not be written until the frame and all its clones are dropped, or viewers
    /// may see a mixture. It needs the usages `STORAGE` and `COPY_SRC`.
    ///
    /// # Errors
    /// As [`Buffer::new`]; but what wgpu objects to shows when the frame is converted, and not here.
    pub fn shared(gpu: &Gpu, buffer: &wgpu::Buffer, layout: SourceLayout) -> Result<Self, Error> {
        gpu.check_alive()?;
        check(buffer, BufferUsages::STORAGE | BufferUsages::COPY_SRC, &layout)?;
        check_limits(&layout, gpu)?;
        Ok(Self { pixels: Pixels::new(Source::new(gpu, layout, Memory::Shared(buffer.clone()))) })
    }

    /// The same with what its numbers are said, instead of concluded from the format: code values for the formats of 8 bits,
    /// light for `Rgba16Float`.
    #[must_use]
    pub fn with_light(self, light: Light) -> Self {
        Self { pixels: self.pixels.with_light(light) }
    }

    /// The size in pixels.
    pub fn size(&self) -> Size {
        self.pixels.source.layout.size
    }

    /// The surface, for who fetches or converts it without a stream.
    pub fn surface(&self) -> Arc<dyn DeviceSurface> {
        Arc::new(self.pixels.clone())
    }
}

fn check(buffer: &wgpu::Buffer, usage: BufferUsages, layout: &SourceLayout) -> Result<(), Error> {
    if !buffer.usage().contains(usage) {
        return Err(Error::Unsupported {
            what: format!("a buffer without the usage {}", in_words(usage - buffer.usage())),
            instead: "add it where the buffer is made".to_owned(),
        });
    }
    match layout.misfit(buffer.size()) {
        None => Ok(()),
        Some(instead) => {
            let SourceLayout { size, texel, offset, stride, .. } = layout;
            let what = format!("a {size} frame of {texel:?} at offset {offset} with {stride} bytes in a row");
            Err(Error::Unsupported { what, instead })
        }
    }
}

/// `COPY_SRC and STORAGE`.
fn in_words(usages: BufferUsages) -> String {
    usages.iter_names().map(|(name, _)| name).collect::<Vec<_>>().join(" and ")
}

impl From<Buffer> for Surface {
    fn from(buffer: Buffer) -> Self {
        Self::Device(buffer.surface())
    }
}

impl From<Buffer> for Frame {
    fn from(buffer: Buffer) -> Self {
        Self::new(buffer)
    }
}
