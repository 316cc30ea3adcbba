use std::{fmt, str::FromStr};

/// A video codec.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Codec {
    /// ITU-T H.264, AVC.
    #[default]
    H264,
    /// ITU-T H.265, HEVC.
    Hevc,
}

impl Codec {
    /// Every codec.
    pub const ALL: [Self; 2] = [Self::H264, Self::Hevc];

    /// The name on a command line: `h264`, `hevc`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::Hevc => "hevc",
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no codec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a codec: h264 and hevc are")]
pub struct UnknownCodec(String);

impl FromStr for Codec {
    type Err = UnknownCodec;

    fn from_str(name: &str) -> Result<Self, UnknownCodec> {
        Self::ALL
            .into_iter()
            .find(|codec| codec.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownCodec(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_in_any_case_and_others_are_refused() {
        for codec in Codec::ALL {
            assert_eq!(codec.name().parse(), Ok(codec));
            assert_eq!(codec.name().to_uppercase().parse(), Ok(codec));
        }
        assert_eq!(
            "vp8".parse::<Codec>().unwrap_err().to_string(),
            "\"vp8\" is not a codec: h264 and hevc are"
        );
    }
}
