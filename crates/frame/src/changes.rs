use crate::Size;

/// Which 16x16 blocks of a picture differ from those of an earlier one: one flag per block, in raster order, as H.264
/// numbers its macroblocks. Blocks at the right and bottom edge may cover fewer pixels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeMap {
    columns: usize,
    flags: Vec<bool>,
}

impl ChangeMap {
    /// Pixels per side of a block.
    pub const BLOCK: usize = 16;

    /// A map for pictures of `size`, in which nothing has changed.
    pub fn new(size: Size) -> Self {
        let mut map = Self::default();
        map.reset(size);
        map
    }

    /// Makes this a map for pictures of `size`, in which nothing has changed.
    pub fn reset(&mut self, size: Size) {
        self.columns = Self::blocks(size.width());
        self.flags.clear();
        self.flags.resize(self.columns * Self::blocks(size.height()), false);
    }

    /// Nothing has changed: what is marked from here on differs from the picture of this moment.
    pub fn clear(&mut self) {
        self.flags.fill(false);
    }

    /// Marks every block: what a first picture needs, which has none before it.
    pub fn mark_all(&mut self) {
        self.flags.fill(true);
    }

    /// Whether any block has changed.
    pub fn any(&self) -> bool {
        self.flags.contains(&true)
    }

    /// How many blocks have changed.
    pub fn count(&self) -> usize {
        self.flags.iter().filter(|&&changed| changed).count()
    }

    /// Blocks per row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Rows of blocks.
    pub fn rows(&self) -> usize {
        self.flags.len().checked_div(self.columns).unwrap_or(0)
    }

    /// One flag per block, in raster order.
    pub fn flags(&self) -> &[bool] {
        &self.flags
    }

    /// Marks what is marked in `other` too. A map for pictures of another size, of which nothing is known here, marks all.
    pub fn merge(&mut self, other: &Self) {
        if (self.columns, self.flags.len()) != (other.columns, other.flags.len()) {
            *self = other.clone();
            return self.mark_all();
        }
        for (flag, other) in self.flags.iter_mut().zip(&other.flags) {
            *flag |= other;
        }
    }

    /// The flags of a map for pictures of `size`, which this one becomes, with nothing marked, if it is not.
    pub fn flags_for(&mut self, size: Size) -> &mut [bool] {
        if (self.columns(), self.rows()) != (Self::blocks(size.width()), Self::blocks(size.height())) {
            self.reset(size);
        }
        &mut self.flags
    }

    /// How many blocks cover a side of so many pixels.
    pub fn blocks(side: u32) -> usize {
        (side as usize).div_ceil(Self::BLOCK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_covers_partial_blocks() {
        let mut map = ChangeMap::new(Size::new(33, 17).unwrap());
        assert_eq!((map.columns(), map.rows(), map.any()), (3, 2, false));
        map.flags_for(Size::new(40, 30).unwrap())[5] = true;
        assert_eq!(map.flags(), [false, false, false, false, false, true]);
        map.mark_all();
        assert_eq!(map.count(), 6);
        map.clear();
        assert_eq!(map.count(), 0);
        map.reset(Size::new(16, 16).unwrap());
        assert_eq!(map.flags(), [false]);
        map.mark_all();
        assert_eq!(map.flags_for(Size::new(17, 9).unwrap()), [false; 2], "a map of another size starts anew");
    }

    #[test]
    fn merged_maps_mark_what_either_marks() {
        let size = Size::new(48, 16).unwrap();
        let (mut map, mut other) = (ChangeMap::new(size), ChangeMap::new(size));
        map.flags_for(size)[0] = true;
        other.flags_for(size)[2] = true;
        map.merge(&other);
        assert_eq!(map.flags(), [true, false, true]);
        map.merge(&ChangeMap::new(Size::new(16, 48).unwrap()));
        assert_eq!((map.columns(), map.rows(), map.count()), (1, 3, 3), "of another size all is new");
    }

    #[test]
    fn an_empty_map_has_no_blocks() {
        let map = ChangeMap::default();
        assert_eq!((map.rows(), map.count(), map.any()), (0, 0, false));
    }
}
