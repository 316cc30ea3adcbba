use framewire_frame::{DeviceError, DeviceSurface, Frame, Picture, PixelFormat, Size, Surface};
use std::{any::Any, sync::Arc};

/// A picture in host memory that says it is on a device.
#[derive(Debug)]
pub struct TestSurface {
    /// The pixels; `None` fails to download.
    pub picture: Option<Picture>,
    /// The size that it claims to have.
    pub size: Size,
}

impl TestSurface {
    /// A frame with `picture` on a device.
    pub fn frame(picture: Picture) -> Frame {
        let size = picture.size();
        Frame::new(Surface::Device(Arc::new(Self { picture: Some(picture), size })))
    }

    /// A frame whose device has gone.
    pub fn lost(size: Size) -> Frame {
        Frame::new(Surface::Device(Arc::new(Self { picture: None, size })))
    }
}

impl DeviceSurface for TestSurface {
    fn size(&self) -> Size {
        self.size
    }

    fn format(&self) -> PixelFormat {
        self.picture.as_ref().map_or(PixelFormat::Rgba8, Picture::format)
    }

    fn download(&self) -> Result<Picture, DeviceError> {
        let lost = || DeviceError { message: "the device is lost".to_owned(), source: None };
        self.picture.clone().ok_or_else(lost)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
