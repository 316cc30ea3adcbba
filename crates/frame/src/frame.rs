use crate::{Color, ColorSpace, Picture, Size, Surface, Timestamp};
use std::fmt;

/// One picture of a stream with all that belongs to it. A clone shares the pixels.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The pixels.
    pub surface: Surface,
    /// The moment that the picture shows; `None` lets the stream take the moment of publishing.
    pub timestamp: Option<Timestamp>,
    /// What YUV samples mean, or are to mean after the conversion from RGB.
    pub color: Color,
    /// What the publisher says about its own pixels, if anything.
    pub color_space: Option<ColorSpace>,
    /// Device pixels per layout pixel on the publisher's side.
    pub pixel_ratio: PixelRatio,
}

/// A frame's number within its stream; it grows by one with every publish and is never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FrameId(pub u64);

/// Device pixels per layout pixel: finite and positive.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct PixelRatio(f64);

impl Frame {
    /// A frame with the default colour, a pixel ratio of 1 and the moment of its publishing.
    pub fn new(surface: impl Into<Surface>) -> Self {
        Self {
            surface: surface.into(),
            timestamp: None,
            color: Color::default(),
            color_space: None,
            pixel_ratio: PixelRatio::ONE,
        }
    }

    /// The size in pixels.
    pub fn size(&self) -> Size {
        self.surface.size()
    }
}

impl From<Picture> for Frame {
    fn from(picture: Picture) -> Self {
        Self::new(picture)
    }
}

impl PixelRatio {
    /// One device pixel per layout pixel.
    pub const ONE: Self = Self(1.0);

    /// A checked ratio; `None` unless it is from 0.01 to 100.
    pub fn new(ratio: f64) -> Option<Self> {
        (0.01..=100.0).contains(&ratio).then_some(Self(ratio))
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl Default for PixelRatio {
    fn default() -> Self {
        Self::ONE
    }
}

impl fmt::Display for FrameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
