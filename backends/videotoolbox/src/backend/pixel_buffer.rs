//! Pictures in and out of `CVPixelBuffer`s of two planes (NV12), row by row at the buffer's stride.

use super::{
    dictionary::{Dictionary, Value, constant, dictionary},
    status::Status,
};
use framewire_codec::BackendError;
use framewire_frame::{PictureRef, PixelFormat, Range, Size};
use objc2_core_foundation::CFRetained;
use objc2_core_video::{
    self as cv, CVPixelBuffer, CVPixelBufferGetBaseAddressOfPlane, CVPixelBufferGetBytesPerRowOfPlane,
    CVPixelBufferGetHeight, CVPixelBufferGetHeightOfPlane, CVPixelBufferGetPixelFormatType,
    CVPixelBufferGetPlaneCount, CVPixelBufferGetWidth, CVPixelBufferLockBaseAddress, CVPixelBufferLockFlags,
    CVPixelBufferPool, CVPixelBufferUnlockBaseAddress,
};
use std::ptr::{self, NonNull};

/// A buffer of `pool`.
pub(crate) fn from_pool(pool: &CVPixelBufferPool) -> Result<CFRetained<CVPixelBuffer>, BackendError> {
    let mut buffer: *mut CVPixelBuffer = ptr::null_mut();
    // SAFETY: the last argument leads to a variable of this function.
    let status = unsafe { CVPixelBufferPool::create_pixel_buffer(None, pool, NonNull::from(&mut buffer)) };
    Status::check(status).map_err(|status| status.failed("give a pixel buffer"))?;
    let buffer = NonNull::new(buffer)
        .ok_or_else(|| BackendError::failed("CoreVideo gave no pixel buffer and called that success"))?;
    // SAFETY: it was just created for the caller, who owns one reference to it.
    Ok(unsafe { CFRetained::from_raw(buffer) })
}

/// What describes buffers of NV12 in memory that the hardware reads; of any size where none is given.
pub(crate) fn attributes(range: Range, size: Option<Size>) -> CFRetained<Dictionary> {
    let format = match range {
        Range::Limited => cv::kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange,
        Range::Full => cv::kCVPixelFormatType_420YpCbCr8BiPlanarFullRange,
    };
    let mut entries = vec![
        (
            constant!("PixelFormatType", cv::kCVPixelBufferPixelFormatTypeKey),
            Value::Int(format.cast_signed()),
        ),
        (
            constant!("IOSurfaceProperties", cv::kCVPixelBufferIOSurfacePropertiesKey),
            Value::Dictionary(dictionary(&[])),
        ),
    ];
    if let Some(size) = size {
        let (width, height) = (size.width().cast_signed(), size.height().cast_signed());
        entries.push((constant!("Width", cv::kCVPixelBufferWidthKey), Value::Int(width)));
        entries.push((constant!("Height", cv::kCVPixelBufferHeightKey), Value::Int(height)));
    }
    dictionary(&entries)
}

/// The range of a buffer of NV12; `None` for one of another format.
pub(crate) fn range(buffer: &CVPixelBuffer) -> Option<Range> {
    if CVPixelBufferGetPlaneCount(buffer) != 2 {
        return None;
    }
    match CVPixelBufferGetPixelFormatType(buffer) {
        cv::kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange => Some(Range::Limited),
        cv::kCVPixelFormatType_420YpCbCr8BiPlanarFullRange => Some(Range::Full),
        _ => None,
    }
}

/// The size of a buffer.
pub(crate) fn size(buffer: &CVPixelBuffer) -> Result<Size, BackendError> {
    let (width, height) = (CVPixelBufferGetWidth(buffer), CVPixelBufferGetHeight(buffer));
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    Size::new(side(width), side(height))
        .map_err(|_| BackendError::unsupported(format!("a pixel buffer of {width}x{height}")))
}

/// Writes `picture`, NV12 or I420, in the upper left corner of `buffer`, and repeats its last column and row up to `coded`.
pub(crate) fn write(
    buffer: &CVPixelBuffer,
    picture: PictureRef<'_>,
    coded: Size,
) -> Result<(), BackendError> {
    let mut locked = Locked::new(buffer, Access::Write)?;
    let (rows, chroma_rows) = (coded.height() as usize, coded.chroma().height() as usize);
    let width = coded.width() as usize;
    let luma = picture.plane(0);
    let luma_rows = picture.size().height() as usize;
    locked.plane_mut(0, width, rows)?.fill(|y, target| {
        let filled = copy(target, luma.row(y.min(luma_rows - 1)));
        repeat_last::<1>(target, filled);
    });
    let mut chroma = locked.plane_mut(1, coded.chroma().width() as usize * 2, chroma_rows)?;
    let last = picture.size().chroma().height() as usize - 1;
    match picture.format() {
        PixelFormat::Nv12 => {
            let plane = picture.plane(1);
            chroma.fill(|y, target| {
                let filled = copy(target, plane.row(y.min(last)));
                repeat_last::<2>(target, filled);
            });
        }
        PixelFormat::I420 => {
            let (u, v) = (picture.plane(1), picture.plane(2));
            chroma.fill(|y, target| {
                let filled = interleave(target, u.row(y.min(last)), v.row(y.min(last)));
                repeat_last::<2>(target, filled);
            });
        }
        other => return Err(BackendError::unsupported(format!("a picture in {other}"))),
    }
    Ok(())
}

/// Lends the upper left `size` of `buffer` as a picture in NV12.
pub(crate) fn read<T>(
    buffer: &CVPixelBuffer,
    size: Size,
    lend: impl FnOnce(PictureRef<'_>) -> T,
) -> Result<T, BackendError> {
    let locked = Locked::new(buffer, Access::Read)?;
    let luma = locked.plane(0, size.width() as usize, size.height() as usize)?;
    let chroma = size.chroma();
    let chroma = locked.plane(1, chroma.width() as usize * 2, chroma.height() as usize)?;
    let picture = PictureRef::new(PixelFormat::Nv12, size, &[luma, chroma])
        .map_err(|error| BackendError::failed_with("CoreVideo gave a picture that is none", error))?;
    Ok(lend(picture))
}

/// Where a plane begins, and the bytes from row to row.
#[cfg(target_os = "macos")]
#[derive(Clone, Copy)]
pub(crate) struct Plane {
    pub(crate) start: NonNull<u8>,
    pub(crate) stride: usize,
}

/// Lends the memory of luma and chroma of a buffer of NV12, which has at least the rows of `size`, for somebody else to write.
#[cfg(target_os = "macos")]
pub(crate) fn lend_planes<T>(
    buffer: &CVPixelBuffer,
    size: Size,
    lend: impl FnOnce([Plane; 2]) -> T,
) -> Result<T, BackendError> {
    let locked = Locked::new(buffer, Access::Write)?;
    let plane = |index, size: Size, samples| {
        let (start, stride) =
            locked.memory(index, size.width() as usize * samples, size.height() as usize)?;
        Ok(Plane { start, stride })
    };
    Ok(lend([plane(0, size, 1)?, plane(1, size.chroma(), 2)?]))
}

/// Bytes of the IOSurface that a buffer lies in; `None` for one in other memory.
#[cfg(target_os = "macos")]
pub(crate) fn surface_len(buffer: &CVPixelBuffer) -> Option<usize> {
    Some(cv::CVPixelBufferGetIOSurface(Some(buffer))?.alloc_size())
}

/// Copies a row and says how many bytes that were.
fn copy(target: &mut [u8], row: &[u8]) -> usize {
    let length = row.len().min(target.len());
    target[..length].copy_from_slice(&row[..length]);
    length
}

fn interleave(target: &mut [u8], u: &[u8], v: &[u8]) -> usize {
    let mut filled = 0;
    for (target, (&u, &v)) in target.as_chunks_mut::<2>().0.iter_mut().zip(u.iter().zip(v)) {
        *target = [u, v];
        filled += 2;
    }
    filled
}

/// Fills what lies behind `filled` with copies of the `N` bytes before.
fn repeat_last<const N: usize>(target: &mut [u8], filled: usize) {
    let (row, rest) = target.split_at_mut(filled);
    if let Some(&last) = row.last_chunk::<N>() {
        for target in rest.as_chunks_mut::<N>().0 {
            *target = last;
        }
    }
}

/// What the memory of a buffer is wanted for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// A buffer whose memory can be reached; unlocked when it is dropped.
struct Locked<'a> {
    buffer: &'a CVPixelBuffer,
    access: Access,
}

impl Access {
    fn flags(self) -> CVPixelBufferLockFlags {
        match self {
            Self::Read => CVPixelBufferLockFlags::ReadOnly,
            Self::Write => CVPixelBufferLockFlags::empty(),
        }
    }
}

impl<'a> Locked<'a> {
    /// Fails where `buffer` is not of two planes of 4:2:0.
    fn new(buffer: &'a CVPixelBuffer, access: Access) -> Result<Self, BackendError> {
        if range(buffer).is_none() {
            return Err(BackendError::failed(format!(
                "VideoToolbox gave a pixel buffer of format {:#010x} with {} planes, of {}x{}",
                CVPixelBufferGetPixelFormatType(buffer),
                CVPixelBufferGetPlaneCount(buffer),
                CVPixelBufferGetWidth(buffer),
                CVPixelBufferGetHeight(buffer)
            )));
        }
        // SAFETY: the buffer is a live one. The guard unlocks it with the same flags.
        let status = unsafe { CVPixelBufferLockBaseAddress(buffer, access.flags()) };
        Status::check(status).map_err(|status| status.failed("lock a pixel buffer"))?;
        Ok(Self { buffer, access })
    }

    /// The memory of a plane and its stride, checked to hold `rows` rows of `row_bytes` bytes.
    fn memory(
        &self,
        index: usize,
        row_bytes: usize,
        rows: usize,
    ) -> Result<(NonNull<u8>, usize), BackendError> {
        let stride = CVPixelBufferGetBytesPerRowOfPlane(self.buffer, index);
        let height = CVPixelBufferGetHeightOfPlane(self.buffer, index);
        let base = NonNull::new(CVPixelBufferGetBaseAddressOfPlane(self.buffer, index).cast::<u8>());
        match base {
            Some(base) if stride >= row_bytes && height >= rows && rows > 0 && row_bytes > 0 => {
                Ok((base, stride))
            }
            _ => Err(BackendError::failed(format!(
                "plane {index} of a pixel buffer has {height} rows of {stride} bytes{}; {rows} of {row_bytes} are needed",
                if base.is_none() { " without an address" } else { "" }
            ))),
        }
    }

    fn plane(&self, index: usize, row_bytes: usize, rows: usize) -> Result<(&[u8], usize), BackendError> {
        let (base, stride) = self.memory(index, row_bytes, rows)?;
        // SAFETY: CoreVideo has said that the plane has at least `rows` rows that lie `stride` bytes apart; the last is taken
        // for its samples alone. The buffer stays locked for as long as the borrow of the guard, and nobody writes to
        // it: a decoder writes a picture once, before it gives it away.
        let data = unsafe { std::slice::from_raw_parts(base.as_ptr(), (rows - 1) * stride + row_bytes) };
        Ok((data, stride))
    }

    fn plane_mut(&mut self, index: usize, row_bytes: usize, rows: usize) -> Result<Rows<'_>, BackendError> {
        if self.access != Access::Write {
            return Err(BackendError::failed("a pixel buffer was locked for reading and is to be written"));
        }
        let (base, stride) = self.memory(index, row_bytes, rows)?;
        // SAFETY: as in `plane`; the guard is borrowed mutably, so that no other slice of the buffer is alive, and a buffer
        // that has just left its pool has no other owner that reads or writes it.
        let data = unsafe { std::slice::from_raw_parts_mut(base.as_ptr(), (rows - 1) * stride + row_bytes) };
        Ok(Rows { data, stride, row_bytes })
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // SAFETY: the buffer was locked with these flags, and no slice of it outlives the guard.
        let status = unsafe { CVPixelBufferUnlockBaseAddress(self.buffer, self.access.flags()) };
        if let Err(status) = Status::check(status) {
            tracing::warn!("a pixel buffer could not be unlocked: {status}");
        }
    }
}

/// A plane that is written.
struct Rows<'a> {
    data: &'a mut [u8],
    stride: usize,
    row_bytes: usize,
}

impl Rows<'_> {
    /// Has `write` fill each row; it gets the row's number and its samples.
    fn fill(&mut self, mut write: impl FnMut(usize, &mut [u8])) {
        for (y, row) in self.data.chunks_mut(self.stride).enumerate() {
            if let Some(row) = row.get_mut(..self.row_bytes) {
                write(y, row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_row_is_filled_with_its_last_pixel() {
        let mut row = [0; 8];
        let filled = interleave(&mut row, &[1, 3], &[2, 4]);
        repeat_last::<2>(&mut row, filled);
        assert_eq!(row, [1, 2, 3, 4, 3, 4, 3, 4]);
        let filled = copy(&mut row, &[7]);
        repeat_last::<1>(&mut row, filled);
        assert_eq!(row, [7; 8]);
    }
}
