use crate::{Codec, Content, Profile, Rate};
use framewire_frame::{Color, Size};
use std::{
    fmt,
    num::{NonZeroU32, NonZeroUsize},
    str::FromStr,
    time::Duration,
};

/// What an encoder is to make.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EncoderConfig {
    /// The codec.
    pub codec: Codec,
    /// The size to show. A backend is opened with even sides, and its stream is cropped to the real size afterwards.
    pub size: Size,
    /// Bits and frames a second; may change while the encoder runs.
    pub rate: Rate,
    /// What the coded samples mean; goes into the bitstream.
    pub color: Color,
    /// What the pictures show.
    pub content: Content,
    /// Threads that one picture may use; `None` leaves it to the backend.
    pub threads: Option<NonZeroUsize>,
    /// Temporal layers, from 1. With more than one, the units of the top layer are disposable. A backend that makes fewer
    /// takes what it can.
    pub temporal_layers: u8,
    /// What the stream may use; a backend that lacks it takes the next lower one.
    pub profile: Profile,
    /// How much time a frame may take, and whether it may wait inside.
    pub preset: Preset,
    /// Constant quality: frames take the bits that it needs, at most [`Rate::bitrate`] where a preset bounds them.
    /// `None` aims at the bitrate.
    pub quality: Option<Quality>,
    /// The most frames from one key frame to the next; `None` makes them only when asked.
    pub gop: Option<NonZeroU32>,
    /// The time that a group of pictures may last: a frame so long after the last key frame becomes one. `None` sets no limit.
    pub gop_duration: Option<Duration>,
    /// Renews the picture by intra blocks that move across it, over and over, so that a viewer who lost a unit recovers
    /// without a key frame. Key frames still come first and when they are asked for. A backend that lacks it leaves
    /// it out.
    pub intra_refresh: bool,
    /// Frames that may wait inside of a hardware encoder under [`Preset::LowLatency`], so that the next one is prepared while
    /// it works. With 0 each unit comes from the call of its own frame. A backend may hold fewer; those on the processor
    /// hold none.
    pub pipeline_depth: u8,
    /// Keeps pictures that were shown, so that a loss is repaired without a key frame:
    /// [`Encoder::request_recovery`](crate::Encoder::request_recovery). A backend that lacks it leaves it out.
    pub long_term_references: bool,
}

/// What an encoder trades for size: the time for a frame, and how long it holds frames back.
///
/// No preset reorders pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Preset {
    /// For viewers: one frame in, one unit out, in the least time, and no frame far above the bitrate.
    #[default]
    LowLatency,
    /// For files, in the least time: frames may wait inside so that all cores work.
    Fast,
    /// For files that are made once: the encoder looks ahead and searches longer.
    Quality,
}

/// How good pictures are to look, from 0 (small) to 100 (as good as the encoder can).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quality(u8);

impl Quality {
    /// A checked number; `None` above 100.
    pub const fn new(percent: u8) -> Option<Self> {
        if percent <= 100 { Some(Self(percent)) } else { None }
    }

    /// The number.
    pub const fn percent(self) -> u8 {
        self.0
    }
}

impl EncoderConfig {
    /// H.264 that every decoder plays, 8 Mb/s at 30 frames per second, camera content, one temporal layer.
    pub fn new(size: Size) -> Self {
        Self {
            codec: Codec::default(),
            size,
            rate: Rate::default(),
            color: Color::default(),
            content: Content::default(),
            threads: None,
            temporal_layers: 1,
            profile: Profile::default(),
            preset: Preset::default(),
            quality: None,
            gop: None,
            gop_duration: None,
            intra_refresh: false,
            pipeline_depth: 0,
            long_term_references: false,
        }
    }

    /// The same with another codec.
    #[must_use]
    pub fn with_codec(self, codec: Codec) -> Self {
        Self { codec, ..self }
    }

    /// The same at another rate.
    #[must_use]
    pub fn with_rate(self, rate: Rate) -> Self {
        Self { rate, ..self }
    }

    /// The same with another colour.
    #[must_use]
    pub fn with_color(self, color: Color) -> Self {
        Self { color, ..self }
    }

    /// The same for other content.
    #[must_use]
    pub fn with_content(self, content: Content) -> Self {
        Self { content, ..self }
    }

    /// The same with so many threads.
    #[must_use]
    pub fn with_threads(self, threads: Option<NonZeroUsize>) -> Self {
        Self { threads, ..self }
    }

    /// The same with so many temporal layers.
    #[must_use]
    pub fn with_temporal_layers(self, temporal_layers: u8) -> Self {
        Self { temporal_layers, ..self }
    }

    /// The same with another profile.
    #[must_use]
    pub fn with_profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    /// The same with another preset.
    #[must_use]
    pub fn with_preset(self, preset: Preset) -> Self {
        Self { preset, ..self }
    }

    /// The same at constant quality; `None` aims at the bitrate.
    #[must_use]
    pub fn with_quality(self, quality: Option<Quality>) -> Self {
        Self { quality, ..self }
    }

    /// The same with at most so many frames from one key frame to the next.
    #[must_use]
    pub fn with_gop(self, gop: Option<NonZeroU32>) -> Self {
        Self { gop, ..self }
    }

    /// The same with at most so much time from one key frame to the next.
    #[must_use]
    pub fn with_gop_duration(self, gop_duration: Option<Duration>) -> Self {
        Self { gop_duration, ..self }
    }

    /// The same with or without intra refresh.
    #[must_use]
    pub fn with_intra_refresh(self, intra_refresh: bool) -> Self {
        Self { intra_refresh, ..self }
    }

    /// The same with so many frames that may wait inside of a hardware encoder.
    #[must_use]
    pub fn with_pipeline_depth(self, pipeline_depth: u8) -> Self {
        Self { pipeline_depth, ..self }
    }

    /// The same with or without pictures that are kept for repairs.
    #[must_use]
    pub fn with_long_term_references(self, long_term_references: bool) -> Self {
        Self { long_term_references, ..self }
    }
}

/// A text that names no preset or quality.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseSettingError {
    /// Not a preset.
    #[error("\"{0}\" is not a preset: low-latency, fast and quality are")]
    Preset(String),
    /// Not a quality.
    #[error("\"{0}\" is not a quality: write a whole number from 0 to 100")]
    Quality(String),
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 3] = [Self::LowLatency, Self::Fast, Self::Quality];

    /// The name on a command line: `low-latency`, `fast`, `quality`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LowLatency => "low-latency",
            Self::Fast => "fast",
            Self::Quality => "quality",
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Preset {
    type Err = ParseSettingError;

    fn from_str(name: &str) -> Result<Self, ParseSettingError> {
        Self::ALL
            .into_iter()
            .find(|preset| preset.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| ParseSettingError::Preset(name.to_owned()))
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Quality {
    type Err = ParseSettingError;

    fn from_str(text: &str) -> Result<Self, ParseSettingError> {
        let number = text.trim().parse().ok();
        number.and_then(Self::new).ok_or_else(|| ParseSettingError::Quality(text.to_owned()))
    }
}
