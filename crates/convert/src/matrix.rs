//! The integers of the canonical arithmetic; the crate's front page says how they are used.

use framewire_frame::{Color, Matrix, Range};

/// Fractional bits of every weight.
pub const WEIGHT_BITS: u32 = 16;
/// Fractional bits of a chroma sum: those of the weights, and two for the four pixels that it adds up.
pub const CHROMA_BITS: u32 = WEIGHT_BITS + 2;

/// Weights of red, green and blue, and the addends, that turn RGB into YUV.
///
/// All weights of luma are in `0..=46_871`, all of chroma in `-32_768..=32_768`. The weights of luma add up to
/// the rounded whole and those of chroma to zero, so that every grey is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YuvWeights {
    /// Of luma.
    pub y: [i32; 3],
    /// Added to the luma sum before its shift: the offset of black and one half.
    pub y_bias: i32,
    /// Of U.
    pub u: [i32; 3],
    /// Of V.
    pub v: [i32; 3],
    /// Added to each chroma sum before its shift: 128 and one half.
    pub chroma_bias: i32,
}

/// Weights that turn YUV into RGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RgbWeights {
    /// The luma of black, subtracted before the weights.
    pub black: i32,
    /// Of luma, in all three.
    pub y: i32,
    /// Of V in red.
    pub v_red: i32,
    /// Of U in green; negative.
    pub u_green: i32,
    /// Of V in green; negative.
    pub v_green: i32,
    /// Of U in blue.
    pub u_blue: i32,
    /// Added before the shift: one half.
    pub bias: i32,
}

impl YuvWeights {
    /// The weights of a colour's matrix and range.
    pub fn new(color: Color) -> Self {
        let Real { red, green: _, blue, luma_span, chroma_span, black } = Real::new(color);
        let sum = fixed(luma_span);
        let (y_red, y_blue) = (fixed(red * luma_span), fixed(blue * luma_span));
        let half = 0.5 * chroma_span;
        let (u_red, u_blue) = (fixed(-red / (1.0 - blue) * half), fixed(half));
        let (v_red, v_blue) = (fixed(half), fixed(-blue / (1.0 - red) * half));
        Self {
            y: [y_red, sum - y_red - y_blue, y_blue],
            y_bias: (black << WEIGHT_BITS) + (1 << (WEIGHT_BITS - 1)),
            u: [u_red, -u_red - u_blue, u_blue],
            v: [v_red, -v_red - v_blue, v_blue],
            chroma_bias: (128 << CHROMA_BITS) + (1 << (CHROMA_BITS - 1)),
        }
    }
}

impl RgbWeights {
    /// The weights of a colour's matrix and range.
    pub fn new(color: Color) -> Self {
        let Real { red, green, blue, luma_span, chroma_span, black } = Real::new(color);
        let (u_blue, v_red) = (2.0 * (1.0 - blue) / chroma_span, 2.0 * (1.0 - red) / chroma_span);
        Self {
            black,
            y: fixed(1.0 / luma_span),
            v_red: fixed(v_red),
            u_green: fixed(-u_blue * blue / green),
            v_green: fixed(-v_red * red / green),
            u_blue: fixed(u_blue),
            bias: 1 << (WEIGHT_BITS - 1),
        }
    }
}

/// The matrix as the standards define it.
struct Real {
    red: f64,
    green: f64,
    blue: f64,
    luma_span: f64,
    chroma_span: f64,
    black: i32,
}

impl Real {
    fn new(color: Color) -> Self {
        let (red, blue) = match color.matrix {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
        };
        let (luma_span, chroma_span, black) = match color.range {
            Range::Limited => (219.0 / 255.0, 224.0 / 255.0, 16),
            Range::Full => (1.0, 1.0, 0),
        };
        Self { red, green: 1.0 - red - blue, blue, luma_span, chroma_span, black }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "weights lie within -3.0..3.0")]
fn fixed(weight: f64) -> i32 {
    (weight * f64::from(1 << WEIGHT_BITS)).round() as i32
}
