use crate::{Picture, PixelFormat, Size};
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
pub trait DeviceSurface: fmt::Debug + Send + Sync {
    /// The size in pixels.
    fn size(&self) -> Size;

    /// The format that [`DeviceSurface::download`] gives.
    fn format(&self) -> PixelFormat;

    /// The pixels, fetched into host memory. Blocks until they are there.
    fn download(&self) -> Result<Picture, DeviceError>;

    /// The concrete surface, for the backend that owns its type.
    fn as_any(&self) -> &dyn Any;
}

/// A device that did not give its pixels; the frame is lost, the stream is not.
#[derive(Debug, thiserror::Error)]
#[error("the frame could not be fetched from its device: {message}")]
pub struct DeviceError {
    /// What happened, in a sentence.
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
