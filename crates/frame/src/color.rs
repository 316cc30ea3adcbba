//! Colour as ITU-T H.273 names it: the code points are the ones that H.264, HEVC and MP4 carry.

/// How the coded samples of a frame are to be understood.
///
/// Pictures in RGB carry the colour that they are converted to; pictures in YUV the colour that they have.
/// The default is BT.601 limited range with sRGB's primaries and transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Color {
    /// Where red, green and blue lie.
    pub primaries: Primaries,
    /// How light becomes a number.
    pub transfer: Transfer,
    /// How RGB becomes luma and chroma.
    pub matrix: Matrix,
    /// Which part of 0..=255 is used.
    pub range: Range,
}

impl Color {
    /// BT.601, limited range: what frames have that say nothing else.
    pub const BT601: Self = Self {
        primaries: Primaries::Bt709,
        transfer: Transfer::Srgb,
        matrix: Matrix::Bt601,
        range: Range::Limited,
    };
    /// BT.709, limited range. The transfer is sRGB's, as that is what the code values of screens and textures have.
    pub const BT709: Self = Self { matrix: Matrix::Bt709, ..Self::BT601 };
}

impl Default for Color {
    fn default() -> Self {
        Self::BT601
    }
}

/// Colour primaries (H.273, table 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Primaries {
    /// BT.709 and sRGB.
    #[default]
    Bt709,
    /// Display P3 (SMPTE EG 432-1).
    DisplayP3,
    /// BT.2020.
    Bt2020,
}

/// Transfer characteristics (H.273, table 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// sRGB (IEC 61966-2-1).
    #[default]
    Srgb,
    /// BT.709.
    Bt709,
    /// Linear light.
    Linear,
    /// SMPTE ST 2084 (PQ).
    Pq,
    /// ARIB STD-B67 (HLG).
    Hlg,
}

/// Matrix coefficients (H.273, table 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// BT.601.
    #[default]
    Bt601,
    /// BT.709.
    Bt709,
}

/// The range of coded samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Range {
    /// Luma 16..=235, chroma 16..=240.
    #[default]
    Limited,
    /// 0..=255.
    Full,
}

impl Primaries {
    /// The `colour_primaries` code point.
    pub const fn code_point(self) -> u8 {
        match self {
            Self::Bt709 => 1,
            Self::DisplayP3 => 12,
            Self::Bt2020 => 9,
        }
    }
}

impl Transfer {
    /// The `transfer_characteristics` code point.
    pub const fn code_point(self) -> u8 {
        match self {
            Self::Bt709 => 1,
            Self::Linear => 8,
            Self::Srgb => 13,
            Self::Pq => 16,
            Self::Hlg => 18,
        }
    }
}

impl Matrix {
    /// The `matrix_coefficients` code point.
    pub const fn code_point(self) -> u8 {
        match self {
            Self::Bt709 => 1,
            Self::Bt601 => 6,
        }
    }
}

impl Range {
    /// The `video_full_range_flag`.
    pub const fn is_full(self) -> bool {
        matches!(self, Self::Full)
    }
}

/// What a publisher says about its own pixels, passed on to viewers so that they paint in the right space.
///
/// This describes the source picture; what the coded samples are is [`Color`]. Nothing converts between spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ColorSpace {
    /// Where red, green and blue lie.
    pub primaries: Primaries,
    /// How light becomes a number.
    pub transfer: Transfer,
    /// `None` for RGB sources.
    pub matrix: Option<Matrix>,
    /// Whether all code values are used.
    pub full_range: bool,
    /// Bits per sample.
    pub bit_depth: u8,
}

impl ColorSpace {
    /// sRGB, 8 bits.
    pub const SRGB: Self = Self {
        primaries: Primaries::Bt709,
        transfer: Transfer::Srgb,
        matrix: None,
        full_range: true,
        bit_depth: 8,
    };

    /// Display P3, 8 bits.
    pub const DISPLAY_P3: Self = Self { primaries: Primaries::DisplayP3, ..Self::SRGB };
}
