use crate::BackendError;
use framewire_frame::{Color, PictureRef};
use std::{fmt, str::FromStr};

/// A format of still images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageFormat {
    /// Lossy.
    Jpeg,
    /// Lossless.
    Png,
    /// Lossless or lossy, as the backend can.
    Webp,
}

/// Makes one image of one picture. What a failed call wrote to `out` is to be ignored.
pub trait ImageBackend: Send {
    /// Appends the image of `picture` to `out`.
    ///
    /// Every [`PixelFormat`](framewire_frame::PixelFormat), size and stride is taken; `color` says what YUV samples
    /// mean. `quality` goes from 1 to 100; lossless formats ignore it. Alpha is ignored: images are opaque.
    fn encode(
        &mut self,
        picture: PictureRef<'_>,
        color: Color,
        quality: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), BackendError>;
}

impl ImageFormat {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Webp];

    /// The name: `jpeg`, `png`, `webp`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// The media type: `image/jpeg`, `image/png`, `image/webp`.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no image format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not an image format: jpeg, png and webp are")]
pub struct UnknownImageFormat(String);

impl FromStr for ImageFormat {
    type Err = UnknownImageFormat;

    /// Reads a name or a media type.
    fn from_str(name: &str) -> Result<Self, UnknownImageFormat> {
        let matches = |known: &str| known.eq_ignore_ascii_case(name);
        Self::ALL
            .into_iter()
            .find(|format| matches(format.name()) || matches(format.mime()))
            .ok_or_else(|| UnknownImageFormat(name.to_owned()))
    }
}
