//! The seam to a converter of the machine's: hardware that makes of a picture in host memory one that an encoder takes
//! where it is.

use crate::BackendError;
use framewire_frame::{Color, PictureRef, PixelFormat, Size, Surface};

/// One running conversion. Calls block until their work is done; the caller chooses the thread.
///
/// It is opened for one format, size and colour, and closed by dropping it. Its rounding is the machine's: samples may
/// differ by a step or two from those of `framewire_convert`.
pub trait ConverterBackend: Send {
    /// Converts one picture in the shape that was opened, of any stride. What becomes of it lies where its encoder takes it,
    /// has the shape that was asked for, and is written to by nobody. The caller keeps a few of them at a time: a backend
    /// bounds how many there are.
    ///
    /// # Errors
    /// The caller converts this picture and all others by other means, and drops the session.
    fn convert(&mut self, picture: PictureRef<'_>) -> Result<Surface, BackendError>;
}

/// What a converter is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConverterConfig {
    /// What goes in.
    pub from: Shape,
    /// What comes out.
    pub to: Shape,
    /// What the samples of the side in 4:2:0 mean.
    pub color: Color,
}

/// How the pixels of a picture lie, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// The format.
    pub format: PixelFormat,
    /// The size.
    pub size: Size,
}

impl Shape {
    /// That of a picture.
    pub fn of(picture: PictureRef<'_>) -> Self {
        Self { format: picture.format(), size: picture.size() }
    }
}

impl std::fmt::Display for Shape {
    /// `rgba of 640x360`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.format, self.size)
    }
}
