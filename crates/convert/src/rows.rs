//! What the kernels work on: two rows of pixels with the one row of chroma that belongs to them.

use framewire_frame::{PictureMut, PixelFormat};

/// The most planes that a format has.
pub(crate) const PLANES: usize = 3;

/// Where the components of a packed RGB pixel lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Bytes per pixel.
    pub(crate) bytes: usize,
    /// Offsets of red, green and blue; an alpha, where there is one, is the last byte.
    pub(crate) offsets: [usize; 3],
}

/// Two rows of 4:2:0 to be read. At the last row of an odd height, both rows of luma are the same.
#[derive(Clone, Copy)]
pub(crate) struct YuvRows<'a> {
    pub(crate) luma: [&'a [u8]; 2],
    pub(crate) chroma: ChromaRow<'a>,
}

/// Two rows of 4:2:0 to be written; only one of luma at the last row of an odd height.
///
/// Both rows of luma have as many bytes as the source has pixels per row, and the chroma as many samples as
/// belong to these.
pub(crate) struct YuvRowsMut<'a> {
    pub(crate) luma_top: &'a mut [u8],
    pub(crate) luma_bottom: Option<&'a mut [u8]>,
    pub(crate) chroma: ChromaRowMut<'a>,
}

#[derive(Clone, Copy)]
pub(crate) enum ChromaRow<'a> {
    Interleaved(&'a [u8]),
    Planar { u: &'a [u8], v: &'a [u8] },
}

pub(crate) enum ChromaRowMut<'a> {
    Interleaved(&'a mut [u8]),
    Planar { u: &'a mut [u8], v: &'a mut [u8] },
}

impl Layout {
    /// The layout of a format; `None` where it is not packed RGB.
    pub(crate) const fn of(format: PixelFormat) -> Option<Self> {
        match format {
            PixelFormat::Rgba8 => Some(Self { bytes: 4, offsets: [0, 1, 2] }),
            PixelFormat::Bgra8 => Some(Self { bytes: 4, offsets: [2, 1, 0] }),
            PixelFormat::Rgb8 => Some(Self { bytes: 3, offsets: [0, 1, 2] }),
            PixelFormat::Nv12 | PixelFormat::I420 => None,
        }
    }

    /// Red, green and blue of pixel `x`.
    pub(crate) fn pixel(self, row: &[u8], x: usize) -> [i32; 3] {
        self.offsets.map(|offset| i32::from(row[x * self.bytes + offset]))
    }

    /// Writes red, green and blue, and an opaque alpha where there is one.
    pub(crate) fn set(self, pixel: &mut [u8], rgb: [u8; 3]) {
        for (offset, value) in self.offsets.into_iter().zip(rgb) {
            pixel[offset] = value;
        }
        if let Some(alpha) = pixel.get_mut(3) {
            *alpha = 255;
        }
    }
}

impl ChromaRow<'_> {
    /// Sample `x` of U and V.
    pub(crate) fn get(&self, x: usize) -> [u8; 2] {
        match self {
            Self::Interleaved(row) => [row[2 * x], row[2 * x + 1]],
            Self::Planar { u, v } => [u[x], v[x]],
        }
    }
}

impl ChromaRowMut<'_> {
    /// Writes sample `x` of U and V.
    pub(crate) fn set(&mut self, x: usize, [new_u, new_v]: [u8; 2]) {
        match self {
            Self::Interleaved(row) => (row[2 * x], row[2 * x + 1]) = (new_u, new_v),
            Self::Planar { u, v } => (u[x], v[x]) = (new_u, new_v),
        }
    }

    /// The same row for a shorter while.
    pub(crate) fn reborrow(&mut self) -> ChromaRowMut<'_> {
        match self {
            Self::Interleaved(row) => ChromaRowMut::Interleaved(row),
            Self::Planar { u, v } => ChromaRowMut::Planar { u, v },
        }
    }
}

impl YuvRowsMut<'_> {
    /// The same rows for a shorter while.
    pub(crate) fn reborrow(&mut self) -> YuvRowsMut<'_> {
        YuvRowsMut {
            luma_top: self.luma_top,
            luma_bottom: self.luma_bottom.as_deref_mut(),
            chroma: self.chroma.reborrow(),
        }
    }
}

/// Rows of a target that lie one below the other, from an even one on, with the chroma that belongs to them.
pub(crate) struct RowsMut<'a> {
    planes: [PlaneRowsMut<'a>; PLANES],
    /// Rows of the first plane.
    rows: usize,
}

/// Rows of one plane; none where the format has no such plane.
#[derive(Default)]
struct PlaneRowsMut<'a> {
    data: &'a mut [u8],
    stride: usize,
    row_bytes: usize,
}

/// Two rows of a target with the chroma that belongs to them. All rows have the target's width.
pub(crate) struct RowPairMut<'a> {
    pub(crate) top: &'a mut [u8],
    /// `None` at the last row of an odd height.
    pub(crate) bottom: Option<&'a mut [u8]>,
    /// One row of each further plane; empty where the format has none.
    pub(crate) chroma: [&'a mut [u8]; 2],
}

impl<'a> RowsMut<'a> {
    /// All rows of a picture.
    pub(crate) fn of(picture: &'a mut PictureMut<'_>) -> Self {
        let (format, size) = (picture.format(), picture.size());
        let mut planes = [(); PLANES].map(|()| PlaneRowsMut::default());
        for (index, plane) in picture.planes_mut().iter_mut().take(format.plane_count()).enumerate() {
            let stride = plane.stride();
            planes[index] =
                PlaneRowsMut { data: plane.data_mut(), stride, row_bytes: format.row_bytes(size, index) };
        }
        Self { planes, rows: size.height() as usize }
    }

    /// The next pair of rows; `None` when there are no more.
    pub(crate) fn next_pair(&mut self) -> Option<RowPairMut<'a>> {
        if self.rows == 0 {
            return None;
        }
        let has_bottom = self.rows > 1;
        self.rows -= 1 + usize::from(has_bottom);
        let [first, second, third] = &mut self.planes;
        Some(RowPairMut {
            top: first.next_row(),
            bottom: has_bottom.then(|| first.next_row()),
            chroma: [second.next_row(), third.next_row()],
        })
    }
}

impl<'a> PlaneRowsMut<'a> {
    /// The next row. The last one of a plane may be without the padding.
    fn next_row(&mut self) -> &'a mut [u8] {
        let data = std::mem::take(&mut self.data);
        let (row, rest) = data.split_at_mut(self.stride.min(data.len()));
        self.data = rest;
        &mut row[..self.row_bytes]
    }
}

impl<'a> RowPairMut<'a> {
    /// A pair within a buffer of `2 * row_bytes[0] + row_bytes[1] + row_bytes[2]` bytes.
    pub(crate) fn within(buffer: &'a mut [u8], row_bytes: [usize; PLANES], has_bottom: bool) -> Self {
        let (top, rest) = buffer.split_at_mut(row_bytes[0]);
        let (bottom, rest) = rest.split_at_mut(row_bytes[0]);
        let (first, rest) = rest.split_at_mut(row_bytes[1]);
        Self { top, bottom: has_bottom.then_some(bottom), chroma: [first, &mut rest[..row_bytes[2]]] }
    }

    /// The same rows for a shorter while.
    pub(crate) fn reborrow(&mut self) -> RowPairMut<'_> {
        let [first, second] = &mut self.chroma;
        RowPairMut { top: self.top, bottom: self.bottom.as_deref_mut(), chroma: [first, second] }
    }

    /// The rows: two of the first plane, the second of which may be empty, and one of each further plane.
    pub(crate) fn rows(&self) -> [&[u8]; 4] {
        let [first, second] = &self.chroma;
        [self.top, self.bottom.as_deref().unwrap_or_default(), first, second]
    }
}
