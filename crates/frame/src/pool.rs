use bytes::Bytes;
use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// Buffers that come back by themselves: when the last [`Bytes`] of one is dropped, its memory is used again.
///
/// At most `spare` buffers wait for reuse; more than that are freed.
#[derive(Clone)]
pub struct Pool {
    shelf: Arc<Shelf>,
}

struct Shelf {
    spare: usize,
    buffers: Mutex<Vec<Vec<u8>>>,
}

/// A buffer taken from a [`Pool`], to be filled and then frozen.
pub struct PoolBuffer {
    bytes: Vec<u8>,
    shelf: Weak<Shelf>,
}

impl Pool {
    /// A pool that keeps at most `spare` unused buffers.
    pub fn new(spare: usize) -> Self {
        Self { shelf: Arc::new(Shelf { spare, buffers: Mutex::new(Vec::new()) }) }
    }

    /// A buffer of `len` bytes, whose content is unspecified: zeros, or what an earlier user wrote.
    pub fn take(&self, len: usize) -> PoolBuffer {
        let mut shelf = self.shelf.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        // A buffer of another size belongs to a format or size that has gone; only an exact one is reused, so that
        // the zeroing of `resize` never runs on the path of a frame.
        let position = shelf.iter().position(|buffer| buffer.len() == len);
        let bytes = position.map(|index| shelf.swap_remove(index));
        if bytes.is_none() && shelf.len() >= self.shelf.spare {
            shelf.clear();
        }
        drop(shelf);
        PoolBuffer { bytes: bytes.unwrap_or_else(|| vec![0; len]), shelf: Arc::downgrade(&self.shelf) }
    }
}

impl PoolBuffer {
    /// The filled buffer, shared and read-only from here on.
    pub fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for PoolBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Deref for PoolBuffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl DerefMut for PoolBuffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for PoolBuffer {
    fn drop(&mut self) {
        let Some(shelf) = self.shelf.upgrade() else { return };
        let mut buffers = shelf.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < shelf.spare {
            buffers.push(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_buffer_is_used_again() {
        let pool = Pool::new(2);
        let mut buffer = pool.take(4);
        buffer.copy_from_slice(&[1, 2, 3, 4]);
        let frozen = buffer.freeze();
        let shared = frozen.clone();
        drop(frozen);
        assert_eq!(&*pool.take(4), [0; 4], "the first is still shared");
        drop(shared);
        let reused = [pool.take(4), pool.take(4)];
        assert!(reused.iter().any(|b| **b == [1, 2, 3, 4]));
    }

    #[test]
    fn no_more_than_the_spare_ones_are_kept() {
        let pool = Pool::new(1);
        let buffers = [pool.take(8), pool.take(8), pool.take(8)];
        drop(buffers);
        assert_eq!(pool.shelf.buffers.lock().unwrap().len(), 1);
        drop(pool.take(9));
        assert_eq!(pool.shelf.buffers.lock().unwrap()[0].len(), 9, "an outdated size makes room");
    }
}
