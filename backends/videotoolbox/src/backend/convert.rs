//! RGB to NV12 and scaling through `VTPixelTransferSession`.

use super::{
    dictionary::{Value, constant},
    pixel_buffer,
    status::Status,
};
use framewire_codec::BackendError;
use framewire_frame::{Color, Matrix, PictureRef, PixelFormat, Range, Size};
use objc2_core_foundation::CFRetained;
use objc2_core_video::{self as cv, CVPixelBuffer, CVPixelBufferPool};
use objc2_video_toolbox::{self as vt, VTPixelTransferSession, VTSessionSetProperty};
use std::ptr::{self, NonNull};

/// The variable that switches conversion off: `FRAMEWIRE_VIDEOTOOLBOX_CONVERT=0` or `false`.
pub const CONVERT_VARIABLE: &str = "FRAMEWIRE_VIDEOTOOLBOX_CONVERT";

/// A conversion of pictures of one format and size to NV12 of another size.
///
/// The rounding is Apple's, not that of `framewire_convert`: pictures differ by a step or two from what the processor makes.
pub struct PixelTransfer {
    session: CFRetained<VTPixelTransferSession>,
    pool: CFRetained<CVPixelBufferPool>,
    format: PixelFormat,
    from: Size,
    to: Size,
    /// A picture whose last row ends early, with whole rows.
    whole: Vec<u8>,
}

// SAFETY: VideoToolbox's sessions and CoreVideo's pools may be used from any thread, and this value is used by one at a time.
unsafe impl Send for PixelTransfer {}

impl PixelTransfer {
    /// Opens a conversion and tries it with a black picture. `to` has even sides.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for a format that is not RGBA, BGRA or RGB, and for a pair of formats that VideoToolbox
    /// does not convert; [`BackendError::Unavailable`] where [`CONVERT_VARIABLE`] switches it off.
    pub fn open(format: PixelFormat, from: Size, to: Size, color: Color) -> Result<Self, BackendError> {
        if is_switched_off(std::env::var(CONVERT_VARIABLE).ok().as_deref()) {
            return Err(BackendError::unavailable(format!(
                "conversion by VideoToolbox is switched off by {CONVERT_VARIABLE}"
            )));
        }
        let what = format!("conversion of {format} of {from} to nv12 of {to}");
        source_type(format)?;
        let session = session().map_err(|status| status.opening(&what))?;
        let pool = pool(to, color.range).map_err(|status| status.opening(&what))?;
        let mut transfer = Self { session, pool, format, from, to, whole: Vec::new() };
        transfer.set_matrix(color.matrix).map_err(|status| status.opening(&what))?;
        let black = vec![0; format.packed_len(from)];
        let black = PictureRef::packed(format, from, &black)
            .map_err(|error| BackendError::failed_with("the picture of a trial", error))?;
        transfer.convert(black, |_| ()).map_err(|error| {
            BackendError::unsupported(format!("{what} in VideoToolbox ({})", error.in_full()))
        })?;
        Ok(transfer)
    }

    /// Converts a picture of the format and size that were opened, and lends the NV12 planes that become of it.
    ///
    /// # Errors
    /// [`BackendError::Failed`]: convert by other means from here on.
    pub fn convert<T>(
        &mut self,
        picture: PictureRef<'_>,
        lend: impl FnOnce(PictureRef<'_>) -> T,
    ) -> Result<T, BackendError> {
        if (picture.format(), picture.size()) != (self.format, self.from) {
            return Err(BackendError::unsupported(format!(
                "a picture of {} in {} in a conversion of {} in {}",
                picture.size(),
                picture.format(),
                self.from,
                self.format
            )));
        }
        let target = pixel_buffer::from_pool(&self.pool)?;
        let plane = picture.plane(0);
        let rows = self.from.height() as usize;
        let (data, stride) = if plane.data().len() >= plane.stride() * rows {
            (plane.data(), plane.stride())
        } else {
            self.whole.resize(self.format.packed_len(self.from), 0);
            picture.copy_packed_to(&mut self.whole);
            (&self.whole[..], self.format.row_bytes(self.from, 0))
        };
        let source = wrapped(self.format, self.from, data, stride)?;
        // SAFETY: the session and both buffers are live ones. The call returns when the pixels are written, and the bytes
        // behind `source` outlive it.
        let status = unsafe { self.session.transfer_image(&source, &target) };
        Status::check(status).map_err(|status| status.failed("convert a picture"))?;
        pixel_buffer::read(&target, self.to, lend)
    }

    fn set_matrix(&self, matrix: Matrix) -> Result<(), Status> {
        let value = match matrix {
            Matrix::Bt601 => constant!("ITU_R_601_4", cv::kCVImageBufferYCbCrMatrix_ITU_R_601_4),
            Matrix::Bt709 => constant!("ITU_R_709_2", cv::kCVImageBufferYCbCrMatrix_ITU_R_709_2),
        };
        let key = constant!("DestinationYCbCrMatrix", vt::kVTPixelTransferPropertyKey_DestinationYCbCrMatrix);
        // SAFETY: the session is a live one, and the value is a string, as the key is documented with.
        let status =
            unsafe { VTSessionSetProperty(&self.session, &key.string, Some(&Value::Name(value).to_cf())) };
        Status::check(status)
    }
}

impl Drop for PixelTransfer {
    fn drop(&mut self) {
        // SAFETY: the session is a live one, and nothing is done with it afterwards but to release it.
        unsafe { self.session.invalidate() };
    }
}

fn is_switched_off(value: Option<&str>) -> bool {
    value.is_some_and(|value| value == "0" || value.eq_ignore_ascii_case("false"))
}

fn source_type(format: PixelFormat) -> Result<u32, BackendError> {
    match format {
        PixelFormat::Rgba8 => Ok(cv::kCVPixelFormatType_32RGBA),
        PixelFormat::Bgra8 => Ok(cv::kCVPixelFormatType_32BGRA),
        PixelFormat::Rgb8 => Ok(cv::kCVPixelFormatType_24RGB),
        PixelFormat::Nv12 | PixelFormat::I420 => {
            Err(BackendError::unsupported(format!("a conversion of {format} in VideoToolbox")))
        }
    }
}

fn session() -> Result<CFRetained<VTPixelTransferSession>, Status> {
    let mut made: *mut VTPixelTransferSession = ptr::null_mut();
    // SAFETY: the last argument leads to a variable of this function.
    Status::check(unsafe { VTPixelTransferSession::create(None, NonNull::from(&mut made)) })?;
    let made = NonNull::new(made).ok_or(Status::NOTHING_MADE)?;
    // SAFETY: it was just created for the caller, who owns one reference to it.
    Ok(unsafe { CFRetained::from_raw(made) })
}

/// Buffers of NV12 in memory that the hardware reads.
fn pool(size: Size, range: Range) -> Result<CFRetained<CVPixelBufferPool>, Status> {
    let attributes = pixel_buffer::attributes(range, Some(size));
    let mut made: *mut CVPixelBufferPool = ptr::null_mut();
    // SAFETY: the attributes are of the documented types, and the last argument leads to a variable of this function.
    let status = unsafe {
        CVPixelBufferPool::create(None, None, Some((*attributes).as_ref()), NonNull::from(&mut made))
    };
    Status::check(status)?;
    let made = NonNull::new(made).ok_or(Status::NOTHING_MADE)?;
    // SAFETY: it was just created for the caller, who owns one reference to it.
    Ok(unsafe { CFRetained::from_raw(made) })
}

/// `data`, whole rows, as a pixel buffer, without a copy. It must not outlive `data`.
fn wrapped(
    format: PixelFormat,
    size: Size,
    data: &[u8],
    stride: usize,
) -> Result<CFRetained<CVPixelBuffer>, BackendError> {
    let mut made: *mut CVPixelBuffer = ptr::null_mut();
    // SAFETY: the bytes are there for as many rows of the stride as the picture has; a source is only read from, although
    // the pointer does not say so; the last argument leads to a variable of this function.
    let status = unsafe {
        cv::CVPixelBufferCreateWithBytes(
            None,
            size.width() as usize,
            size.height() as usize,
            source_type(format)?,
            NonNull::from(data).cast(),
            stride,
            None,
            ptr::null_mut(),
            None,
            NonNull::from(&mut made),
        )
    };
    Status::check(status).map_err(|status| status.failed("wrap a picture"))?;
    let made = NonNull::new(made)
        .ok_or_else(|| BackendError::failed("CoreVideo wrapped no picture and called that success"))?;
    // SAFETY: it was just created for the caller, who owns one reference to it.
    Ok(unsafe { CFRetained::from_raw(made) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nought_and_false_switch_it_off() {
        assert!(is_switched_off(Some("0")) && is_switched_off(Some("FALSE")));
        assert!(!is_switched_off(None) && !is_switched_off(Some("1")) && !is_switched_off(Some("")));
    }
}
