use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Buffers of a device that come back by themselves, as `framewire_frame::Pool` has them in host memory.
#[derive(Debug)]
pub struct Shelf<B> {
    /// The most unused buffers that are kept.
    spare: usize,
    stock: Mutex<Stock<B>>,
}

#[derive(Debug)]
struct Stock<B> {
    /// The longest unused first.
    buffers: Vec<Unused<B>>,
    /// How many buffers have been taken.
    taken: u64,
}

#[derive(Debug)]
struct Unused<B> {
    buffer: B,
    len: u64,
    /// [`Stock::taken`] when it came back.
    since: u64,
}

/// A buffer that was not used for so many others belongs to a size that has gone.
const STALE_AFTER: u64 = 120;

/// A buffer of a [`Shelf`]. The content is unspecified.
#[derive(Debug)]
pub struct Lent<B> {
    /// Taken by the drop alone.
    buffer: Option<B>,
    len: u64,
    shelf: Weak<Shelf<B>>,
}

impl<B> Shelf<B> {
    /// An empty one, which keeps `spare` unused buffers at most; with none, each buffer is made anew.
    pub fn new(spare: usize) -> Arc<Self> {
        Arc::new(Self { spare, stock: Mutex::new(Stock { buffers: Vec::new(), taken: 0 }) })
    }

    /// A buffer of exactly `len` bytes, which is made where there is none.
    ///
    /// # Errors
    /// What `make` says.
    pub fn take<E>(self: &Arc<Self>, len: u64, make: impl FnOnce() -> Result<B, E>) -> Result<Lent<B>, E> {
        let mut stock = self.stock();
        stock.taken += 1;
        let taken = stock.taken;
        let position = stock.buffers.iter().position(|unused| unused.len == len);
        let kept = position.map(|index| stock.buffers.remove(index).buffer);
        let is_stale = |unused: &mut Unused<B>| taken - unused.since >= STALE_AFTER;
        let stale: Vec<_> = stock.buffers.extract_if(.., is_stale).collect();
        // Drivers run the program's callbacks from within, which may take a buffer.
        drop(stock);
        drop(stale);
        let buffer = match kept {
            Some(buffer) => buffer,
            None => make()?,
        };
        Ok(Lent { buffer: Some(buffer), len, shelf: Arc::downgrade(self) })
    }

    fn stock(&self) -> MutexGuard<'_, Stock<B>> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B> Lent<B> {
    /// The buffer.
    pub fn buffer(&self) -> &B {
        self.buffer.as_ref().expect("it is there until the drop")
    }

    /// Nobody is to use the buffer again.
    pub fn discard(&mut self) {
        self.shelf = Weak::new();
    }
}

impl<B> Drop for Lent<B> {
    fn drop(&mut self) {
        let (Some(shelf), Some(buffer)) = (self.shelf.upgrade(), self.buffer.take()) else { return };
        let mut stock = shelf.stock();
        let since = stock.taken;
        stock.buffers.push(Unused { buffer, len: self.len, since });
        let oldest = (stock.buffers.len() > shelf.spare).then(|| stock.buffers.remove(0));
        drop(stock);
        drop(oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::Cell, convert::Infallible};

    #[test]
    fn a_buffer_comes_back_and_those_of_sizes_that_have_gone_go() {
        let made = Cell::new(0);
        let shelf = Shelf::new(2);
        let take = |len| {
            let lent = shelf.take(len, || Ok::<_, Infallible>(made.replace(made.get() + 1)));
            lent.unwrap()
        };
        let first = take(64);
        let number = *first.buffer();
        assert_ne!(*take(64).buffer(), number, "the first is in use");
        drop(first);
        assert!((0..2).any(|_| *take(64).buffer() == number));
        drop([take(8), take(8), take(8)]);
        assert_eq!(shelf.stock().buffers.len(), 2, "no more than the spare ones are kept");
        drop(take(16));
        for _ in 0..=STALE_AFTER {
            drop(take(16));
        }
        assert_eq!(shelf.stock().buffers.len(), 1, "nobody wants 8 bytes any more");
        let mut discarded = take(16);
        discarded.discard();
        drop(discarded);
        assert!(shelf.stock().buffers.is_empty());
    }

    #[test]
    fn a_shelf_without_spare_buffers_keeps_none() {
        let shelf = Shelf::new(0);
        let take = || shelf.take(8, || Ok::<_, Infallible>(())).unwrap();
        drop([take(), take()]);
        assert!(shelf.stock().buffers.is_empty());
    }
}
