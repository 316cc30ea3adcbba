//! How many of a decoder's buffers are out.

use std::sync::Arc;

/// The most surfaces of a decoder that may live. A session allocates further buffers while those that it gave are held, and
/// nothing is known of where that ends: beyond this many, pictures are copied.
pub(crate) const MOST_SURFACES: usize = 24;

/// Counts the surfaces of one decoder.
#[derive(Default)]
pub(super) struct Stock {
    leases: Arc<()>,
    /// The session could not have a further buffer.
    is_short: bool,
}

/// Counts one surface, for as long as it lives.
pub(crate) struct Lease(#[expect(dead_code, reason = "it is counted by being held")] Arc<()>);

impl Stock {
    /// A lease for one more surface; `None` where too many live, or where there was no buffer for one more.
    pub(super) fn lend(&self) -> Option<Lease> {
        let has_room = !self.is_short && Arc::strong_count(&self.leases) <= MOST_SURFACES;
        has_room.then(|| Lease(Arc::clone(&self.leases)))
    }

    /// The session could not have a further buffer: no more are lent.
    pub(super) fn run_short(&mut self) {
        self.is_short = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_that_ends_makes_room() {
        let stock = Stock::default();
        let mut leases: Vec<_> = (0..MOST_SURFACES).filter_map(|_| stock.lend()).collect();
        assert!(leases.len() == MOST_SURFACES && stock.lend().is_none());
        leases.pop();
        assert!(stock.lend().is_some());
    }
}
