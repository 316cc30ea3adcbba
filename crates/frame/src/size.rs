use std::{fmt, str::FromStr};

/// Width and height in pixels, each from 1 to [`Size::MAX_SIDE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Size {
    width: u32,
    height: u32,
}

/// A width or height that no picture here can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// A side is zero or larger than [`Size::MAX_SIDE`].
    #[error(
        "{width}x{height} is not a possible picture size: each side must be from 1 to {}",
        Size::MAX_SIDE
    )]
    OutOfRange {
        /// The width that was asked for.
        width: u64,
        /// The height that was asked for.
        height: u64,
    },
    /// The text is not of the form `1280x720`.
    #[error("\"{0}\" is not a size: write WIDTHxHEIGHT, for example 1280x720")]
    Syntax(String),
}

impl Size {
    /// The largest side: what the largest level of H.264 and HEVC decoders accept with room to spare, and small
    /// enough that the bytes of a picture never overflow a `u32`.
    pub const MAX_SIDE: u32 = 16_384;

    /// A checked size.
    pub const fn new(width: u32, height: u32) -> Result<Self, SizeError> {
        if width == 0 || height == 0 || width > Self::MAX_SIDE || height > Self::MAX_SIDE {
            return Err(SizeError::OutOfRange { width: width as u64, height: height as u64 });
        }
        Ok(Self { width, height })
    }

    /// Pixels per row.
    pub const fn width(self) -> u32 {
        self.width
    }

    /// Rows.
    pub const fn height(self) -> u32 {
        self.height
    }

    /// Pixels in all.
    pub const fn pixels(self) -> usize {
        self.width as usize * self.height as usize
    }

    /// Each side rounded up to an even number: the size that 4:2:0 encoders code.
    #[must_use]
    pub const fn padded_to_even(self) -> Self {
        Self { width: self.width.next_multiple_of(2), height: self.height.next_multiple_of(2) }
    }

    /// The size of a 4:2:0 chroma plane: half of each side, rounded up.
    #[must_use]
    pub const fn chroma(self) -> Self {
        Self { width: self.width.div_ceil(2), height: self.height.div_ceil(2) }
    }

    /// Whether both sides are even.
    pub const fn is_even(self) -> bool {
        self.width.is_multiple_of(2) && self.height.is_multiple_of(2)
    }

    /// Each side divided by `divisor`, rounded up to an even number, at least 2.
    #[must_use]
    pub const fn divided_by(self, divisor: u32) -> Self {
        Self {
            width: self.width.div_ceil(divisor).next_multiple_of(2),
            height: self.height.div_ceil(divisor).next_multiple_of(2),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let syntax = || SizeError::Syntax(text.to_owned());
        let (width, height) = text.split_once(['x', 'X']).ok_or_else(syntax)?;
        let side = |digits: &str| digits.trim().parse::<u64>().map_err(|_| syntax());
        let (width, height) = (side(width)?, side(height)?);
        match (u32::try_from(width), u32::try_from(height)) {
            (Ok(w), Ok(h)) => Self::new(w, h),
            _ => Err(SizeError::OutOfRange { width, height }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_sizes_are_named() {
        let error = Size::new(0, 720).unwrap_err();
        assert_eq!(
            error.to_string(),
            "0x720 is not a possible picture size: each side must be from 1 to 16384"
        );
        assert!(Size::new(16_384, 16_384).is_ok());
        assert!(Size::new(16_385, 2).is_err());
    }

    #[test]
    fn text_round_trips() {
        assert_eq!("1280x720".parse(), Size::new(1280, 720));
        assert_eq!(Size::new(7, 5).unwrap().to_string(), "7x5");
        for bad in ["", "x", "12", "12x", "axb", "-1x4", "1x1x1"] {
            assert!(matches!(bad.parse::<Size>(), Err(SizeError::Syntax(_))), "{bad}");
        }
        assert!(matches!("99999999999x2".parse::<Size>(), Err(SizeError::OutOfRange { .. })));
    }

    #[test]
    fn odd_sizes_round_up() {
        let odd = Size::new(7, 5).unwrap();
        assert_eq!(odd.padded_to_even(), Size::new(8, 6).unwrap());
        assert_eq!(odd.chroma(), Size::new(4, 3).unwrap());
        assert!(!odd.is_even());
        assert_eq!(Size::new(1, 1).unwrap().divided_by(2), Size::new(2, 2).unwrap());
    }
}
