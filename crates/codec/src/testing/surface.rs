use super::device::{TestDevice, device_error};
use framewire_frame::{
    Color, DeviceConverter, DeviceError, DeviceSurface, Frame, Picture, PixelFormat, Size, Surface,
};
use std::{any::Any, sync::Arc};

/// A picture in host memory that says it is on a device.
#[derive(Debug)]
pub struct TestSurface {
    /// The pixels; `None` fails to download.
    pub picture: Option<Picture>,
    /// The size that it claims to have.
    pub size: Size,
    /// A device that does more than to keep it, if it is on one.
    pub device: Option<TestDevice>,
    /// It is a smaller one of another surface. Its pixels are fetched as any others, without the device's conversion.
    pub scaled: bool,
}

impl TestSurface {
    /// A frame with `picture` on a device that can be downloaded from, and no more.
    pub fn frame(picture: Picture) -> Frame {
        let size = picture.size();
        Frame::new(Surface::Device(Arc::new(Self {
            picture: Some(picture),
            size,
            device: None,
            scaled: false,
        })))
    }

    /// A frame whose device has gone.
    pub fn lost(size: Size) -> Frame {
        Frame::new(Surface::Device(Arc::new(Self { picture: None, size, device: None, scaled: false })))
    }

    pub(super) fn on(device: &TestDevice, picture: Picture) -> Self {
        let device = Some(device.clone());
        Self { size: picture.size(), picture: Some(picture), device, scaled: false }
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
        let picture = self.picture.as_ref().ok_or_else(|| device_error("the device is lost"))?;
        self.device.as_ref().map_or_else(|| Ok(picture.clone()), |device| device.download(picture))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn scaled(&self, size: Size, color: Color) -> Option<Arc<dyn DeviceSurface>> {
        let small = self.device.as_ref()?.scaled(self.picture.as_ref()?, size, color)?;
        Some(Arc::new(Self { scaled: true, ..small }))
    }

    fn converter(
        &self,
        format: PixelFormat,
        color: Color,
    ) -> Option<Result<Arc<dyn DeviceConverter>, DeviceError>> {
        self.device.as_ref()?.converter(self.picture.as_ref()?, format, color)
    }
}
