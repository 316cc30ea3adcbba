use crate::{PixelFormat, Size};
use bytes::Bytes;
use std::fmt;

/// The most planes that a format has.
const MAX_PLANES: usize = 3;

/// Samples of one plane, borrowed. Every row but the last has `stride` bytes; the last may be shorter.
#[derive(Clone, Copy)]
pub struct PlaneRef<'a> {
    data: &'a [u8],
    stride: usize,
    row_bytes: usize,
}

/// One plane to be written.
pub struct PlaneMut<'a> {
    data: &'a mut [u8],
    stride: usize,
    row_bytes: usize,
}

/// A borrowed picture, whose planes have been checked against its size and format.
#[derive(Clone, Copy)]
pub struct PictureRef<'a> {
    format: PixelFormat,
    size: Size,
    planes: [PlaneRef<'a>; MAX_PLANES],
}

/// A picture to be written, whose planes have been checked against its size and format.
pub struct PictureMut<'a> {
    format: PixelFormat,
    size: Size,
    planes: [PlaneMut<'a>; MAX_PLANES],
}

/// An owned picture in host memory; a clone shares the pixels.
#[derive(Clone)]
pub struct Picture {
    format: PixelFormat,
    size: Size,
    data: Bytes,
    planes: [PlaneSpan; MAX_PLANES],
}

#[derive(Clone, Copy, Default)]
struct PlaneSpan {
    offset: usize,
    stride: usize,
}

/// Planes that do not hold the picture they are said to hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Another number of planes than the format has.
    #[error("{format} has {expected} plane(s), not {actual}")]
    PlaneCount {
        /// The format.
        format: PixelFormat,
        /// What the format has.
        expected: usize,
        /// What was given.
        actual: usize,
    },
    /// A stride smaller than a row.
    #[error(
        "plane {plane} of a {size} {format} picture needs a stride of at least {needed} bytes, not {stride}"
    )]
    Stride {
        /// The format.
        format: PixelFormat,
        /// The picture's size.
        size: Size,
        /// Which plane.
        plane: usize,
        /// The stride that was given, in bytes.
        stride: usize,
        /// The least possible stride, in bytes.
        needed: usize,
    },
    /// Fewer bytes than the rows need.
    #[error(
        "plane {plane} of a {size} {format} picture with a stride of {stride} needs {needed} bytes, not {actual}"
    )]
    Length {
        /// The format.
        format: PixelFormat,
        /// The picture's size.
        size: Size,
        /// Which plane.
        plane: usize,
        /// The stride, in bytes.
        stride: usize,
        /// Bytes needed.
        needed: usize,
        /// Bytes given.
        actual: usize,
    },
}

impl<'a> PlaneRef<'a> {
    const EMPTY: Self = Self { data: &[], stride: 0, row_bytes: 0 };

    /// The bytes, from the first sample to at least the last.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Bytes from the start of one row to the start of the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The samples of row `y`, without padding.
    ///
    /// # Panics
    /// When the plane has no row `y`.
    pub fn row(&self, y: usize) -> &'a [u8] {
        &self.data[y * self.stride..][..self.row_bytes]
    }
}

impl PlaneMut<'_> {
    /// The bytes, from the first sample to at least the last.
    pub fn data_mut(&mut self) -> &mut [u8] {
        self.data
    }

    /// Bytes from the start of one row to the start of the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The samples of row `y`, without padding.
    ///
    /// # Panics
    /// When the plane has no row `y`.
    pub fn row_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.data[y * self.stride..][..self.row_bytes]
    }
}

impl<'a> PictureRef<'a> {
    /// A picture of the planes `(bytes, stride)` in the order of the format.
    pub fn new(format: PixelFormat, size: Size, planes: &[(&'a [u8], usize)]) -> Result<Self, PictureError> {
        check_plane_count(format, planes.len())?;
        let mut checked = [PlaneRef::EMPTY; MAX_PLANES];
        for (index, &(data, stride)) in planes.iter().enumerate() {
            check_plane(format, size, index, stride, data.len())?;
            checked[index] = PlaneRef { data, stride, row_bytes: format.row_bytes(size, index) };
        }
        Ok(Self { format, size, planes: checked })
    }

    /// A picture whose planes follow each other without padding.
    pub fn packed(format: PixelFormat, size: Size, data: &'a [u8]) -> Result<Self, PictureError> {
        let mut rest = data;
        let mut planes = [(&[][..], 0); MAX_PLANES];
        for (index, plane) in planes.iter_mut().take(format.plane_count()).enumerate() {
            let stride = format.row_bytes(size, index);
            let (bytes, tail) = rest.split_at(rest.len().min(stride * format.rows(size, index)));
            (*plane, rest) = ((bytes, stride), tail);
        }
        Self::new(format, size, &planes[..format.plane_count()])
    }

    /// The pixel format.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// The size in pixels.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Plane `index`; an empty plane where the format has fewer.
    pub fn plane(&self, index: usize) -> PlaneRef<'a> {
        self.planes.get(index).copied().unwrap_or(PlaneRef::EMPTY)
    }

    /// Copies the samples, without padding, to `target`.
    ///
    /// # Panics
    /// When `target` has another length than [`PixelFormat::packed_len`].
    pub fn copy_packed_to(&self, target: &mut [u8]) {
        assert_eq!(
            target.len(),
            self.format.packed_len(self.size),
            "a packed picture has exactly one length"
        );
        let mut rest = target;
        for index in 0..self.format.plane_count() {
            let (plane, row_bytes) = (self.plane(index), self.format.row_bytes(self.size, index));
            let (bytes, tail) = rest.split_at_mut(row_bytes * self.format.rows(self.size, index));
            if plane.stride == row_bytes {
                bytes.copy_from_slice(&plane.data[..bytes.len()]);
            } else {
                for (y, row) in bytes.chunks_exact_mut(row_bytes).enumerate() {
                    row.copy_from_slice(plane.row(y));
                }
            }
            rest = tail;
        }
    }
}

impl<'a> PictureMut<'a> {
    /// A picture of the planes `(bytes, stride)` in the order of the format.
    pub fn new(
        format: PixelFormat,
        size: Size,
        planes: Vec<(&'a mut [u8], usize)>,
    ) -> Result<Self, PictureError> {
        check_plane_count(format, planes.len())?;
        let mut checked = std::array::from_fn(|_| PlaneMut { data: &mut [], stride: 0, row_bytes: 0 });
        for (index, (data, stride)) in planes.into_iter().enumerate() {
            check_plane(format, size, index, stride, data.len())?;
            checked[index] = PlaneMut { data, stride, row_bytes: format.row_bytes(size, index) };
        }
        Ok(Self { format, size, planes: checked })
    }

    /// A picture whose planes follow each other without padding.
    pub fn packed(format: PixelFormat, size: Size, data: &'a mut [u8]) -> Result<Self, PictureError> {
        let mut rest = data;
        let mut planes = Vec::with_capacity(format.plane_count());
        for index in 0..format.plane_count() {
            let stride = format.row_bytes(size, index);
            let (bytes, tail) = rest.split_at_mut(rest.len().min(stride * format.rows(size, index)));
            planes.push((bytes, stride));
            rest = tail;
        }
        Self::new(format, size, planes)
    }

    /// The pixel format.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// The size in pixels.
    pub fn size(&self) -> Size {
        self.size
    }

    /// All three plane slots; those that the format lacks are empty.
    pub fn planes_mut(&mut self) -> &mut [PlaneMut<'a>; MAX_PLANES] {
        &mut self.planes
    }

    /// The same picture, to be read.
    pub fn as_ref(&self) -> PictureRef<'_> {
        let planes = self.planes.each_ref().map(|p| PlaneRef {
            data: p.data,
            stride: p.stride,
            row_bytes: p.row_bytes,
        });
        PictureRef { format: self.format, size: self.size, planes }
    }
}

impl Picture {
    /// A picture whose planes follow each other in `data` without padding. The bytes are moved or shared, not copied:
    /// `Vec<u8>`, `Bytes` and a frozen [`PoolBuffer`](crate::PoolBuffer) all become `Bytes`.
    pub fn packed(format: PixelFormat, size: Size, data: impl Into<Bytes>) -> Result<Self, PictureError> {
        let mut offset = 0;
        let spans: [(usize, usize); MAX_PLANES] = std::array::from_fn(|index| {
            let span = (offset, format.row_bytes(size, index));
            offset += span.1 * format.rows(size, index);
            span
        });
        Self::new(format, size, data, &spans[..format.plane_count()])
    }

    /// A picture of planes `(offset, stride)` within `data`.
    pub fn new(
        format: PixelFormat,
        size: Size,
        data: impl Into<Bytes>,
        planes: &[(usize, usize)],
    ) -> Result<Self, PictureError> {
        let data = data.into();
        check_plane_count(format, planes.len())?;
        let mut spans = [PlaneSpan::default(); MAX_PLANES];
        for (index, &(offset, stride)) in planes.iter().enumerate() {
            check_plane(format, size, index, stride, data.len().saturating_sub(offset))?;
            spans[index] = PlaneSpan { offset, stride };
        }
        Ok(Self { format, size, data, planes: spans })
    }

    /// The pixel format.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// The size in pixels.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The picture, borrowed.
    pub fn as_ref(&self) -> PictureRef<'_> {
        let planes = std::array::from_fn(|index| {
            if index >= self.format.plane_count() {
                return PlaneRef::EMPTY;
            }
            let PlaneSpan { offset, stride } = self.planes[index];
            PlaneRef {
                data: &self.data[offset..],
                stride,
                row_bytes: self.format.row_bytes(self.size, index),
            }
        });
        PictureRef { format: self.format, size: self.size, planes }
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} {})", self.size, self.format)
    }
}

impl fmt::Debug for PictureRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PictureRef({} {})", self.size, self.format)
    }
}

fn check_plane_count(format: PixelFormat, actual: usize) -> Result<(), PictureError> {
    let expected = format.plane_count();
    if actual == expected { Ok(()) } else { Err(PictureError::PlaneCount { format, expected, actual }) }
}

fn check_plane(
    format: PixelFormat,
    size: Size,
    plane: usize,
    stride: usize,
    actual: usize,
) -> Result<(), PictureError> {
    let row_bytes = format.row_bytes(size, plane);
    if stride < row_bytes {
        return Err(PictureError::Stride { format, size, plane, stride, needed: row_bytes });
    }
    let rows_before_last = format.rows(size, plane) - 1;
    let needed = stride.checked_mul(rows_before_last).and_then(|bytes| bytes.checked_add(row_bytes));
    match needed {
        Some(needed) if actual >= needed => Ok(()),
        needed => Err(PictureError::Length {
            format,
            size,
            plane,
            stride,
            needed: needed.unwrap_or(usize::MAX),
            actual,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Result<Size, crate::SizeError> = Size::new(5, 3);

    #[test]
    fn a_last_row_may_end_before_the_stride() {
        let size = SIZE.unwrap();
        let data = vec![0; 32 * 2 + 20];
        assert!(PictureRef::new(PixelFormat::Rgba8, size, &[(&data, 32)]).is_ok());
        let error = PictureRef::new(PixelFormat::Rgba8, size, &[(&data[1..], 32)]).unwrap_err();
        assert!(matches!(error, PictureError::Length { needed: 84, actual: 83, .. }));
    }

    #[test]
    fn strides_and_planes_are_checked() {
        let size = SIZE.unwrap();
        let data = [0; 64];
        assert!(matches!(
            PictureRef::new(PixelFormat::Rgba8, size, &[(&data, 19)]),
            Err(PictureError::Stride { needed: 20, .. })
        ));
        assert!(matches!(
            PictureRef::new(PixelFormat::Nv12, size, &[(&data, 8)]),
            Err(PictureError::PlaneCount { .. })
        ));
        assert!(matches!(
            PictureRef::new(PixelFormat::Rgba8, size, &[(&data, usize::MAX)]),
            Err(PictureError::Length { .. })
        ));
    }

    #[test]
    fn padding_is_left_behind_by_a_packed_copy() {
        let size = Size::new(2, 2).unwrap();
        let (luma, chroma) = ([1, 2, 0, 3, 4], [5, 6]);
        let picture = PictureRef::new(PixelFormat::Nv12, size, &[(&luma, 3), (&chroma, 2)]).unwrap();
        let mut packed = [0; 6];
        picture.copy_packed_to(&mut packed);
        assert_eq!(packed, [1, 2, 3, 4, 5, 6]);
        let owned = Picture::packed(PixelFormat::Nv12, size, packed.to_vec()).unwrap();
        assert_eq!(owned.as_ref().plane(1).row(0), [5, 6]);
        assert!(owned.as_ref().plane(2).data().is_empty());
    }

    #[test]
    fn too_short_a_packed_picture_is_refused() {
        let size = SIZE.unwrap();
        for format in PixelFormat::ALL {
            let len = format.packed_len(size);
            assert!(Picture::packed(format, size, vec![0; len]).is_ok(), "{format}");
            assert!(Picture::packed(format, size, vec![0; len - 1]).is_err(), "{format}");
            assert!(PictureRef::packed(format, size, &vec![0; len - 1]).is_err(), "{format}");
            assert!(PictureMut::packed(format, size, &mut vec![0; len - 1]).is_err(), "{format}");
        }
    }
}
