//! Pictures without coding: YUV4MPEG2, raw, PNG.

mod png;
mod raw;
mod y4m;

pub use png::PngSink;
pub use raw::RawSink;
pub use y4m::Y4mSink;

use super::{Destination, OutputError};
use crate::{Cancel, source::NamePattern};
use framewire_frame::{Color, FrameRate, PictureRef, PixelFormat};
use std::{path::Path, str::FromStr};

/// Takes the pictures of one video.
pub trait PictureSink: Send {
    /// The format to convert pictures of `source` to before they are written.
    fn format(&self, source: PixelFormat) -> PixelFormat;

    /// Writes the next picture, whose samples mean `color`.
    fn write(&mut self, picture: PictureRef<'_>, color: Color) -> Result<(), OutputError>;

    /// Completes the output.
    fn finish(&mut self) -> Result<(), OutputError>;

    /// Bytes written so far.
    fn bytes(&self) -> u64;

    /// Pictures that are whole in the output, whatever happens next.
    fn whole_pictures(&self) -> u64;
}

/// A format of pictures that are not coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    /// YUV4MPEG2 with I420.
    Y4m,
    /// One picture behind the other, without padding and without a header.
    Raw,
    /// Numbered files.
    Png,
}

impl PictureFormat {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Y4m, Self::Raw, Self::Png];

    /// The name on a command line: `y4m`, `raw`, `png`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Y4m => "y4m",
            Self::Raw => "raw",
            Self::Png => "png",
        }
    }

    /// By the end of a file's name; `None` where it says nothing.
    pub fn of_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "y4m" => Some(Self::Y4m),
            "raw" | "yuv" | "i420" | "nv12" | "rgb" | "rgba" | "bgra" => Some(Self::Raw),
            "png" => Some(Self::Png),
            _ => None,
        }
    }
}

impl FromStr for PictureFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| format!("\"{name}\" is no format of pictures: y4m, raw and png are"))
    }
}

/// Opens an output of `format`. `pixels` is what raw pictures are written as, I420 without it; `rate` goes into the
/// header of YUV4MPEG2.
pub fn open_pictures(
    destination: &Destination,
    format: PictureFormat,
    pixels: Option<PixelFormat>,
    rate: FrameRate,
    cancel: &Cancel,
) -> Result<Box<dyn PictureSink>, OutputError> {
    match (format, destination) {
        (PictureFormat::Y4m, _) => Ok(Box::new(Y4mSink::new(destination.open_stream(cancel)?, rate))),
        (PictureFormat::Raw, _) => {
            Ok(Box::new(RawSink::new(destination.open_stream(cancel)?, pixels.unwrap_or(PixelFormat::I420))))
        }
        (PictureFormat::Png, _) => Ok(Box::new(PngSink::new(destination.clone(), numbered(destination)?))),
    }
}

/// Whether an output of `format` could be opened: nothing is there that must stay. Nothing is made.
pub fn check_pictures(destination: &Destination, format: PictureFormat) -> Result<(), OutputError> {
    match format {
        PictureFormat::Y4m | PictureFormat::Raw => destination.check(None),
        PictureFormat::Png => numbered(destination).map(|_| ()),
    }
}

/// The names of numbered files, the first of which is not there, or may be overwritten.
fn numbered(destination: &Destination) -> Result<NamePattern, OutputError> {
    let needed = || {
        OutputError::Usage(
            "PNG files need a name with a place for a number, such as frame-%04d.png".to_owned(),
        )
    };
    let Destination::Path { path, overwrite } = destination else { return Err(needed()) };
    let pattern = NamePattern::parse(path).map_err(|error| OutputError::Usage(error.to_string()))?;
    let pattern = pattern.ok_or_else(needed)?;
    let first = pattern.path(0);
    if !overwrite && first.exists() {
        return Err(OutputError::Usage(format!("{} exists already", first.display())));
    }
    Ok(pattern)
}
