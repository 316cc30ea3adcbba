//! A 4:2:0 picture in a buffer: what the kernels write.

use crate::{Params, Planes};
use framewire_frame::{ChangeMap, PixelFormat, Size};

/// Where the planes lie. The size has even sides; every row begins at a multiple of 8 bytes, that of luma of 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YuvLayout {
    format: PixelFormat,
    size: Size,
    luma_stride: usize,
}

impl YuvLayout {
    /// For a picture of `size` that is padded to even sides, in one of the formats of 4:2:0.
    pub fn new(format: PixelFormat, size: Size) -> Self {
        let size = size.padded_to_even();
        Self { format, size, luma_stride: (size.width() as usize).next_multiple_of(16) }
    }

    /// Nv12 or I420.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// With even sides.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The offset and the stride of each plane, in bytes.
    pub fn planes(&self) -> Vec<(usize, usize)> {
        let stride = self.luma_stride;
        let luma = stride * self.size.height() as usize;
        match self.format {
            PixelFormat::I420 => vec![(0, stride), (luma, stride / 2), (luma + luma / 4, stride / 2)],
            PixelFormat::Nv12 | PixelFormat::Rgba8 | PixelFormat::Bgra8 | PixelFormat::Rgb8 => {
                vec![(0, stride), (luma, stride)]
            }
        }
    }

    /// Bytes of all planes.
    #[expect(clippy::len_without_is_empty, reason = "no picture is empty")]
    pub fn len(&self) -> usize {
        self.luma_stride * self.size.height() as usize / 2 * 3
    }

    /// Groups of 8x2 pixels, each of which one invocation makes.
    pub fn groups(&self) -> [u32; 2] {
        [self.size.width().div_ceil(8), self.size.height() / 2]
    }

    /// Bytes of one bit for each block of a [`ChangeMap`], in whole words.
    pub fn changes_len(&self) -> usize {
        ChangeMap::new(self.size).flags().len().div_ceil(32) * 4
    }

    /// Marks the blocks whose bit is set.
    pub fn mark(&self, bits: &[u8], changes: &mut ChangeMap) {
        for (index, flag) in changes.flags_for(self.size).iter_mut().enumerate() {
            let word = bits[index / 32 * 4..].first_chunk().map_or(0, |bytes| u32::from_ne_bytes(*bytes));
            *flag |= word >> (index % 32) & 1 != 0;
        }
    }

    /// What the kernels are told of it as their target.
    pub fn params(&self, params: Params) -> Params {
        Params {
            groups: self.groups(),
            block_columns: ChangeMap::new(self.size).columns() as u32,
            planar: self.format == PixelFormat::I420,
            target_planes: self.in_words(),
            ..params
        }
    }

    /// Where the planes lie, for a kernel.
    pub fn in_words(&self) -> Planes {
        let planes = self.planes();
        let words = |bytes: usize| (bytes / 4) as u32;
        let (u, v) = (planes[1], planes[planes.len() - 1]);
        Planes { luma_stride: words(planes[0].1), chroma_stride: words(u.1), u: words(u.0), v: words(v.0) }
    }
}
