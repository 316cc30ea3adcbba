//! How often a decoder may break down.

/// With the last of these it has failed.
const MOST_BREAKDOWNS: u32 = 3;
/// So many pictures without a breakdown between them make up for all that were before.
const ENOUGH_PICTURES: u32 = 100;

/// Counts breakdowns. Damaged bytes may cause one now and then; a decoder that goes on breaking down is of no use with this
/// stream, or on this machine.
#[derive(Default)]
pub(super) struct Patience {
    breakdowns: u32,
    /// Since the last breakdown.
    pictures: u32,
}

impl Patience {
    /// A picture has come.
    pub(super) fn picture(&mut self) {
        self.pictures = self.pictures.saturating_add(1);
        if self.pictures >= ENOUGH_PICTURES {
            self.breakdowns = 0;
        }
    }

    /// Counts a breakdown; whether it was one too many.
    pub(super) fn breakdown(&mut self) -> bool {
        self.pictures = 0;
        self.breakdowns += 1;
        self.breakdowns >= MOST_BREAKDOWNS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_in_a_row_make_up_for_breakdowns() {
        let mut patience = Patience::default();
        assert!(!patience.breakdown() && !patience.breakdown());
        (1..ENOUGH_PICTURES).for_each(|_| patience.picture());
        assert!(patience.breakdown());
        (0..ENOUGH_PICTURES).for_each(|_| patience.picture());
        assert!(!patience.breakdown() && !patience.breakdown() && patience.breakdown());
    }
}
