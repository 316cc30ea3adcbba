use crate::{
    Error, Gpu, Light,
    pixels::Pixels,
    source::{Memory, Source, check_limits, texel_of},
};
use framewire_frame::{DeviceSurface, Frame, Size, Surface};
use framewire_shader::SourceLayout;
use std::sync::Arc;
use wgpu::{BufferUsages, TextureFormat};

/// A frame with the pixels that a buffer holds, as compute shaders write them.
#[derive(Clone, Debug)]
pub struct Buffer {
    pixels: Pixels,
}

/// Where pixels lie in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferLayout {
    /// In pixels.
    pub size: Size,
    /// `Rgba8Unorm`, `Bgra8Unorm`, either also with `Srgb`, or `Rgba16Float`.
    pub format: TextureFormat,
    /// Bytes before the first pixel; a multiple of four.
    pub offset: u64,
    /// Bytes from the start of one row to the start of the next; a multiple of four.
    pub bytes_per_row: u32,
}

impl BufferLayout {
    /// Rows that follow each other from the start of the buffer.
    pub fn packed(size: Size, format: TextureFormat) -> Self {
        let texel_bytes = format.block_copy_size(None).unwrap_or(0);
        Self { size, format, offset: 0, bytes_per_row: texel_bytes * size.width() }
    }
}

impl Buffer {
    /// Takes a copy of what was written into `buffer` by all that has been submitted to the queue: the buffer may be written
    /// again at once. It needs the usage `COPY_SRC`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a layout that does not fit the buffer or is not as [`BufferLayout`] says,
    /// [`Error::TooLarge`] for one that the device's limits keep from being read by a kernel, [`Error::OutOfMemory`];
    /// [`Error::Lost`] once the device is known to be, and [`Error::Failed`] for what wgpu objects to, such as a buffer of
    /// another device.
    pub fn new(gpu: &Gpu, buffer: &wgpu::Buffer, layout: BufferLayout) -> Result<Self, Error> {
        let from = layout.check(buffer, BufferUsages::COPY_SRC)?;
        let layout = SourceLayout { offset: 0, ..from };
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
    pub fn shared(gpu: &Gpu, buffer: &wgpu::Buffer, layout: BufferLayout) -> Result<Self, Error> {
        gpu.check_alive()?;
        let layout = layout.check(buffer, BufferUsages::STORAGE | BufferUsages::COPY_SRC)?;
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

impl BufferLayout {
    fn check(self, buffer: &wgpu::Buffer, usage: BufferUsages) -> Result<SourceLayout, Error> {
        let unsupported = |what: String, instead: String| Err(Error::Unsupported { what, instead });
        let Self { size, format, offset, bytes_per_row: stride } = self;
        if !buffer.usage().contains(usage) {
            return unsupported(
                format!("a buffer without the usage {}", in_words(usage - buffer.usage())),
                "add it where the buffer is made".to_owned(),
            );
        }
        let Some(texel) = texel_of(format) else {
            return unsupported(
                format!("a buffer of {format:?}"),
                "Rgba8Unorm, Bgra8Unorm, both also with Srgb, and Rgba16Float can".to_owned(),
            );
        };
        let layout = SourceLayout { offset, stride, ..SourceLayout::packed(size, texel) };
        if let Some(instead) = layout.misfit(buffer.size()) {
            return unsupported(
                format!("a {size} frame of {format:?} at offset {offset} with {stride} bytes in a row"),
                instead,
            );
        }
        Ok(layout)
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
