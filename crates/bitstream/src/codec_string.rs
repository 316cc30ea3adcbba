use std::{fmt, str::FromStr, sync::Arc};

use crate::{Error, limits::MAX_CODEC_STRING};

/// A codec string as WebCodecs and MP4's `codecs` parameter take it (RFC 6381; ISO/IEC 14496-15, annex E):
/// `avc1.42C01E`, `hvc1.1.6.L93.B0`. Cheap to clone; hexadecimal digits are upper case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CodecString(Arc<str>);

impl CodecString {
    /// H.264 with parameter sets outside the samples: `avc1.PPCCLL`.
    pub fn avc1(profile_idc: u8, constraint_flags: u8, level_idc: u8) -> Self {
        Self(format!("avc1.{profile_idc:02X}{constraint_flags:02X}{level_idc:02X}").into())
    }

    /// For strings that this crate composes itself.
    pub(crate) fn composed(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first dot: `avc1`, `hvc1`.
    pub fn four_cc(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }

    /// Whether it names H.264.
    pub fn is_h264(&self) -> bool {
        matches!(self.four_cc(), "avc1" | "avc3")
    }

    /// Whether it names HEVC.
    pub fn is_hevc(&self) -> bool {
        matches!(self.four_cc(), "hvc1" | "hev1")
    }

    /// `profile_idc`, constraint flags and `level_idc` of an H.264 string.
    pub fn h264_profile(&self) -> Option<[u8; 3]> {
        if !self.is_h264() {
            return None;
        }
        let digits = u32::from_str_radix(self.0.get(5..)?, 16).ok()?;
        let [_, profile, flags, level] = digits.to_be_bytes();
        Some([profile, flags, level])
    }
}

impl FromStr for CodecString {
    type Err = Error;

    /// Accepts the forms that this crate composes, in either case.
    fn from_str(text: &str) -> Result<Self, Error> {
        let error = || Error::CodecString(text.chars().take(MAX_CODEC_STRING).collect());
        if text.len() > MAX_CODEC_STRING || !text.is_ascii() {
            return Err(error());
        }
        let (four_cc, rest) = text.split_once('.').ok_or_else(error)?;
        let known = match four_cc {
            "avc1" | "avc3" => rest.len() == 6 && is_hex(rest),
            "hvc1" | "hev1" => is_hevc_suffix(rest),
            _ => false,
        };
        if !known {
            return Err(error());
        }
        Ok(Self(format!("{four_cc}.{}", rest.to_ascii_uppercase()).into()))
    }
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `[A-C]profile.compatibility.[LH]level` and up to six constraint bytes (ISO/IEC 14496-15, E.3).
fn is_hevc_suffix(text: &str) -> bool {
    let mut parts = text.split('.');
    let number = |text: &str| text.len() <= 3 && !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mut part = || parts.next().unwrap_or_default();
    let profile = number(part().trim_start_matches(['A', 'B', 'C', 'a', 'b', 'c']));
    let compatibility = part();
    let level = part();
    let tier = level.starts_with(['L', 'H', 'l', 'h']);
    profile
        && compatibility.len() <= 8
        && is_hex(compatibility)
        && tier
        && number(&level[1..])
        && parts.clone().count() <= 6
        && parts.all(|byte| byte.len() <= 2 && is_hex(byte))
}

impl fmt::Display for CodecString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CodecString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodecString({})", self.0)
    }
}

impl AsRef<str> for CodecString {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h264_strings_round_trip_in_upper_case() {
        let string = CodecString::avc1(0x42, 0xc0, 0x1e);
        assert_eq!(string.to_string(), "avc1.42C01E");
        assert_eq!("avc1.42c01e".parse(), Ok(string.clone()));
        assert_eq!(string.h264_profile(), Some([0x42, 0xc0, 0x1e]));
        assert!(string.is_h264() && !string.is_hevc());
    }

    #[test]
    fn hevc_strings_are_accepted() {
        for text in ["hvc1.1.6.L93.B0", "hev1.2.4.H120", "hvc1.A1.80.L93.B0.0.0.0.0.0", "hvc1.4.10.L120.9D.8"]
        {
            let string: CodecString = text.parse().unwrap();
            assert_eq!(string.as_str(), text);
            assert!(string.is_hevc());
            assert_eq!(string.h264_profile(), None);
        }
    }

    #[test]
    fn other_texts_are_refused_by_name() {
        for text in [
            "",
            "avc1",
            "avc1.",
            "avc1.42C0",
            "avc1.42C01G",
            "vp8",
            "hvc1.1.6",
            "hvc1.1.6.X93",
            "hvc1.1.6.L",
            "hvc1.1.6.L93.B0.B0.B0.B0.B0.B0.B0",
            "avc1.é2C01E",
        ] {
            assert_eq!(text.parse::<CodecString>(), Err(Error::CodecString(text.into())), "{text}");
        }
        assert!("avc1.".repeat(1000).parse::<CodecString>().is_err());
    }
}
