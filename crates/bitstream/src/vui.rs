//! What the usability information of both codecs has in common (H.264 and HEVC annex E).

use crate::{
    Error,
    bits::{BitReader, BitWriter},
};

/// The shape of a pixel (table E-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AspectRatio {
    /// An `aspect_ratio_idc` other than 255; 1 is square.
    Indexed(u8),
    /// `Extended_SAR`.
    Extended {
        /// `sar_width`.
        width: u16,
        /// `sar_height`.
        height: u16,
    },
}

/// The shape of a pixel as a ratio of its sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PixelAspect {
    /// `sar_width`.
    pub width: u16,
    /// `sar_height`.
    pub height: u16,
}

/// Range and colour of the samples (E.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoSignal {
    /// `video_format`, 0 to 7; 5 is unspecified.
    pub format: u8,
    /// `video_full_range_flag`.
    pub full_range: bool,
    /// Code points of H.273.
    pub color: Option<ColorDescription>,
}

/// Colour as code points of H.273.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColorDescription {
    /// `colour_primaries`.
    pub primaries: u8,
    /// `transfer_characteristics`.
    pub transfer: u8,
    /// `matrix_coefficients`.
    pub matrix: u8,
}

/// Where chroma samples lie (figure E-1), 0 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChromaLocation {
    /// `chroma_sample_loc_type_top_field`.
    pub top_field: u8,
    /// `chroma_sample_loc_type_bottom_field`.
    pub bottom_field: u8,
}

/// A presence flag and, where it is set, the value.
pub(crate) fn optional<T>(w: &mut BitWriter, value: Option<&T>, write: impl FnOnce(&mut BitWriter, &T)) {
    w.flag(value.is_some());
    if let Some(value) = value {
        write(w, value);
    }
}

impl AspectRatio {
    const EXTENDED_SAR: u8 = 255;

    /// The ratio; `None` where it is unspecified or reserved.
    pub fn pixel(self) -> Option<PixelAspect> {
        /// Table E-1 from index 1 on.
        #[rustfmt::skip]
        const TABLE: [(u16, u16); 16] = [
            (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11),
            (80, 33), (18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
        ];
        let (width, height) = match self {
            Self::Indexed(index) => *TABLE.get(usize::from(index.checked_sub(1)?))?,
            Self::Extended { width, height } => (width, height),
        };
        (width > 0 && height > 0).then_some(PixelAspect { width, height })
    }

    pub(crate) fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(match r.u8(8)? {
            Self::EXTENDED_SAR => Self::Extended { width: r.u16()?, height: r.u16()? },
            index => Self::Indexed(index),
        })
    }

    pub(crate) fn write(self, w: &mut BitWriter) {
        match self {
            Self::Indexed(index) => w.u(8, index.into()),
            Self::Extended { width, height } => {
                w.u(8, Self::EXTENDED_SAR.into());
                w.u(16, width.into());
                w.u(16, height.into());
            }
        }
    }
}

impl VideoSignal {
    pub(crate) fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        let format = r.u8(3)?;
        let full_range = r.flag()?;
        let color = if r.flag()? {
            Some(ColorDescription { primaries: r.u8(8)?, transfer: r.u8(8)?, matrix: r.u8(8)? })
        } else {
            None
        };
        Ok(Self { format, full_range, color })
    }

    pub(crate) fn write(self, w: &mut BitWriter) {
        w.u(3, self.format.into());
        w.flag(self.full_range);
        optional(w, self.color.as_ref(), |w, color| {
            w.u(8, color.primaries.into());
            w.u(8, color.transfer.into());
            w.u(8, color.matrix.into());
        });
    }
}

impl ChromaLocation {
    pub(crate) fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(Self {
            top_field: r.ue_u8("chroma_sample_loc_type_top_field", 5)?,
            bottom_field: r.ue_u8("chroma_sample_loc_type_bottom_field", 5)?,
        })
    }

    pub(crate) fn write(self, w: &mut BitWriter) {
        w.ue(self.top_field.into());
        w.ue(self.bottom_field.into());
    }
}
