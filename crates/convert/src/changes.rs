use framewire_frame::Size;

/// Which 16x16 blocks of a picture differ from those of the picture before: one flag per block, in raster order,
/// as H.264 numbers its macroblocks. Blocks at the right and bottom edge may cover fewer pixels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeMap {
    columns: usize,
    flags: Vec<bool>,
}

/// Where a block of a [`ChangeMap`] lies, counted in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// From the left.
    pub column: usize,
    /// From the top.
    pub row: usize,
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
        self.columns = (size.width() as usize).div_ceil(Self::BLOCK);
        let rows = (size.height() as usize).div_ceil(Self::BLOCK);
        self.flags.clear();
        self.flags.resize(self.columns * rows, false);
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

    /// The blocks that have changed, in raster order.
    pub fn changed(&self) -> impl Iterator<Item = Block> + '_ {
        let blocks = self.flags.iter().enumerate().filter(|(_, changed)| **changed);
        blocks.map(|(index, _)| Block { column: index % self.columns, row: index / self.columns })
    }

    /// The flags of the blocks that hold the rows of luma from `y` on.
    pub(crate) fn row_of(&mut self, y: usize) -> &mut [bool] {
        let start = y / Self::BLOCK * self.columns;
        &mut self.flags[start..][..self.columns]
    }
}

/// Copies `new` over `old`, where each `BLOCK` bytes belong to one block, and marks the blocks in which the two differ.
/// Equal bytes are not written, so that a still picture costs no memory traffic.
pub(crate) fn update_row<const BLOCK: usize>(new: &[u8], old: &mut [u8], flags: &mut [bool]) {
    let (new, new_rest) = new.as_chunks::<BLOCK>();
    let (old, old_rest) = old.as_chunks_mut::<BLOCK>();
    for ((new, old), flag) in new.iter().zip(old).zip(flags.iter_mut()) {
        if new != old {
            *old = *new;
            *flag = true;
        }
    }
    if new_rest != old_rest {
        old_rest.copy_from_slice(new_rest);
        flags[new.len()] = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_covers_partial_blocks() {
        let mut map = ChangeMap::new(Size::new(33, 17).unwrap());
        assert_eq!((map.columns(), map.rows(), map.any()), (3, 2, false));
        map.row_of(16)[2] = true;
        assert_eq!(map.changed().collect::<Vec<_>>(), [Block { column: 2, row: 1 }]);
        map.mark_all();
        assert_eq!(map.count(), 6);
        map.reset(Size::new(16, 16).unwrap());
        assert_eq!(map.flags(), [false]);
    }

    #[test]
    fn an_empty_map_has_no_blocks() {
        let map = ChangeMap::default();
        assert_eq!((map.rows(), map.count(), map.changed().count()), (0, 0, 0));
    }

    #[test]
    fn only_the_differing_block_is_marked() {
        let new = [1_u8; 40];
        let mut old = [1_u8; 40];
        old[35] = 0;
        let mut flags = [false; 3];
        update_row::<16>(&new, &mut old, &mut flags);
        assert_eq!((old, flags), (new, [false, false, true]));
    }
}
