use crate::{Error, Gpu};
use std::sync::Arc;
use wgpu::{Buffer, BufferUsages};

/// Buffers of one use.
#[derive(Debug)]
pub(crate) struct Shelf {
    label: &'static str,
    usage: BufferUsages,
    buffers: Arc<framewire_shader::Shelf<Buffer>>,
}

/// A buffer of a [`Shelf`], which goes back to it. The content is unspecified.
pub(crate) type Lent = framewire_shader::Lent<Buffer>;

impl Shelf {
    pub(crate) fn new(label: &'static str, usage: BufferUsages, spare: usize) -> Self {
        Self { label, usage, buffers: framewire_shader::Shelf::new(spare) }
    }

    /// A buffer of exactly `len` bytes.
    pub(crate) fn take(&self, gpu: &Gpu, len: u64) -> Result<Lent, Error> {
        self.buffers.take(len, || gpu.buffer(self.label, self.usage, len))
    }
}
