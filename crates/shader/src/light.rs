//! What the numbers of a pixel mean, and the tables that turn them into code values of 8 bits.

/// What the components of a pixel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// Code values, as a screen takes them: what an sRGB texture has in memory, and what most programs write into one that
    /// is not. Taken as they are.
    Encoded,
    /// Amounts of light, 1 being white: they are encoded as sRGB. What is brighter than white becomes white.
    Linear,
}

/// A table with one code value for each possible component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// Of 256 code values of linear light.
    LinearBytes,
    /// Of the half floats from 0 to 1, by their bits.
    Halves(Light),
}

/// How many half floats there are from 0 to 1: their bits count them.
const HALVES: u16 = 0x3c00 + 1;

impl Codes {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::LinearBytes, Self::Halves(Light::Encoded), Self::Halves(Light::Linear)];

    /// The code values, in whole words of four.
    pub fn table(self) -> Vec<u8> {
        let mut codes: Vec<u8> = match self {
            Self::LinearBytes => (0..=255).map(linear_byte_code).collect(),
            Self::Halves(light) => (0..HALVES).map(|bits| half_code(bits, light)).collect(),
        };
        codes.resize(codes.len().next_multiple_of(4), 0);
        codes
    }
}

/// The code value of an amount of light of which 255 is white.
fn linear_byte_code(byte: u8) -> u8 {
    code(encode(f64::from(byte) / 255.0))
}

/// The code value of a half float: what is not above zero or no number is black, what is above one is white.
fn half_code(bits: u16, light: Light) -> u8 {
    let value = half_value(bits);
    let value = if value > 0.0 { value.min(1.0) } else { 0.0 };
    code(match light {
        Light::Encoded => value,
        Light::Linear => encode(value),
    })
}

/// A half float as IEEE 754 defines it (binary16).
fn half_value(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction / 1024.0 * 2_f64.powi(-14),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2_f64.powi(exponent - 15),
    }
}

/// The transfer function of sRGB (IEC 61966-2-1), from light to code value, both from 0 to 1.
fn encode(light: f64) -> f64 {
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 255")]
fn code(value: f64) -> u8 {
    (value * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_as_ieee_754_defines_them() {
        for (bits, value) in
            [(0x3c00, 1.0), (0x3800, 0.5), (0xc000, -2.0), (0x0001, 2_f64.powi(-24)), (0x7bff, 65_504.0)]
        {
            assert_eq!(half_value(bits), value, "{bits:#x}");
        }
        assert!(half_value(0x7c00).is_infinite() && half_value(0x7e00).is_nan());
    }

    #[test]
    fn what_is_no_amount_of_light_is_black_or_white() {
        for light in [Light::Encoded, Light::Linear] {
            let codes = [0x0000, 0x8000, 0xbc00, 0xfc00, 0x7e00, 0xfe00, 0x3c00, 0x4400, 0x7c00]
                .map(|bits| half_code(bits, light));
            assert_eq!(codes, [0, 0, 0, 0, 0, 0, 255, 255, 255]);
        }
    }

    #[test]
    fn no_code_value_hangs_on_the_rounding_of_a_power() {
        // Another machine's mathematics may differ in the last bits, and the tables must not.
        let bytes = (0..=255).map(|byte: u8| f64::from(byte) / 255.0);
        let halves = (0..HALVES).map(half_value);
        for light in bytes.chain(halves) {
            let from_middle = ((encode(light) * 255.0).fract() - 0.5).abs();
            assert!(from_middle > 1e-6, "{light} lies between two code values");
        }
    }

    #[test]
    fn half_of_the_light_is_brighter_than_half_of_the_code_values() {
        assert_eq!(half_code(0x3800, Light::Encoded), 128);
        assert_eq!(half_code(0x3800, Light::Linear), 188);
        assert_eq!([0, 1, 55, 128, 255].map(linear_byte_code), [0, 13, 128, 188, 255]);
    }
}
