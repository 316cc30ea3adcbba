use crate::{Error, Gpu};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use wgpu::{Buffer, BufferUsages};

/// Buffers of one use that come back by themselves, as `framewire_frame::Pool` has them in host memory.
#[derive(Debug)]
pub(crate) struct Shelf {
    label: &'static str,
    usage: BufferUsages,
    /// The most unused buffers that are kept.
    spare: usize,
    stock: Mutex<Stock>,
}

#[derive(Debug, Default)]
struct Stock {
    /// The longest unused first.
    buffers: Vec<Unused>,
    /// How many buffers have been taken.
    taken: u64,
}

#[derive(Debug)]
struct Unused {
    buffer: Buffer,
    /// [`Stock::taken`] when it came back.
    since: u64,
}

/// A buffer that was not used for so many others belongs to a size that has gone.
const STALE_AFTER: u64 = 120;

/// A buffer of a [`Shelf`]. The content is unspecified.
#[derive(Debug)]
pub(crate) struct Lent {
    buffer: Buffer,
    shelf: Weak<Shelf>,
}

impl Shelf {
    pub(crate) fn new(label: &'static str, usage: BufferUsages, spare: usize) -> Arc<Self> {
        Arc::new(Self { label, usage, spare, stock: Mutex::default() })
    }

    /// A buffer of exactly `len` bytes.
    pub(crate) fn take(self: &Arc<Self>, gpu: &Gpu, len: u64) -> Result<Lent, Error> {
        let mut stock = self.stock();
        stock.taken += 1;
        let taken = stock.taken;
        let position = stock.buffers.iter().position(|unused| unused.buffer.size() == len);
        let kept = position.map(|index| stock.buffers.remove(index).buffer);
        stock.buffers.retain(|unused| taken - unused.since < STALE_AFTER);
        drop(stock);
        let buffer = match kept {
            Some(buffer) => buffer,
            None => gpu.buffer(self.label, self.usage, len)?,
        };
        Ok(Lent { buffer, shelf: Arc::downgrade(self) })
    }

    fn stock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut stock = shelf.stock();
        if stock.buffers.len() == shelf.spare {
            stock.buffers.remove(0);
        }
        let since = stock.taken;
        stock.buffers.push(Unused { buffer: self.buffer.clone(), since });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_buffer_comes_back_and_those_of_sizes_that_have_gone_go() {
        testing::on_gpu("a_buffer_comes_back_and_those_of_sizes_that_have_gone_go", |gpu| {
            let shelf = Shelf::new("test", BufferUsages::COPY_DST, 2);
            let first = shelf.take(gpu, 64).unwrap();
            let buffer = first.buffer().clone();
            assert_ne!(*shelf.take(gpu, 64).unwrap().buffer(), buffer, "the first is in use");
            drop(first);
            assert!((0..2).any(|_| *shelf.take(gpu, 64).unwrap().buffer() == buffer));
            drop([shelf.take(gpu, 8).unwrap(), shelf.take(gpu, 8).unwrap(), shelf.take(gpu, 8).unwrap()]);
            assert_eq!(shelf.stock().buffers.len(), 2, "no more than the spare ones are kept");
            drop(shelf.take(gpu, 16).unwrap());
            for _ in 0..=STALE_AFTER {
                drop(shelf.take(gpu, 16).unwrap());
            }
            assert_eq!(shelf.stock().buffers.len(), 1, "nobody wants 8 bytes any more");
            let mut discarded = shelf.take(gpu, 16).unwrap();
            discarded.discard();
            drop(discarded);
            assert!(shelf.stock().buffers.is_empty());
        });
    }
}
