use super::Fallback;
use crate::{EncodeError, error::in_full};
use framewire_convert::ChangeMap;
use framewire_frame::{Color, DeviceConverter, DevicePicture, DeviceSurface, Picture, PixelFormat, Size};
use std::sync::Arc;

/// Gets the pixels of device frames into host memory: converted by the device where it does so, else downloaded.
///
/// A device that refuses or fails is replaced by the processor with a warning in the log and a [`Fallback`], which are not
/// repeated before a device has converted again. It is asked anew when something else is [`Wanted`], and when nothing can be
/// downloaded either, since the next surface may be another device's.
#[derive(Debug, Default)]
pub struct Fetch {
    wanted: Option<Wanted>,
    converts: Converts,
    /// What was said of the device that converts no more.
    said: Option<Fallback>,
    untaken: Option<Fallback>,
}

/// What is to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// That of the surface.
    pub size: Size,
    /// What the device is to convert to, one of 4:2:0; `None` where it is not to convert.
    pub format: Option<PixelFormat>,
    /// What the samples of `format` mean.
    pub color: Color,
}

/// What was fetched.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// In the format that was asked for, padded to even sides, and what is new in it.
    Converted(DevicePicture),
    /// As it is on the device, still to be converted.
    Downloaded(Picture),
}

/// Who converts.
#[derive(Debug, Default)]
enum Converts {
    /// Whoever made the next surface is asked.
    #[default]
    Unasked,
    Device(Arc<dyn DeviceConverter>),
    /// The device has refused or failed. Asking again with every frame would cost each of them the time of an attempt.
    Processor,
}

impl Fetch {
    /// The pixels of `surface`.
    ///
    /// # Errors
    /// When they can be had in no way: [`EncodeError::Device`] with what the download said, [`EncodeError::DownloadedSize`].
    pub fn fetch(&mut self, surface: &dyn DeviceSurface, wanted: Wanted) -> Result<Fetched, EncodeError> {
        if self.wanted != Some(wanted) {
            self.wanted = Some(wanted);
            self.forget();
        }
        let fallback = match self.convert(surface, wanted) {
            Ok(Some(made)) => {
                self.said = None;
                return Ok(Fetched::Converted(made));
            }
            Ok(None) => None,
            Err(fallback) => Some(fallback),
        };
        let picture = download(surface, wanted.size).inspect_err(|error| {
            self.forget();
            if let Some(Fallback { from, why, .. }) = &fallback {
                tracing::debug!("{from} has failed: {why}; and so has the download: {}", error.in_full());
            }
        })?;
        // Only now something has taken the conversion's place: of a device that is lost the error is enough.
        if let Some(fallback) = fallback {
            self.converts = Converts::Processor;
            self.say(fallback);
        }
        Ok(Fetched::Downloaded(picture))
    }

    /// Lets go of the conversion in use, if there is one; the next surface's device is asked anew.
    pub fn forget(&mut self) {
        self.converts = Converts::Unasked;
    }

    /// The device's conversion in use.
    pub fn converter(&self) -> Option<&Arc<dyn DeviceConverter>> {
        match &self.converts {
            Converts::Device(converter) => Some(converter),
            Converts::Unasked | Converts::Processor => None,
        }
    }

    /// The processor has taken over from a device since the last call.
    pub fn take_fallback(&mut self) -> Option<Fallback> {
        self.untaken.take()
    }

    /// What the device makes of `surface`; `None` where it does no such thing.
    fn convert(
        &mut self,
        surface: &dyn DeviceSurface,
        Wanted { size, format, color }: Wanted,
    ) -> Result<Option<DevicePicture>, Fallback> {
        let Some(format) = format else { return Ok(None) };
        let (converter, first) = match std::mem::take(&mut self.converts) {
            Converts::Processor => {
                self.converts = Converts::Processor;
                return Ok(None);
            }
            Converts::Device(converter) if converter.fits(surface) => (converter, false),
            Converts::Device(_) | Converts::Unasked => match surface.converter(format, color) {
                None => return Ok(None),
                Some(Ok(converter)) => (converter, true),
                Some(Err(error)) => return Err(fallback("the device", in_full(&error))),
            },
        };
        let made = converter.convert(surface).map_err(|error| in_full(&error));
        let made = made.and_then(|made| check(made, size.padded_to_even(), format));
        let mut made = made.map_err(|why| fallback(converter.device(), why))?;
        if first {
            // What was fetched before it, if anything, was another converter's.
            made.changes.mark_all();
        }
        self.converts = Converts::Device(converter);
        Ok(Some(made))
    }

    fn say(&mut self, fallback: Fallback) {
        if self.said.as_ref() != Some(&fallback) {
            tracing::warn!("{fallback}");
            self.said = Some(fallback.clone());
            self.untaken = Some(fallback);
        }
    }
}

/// `made`, if it is what was asked for.
fn check(made: DevicePicture, size: Size, format: PixelFormat) -> Result<DevicePicture, String> {
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

fn download(surface: &dyn DeviceSurface, said: Size) -> Result<Picture, EncodeError> {
    let picture = surface.download()?;
    let got = picture.size();
    if said == got { Ok(picture) } else { Err(EncodeError::DownloadedSize { said, got }) }
}

/// The processor converts in place of `device`.
fn fallback(device: &str, why: String) -> Fallback {
    Fallback::to_processor(format!("conversion on {device}"), why)
}
