//! Bytes in host memory as `CVPixelBuffer`s, without a copy.

use crate::backend::{
    dictionary::{Value, constant},
    pixel_buffer,
    status::Status,
};
use framewire_codec::BackendError;
use framewire_frame::{Color, Matrix, PictureRef, PixelFormat, PlaneRef, Size};
use objc2_core_foundation::CFRetained;
use objc2_core_video::{
    self as cv, CVAttachmentMode, CVPixelBuffer, CVPixelBufferCreateWithBytes,
    CVPixelBufferCreateWithPlanarBytes,
};
use std::{
    ffi::c_void,
    marker::PhantomData,
    ops::Deref,
    ptr::{self, NonNull},
};

/// A pixel buffer over bytes that somebody else owns and that are only read.
pub(super) struct Wrapped<'a> {
    buffer: CFRetained<CVPixelBuffer>,
    bytes: PhantomData<&'a [u8]>,
}

impl Deref for Wrapped<'_> {
    type Target = CVPixelBuffer;

    fn deref(&self) -> &CVPixelBuffer {
        &self.buffer
    }
}

impl<'a> Wrapped<'a> {
    /// `picture`, in one plane of RGB or two of NV12, each of whose rows is there in whole.
    pub(super) fn picture(picture: PictureRef<'a>, color: Color) -> Result<Self, BackendError> {
        let size = picture.size();
        let format = pixel_buffer::format_type(picture.format(), color.range)?;
        match picture.format() {
            PixelFormat::Nv12 => {
                let wrapped = Self::nv12(format, size, [picture.plane(0), picture.plane(1)])?;
                wrapped.tag(color.matrix);
                Ok(wrapped)
            }
            _ => Self::packed(format, size, picture.plane(0).data(), picture.plane(0).stride()),
        }
    }

    /// `data` in rows that lie `stride` bytes apart and are there in whole, in a packed format of CoreVideo's.
    pub(super) fn packed(
        format: u32,
        size: Size,
        data: &'a [u8],
        stride: usize,
    ) -> Result<Self, BackendError> {
        let mut made: *mut CVPixelBuffer = ptr::null_mut();
        // SAFETY: the bytes are there for as many rows of the stride as the picture has, as long as the wrapper lives; they
        // are only read from, although the pointer does not say so; the last argument leads to a variable of this function.
        let status = unsafe {
            CVPixelBufferCreateWithBytes(
                None,
                size.width() as usize,
                size.height() as usize,
                format,
                NonNull::from(data).cast(),
                stride,
                None,
                ptr::null_mut(),
                None,
                NonNull::from(&mut made),
            )
        };
        Self::new(status, made)
    }

    fn nv12(format: u32, size: Size, planes: [PlaneRef<'a>; 2]) -> Result<Self, BackendError> {
        let chroma = size.chroma();
        let mut starts: [*mut c_void; 2] = planes.map(|plane| plane.data().as_ptr().cast_mut().cast());
        let mut widths = [size.width() as usize, chroma.width() as usize];
        let mut heights = [size.height() as usize, chroma.height() as usize];
        let mut strides = planes.map(|plane| plane.stride());
        let mut made: *mut CVPixelBuffer = ptr::null_mut();
        // SAFETY: each array has an entry for both planes, whose bytes are there for as many rows of the stride as the plane
        // has, as long as the wrapper lives; the planes need not lie together, so that no address of a whole is given; the
        // bytes are only read from; the last argument leads to a variable of this function.
        let status = unsafe {
            CVPixelBufferCreateWithPlanarBytes(
                None,
                size.width() as usize,
                size.height() as usize,
                format,
                ptr::null_mut(),
                0,
                planes.len(),
                NonNull::from(&mut starts).cast(),
                NonNull::from(&mut widths).cast(),
                NonNull::from(&mut heights).cast(),
                NonNull::from(&mut strides).cast(),
                None,
                ptr::null_mut(),
                None,
                NonNull::from(&mut made),
            )
        };
        Self::new(status, made)
    }

    fn new(status: i32, made: *mut CVPixelBuffer) -> Result<Self, BackendError> {
        Status::check(status).map_err(|status| status.failed("wrap a picture"))?;
        let made = NonNull::new(made)
            .ok_or_else(|| BackendError::failed("CoreVideo wrapped no picture and called that success"))?;
        // SAFETY: it was just created for the caller, who owns one reference to it.
        Ok(Self { buffer: unsafe { CFRetained::from_raw(made) }, bytes: PhantomData })
    }

    /// Says what the samples mean: on the way to RGB that is read from the buffer.
    fn tag(&self, matrix: Matrix) {
        let key = constant!("CVImageBufferYCbCrMatrix", cv::kCVImageBufferYCbCrMatrixKey);
        let value = Value::Name(pixel_buffer::matrix_name(matrix)).to_cf();
        // SAFETY: the buffer is a live one, and the value is a string, as the key is documented with.
        unsafe { self.buffer.set_attachment(&key.string, &value, CVAttachmentMode::ShouldPropagate) };
    }
}
