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

/// What an H.264 or HEVC stream may use; a decoder of a profile plays the ones before it as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Constrained Baseline in H.264, Main in HEVC: what every decoder plays.
    #[default]
    Baseline,
    /// Main: CABAC in H.264.
    Main,
    /// High in H.264, Main in HEVC.
    High,
}

/// What the pictures show, for the encoder's own choices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Content {
    /// Rendered scenes and films: noise, gradients, motion.
    #[default]
    Camera,
    /// Text, diagrams, windows: sharp edges and long rests.
    Screen,
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
