use crate::{Codec, Content, Profile, Rate};
use framewire_frame::{Color, Size};
use std::num::NonZeroUsize;

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
}
