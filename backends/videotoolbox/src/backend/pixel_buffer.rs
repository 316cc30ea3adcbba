//! Pictures in and out of `CVPixelBuffer`s, of two planes (NV12) or of packed RGB, row by row at the buffer's stride.

#[cfg(target_os = "macos")]
use super::metal::Span;
use super::{
    dictionary::{Dictionary, Name, Value, constant, dictionary},
    status::Status,
};
use framewire_codec::BackendError;
use framewire_convert::Converter;
use framewire_frame::{Matrix, PictureMut, PictureRef, PixelFormat, Range, Size};
use objc2_core_foundation::{CFRetained, Type};
use objc2_core_video::{
    self as cv, CVPixelBuffer, CVPixelBufferGetBaseAddress, CVPixelBufferGetBaseAddressOfPlane,
    CVPixelBufferGetBytesPerRow, CVPixelBufferGetBytesPerRowOfPlane, CVPixelBufferGetHeight,
    CVPixelBufferGetHeightOfPlane, CVPixelBufferGetPixelFormatType, CVPixelBufferGetPlaneCount,
    CVPixelBufferGetWidth, CVPixelBufferLockBaseAddress, CVPixelBufferLockFlags, CVPixelBufferPool,
    CVPixelBufferUnlockBaseAddress,
};
use std::{
    error::Error,
    ptr::{self, NonNull},
};

/// A buffer of `pool`.
pub(crate) fn from_pool(pool: &CVPixelBufferPool) -> Result<CFRetained<CVPixelBuffer>, BackendError> {
    from_bounded_pool(pool, None)
}

/// A buffer of `pool`, which makes no more than the [`bound`] says.
pub(crate) fn from_bounded_pool(
    pool: &CVPixelBufferPool,
    bound: Option<&Dictionary>,
) -> Result<CFRetained<CVPixelBuffer>, BackendError> {
    let mut buffer: *mut CVPixelBuffer = ptr::null_mut();
    // SAFETY: the bound, if there is one, is of the documented types; the last argument leads to a variable of this function.
    let status = unsafe {
        CVPixelBufferPool::create_pixel_buffer_with_aux_attributes(
            None,
            pool,
            bound.map(AsRef::as_ref),
            NonNull::from(&mut buffer),
        )
    };
    Status::check(status).map_err(|status| status.failed("give a pixel buffer"))?;
    let buffer = NonNull::new(buffer)
        .ok_or_else(|| BackendError::failed("CoreVideo gave no pixel buffer and called that success"))?;
    // SAFETY: it was just created for the caller, who owns one reference to it.
    Ok(unsafe { CFRetained::from_raw(buffer) })
}

/// How many buffers of a pool may be in use at a time.
pub(crate) fn bound(buffers: i32) -> CFRetained<Dictionary> {
    let key = constant!("AllocationThreshold", cv::kCVPixelBufferPoolAllocationThresholdKey);
    dictionary(&[(key, Value::Int(buffers))])
}

/// What describes buffers of NV12 in memory that the hardware reads; of any size where none is given.
pub(crate) fn attributes(range: Range, size: Option<Size>) -> CFRetained<Dictionary> {
    attributes_of(nv12(range), size)
}

/// The same of any of CoreVideo's formats.
pub(crate) fn attributes_of(format: u32, size: Option<Size>) -> CFRetained<Dictionary> {
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

/// CoreVideo's name of a format, whose samples are in `range` where they are 4:2:0.
///
/// # Errors
/// [`BackendError::Unsupported`] for I420.
pub(crate) fn format_type(format: PixelFormat, range: Range) -> Result<u32, BackendError> {
    match format {
        PixelFormat::Rgba8 => Ok(cv::kCVPixelFormatType_32RGBA),
        PixelFormat::Bgra8 => Ok(cv::kCVPixelFormatType_32BGRA),
        PixelFormat::Rgb8 => Ok(cv::kCVPixelFormatType_24RGB),
        PixelFormat::Nv12 => Ok(nv12(range)),
        PixelFormat::I420 => Err(BackendError::unsupported(format!("a pixel buffer in {format}"))),
    }
}

fn nv12(range: Range) -> u32 {
    match range {
        Range::Limited => cv::kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange,
        Range::Full => cv::kCVPixelFormatType_420YpCbCr8BiPlanarFullRange,
    }
}

/// A matrix as CoreVideo names it.
pub(crate) fn matrix_name(matrix: Matrix) -> Name {
    match matrix {
        Matrix::Bt601 => constant!("ITU_R_601_4", cv::kCVImageBufferYCbCrMatrix_ITU_R_601_4),
        Matrix::Bt709 => constant!("ITU_R_709_2", cv::kCVImageBufferYCbCrMatrix_ITU_R_709_2),
    }
}

/// The format of a buffer whose pixels can be read: NV12, RGBA or BGRA.
pub(crate) fn format(buffer: &CVPixelBuffer) -> Option<PixelFormat> {
    let is_packed = CVPixelBufferGetPlaneCount(buffer) == 0;
    match CVPixelBufferGetPixelFormatType(buffer) {
        cv::kCVPixelFormatType_32RGBA if is_packed => Some(PixelFormat::Rgba8),
        cv::kCVPixelFormatType_32BGRA if is_packed => Some(PixelFormat::Bgra8),
        _ => range(buffer).map(|_| PixelFormat::Nv12),
    }
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

/// Has `converter`, which makes NV12, write `picture` in the upper left corner of `buffer`, and repeats its last column and
/// row up to `coded`.
pub(crate) fn write(
    buffer: &CVPixelBuffer,
    converter: &Converter,
    picture: PictureRef<'_>,
    coded: Size,
) -> Result<(), BackendError> {
    let unfit = |error: Box<dyn Error + Send + Sync>| BackendError::failed_with("a pixel buffer", error);
    if range(buffer).is_none() {
        return Err(strange(buffer));
    }
    let mut locked = Locked::new(buffer, Access::Write)?;
    let [mut luma, mut chroma] = locked.planes_mut(coded)?;
    let size = picture.size();
    let planes = vec![(&mut *luma.data, luma.stride), (&mut *chroma.data, chroma.stride)];
    let mut target = PictureMut::new(PixelFormat::Nv12, size, planes).map_err(|error| unfit(error.into()))?;
    converter.convert(&picture, &mut target).map_err(|error| unfit(error.into()))?;
    luma.extend::<1>(size);
    chroma.extend::<2>(size.chroma());
    Ok(())
}

/// Lends the upper left `size` of `buffer` as a picture in its [`format`].
pub(crate) fn read<T>(
    buffer: &CVPixelBuffer,
    size: Size,
    lend: impl FnOnce(PictureRef<'_>) -> T,
) -> Result<T, BackendError> {
    let format = format(buffer).ok_or_else(|| strange(buffer))?;
    let locked = Locked::new(buffer, Access::Read)?;
    let plane = |index| locked.plane(index, format.row_bytes(size, index), format.rows(size, index));
    let planes = (0..format.plane_count()).map(plane).collect::<Result<Vec<_>, _>>()?;
    let picture = PictureRef::new(format, size, &planes)
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

/// Luma and chroma of a buffer of NV12, for somebody else to write. Their memory stays where it is as long as this exists.
#[cfg(target_os = "macos")]
pub(crate) struct LentPlanes {
    locked: Locked,
    luma: Plane,
    chroma: Plane,
}

// SAFETY: a pixel buffer is counted with atomic operations, and CoreVideo binds neither its memory nor its lock to a thread.
#[cfg(target_os = "macos")]
unsafe impl Send for LentPlanes {}

/// Lends the planes of `buffer`, each of which has at least the rows of `size`.
#[cfg(target_os = "macos")]
pub(crate) fn lend_planes(buffer: &CVPixelBuffer, size: Size) -> Result<LentPlanes, BackendError> {
    if range(buffer).is_none() {
        return Err(strange(buffer));
    }
    let locked = Locked::new(buffer, Access::Write)?;
    let plane = |index, size: Size, samples| {
        let memory = locked.memory(index, size.width() as usize * samples, size.height() as usize)?;
        Ok::<_, BackendError>(Plane { start: memory.base, stride: memory.stride })
    };
    let (luma, chroma) = (plane(0, size, 1)?, plane(1, size.chroma(), 2)?);
    Ok(LentPlanes { locked, luma, chroma })
}

#[cfg(target_os = "macos")]
impl LentPlanes {
    pub(crate) fn luma(&self) -> Plane {
        self.luma
    }

    pub(crate) fn chroma(&self) -> Plane {
        self.chroma
    }

    /// The memory of the IOSurface that the buffer lies in; `None` for a buffer in other memory.
    pub(crate) fn surface(&self) -> Option<Span> {
        let surface = cv::CVPixelBufferGetIOSurface(Some(&self.locked.buffer))?;
        Some(Span { address: surface.base_address().addr().get(), len: surface.alloc_size() })
    }
}

fn strange(buffer: &CVPixelBuffer) -> BackendError {
    BackendError::failed(format!(
        "VideoToolbox gave a pixel buffer of format {:#010x} with {} planes, of {}x{}",
        CVPixelBufferGetPixelFormatType(buffer),
        CVPixelBufferGetPlaneCount(buffer),
        CVPixelBufferGetWidth(buffer),
        CVPixelBufferGetHeight(buffer)
    ))
}

/// What the memory of a buffer is wanted for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// A buffer whose memory can be reached; unlocked when it is dropped.
struct Locked {
    buffer: CFRetained<CVPixelBuffer>,
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

impl Locked {
    fn new(buffer: &CVPixelBuffer, access: Access) -> Result<Self, BackendError> {
        // SAFETY: the buffer is a live one. The guard unlocks it with the same flags.
        let status = unsafe { CVPixelBufferLockBaseAddress(buffer, access.flags()) };
        Status::check(status).map_err(|status| status.failed("lock a pixel buffer"))?;
        Ok(Self { buffer: buffer.retain(), access })
    }

    /// The memory of a plane, checked to hold `rows` rows of `row_bytes` bytes. A packed buffer has one plane here and none in
    /// CoreVideo.
    fn memory(&self, index: usize, row_bytes: usize, rows: usize) -> Result<Memory, BackendError> {
        let (stride, height, base) = match CVPixelBufferGetPlaneCount(&self.buffer) {
            0 if index == 0 => (
                CVPixelBufferGetBytesPerRow(&self.buffer),
                CVPixelBufferGetHeight(&self.buffer),
                CVPixelBufferGetBaseAddress(&self.buffer),
            ),
            planes if index < planes => (
                CVPixelBufferGetBytesPerRowOfPlane(&self.buffer, index),
                CVPixelBufferGetHeightOfPlane(&self.buffer, index),
                CVPixelBufferGetBaseAddressOfPlane(&self.buffer, index),
            ),
            _ => return Err(strange(&self.buffer)),
        };
        let base = NonNull::new(base.cast::<u8>());
        match base {
            Some(base) if stride >= row_bytes && height >= rows && rows > 0 && row_bytes > 0 => {
                // The last row is taken for its samples alone.
                Ok(Memory { base, stride, row_bytes, len: (rows - 1) * stride + row_bytes })
            }
            _ => Err(BackendError::failed(format!(
                "plane {index} of a pixel buffer has {height} rows of {stride} bytes{}; {rows} of {row_bytes} are needed",
                if base.is_none() { " without an address" } else { "" }
            ))),
        }
    }

    fn plane(&self, index: usize, row_bytes: usize, rows: usize) -> Result<(&[u8], usize), BackendError> {
        let Memory { base, stride, len, .. } = self.memory(index, row_bytes, rows)?;
        // SAFETY: CoreVideo has said that the plane has at least `rows` rows that lie `stride` bytes apart. The buffer stays
        // locked for as long as the borrow of the guard, and nobody writes to it: a decoder writes a picture once, before it
        // gives it away.
        let data = unsafe { std::slice::from_raw_parts(base.as_ptr(), len) };
        Ok((data, stride))
    }

    /// Both planes of the upper left `size`, to be written.
    fn planes_mut(&mut self, size: Size) -> Result<[PlaneMut<'_>; 2], BackendError> {
        if self.access != Access::Write {
            return Err(BackendError::failed("a pixel buffer was locked for reading and is to be written"));
        }
        let chroma = size.chroma();
        let luma = self.memory(0, size.width() as usize, size.height() as usize)?;
        let chroma = self.memory(1, chroma.width() as usize * 2, chroma.height() as usize)?;
        if luma.overlaps(&chroma) {
            return Err(BackendError::failed("CoreVideo gave a pixel buffer whose planes overlap"));
        }
        Ok([luma, chroma].map(|Memory { base, stride, row_bytes, len }| {
            // SAFETY: as in `plane`; the two slices do not overlap, the guard is borrowed mutably, so that no other slice of
            // the buffer is alive, and a buffer that has just left its pool has no other owner that reads or writes it.
            let data = unsafe { std::slice::from_raw_parts_mut(base.as_ptr(), len) };
            PlaneMut { data, stride, row_bytes }
        }))
    }
}

/// Where a plane lies.
struct Memory {
    base: NonNull<u8>,
    stride: usize,
    row_bytes: usize,
    /// From the first byte to the end of the last row.
    len: usize,
}

impl Memory {
    fn overlaps(&self, other: &Self) -> bool {
        let (this, other) = ((self.base.addr().get(), self.len), (other.base.addr().get(), other.len));
        this.0 < other.0.saturating_add(other.1) && other.0 < this.0.saturating_add(this.1)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // SAFETY: the buffer was locked with these flags, and no slice of it outlives the guard.
        let status = unsafe { CVPixelBufferUnlockBaseAddress(&self.buffer, self.access.flags()) };
        if let Err(status) = Status::check(status) {
            tracing::warn!("a pixel buffer could not be unlocked: {status}");
        }
    }
}

/// A plane that is written, of samples of one or two bytes.
struct PlaneMut<'a> {
    data: &'a mut [u8],
    stride: usize,
    row_bytes: usize,
}

impl PlaneMut<'_> {
    /// Repeats the last of `filled` columns and rows up to the end of the plane; a sample has `N` bytes.
    fn extend<const N: usize>(&mut self, filled: Size) {
        let (filled_bytes, filled_rows) = (filled.width() as usize * N, filled.height() as usize);
        if filled_bytes < self.row_bytes {
            for row in self.data.chunks_mut(self.stride).take(filled_rows) {
                let (samples, rest) = row.split_at_mut(filled_bytes);
                if let Some(&last) = samples.last_chunk::<N>() {
                    rest[..self.row_bytes - filled_bytes].as_chunks_mut::<N>().0.fill(last);
                }
            }
        }
        let (rows, rest) = self.data.split_at_mut_checked(filled_rows * self.stride).unwrap_or_default();
        if let Some(last) = rows.chunks(self.stride).next_back() {
            for row in rest.chunks_mut(self.stride) {
                row[..self.row_bytes].copy_from_slice(&last[..self.row_bytes]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beyond_a_picture_repeats_its_edge() {
        let mut data = [1, 2, 0, 0, 9, 3, 4, 0, 0, 9, 0, 0, 0, 0];
        PlaneMut { data: &mut data, stride: 5, row_bytes: 4 }.extend::<2>(Size::new(1, 2).expect("a size"));
        assert_eq!(data, [1, 2, 1, 2, 9, 3, 4, 3, 4, 9, 3, 4, 3, 4]);
        let mut whole = [5, 6, 7, 8];
        PlaneMut { data: &mut whole, stride: 2, row_bytes: 2 }.extend::<1>(Size::new(2, 2).expect("a size"));
        assert_eq!(whole, [5, 6, 7, 8]);
    }
}
