use crate::{
    ChangeMap, Converter,
    arch::prefetch_behind,
    converter::Plan,
    rows::{ChromaRow, ChromaRowMut, RowPairMut, RowsMut, YuvRows, YuvRowsMut},
};
use framewire_frame::{PictureMut, PictureRef, PixelFormat, Size};

/// One pass over the rows of a picture, two at a time.
pub(crate) struct Pass<'a> {
    converter: &'a Converter,
    source: PictureRef<'a>,
    /// The target's size.
    size: Size,
    target: RowsMut<'a>,
}

/// Pairs of rows in a row of blocks.
const BLOCK_PAIRS: usize = ChangeMap::BLOCK / 2;

impl<'a> Pass<'a> {
    /// Over pictures that are as planned.
    pub(crate) fn new(
        converter: &'a Converter,
        source: PictureRef<'a>,
        target: &'a mut PictureMut<'_>,
    ) -> Self {
        Self { converter, source, size: target.size(), target: RowsMut::of(target) }
    }

    /// Converts the picture.
    pub(crate) fn convert(mut self) {
        let mut index = 0;
        while let Some(pair) = self.target.next_pair() {
            self.convert_pair(index, pair);
            index += 1;
        }
    }

    /// Converts the picture over an earlier one and marks what has changed.
    pub(crate) fn convert_tracking(mut self, changes: &mut ChangeMap) {
        let format = self.converter.target_format();
        // Two rows stay in the first-level cache until they are compared. They are made for each picture, so that a
        // converter can be shared; that is nothing beside the pixels of all rows.
        let row_bytes = [0, 1, 2].map(|plane| format.row_bytes(self.size, plane));
        let mut scratch = vec![0; 2 * row_bytes[0] + row_bytes[1] + row_bytes[2]];
        let mut index = 0;
        for flags in changes.flags_for(self.size).chunks_mut(ChangeMap::blocks(self.size.width())) {
            for _ in 0..BLOCK_PAIRS {
                let Some(old) = self.target.next_pair() else { return };
                let new = RowPairMut::within(&mut scratch, row_bytes, old.bottom.is_some());
                self.update_pair(index, new, old, flags);
                index += 1;
            }
        }
    }

    /// Brings pair `index` of the target up to date, with `new` as the place for what has to be converted.
    fn update_pair(&self, index: usize, mut new: RowPairMut<'_>, old: RowPairMut<'_>, flags: &mut [bool]) {
        let width_as_is = old.top.len() == self.source.plane(0).row(0).len();
        match &self.converter.plan {
            // What needs no conversion is compared where it lies.
            Plan::RgbCopy => {
                self.update(self.source_rows(index), [old.top, old.bottom.unwrap_or_default()], 0, flags);
            }
            Plan::YuvToYuv if width_as_is => {
                self.update(self.source_rows(index), [old.top, old.bottom.unwrap_or_default()], 0, flags);
                let chroma = match (self.source_chroma(index), self.converter.target_format()) {
                    (ChromaRow::Interleaved(row), PixelFormat::Nv12) => [row, &[]],
                    (ChromaRow::Planar { u, v }, PixelFormat::I420) => [u, v],
                    (chroma, _) => {
                        self.converter.moves.copy_chroma(
                            chroma,
                            self.chroma_mut(new.chroma.each_mut().map(|row| &mut **row)),
                        );
                        new.chroma.map(|row| &*row)
                    }
                };
                self.update(chroma, old.chroma, 1, flags);
            }
            Plan::YuvToYuv | Plan::RgbToYuv { .. } | Plan::YuvToRgb { .. } => {
                for row in old.rows() {
                    prefetch_behind(row, 0);
                }
                self.convert_pair(index, new.reborrow());
                let new_luma = [&*new.top, new.bottom.as_deref().unwrap_or_default()];
                self.update(new_luma, [old.top, old.bottom.unwrap_or_default()], 0, flags);
                self.update(new.chroma.map(|row| &*row), old.chroma, 1, flags);
            }
        }
    }

    /// Brings rows of `plane` and those after it up to date. A row that the target lacks is empty.
    fn update(&self, new: [&[u8]; 2], old: [&mut [u8]; 2], plane: usize, flags: &mut [bool]) {
        let block = block_bytes(self.converter.target_format(), plane);
        for (new, old) in new.into_iter().zip(old) {
            self.converter.moves.update_row(block, &new[..old.len()], old, flags);
        }
    }

    /// Converts rows `2 * index` and the next, with the chroma that belongs to them.
    fn convert_pair(&self, index: usize, target: RowPairMut<'_>) {
        let rows = self.source_rows(index);
        match &self.converter.plan {
            Plan::RgbToYuv { weights, kernel } => {
                self.write_yuv(target, |target| kernel.run(weights, rows, target));
            }
            Plan::YuvToYuv => self.write_yuv(target, |target| {
                target.luma_top.copy_from_slice(rows[0]);
                if let Some(luma_bottom) = target.luma_bottom {
                    luma_bottom.copy_from_slice(rows[1]);
                }
                self.converter.moves.copy_chroma(self.source_chroma(index), target.chroma);
            }),
            Plan::YuvToRgb { weights, kernel } => {
                let source = YuvRows { luma: rows, chroma: self.source_chroma(index) };
                kernel.run(weights, source, [Some(target.top), target.bottom]);
            }
            Plan::RgbCopy => {
                target.top.copy_from_slice(rows[0]);
                if let Some(target_bottom) = target.bottom {
                    target_bottom.copy_from_slice(rows[1]);
                }
            }
        }
    }

    /// Lets `write` fill as many columns as the source has, and repeats the last of them into the padding.
    fn write_yuv(&self, target: RowPairMut<'_>, write: impl FnOnce(YuvRowsMut<'_>)) {
        let width = self.converter.size().width() as usize;
        let RowPairMut { top, mut bottom, chroma: [first, second] } = target;
        write(YuvRowsMut {
            luma_top: &mut top[..width],
            luma_bottom: bottom.as_deref_mut().map(|bottom| &mut bottom[..width]),
            chroma: self.chroma_mut([first, second]),
        });
        for row in [Some(top), bottom].into_iter().flatten() {
            let edge = row[width - 1];
            row[width..].fill(edge);
        }
    }

    /// The chroma of a 4:2:0 target.
    fn chroma_mut<'b>(&self, [first, second]: [&'b mut [u8]; 2]) -> ChromaRowMut<'b> {
        match self.converter.target_format() {
            PixelFormat::I420 => ChromaRowMut::Planar { u: first, v: second },
            PixelFormat::Nv12 | PixelFormat::Rgba8 | PixelFormat::Bgra8 | PixelFormat::Rgb8 => {
                ChromaRowMut::Interleaved(first)
            }
        }
    }

    /// Rows `2 * index` and the next of the first plane: twice the last one of an odd height.
    fn source_rows(&self, index: usize) -> [&'a [u8]; 2] {
        let bottom = (2 * index + 1).min(self.converter.size().height() as usize - 1);
        [2 * index, bottom].map(|y| self.source.plane(0).row(y))
    }

    fn source_chroma(&self, index: usize) -> ChromaRow<'a> {
        match self.source.format() {
            PixelFormat::I420 => {
                ChromaRow::Planar { u: self.source.plane(1).row(index), v: self.source.plane(2).row(index) }
            }
            PixelFormat::Nv12 | PixelFormat::Rgba8 | PixelFormat::Bgra8 | PixelFormat::Rgb8 => {
                ChromaRow::Interleaved(self.source.plane(1).row(index))
            }
        }
    }
}

/// How many bytes of a row belong to a block: of the first plane's (0) or of a further one's.
fn block_bytes(format: PixelFormat, plane: usize) -> usize {
    match format {
        PixelFormat::Rgba8 | PixelFormat::Bgra8 => 64,
        PixelFormat::Rgb8 => 48,
        PixelFormat::I420 if plane > 0 => 8,
        PixelFormat::Nv12 | PixelFormat::I420 => 16,
    }
}
