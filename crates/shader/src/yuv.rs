//! A 4:2:0 picture in a buffer: what the kernels write.

use crate::{Params, Planes};
use framewire_frame::{ChangeMap, PixelFormat, Size};

/// Where the planes lie. The size has even sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YuvLayout {
    format: PixelFormat,
    size: Size,
    luma_stride: usize,
    chroma_stride: usize,
    /// Of U, or of interleaved chroma.
    u: usize,
    v: usize,
}

/// Where the planes of NV12 lie in memory that begins with luma, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Biplanar {
    /// From row to row of luma.
    pub luma_stride: usize,
    /// From the start of luma to that of chroma.
    pub chroma_offset: usize,
    /// From row to row of chroma.
    pub chroma_stride: usize,
}

impl YuvLayout {
    /// NV12 for a picture of `size` that is padded to even sides. Every row begins at a multiple of 16 bytes.
    pub fn nv12(size: Size) -> Self {
        let size = size.padded_to_even();
        let stride = luma_stride(size);
        let chroma = stride * size.height() as usize;
        let format = PixelFormat::Nv12;
        Self { format, size, luma_stride: stride, chroma_stride: stride, u: chroma, v: chroma }
    }

    /// I420 for a picture of `size` that is padded to even sides. Every row begins at a multiple of 8 bytes, that of luma of 16.
    pub fn i420(size: Size) -> Self {
        let size = size.padded_to_even();
        let stride = luma_stride(size);
        let luma = stride * size.height() as usize;
        let format = PixelFormat::I420;
        Self { format, size, luma_stride: stride, chroma_stride: stride / 2, u: luma, v: luma + luma / 4 }
    }

    /// One of the two; `None` for a format of RGB.
    pub fn of(format: PixelFormat, size: Size) -> Option<Self> {
        match format {
            PixelFormat::Nv12 => Some(Self::nv12(size)),
            PixelFormat::I420 => Some(Self::i420(size)),
            PixelFormat::Rgba8 | PixelFormat::Bgra8 | PixelFormat::Rgb8 => None,
        }
    }

    /// NV12 of even sides in memory that somebody else has laid out. `None` where a kernel would write beside the planes: it
    /// writes rows of whole groups, in whole words.
    pub fn nv12_at(size: Size, planes: Biplanar) -> Option<Self> {
        let Biplanar { luma_stride, chroma_offset, chroma_stride } = planes;
        let written = (size.width() as usize).next_multiple_of(GROUP_COLUMNS as usize);
        let numbers = [luma_stride, chroma_offset, chroma_stride];
        let fits = size.is_even()
            && numbers.iter().all(|number| number.is_multiple_of(4) && u32::try_from(*number).is_ok())
            && luma_stride >= written
            && chroma_stride >= written
            && luma_stride.checked_mul(size.height() as usize)? <= chroma_offset;
        let layout = Self {
            format: PixelFormat::Nv12,
            size,
            luma_stride,
            chroma_stride,
            u: chroma_offset,
            v: chroma_offset,
        };
        fits.then_some(layout)
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
        let mut planes = vec![(0, self.luma_stride), (self.u, self.chroma_stride)];
        if self.format == PixelFormat::I420 {
            planes.push((self.v, self.chroma_stride));
        }
        planes
    }

    /// Bytes to the end of the last plane.
    #[expect(clippy::len_without_is_empty, reason = "no picture is empty")]
    pub fn len(&self) -> usize {
        self.u.max(self.v) + self.chroma_stride * self.size.height() as usize / 2
    }

    /// Groups of 8x2 pixels, each of which one invocation makes.
    pub fn groups(&self) -> [u32; 2] {
        [self.size.width().div_ceil(GROUP_COLUMNS), self.size.height() / 2]
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
        let words = |bytes: usize| (bytes / 4) as u32;
        Planes {
            luma_stride: words(self.luma_stride),
            chroma_stride: words(self.chroma_stride),
            u: words(self.u),
            v: words(self.v),
        }
    }
}

fn luma_stride(size: Size) -> usize {
    (size.width() as usize).next_multiple_of(16)
}

/// Pixels that one invocation makes, across.
const GROUP_COLUMNS: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> Size {
        text.parse().unwrap()
    }

    #[test]
    fn planes_follow_each_other() {
        let nv12 = YuvLayout::nv12(size("17x5"));
        assert_eq!((nv12.size(), nv12.planes(), nv12.len()), (size("18x6"), vec![(0, 32), (192, 32)], 288));
        let i420 = YuvLayout::i420(size("17x5"));
        assert_eq!((i420.planes(), i420.len()), (vec![(0, 32), (192, 16), (240, 16)], 288));
        let of = |format| YuvLayout::of(format, size("17x5"));
        assert_eq!((of(PixelFormat::Nv12), of(PixelFormat::I420)), (Some(nv12), Some(i420)));
        assert_eq!(of(PixelFormat::Bgra8), None);
    }

    #[test]
    fn memory_that_others_have_laid_out_has_room_for_whole_groups() {
        let planes = |luma_stride, chroma_offset, chroma_stride| Biplanar {
            luma_stride,
            chroma_offset,
            chroma_stride,
        };
        let at = |luma, offset, chroma| YuvLayout::nv12_at(size("66x4"), planes(luma, offset, chroma));
        let layout = at(128, 512, 72).unwrap();
        assert_eq!(layout.in_words(), Planes { luma_stride: 32, chroma_stride: 18, u: 128, v: 128 });
        assert_eq!(layout.len(), 512 + 2 * 72);
        assert_eq!(at(80, 320, 80), Some(YuvLayout::nv12(size("66x4"))));
        let beside = [
            (68, 512, 72),
            (128, 512, 68),
            (130, 520, 72),
            (128, 514, 72),
            (128, 508, 72),
            (128, 1 << 33, 72),
            (usize::MAX - 3, 512, 72),
        ];
        for (luma, offset, chroma) in beside {
            assert_eq!(at(luma, offset, chroma), None, "{luma} {offset} {chroma}");
        }
        assert_eq!(YuvLayout::nv12_at(size("65x4"), planes(128, 512, 128)), None, "an odd side");
    }
}
