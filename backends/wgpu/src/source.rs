//! Pixels in a buffer of the device: what the kernels read.

use crate::{Error, Gpu, Light, kernel::Params, shelf::Lent, yuv::YuvLayout};
use framewire_frame::{PixelFormat, Size};
use std::{
    num::NonZeroU64,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use wgpu::{BindingResource, Buffer, BufferBinding, TextureFormat};

/// Where pixels lie in a buffer, and what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SourceLayout {
    pub(crate) size: Size,
    pub(crate) texel: Texel,
    pub(crate) light: Light,
    /// Bytes before the first pixel; a multiple of four.
    pub(crate) offset: u64,
    /// Bytes from row to row; a multiple of four.
    pub(crate) stride: u32,
}

/// How the components of a pixel lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texel {
    Rgba8,
    Bgra8,
    Rgba16Float,
}

/// Pixels in a buffer that nobody writes as long as this exists, or that somebody has shared.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) gpu: Gpu,
    pub(crate) layout: SourceLayout,
    /// Never used twice: the same number stands for the same pixels.
    pub(crate) serial: u64,
    memory: Arc<Memory>,
}

#[derive(Debug)]
pub(crate) enum Memory {
    Snapshot(Lent),
    Shared(Buffer),
}

/// What the start of a binding is a multiple of, on every device.
const BINDING_ALIGNMENT: u64 = 256;

impl Source {
    pub(crate) fn new(gpu: &Gpu, layout: SourceLayout, memory: Memory) -> Self {
        Self::over(gpu, layout, Arc::new(memory))
    }

    fn over(gpu: &Gpu, layout: SourceLayout, memory: Arc<Memory>) -> Self {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        Self { gpu: gpu.clone(), layout, serial: SERIAL.fetch_add(1, Ordering::Relaxed), memory }
    }

    /// The same memory, with other numbers in it.
    pub(crate) fn with_light(&self, light: Light) -> Self {
        Self::over(&self.gpu, SourceLayout { light, ..self.layout }, Arc::clone(&self.memory))
    }

    pub(crate) fn buffer(&self) -> &Buffer {
        match &*self.memory {
            Memory::Snapshot(lent) => lent.buffer(),
            Memory::Shared(buffer) => buffer,
        }
    }

    /// The part of the buffer that holds the pixels, as a kernel is given it.
    pub(crate) fn binding(&self) -> BindingResource<'_> {
        let layout = &self.layout;
        let offset = layout.offset - layout.offset % BINDING_ALIGNMENT;
        let size = NonZeroU64::new(layout.offset - offset + layout.len());
        BindingResource::Buffer(BufferBinding { buffer: self.buffer(), offset, size })
    }
}

impl SourceLayout {
    /// Bytes from the first pixel to the end of the last.
    pub(crate) fn len(&self) -> u64 {
        u64::from(self.stride) * u64::from(self.size.height() - 1) + self.texel.row_bytes(self.size)
    }

    /// What the kernels are told of it.
    pub(crate) fn params(&self) -> Params {
        let (red_shift, blue_shift) = match self.texel {
            Texel::Rgba8 | Texel::Rgba16Float => (0, 16),
            Texel::Bgra8 => (16, 0),
        };
        let half = self.texel == Texel::Rgba16Float;
        Params {
            size: [self.size.width(), self.size.height()],
            source_offset: (self.offset % BINDING_ALIGNMENT) as u32 / 4,
            source_stride: self.stride / 4,
            red_shift,
            blue_shift,
            half,
            coded: half || self.light == Light::Linear,
            ..Params::default()
        }
    }

    /// Whether a kernel that was told of `other` reads this one right.
    pub(crate) fn reads_like(&self, other: &Self) -> bool {
        let rest = |layout: &Self| layout.offset % BINDING_ALIGNMENT;
        rest(self) == rest(other) && Self { offset: other.offset, ..*self } == *other
    }

    /// The format of the bytes as they lie there; `None` where they are no code values.
    pub(crate) fn plain_format(&self) -> Option<PixelFormat> {
        match (self.texel, self.light) {
            (Texel::Rgba8, Light::Encoded) => Some(PixelFormat::Rgba8),
            (Texel::Bgra8, Light::Encoded) => Some(PixelFormat::Bgra8),
            (Texel::Rgba8 | Texel::Bgra8, Light::Linear) | (Texel::Rgba16Float, _) => None,
        }
    }

    /// The table of code values.
    pub(crate) fn codes<'a>(&self, gpu: &'a Gpu) -> &'a Buffer {
        let tables = &gpu.kernels().tables;
        match self.texel {
            Texel::Rgba8 | Texel::Bgra8 => tables.bytes(),
            Texel::Rgba16Float => tables.halves(self.light),
        }
    }

    /// Whether a device of these limits can hold it and the 4:2:0 picture of it, of which a narrow one has longer rows.
    pub(crate) fn check_limits(&self, gpu: &Gpu) -> Result<(), Error> {
        let limits = gpu.device().limits();
        let picture = YuvLayout::new(PixelFormat::Nv12, self.size).len() as u64;
        let needed = picture.max(self.offset % BINDING_ALIGNMENT + self.len());
        let allowed = [
            ("max_storage_buffer_binding_size", limits.max_storage_buffer_binding_size),
            ("max_buffer_size", limits.max_buffer_size),
        ];
        match allowed.into_iter().find(|(_, allowed)| needed > *allowed) {
            Some((limit, allowed)) => Err(Error::TooLarge { size: self.size, needed, limit, allowed }),
            None => Ok(()),
        }
    }
}

impl Texel {
    /// The texel of a format and what its numbers usually are; `None` for a format that cannot be published.
    pub(crate) fn of(format: TextureFormat) -> Option<(Self, Light)> {
        match format {
            TextureFormat::Rgba8Unorm | TextureFormat::Rgba8UnormSrgb => Some((Self::Rgba8, Light::Encoded)),
            TextureFormat::Bgra8Unorm | TextureFormat::Bgra8UnormSrgb => Some((Self::Bgra8, Light::Encoded)),
            TextureFormat::Rgba16Float => Some((Self::Rgba16Float, Light::Linear)),
            _ => None,
        }
    }

    pub(crate) fn bytes(self) -> u32 {
        match self {
            Self::Rgba8 | Self::Bgra8 => 4,
            Self::Rgba16Float => 8,
        }
    }

    pub(crate) fn row_bytes(self, size: Size) -> u64 {
        u64::from(self.bytes()) * u64::from(size.width())
    }
}
