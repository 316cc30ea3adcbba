//! Pixels in a buffer of the device: what the kernels read.

use crate::{Error, Gpu, Light, shelf::Lent};
use framewire_shader::{SourceLayout, Texel, YuvLayout};
use std::{
    num::NonZeroU64,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use wgpu::{BindingResource, Buffer, BufferBinding, TextureFormat};

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
        let (offset, size) = (self.layout.binding_offset(), NonZeroU64::new(self.layout.binding_len()));
        BindingResource::Buffer(BufferBinding { buffer: self.buffer(), offset, size })
    }

    /// The table of code values.
    pub(crate) fn codes(&self) -> &Buffer {
        self.gpu.kernels().tables.get(self.layout.codes())
    }
}

/// Whether a device can hold the pixels and the 4:2:0 picture of them, of which a narrow one has longer rows.
pub(crate) fn check_limits(layout: &SourceLayout, gpu: &Gpu) -> Result<(), Error> {
    let limits = gpu.device().limits();
    let picture = YuvLayout::nv12(layout.size).len() as u64;
    let needed = picture.max(layout.binding_len());
    let allowed = [
        ("max_storage_buffer_binding_size", limits.max_storage_buffer_binding_size),
        ("max_buffer_size", limits.max_buffer_size),
    ];
    match allowed.into_iter().find(|(_, allowed)| needed > *allowed) {
        Some((limit, allowed)) => Err(Error::TooLarge { size: layout.size, needed, limit, allowed }),
        None => Ok(()),
    }
}

/// The texel of a format; `None` for a format that cannot be published.
pub(crate) fn texel_of(format: TextureFormat) -> Option<Texel> {
    match format {
        TextureFormat::Rgba8Unorm | TextureFormat::Rgba8UnormSrgb => Some(Texel::Rgba8),
        TextureFormat::Bgra8Unorm | TextureFormat::Bgra8UnormSrgb => Some(Texel::Bgra8),
        TextureFormat::Rgba16Float => Some(Texel::Rgba16Float),
        _ => None,
    }
}
