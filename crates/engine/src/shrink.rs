use crate::{RenditionKey, Scale, pipeline::Failure};
use framewire_codec::{
    EncodeError,
    encode::{Fetch, Fetched, Wanted},
};
use framewire_convert::{Converter, Error, Scaler};
use framewire_frame::{
    Color, DeviceError, DevicePicture, Frame, Picture, PictureMut, PixelFormat, Pool, Size, Surface,
};

/// Makes frames smaller for the scaled renditions: on the device where they are, if it does so; else on the processor, to
/// I420 at full size, then area averages.
pub(crate) struct Shrinker {
    scale: Scale,
    plan: Option<Plan>,
    pool: Pool,
}

struct Plan {
    source: (PixelFormat, Size, Color),
    target: Size,
    /// `None` where the source is I420 already.
    converter: Option<Converter>,
    scaler: Scaler,
    full: Vec<u8>,
}

/// The frame at `scale`, on its device; `None` where that does no such thing, and for a frame in host memory.
pub(crate) fn on_device(frame: &Frame, scale: Scale) -> Option<Frame> {
    let Surface::Device(surface) = &frame.surface else { return None };
    let target = Shrinker::target_size(scale, frame.size());
    if target == frame.size() {
        return Some(frame.clone());
    }
    Some(Frame { surface: Surface::Device(surface.scaled(target, frame.color)?), ..frame.clone() })
}

impl Shrinker {
    pub(crate) fn new(scale: Scale) -> Self {
        Self { scale, plan: None, pool: Pool::new(2) }
    }

    /// The size of this scale; that of the source where it is too small to be divided.
    pub(crate) fn target_size(scale: Scale, source: Size) -> Size {
        let target = source.divided_by(scale.divisor());
        let fits = target.width() <= source.width() && target.height() <= source.height();
        if scale != Scale::Full && fits { target } else { source }
    }

    /// The frame at this scale: still on its device, if it is on one that scales.
    pub(crate) fn shrink(&mut self, frame: &Frame) -> Result<Frame, Failure> {
        if let Some(frame) = on_device(frame, self.scale) {
            return Ok(frame);
        }
        let picture = frame.surface.to_host()?;
        Ok(Frame { surface: self.finish(&picture, frame)?.into(), ..frame.clone() })
    }

    /// The pixels of `frame` in host memory: at this scale already, as `device` gets them, if its device scales; else as
    /// they are.
    pub(crate) fn fetch(&self, frame: &Frame, device: &mut Fetch) -> Result<Picture, Failure> {
        let smaller = on_device(frame, self.scale).filter(|smaller| smaller.size() != frame.size());
        let Some(Frame { surface: Surface::Device(smaller), color, .. }) = smaller else {
            return Ok(frame.surface.to_host()?);
        };
        // Scaled sizes are even: the picture needs no padding.
        let wanted = Wanted { size: smaller.size(), format: Some(PixelFormat::I420), color };
        Ok(match device.fetch(smaller.as_ref(), wanted)? {
            Fetched::Converted(DevicePicture { picture, .. }) | Fetched::Downloaded(picture) => picture,
        })
    }

    /// The pixels of `frame` at this scale, from those that were fetched.
    pub(crate) fn finish(&mut self, fetched: &Picture, frame: &Frame) -> Result<Picture, Failure> {
        let target = Self::target_size(self.scale, frame.size());
        if fetched.size() == target {
            return Ok(fetched.clone());
        }
        Ok(self.scale_down(fetched, frame.color, target)?)
    }

    fn scale_down(&mut self, picture: &Picture, color: Color, target: Size) -> Result<Picture, Error> {
        let source = (picture.format(), picture.size(), color);
        let plan = match self.plan.take().filter(|plan| (plan.source, plan.target) == (source, target)) {
            Some(plan) => plan,
            None => Plan::new(source, target)?,
        };
        let plan = self.plan.insert(plan);
        let mut buffer = self.pool.take(PixelFormat::I420.packed_len(target));
        let mut small = PictureMut::packed(PixelFormat::I420, target, &mut buffer)
            .expect("the buffer was taken with the picture's length");
        match &plan.converter {
            None => plan.scaler.scale(&picture.as_ref(), &mut small)?,
            Some(converter) => {
                let mut full = PictureMut::packed(PixelFormat::I420, picture.size(), &mut plan.full)
                    .expect("the plan's buffer has the picture's length");
                converter.convert(&picture.as_ref(), &mut full)?;
                plan.scaler.scale(&full.as_ref(), &mut small)?;
            }
        }
        Ok(Picture::packed(PixelFormat::I420, target, buffer.freeze())
            .expect("the buffer was taken with the picture's length"))
    }
}

impl Plan {
    fn new(source: (PixelFormat, Size, Color), target: Size) -> Result<Self, Error> {
        let (format, size, color) = source;
        let converter = match format {
            PixelFormat::I420 => None,
            _ => Some(Converter::new(format, PixelFormat::I420, size, color)?),
        };
        let full = if converter.is_some() { PixelFormat::I420.packed_len(size) } else { 0 };
        Ok(Self {
            source,
            target,
            converter,
            scaler: Scaler::new(PixelFormat::I420, size, target)?,
            full: vec![0; full],
        })
    }
}

impl RenditionKey {
    /// The size of this rendition of a frame.
    pub fn size_of(self, frame: Size) -> Size {
        Shrinker::target_size(self.scale, frame)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Frame(error.to_string())
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        EncodeError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_codec::testing::{DeviceFault, TestDevice, pictures};

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).unwrap()
    }

    fn shrink(shrinker: &mut Shrinker, picture: Picture) -> Picture {
        let frame = shrinker.shrink(&picture.into()).unwrap();
        frame.surface.to_host().unwrap()
    }

    #[test]
    fn every_format_becomes_a_smaller_i420() {
        for format in PixelFormat::ALL {
            for scale in [Scale::Half, Scale::Quarter] {
                let source = size(37, 22);
                let picture = Picture::packed(format, source, vec![128; format.packed_len(source)]).unwrap();
                let small = shrink(&mut Shrinker::new(scale), picture);
                assert_eq!(small.format(), PixelFormat::I420);
                assert_eq!(small.size(), source.divided_by(scale.divisor()));
                let luma = small.as_ref().plane(0).row(0)[0];
                assert!((126..=128).contains(&luma), "grey stays grey: {format} {luma}");
            }
        }
    }

    #[test]
    fn a_change_of_source_is_followed() {
        let mut shrinker = Shrinker::new(Scale::Half);
        for side in [16, 32, 16] {
            let picture =
                Picture::packed(PixelFormat::Rgb8, size(side, side), vec![9; (side * side * 3) as usize]);
            assert_eq!(shrink(&mut shrinker, picture.unwrap()).size(), size(side / 2, side / 2));
        }
    }

    #[test]
    fn a_picture_too_small_to_be_divided_stays_as_it_is() {
        let picture = Picture::packed(PixelFormat::Rgb8, size(1, 9), vec![0; 27]).unwrap();
        assert_eq!(shrink(&mut Shrinker::new(Scale::Half), picture).size(), size(1, 9));
    }

    #[test]
    fn a_device_scales_its_frames_itself_and_the_processor_those_of_one_that_does_not() {
        let source = size(37, 22);
        let picture = pictures::rgba(source, 3);
        let device = TestDevice::default();
        let on_device = |shrinker: &mut Shrinker| {
            let frame = device.frame(picture.clone());
            let fetched = shrinker.fetch(&frame, &mut Fetch::default()).unwrap();
            let small = shrinker.shrink(&frame).unwrap();
            assert_eq!(small.size(), source.divided_by(2));
            assert_eq!(shrinker.finish(&fetched, &frame).unwrap().size(), small.size());
            (matches!(small.surface, Surface::Device(_)), fetched.size())
        };
        let mut shrinker = Shrinker::new(Scale::Half);
        assert_eq!(on_device(&mut shrinker), (true, source.divided_by(2)));
        device.fail(DeviceFault::LackScaling);
        assert_eq!(on_device(&mut shrinker), (false, source));
    }
}
