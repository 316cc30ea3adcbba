use crate::{ChangeMap, Color, Picture, PixelFormat, Size};
use std::{any::Any, error::Error, fmt, sync::Arc};

/// Where the pixels of a frame are.
#[derive(Clone, Debug)]
pub enum Surface {
    /// In host memory.
    Host(Picture),
    /// On a device; only the backend that made it knows more than this trait says.
    Device(Arc<dyn DeviceSurface>),
}

/// Pixels on a device. Backends downcast to their own type through [`DeviceSurface::as_any`]; everybody else downloads.
///
/// Whoever asks a device for anything, here or through [`DeviceConverter`], holds no lock that the program may wait for:
/// drivers run the program's callbacks from within.
pub trait DeviceSurface: fmt::Debug + Send + Sync {
    /// The size in pixels.
    fn size(&self) -> Size;

    /// The format that [`DeviceSurface::download`] gives.
    fn format(&self) -> PixelFormat;

    /// The pixels, fetched into host memory, without the device's conversion: what is left where that fails. Blocks until
    /// they are there.
    ///
    /// # Errors
    /// When the device does not give them: the frame is lost, and so is each further one if the device is.
    fn download(&self) -> Result<Picture, DeviceError>;

    /// The concrete surface, for the backend that owns its type.
    fn as_any(&self) -> &dyn Any;

    /// The same picture at a smaller size, as 4:2:0 of `color`, scaled by the rule of `framewire_convert::Scaler`. Its
    /// [`converter`](DeviceSurface::converter) makes the small picture on the device. Its
    /// [`download`](DeviceSurface::download) is the slow way, which works without: all pixels are fetched, and the processor
    /// scales them. `None` where the device does no such thing: download and scale.
    fn scaled(&self, size: Size, color: Color) -> Option<Arc<dyn DeviceSurface>> {
        let _ = (size, color);
        None
    }

    /// A conversion on the device of surfaces like this one to `format`, which is one of 4:2:0, and `color`. `None` where
    /// the device does no such thing: download and convert.
    ///
    /// # Errors
    /// When the device does so for others, but not for this one: download and convert, and say why.
    fn converter(
        &self,
        format: PixelFormat,
        color: Color,
    ) -> Option<Result<Arc<dyn DeviceConverter>, DeviceError>> {
        let _ = (format, color);
        None
    }
}

/// A conversion to 4:2:0 on a device, picture after picture, each compared with the one before it.
///
/// The arithmetic is that of `framewire_convert`, to the byte.
pub trait DeviceConverter: fmt::Debug + Send + Sync {
    /// The device's name, for people.
    fn device(&self) -> &str;

    /// Whether `surface` can be converted here: one of the same device, size and format as the one that made this.
    fn fits(&self, surface: &dyn DeviceSurface) -> bool;

    /// Begins to convert a surface for which [`DeviceConverter::convert`] may be called later, and comes back at once. A
    /// hint: it is of no effect where all places for pictures are taken, and errors show at `convert`.
    fn start(&self, surface: &dyn DeviceSurface);

    /// The picture of a surface that [fits](DeviceConverter::fits). Blocks until it is there.
    ///
    /// # Errors
    /// When the device has failed; another converter may be better, or [`DeviceSurface::download`].
    fn convert(&self, surface: &dyn DeviceSurface) -> Result<DevicePicture, DeviceError>;
}

/// What a [`DeviceConverter`] made.
#[derive(Clone, Debug)]
pub struct DevicePicture {
    /// The pixels in host memory: the surface's size padded to even sides, the padding repeating the edge pixels.
    pub picture: Picture,
    /// Every block that differs from the picture that the call before this one gave, and maybe others: those that differed
    /// in pictures which were begun in between and never asked for. All of them in the first.
    pub changes: ChangeMap,
}

/// A device that did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct DeviceError {
    /// What happened, in a sentence, which may end with what the source says.
    pub message: String,
    /// The vendor's own error.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl Surface {
    /// The size in pixels.
    pub fn size(&self) -> Size {
        match self {
            Self::Host(picture) => picture.size(),
            Self::Device(surface) => surface.size(),
        }
    }

    /// The pixel format.
    pub fn format(&self) -> PixelFormat {
        match self {
            Self::Host(picture) => picture.format(),
            Self::Device(surface) => surface.format(),
        }
    }

    /// The picture in host memory: shared where it is there already, downloaded otherwise.
    ///
    /// # Errors
    /// As [`DeviceSurface::download`].
    pub fn to_host(&self) -> Result<Picture, DeviceError> {
        match self {
            Self::Host(picture) => Ok(picture.clone()),
            Self::Device(surface) => surface.download(),
        }
    }
}

impl From<Picture> for Surface {
    fn from(picture: Picture) -> Self {
        Self::Host(picture)
    }
}
