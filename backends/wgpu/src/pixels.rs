//! A frame's pixels on the device, as the rest of framewire sees them.

use crate::{
    Light,
    converter::{Converter, Plan},
    download::{download, download_smaller},
    source::Source,
};
use framewire_frame::{Color, DeviceConverter, DeviceError, DeviceSurface, Picture, PixelFormat, Size};
use framewire_shader::{Scaling, YuvLayout};
use std::{any::Any, sync::Arc};

/// Pixels at the size that they have. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Pixels {
    pub(crate) source: Arc<Source>,
}

/// The same as 4:2:0 at a smaller size, which is made when it is asked for: by a converter on the device, or by the processor
/// of all pixels.
#[derive(Debug)]
struct Smaller {
    source: Arc<Source>,
    size: Size,
    color: Color,
}

impl Pixels {
    pub(crate) fn new(source: Source) -> Self {
        Self { source: Arc::new(source) }
    }

    /// The same with other numbers in it.
    pub(crate) fn with_light(self, light: Light) -> Self {
        Self { source: Arc::new(self.source.with_light(light)) }
    }
}

/// The pixels of one of our surfaces, and what is to be made of them.
pub(crate) fn wanted(
    surface: &dyn DeviceSurface,
    format: PixelFormat,
    color: Color,
) -> Option<(&Source, Plan)> {
    let surface = surface.as_any();
    let (source, size) = match (surface.downcast_ref::<Pixels>(), surface.downcast_ref::<Smaller>()) {
        (Some(pixels), _) => (&*pixels.source, pixels.source.layout.size),
        (_, Some(smaller)) => (&*smaller.source, smaller.size),
        (None, None) => return None,
    };
    Some((source, Plan { source: source.layout, size, format, color }))
}

impl DeviceSurface for Pixels {
    fn size(&self) -> Size {
        self.source.layout.size
    }

    fn format(&self) -> PixelFormat {
        self.source.layout.plain_format().unwrap_or(PixelFormat::Rgba8)
    }

    fn download(&self) -> Result<Picture, DeviceError> {
        Ok(download(&self.source)?)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn scaled(&self, size: Size, color: Color) -> Option<Arc<dyn DeviceSurface>> {
        let possible = self.source.gpu.converts() && Scaling::is_possible(self.size(), size);
        possible.then(|| -> Arc<dyn DeviceSurface> {
            Arc::new(Smaller { source: Arc::clone(&self.source), size, color })
        })
    }

    fn converter(
        &self,
        format: PixelFormat,
        color: Color,
    ) -> Option<Result<Arc<dyn DeviceConverter>, DeviceError>> {
        converter(self, format, color)
    }
}

impl DeviceSurface for Smaller {
    fn size(&self) -> Size {
        self.size
    }

    fn format(&self) -> PixelFormat {
        PixelFormat::Nv12
    }

    fn download(&self) -> Result<Picture, DeviceError> {
        Ok(download_smaller(&self.source, self.size, self.color)?)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn scaled(&self, size: Size, color: Color) -> Option<Arc<dyn DeviceSurface>> {
        Pixels { source: Arc::clone(&self.source) }.scaled(size, color)
    }

    fn converter(
        &self,
        format: PixelFormat,
        color: Color,
    ) -> Option<Result<Arc<dyn DeviceConverter>, DeviceError>> {
        converter(self, format, color)
    }
}

fn converter(
    surface: &dyn DeviceSurface,
    format: PixelFormat,
    color: Color,
) -> Option<Result<Arc<dyn DeviceConverter>, DeviceError>> {
    let (source, plan) = wanted(surface, format, color)?;
    let layout = YuvLayout::of(format, plan.size).filter(|_| source.gpu.converts())?;
    let opened = Converter::new(&source.gpu, plan, layout);
    Some(
        opened
            .map(|converter| -> Arc<dyn DeviceConverter> { Arc::new(converter) })
            .map_err(DeviceError::from),
    )
}
