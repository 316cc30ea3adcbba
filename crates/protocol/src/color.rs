use framewire_frame::{ColorSpace, Matrix, Primaries, Transfer};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How the publisher describes the colour of its own pixels, so that a client paints in the right space.
///
/// Words are kept as text: a descriptor of another implementation passes through whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct ColorDescriptor {
    /// `bt709`, `display-p3` or `bt2020`.
    #[cfg_attr(feature = "generate", ts(type = "string"))]
    pub primaries: Cow<'static, str>,
    /// `srgb`, `bt709`, `pq`, `hlg` or `linear`.
    #[cfg_attr(feature = "generate", ts(type = "string"))]
    pub transfer: Cow<'static, str>,
    /// `rgb`, `bt601`, `bt709` or `bt2020-ncl`.
    #[cfg_attr(feature = "generate", ts(type = "string"))]
    pub matrix: Cow<'static, str>,
    /// Whether all code values are used.
    pub full_range: bool,
    /// Bits per sample.
    pub bit_depth: u8,
}

impl From<ColorSpace> for ColorDescriptor {
    fn from(space: ColorSpace) -> Self {
        Self {
            primaries: Cow::Borrowed(match space.primaries {
                Primaries::Bt709 => "bt709",
                Primaries::DisplayP3 => "display-p3",
                Primaries::Bt2020 => "bt2020",
            }),
            transfer: Cow::Borrowed(match space.transfer {
                Transfer::Srgb => "srgb",
                Transfer::Bt709 => "bt709",
                Transfer::Linear => "linear",
                Transfer::Pq => "pq",
                Transfer::Hlg => "hlg",
            }),
            matrix: Cow::Borrowed(match space.matrix {
                None => "rgb",
                Some(Matrix::Bt601) => "bt601",
                Some(Matrix::Bt709) => "bt709",
            }),
            full_range: space.full_range,
            bit_depth: space.bit_depth,
        }
    }
}
