//! Moving test pictures, computed exactly from a frame number.
//!
//! The same number gives the same pixels on every machine and in every pixel format, so that a test can say what a
//! viewer has to see, and a viewer can say which frame it shows.
#![forbid(unsafe_code)]

mod draw;
mod error;
#[cfg(test)]
mod tests;

pub use error::PatternError;

use framewire_frame::{Picture, PictureMut, PixelFormat, Size};
use std::{fmt, str::FromStr};

/// A moving test picture. With `s` for the frame number, `w` and `h` for the size, and `x`, `y` from the top left:
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// A square of (240, 80, 40) on (16, 16, 24) that bounces off the edges. Its side is `max(8, min(w, h) / 8)`, its
    /// left and top edge are triangle waves of `7 s` and `5 s` pixels.
    BouncingBox,
    /// Four quadrants, top left, top right, bottom left, bottom right, in colours (220, 40, 40), (40, 200, 40),
    /// (40, 40, 220), (220, 200, 40) that move on by one quadrant with every frame.
    TestCard,
    /// Red `x + 4 s`, green 255 less that, blue `2 s`, each modulo 256.
    Gradient,
    /// The low 32 bits of the frame number as square cells of side `max(4, w / 32)` along the top, the lowest bit on
    /// the left: white where the bit is set. All else is (3 s, 5 s, 7 s) modulo 256.
    Counter,
    /// Squares of 16 pixels in grey levels 20 and 235 that move left by a pixel a frame; 20 at the origin of frame 0.
    Checkerboard,
    /// One colour: those of [`Pattern::TestCard`] in turn.
    Solid,
    /// Pixels without any structure, other ones in every frame: the worst case for every encoder.
    Noise,
}

impl Pattern {
    /// Every pattern.
    pub const ALL: [Self; 7] = [
        Self::BouncingBox,
        Self::TestCard,
        Self::Gradient,
        Self::Counter,
        Self::Checkerboard,
        Self::Solid,
        Self::Noise,
    ];

    /// The name on a command line, in lower case with dashes: `bouncing-box`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BouncingBox => "bouncing-box",
            Self::TestCard => "test-card",
            Self::Gradient => "gradient",
            Self::Counter => "counter",
            Self::Checkerboard => "checkerboard",
            Self::Solid => "solid",
            Self::Noise => "noise",
        }
    }

    /// Draws frame `seq` over the whole of `target`, at any stride. Padding behind the rows is left alone.
    ///
    /// # Errors
    /// When the format is none of RGB, RGBA and BGRA.
    pub fn draw(self, seq: u64, target: &mut PictureMut<'_>) -> Result<(), PatternError> {
        draw::draw(self, seq, target)
    }

    /// Draws frame `seq` into `target`, whose rows follow each other without padding.
    ///
    /// # Errors
    /// When the format is none of RGB, RGBA and BGRA, or `target` is too short.
    pub fn draw_packed(
        self,
        seq: u64,
        format: PixelFormat,
        size: Size,
        target: &mut [u8],
    ) -> Result<(), PatternError> {
        self.draw(seq, &mut PictureMut::packed(format, size, target)?)
    }

    /// Frame `seq` as a picture of its own.
    ///
    /// # Errors
    /// When the format is none of RGB, RGBA and BGRA.
    pub fn picture(self, seq: u64, format: PixelFormat, size: Size) -> Result<Picture, PatternError> {
        let mut pixels = vec![0; format.packed_len(size)];
        self.draw_packed(seq, format, size, &mut pixels)?;
        Ok(Picture::packed(format, size, pixels)?)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    /// Reads a name with underscores or dashes.
    fn from_str(text: &str) -> Result<Self, PatternError> {
        let name = text.replace('_', "-");
        Self::ALL
            .into_iter()
            .find(|pattern| pattern.name().eq_ignore_ascii_case(&name))
            .ok_or_else(|| PatternError::UnknownName(text.to_owned()))
    }
}
