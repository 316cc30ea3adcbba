use crate::Size;
use std::{fmt, str::FromStr};

/// How pixels lie in memory. All samples have 8 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Red, green, blue, alpha; 4 bytes a pixel. Alpha is ignored.
    Rgba8,
    /// Blue, green, red, alpha; 4 bytes a pixel. Alpha is ignored.
    Bgra8,
    /// Red, green, blue; 3 bytes a pixel.
    Rgb8,
    /// 4:2:0: a plane of luma, then one of interleaved U and V at half the width and height.
    Nv12,
    /// 4:2:0: planes of luma, U and V.
    I420,
}

impl PixelFormat {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Rgba8, Self::Bgra8, Self::Rgb8, Self::Nv12, Self::I420];

    /// How many planes a picture has.
    pub const fn plane_count(self) -> usize {
        match self {
            Self::Rgba8 | Self::Bgra8 | Self::Rgb8 => 1,
            Self::Nv12 => 2,
            Self::I420 => 3,
        }
    }

    /// Whether the samples are luma and subsampled chroma.
    pub const fn is_yuv(self) -> bool {
        match self {
            Self::Rgba8 | Self::Bgra8 | Self::Rgb8 => false,
            Self::Nv12 | Self::I420 => true,
        }
    }

    /// Bytes that carry samples in one row of plane `plane`; zero for a plane that the format lacks.
    pub const fn row_bytes(self, size: Size, plane: usize) -> usize {
        let width = size.width() as usize;
        match (self, plane) {
            (Self::Rgba8 | Self::Bgra8, 0) => width * 4,
            (Self::Rgb8, 0) => width * 3,
            (Self::Nv12 | Self::I420, 0) => width,
            (Self::Nv12, 1) => width.div_ceil(2) * 2,
            (Self::I420, 1 | 2) => width.div_ceil(2),
            (Self::Rgba8 | Self::Bgra8 | Self::Rgb8 | Self::Nv12 | Self::I420, _) => 0,
        }
    }

    /// Rows of plane `plane`; zero for a plane that the format lacks.
    pub const fn rows(self, size: Size, plane: usize) -> usize {
        if plane >= self.plane_count() {
            0
        } else if plane == 0 {
            size.height() as usize
        } else {
            size.chroma().height() as usize
        }
    }

    /// Bytes of a picture without any padding.
    pub const fn packed_len(self, size: Size) -> usize {
        let mut bytes = 0;
        let mut plane = 0;
        while plane < self.plane_count() {
            bytes += self.row_bytes(size, plane) * self.rows(size, plane);
            plane += 1;
        }
        bytes
    }

    /// The name on a command line: `rgba`, `bgra`, `rgb`, `nv12`, `i420`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rgba8 => "rgba",
            Self::Bgra8 => "bgra",
            Self::Rgb8 => "rgb",
            Self::Nv12 => "nv12",
            Self::I420 => "i420",
        }
    }
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no pixel format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a pixel format: rgba, bgra, rgb, nv12 and i420 are")]
pub struct UnknownPixelFormat(String);

impl FromStr for PixelFormat {
    type Err = UnknownPixelFormat;

    fn from_str(name: &str) -> Result<Self, UnknownPixelFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownPixelFormat(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_follow_the_layout() {
        let size = Size::new(5, 3).unwrap();
        assert_eq!(PixelFormat::Rgba8.packed_len(size), 60);
        assert_eq!(PixelFormat::Rgb8.packed_len(size), 45);
        assert_eq!(PixelFormat::Nv12.packed_len(size), 15 + 6 * 2);
        assert_eq!(PixelFormat::I420.packed_len(size), 15 + 3 * 2 * 2);
    }

    #[test]
    fn names_round_trip() {
        for format in PixelFormat::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert!("yuyv".parse::<PixelFormat>().is_err());
    }
}
