use crate::{Error, Gpu};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use wgpu::{Buffer, BufferUsages};

/// Buffers of one use that come back by themselves, as `framewire_frame::Pool` has them in host memory.
#[derive(Debug)]
pub(crate) struct Shelf {
    label: &'static str,
    usage: BufferUsages,
    /// The most unused buffers that are kept.
    spare: usize,
    buffers: Mutex<Vec<Buffer>>,
}

/// A buffer of a [`Shelf`]. The content is unspecified.
#[derive(Debug)]
pub(crate) struct Lent {
    buffer: Buffer,
    shelf: Weak<Shelf>,
}

impl Shelf {
    pub(crate) fn new(label: &'static str, usage: BufferUsages, spare: usize) -> Arc<Self> {
        Arc::new(Self { label, usage, spare, buffers: Mutex::default() })
    }

    /// A buffer of exactly `len` bytes.
    pub(crate) fn take(self: &Arc<Self>, gpu: &Gpu, len: u64) -> Result<Lent, Error> {
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        let position = buffers.iter().position(|buffer| buffer.size() == len);
        let kept = position.map(|index| buffers.swap_remove(index));
        if kept.is_none() && buffers.len() >= self.spare {
            // They belong to a size that has gone.
            buffers.clear();
        }
        drop(buffers);
        let buffer = match kept {
            Some(buffer) => buffer,
            None => gpu.buffer(self.label, self.usage, len)?,
        };
        Ok(Lent { buffer, shelf: Arc::downgrade(self) })
    }
}

impl Lent {
    pub(crate) fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// Nobody is to use the buffer again.
    pub(crate) fn discard(&mut self) {
        self.shelf = Weak::new();
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(shelf) = self.shelf.upgrade() else { return };
        let mut buffers = shelf.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < shelf.spare {
            buffers.push(self.buffer.clone());
        }
    }
}
