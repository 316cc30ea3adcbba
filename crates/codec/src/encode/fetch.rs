use super::{Fallback, Part};
use crate::EncodeError;
use framewire_convert::ChangeMap;
use framewire_frame::{
    Color, DeviceConverter, DeviceError, DevicePicture, DeviceSurface, Picture, PixelFormat, Size,
};
use std::{error::Error, sync::Arc};

/// Gets the pixels of device frames of one size and colour into host memory: converted by the device where it does so,
/// else as they are.
pub(super) struct Fetch {
    /// What a device is asked for; `None` where the backend takes no 4:2:0.
    format: Option<PixelFormat>,
    size: Size,
    color: Color,
    conversion: Conversion,
    fallback: Option<Fallback>,
}

/// What was fetched.
pub(super) enum Fetched {
    /// Ready for the backend.
    Converted(DevicePicture),
    /// As it is on the device, still to be converted.
    Downloaded(Picture),
}

/// Who converts.
enum Conversion {
    /// Whoever made the next surface is asked.
    Unasked,
    Device(Arc<dyn DeviceConverter>),
    /// The device has refused or failed. Asking again with every frame would cost each of them the time of an attempt.
    Processor,
}

impl Fetch {
    /// For frames of `size`, whose 4:2:0 side means `color`, and a backend that takes `input`.
    pub(super) fn new(input: &[PixelFormat], size: Size, color: Color) -> Self {
        let format = input.iter().copied().find(|format| format.is_yuv());
        Self { format, size, color, conversion: Conversion::Unasked, fallback: None }
    }

    /// The device's conversion in use.
    pub(super) fn converter(&self) -> Option<&Arc<dyn DeviceConverter>> {
        match &self.conversion {
            Conversion::Device(converter) => Some(converter),
            Conversion::Unasked | Conversion::Processor => None,
        }
    }

    /// The processor has taken over from the device since the last call.
    pub(super) fn take_fallback(&mut self) -> Option<Fallback> {
        self.fallback.take()
    }

    /// The pixels of `surface`.
    ///
    /// # Errors
    /// When they can be had in no way. The next surface may be another device's, which is asked for a conversion again.
    pub(super) fn fetch(&mut self, surface: &dyn DeviceSurface) -> Result<Fetched, EncodeError> {
        let fallback = match self.convert(surface) {
            Ok(Some(made)) => return Ok(Fetched::Converted(made)),
            Ok(None) => None,
            Err(fallback) => Some(fallback),
        };
        let picture = self.download(surface).inspect_err(|_| self.conversion = Conversion::Unasked)?;
        // Only now something has taken the conversion's place: of a device that is lost the error is enough.
        if fallback.is_some() {
            self.conversion = Conversion::Processor;
            self.fallback = fallback;
        }
        Ok(Fetched::Downloaded(picture))
    }

    /// What the device makes of `surface`; `None` where it does no such thing.
    fn convert(&mut self, surface: &dyn DeviceSurface) -> Result<Option<DevicePicture>, Fallback> {
        let Some(format) = self.format else { return Ok(None) };
        let fits = |converter: &Arc<dyn DeviceConverter>| converter.fits(surface);
        let (converter, first) = match std::mem::replace(&mut self.conversion, Conversion::Unasked) {
            Conversion::Processor => {
                self.conversion = Conversion::Processor;
                return Ok(None);
            }
            Conversion::Device(converter) if fits(&converter) => (converter, false),
            Conversion::Device(_) | Conversion::Unasked => match surface.converter(format, self.color) {
                None => return Ok(None),
                Some(Ok(converter)) => (converter, true),
                Some(Err(error)) => return Err(fallback("the device", in_full(&error))),
            },
        };
        let made = converter.convert(surface).map_err(|error| in_full(&error));
        let made = made.and_then(|made| self.check(made, format));
        let mut made = made.map_err(|why| fallback(converter.device(), why))?;
        if first {
            // What was encoded before it, if anything, was another converter's.
            made.changes.mark_all();
        }
        self.conversion = Conversion::Device(converter);
        Ok(Some(made))
    }

    /// `made`, if it is what was asked for.
    fn check(&self, made: DevicePicture, format: PixelFormat) -> Result<DevicePicture, String> {
        let size = self.size.padded_to_even();
        let (picture, changes) = (&made.picture, &made.changes);
        if (picture.size(), picture.format()) != (size, format) {
            let (got, had) = (picture.size(), picture.format());
            return Err(format!("a {got} picture of {had} came where a {size} picture of {format} was due"));
        }
        let blocks = [ChangeMap::blocks(size.width()), ChangeMap::blocks(size.height())];
        if [changes.columns(), changes.rows()] != blocks {
            return Err(format!("the changes of a {size} picture came for pictures of another size"));
        }
        Ok(made)
    }

    fn download(&self, surface: &dyn DeviceSurface) -> Result<Picture, EncodeError> {
        let picture = surface.download()?;
        if picture.size() == self.size {
            Ok(picture)
        } else {
            Err(EncodeError::DownloadedSize { said: self.size, got: picture.size() })
        }
    }
}

/// The processor converts in place of `device`.
fn fallback(device: &str, why: String) -> Fallback {
    Fallback {
        part: Part::Conversion,
        from: format!("conversion on {device}"),
        to: "conversion on the processor".to_owned(),
        why,
    }
}

/// What a device says of a conversion. Its own first sentence is of a frame that could not be fetched, which this one may
/// still be.
fn in_full(error: &DeviceError) -> String {
    let sources = std::iter::successors(error.source(), |&error| error.source());
    sources.fold(error.message.clone(), |said, source| format!("{said}: {source}"))
}
