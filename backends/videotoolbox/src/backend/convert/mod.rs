//! RGB to NV12 and back, and scaling, through `VTPixelTransferSession`.

mod buffer;
mod session;
mod wrap;

pub(crate) use buffer::BufferTransfer;

use super::{dictionary::Dictionary, pixel_buffer, status::Status, surface::PixelBufferSurface};
use crate::NAME;
use framewire_codec::{BackendError, ConverterBackend, ConverterCandidate, ConverterConfig, Shape};
use framewire_frame::{Color, PictureRef, PixelFormat, Size, Surface};
use objc2_core_foundation::CFRetained;
use objc2_core_video::{self as cv, CVPixelBuffer, CVPixelBufferPool};
use session::Session;
use std::{
    ptr::{self, NonNull},
    sync::{Arc, Mutex, Once, PoisonError},
};
use wrap::Wrapped;

/// The variable that switches conversion off: `FRAMEWIRE_VIDEOTOOLBOX_CONVERT=0` or `false`.
pub const CONVERT_VARIABLE: &str = "FRAMEWIRE_VIDEOTOOLBOX_CONVERT";

/// How many pictures of one conversion may be alive at a time. An export has up to eight in a queue, one at either end of it and
/// as many inside the encoder as that holds back, eight at most; it may keep some more for itself.
const MAX_ALIVE: i32 = 24;

/// A conversion of pictures of one format and size to NV12, RGBA or BGRA of another size.
///
/// The rounding is Apple's, not that of `framewire_convert`: pictures differ by a step or two from what the processor makes.
/// At most 24 of the pictures that came out may be alive at a time.
pub struct PixelTransfer {
    session: Session,
    pool: CFRetained<CVPixelBufferPool>,
    bound: CFRetained<Dictionary>,
    from: Source,
    color: Color,
    /// A picture whose last row ends early, with whole rows.
    whole: Vec<u8>,
}

/// What goes into a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Picture(Shape),
    /// Alpha, red, green, blue. CoreVideo has it and [`PixelFormat`] has not.
    Argb(Size),
}

// SAFETY: CoreVideo's pools may be used from any thread, and this value is used by one at a time. The dictionary is immutable,
// and the session may be sent by itself.
unsafe impl Send for PixelTransfer {}

impl PixelTransfer {
    /// Opens a conversion of RGBA, BGRA, RGB or NV12 and tries it with a black picture.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for I420, for an odd side of NV12 that is to come out, and for a pair of formats that
    /// VideoToolbox does not convert; [`BackendError::Unavailable`] where [`CONVERT_VARIABLE`] switches it off.
    pub fn open(config: &ConverterConfig) -> Result<Self, BackendError> {
        let ConverterConfig { from, to, color } = *config;
        Self::open_from(Source::Picture(from), to, color)
    }

    /// The same for packed pixels of four bytes with alpha first, which is a format of CoreVideo's and none of a
    /// [`PictureRef`]: they go to [`PixelTransfer::convert_argb`].
    ///
    /// # Errors
    /// As [`PixelTransfer::open`].
    pub fn open_argb(from: Size, to: Shape, color: Color) -> Result<Self, BackendError> {
        Self::open_from(Source::Argb(from), to, color)
    }

    /// Converts a picture of the format and size that were opened. It is read where it lies, unless its last row ends before
    /// the stride does.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for another format or size; [`BackendError::Failed`] where VideoToolbox fails or 24
    /// pictures are alive: convert by other means from here on.
    pub fn convert(&mut self, picture: PictureRef<'_>) -> Result<PixelBufferSurface, BackendError> {
        let shape = Shape::of(picture);
        if self.from != Source::Picture(shape) {
            return Err(self.other(&shape.to_string()));
        }
        let rows_are_whole = |plane: usize| {
            let rows = shape.format.rows(shape.size, plane);
            picture.plane(plane).data().len() >= picture.plane(plane).stride() * rows
        };
        let mut whole = std::mem::take(&mut self.whole);
        let picture = if (0..shape.format.plane_count()).all(rows_are_whole) {
            picture
        } else {
            whole.resize(shape.format.packed_len(shape.size), 0);
            picture.copy_packed_to(&mut whole);
            packed(shape, &whole)?
        };
        let made = Wrapped::picture(picture, self.color).and_then(|source| self.transfer(&source));
        self.whole = whole;
        made
    }

    /// Converts pixels with alpha first whose rows lie `stride` bytes apart, of the size that was opened. They are read where
    /// they lie.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] where `data` does not hold as many whole rows or `stride` no row; else as
    /// [`PixelTransfer::convert`].
    pub fn convert_argb(&mut self, data: &[u8], stride: usize) -> Result<PixelBufferSurface, BackendError> {
        let Source::Argb(size) = self.from else { return Err(self.other("pixels with alpha first")) };
        let rows = stride.checked_mul(size.height() as usize);
        if stride < size.width() as usize * 4 || rows.is_none_or(|bytes| data.len() < bytes) {
            return Err(self.other(&format!("{} bytes in rows of {stride}", data.len())));
        }
        let source = Wrapped::packed(cv::kCVPixelFormatType_32ARGB, size, data, stride)?;
        self.transfer(&source)
    }

    fn open_from(from: Source, to: Shape, color: Color) -> Result<Self, BackendError> {
        if is_switched_off() {
            return Err(BackendError::unavailable(format!(
                "conversion by VideoToolbox is switched off by {CONVERT_VARIABLE}"
            )));
        }
        let what = format!("conversion of {from} to {to}");
        let comes_out = match to.format {
            PixelFormat::Nv12 => to.size.is_even(),
            PixelFormat::Rgba8 | PixelFormat::Bgra8 => true,
            PixelFormat::Rgb8 | PixelFormat::I420 => false,
        };
        if !comes_out {
            return Err(BackendError::unsupported(format!("{what} in VideoToolbox")));
        }
        if let Source::Picture(from) = from {
            pixel_buffer::format_type(from.format, color.range)?;
        }
        let format = pixel_buffer::format_type(to.format, color.range)?;
        let matrix = to.format.is_yuv().then_some(color.matrix);
        let session = Session::open(matrix).map_err(|status| status.opening(&what))?;
        let pool = pool(format, to.size).map_err(|status| status.opening(&what))?;
        let bound = pixel_buffer::bound(MAX_ALIVE);
        let mut transfer = Self { session, pool, bound, from, color, whole: Vec::new() };
        transfer.try_black().map_err(|error| {
            BackendError::unsupported(format!("{what} in VideoToolbox ({})", error.in_full()))
        })?;
        announce(from, to.format);
        Ok(transfer)
    }

    fn try_black(&mut self) -> Result<(), BackendError> {
        match self.from {
            Source::Picture(shape) => {
                let black = vec![0; shape.format.packed_len(shape.size)];
                self.convert(packed(shape, &black)?)?;
            }
            Source::Argb(size) => {
                let stride = size.width() as usize * 4;
                self.convert_argb(&vec![0; stride * size.height() as usize], stride)?;
            }
        }
        Ok(())
    }

    fn transfer(&self, source: &CVPixelBuffer) -> Result<PixelBufferSurface, BackendError> {
        let target = pixel_buffer::from_bounded_pool(&self.pool, Some(&self.bound))?;
        self.session.run(source, &target).map_err(|status| status.failed("convert a picture"))?;
        // SAFETY: the buffer has just left its pool, which gives it to nobody else before it is released, and nothing writes
        // to it any more.
        unsafe { PixelBufferSurface::new(target) }
    }

    fn other(&self, what: &str) -> BackendError {
        BackendError::unsupported(format!("{what} in a conversion of {}", self.from))
    }
}

impl ConverterBackend for PixelTransfer {
    fn convert(&mut self, picture: PictureRef<'_>) -> Result<Surface, BackendError> {
        Ok(Surface::Device(Arc::new(self.convert(picture)?)))
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Picture(shape) => shape.fmt(f),
            Self::Argb(size) => write!(f, "argb of {size}"),
        }
    }
}

/// The converter for the encoder of this crate; `None` where [`CONVERT_VARIABLE`] switches it off.
pub(crate) fn candidate() -> Option<ConverterCandidate> {
    let candidate = ConverterCandidate {
        name: NAME,
        encoder: NAME,
        from: &[PixelFormat::Rgba8, PixelFormat::Bgra8, PixelFormat::Rgb8],
        open: Arc::new(|config| Ok(Box::new(PixelTransfer::open(config)?))),
    };
    (!is_switched_off()).then_some(candidate)
}

fn is_switched_off() -> bool {
    static SAID: Once = Once::new();
    let Ok(value) = std::env::var(CONVERT_VARIABLE) else { return false };
    is_off(&value).unwrap_or_else(|| {
        SAID.call_once(|| {
            tracing::warn!("{CONVERT_VARIABLE} is {value:?}: 0 or false switch conversion off");
        });
        false
    })
}

/// `None` for a value that means nothing.
fn is_off(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "0" | "false" => Some(true),
        "" | "1" | "true" => Some(false),
        _ => None,
    }
}

fn packed(shape: Shape, data: &[u8]) -> Result<PictureRef<'_>, BackendError> {
    PictureRef::packed(shape.format, shape.size, data)
        .map_err(|error| BackendError::failed_with("a picture with whole rows", error))
}

/// Says once for each pair of formats that it works. No property of a session tells who does the work.
fn announce(from: Source, to: PixelFormat) {
    static SAID: Mutex<Vec<(&'static str, PixelFormat)>> = Mutex::new(Vec::new());
    let from = match from {
        Source::Picture(shape) => shape.format.name(),
        Source::Argb(_) => "argb",
    };
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if !said.contains(&(from, to)) {
        said.push((from, to));
        tracing::debug!("VideoToolbox converts {from} to {to}; whether in hardware, it does not tell");
    }
}

/// Buffers of one of CoreVideo's formats in memory that the hardware reads.
fn pool(format: u32, size: Size) -> Result<CFRetained<CVPixelBufferPool>, Status> {
    let attributes = pixel_buffer::attributes_of(format, Some(size));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nought_and_false_switch_it_off() {
        assert_eq!(["0", "FALSE", "1", ""].map(is_off), [Some(true), Some(true), Some(false), Some(false)]);
        assert_eq!(is_off("off"), None);
    }
}
