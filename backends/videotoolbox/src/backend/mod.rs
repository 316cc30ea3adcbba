//! Everything that needs the frameworks.

mod convert;
mod decode;
mod dictionary;
mod encode;
mod metal;
mod outbox;
mod parameter_sets;
mod pixel_buffer;
mod property;
mod status;
mod surface;
mod time;

pub(crate) use convert::candidate as converter;
pub use convert::{CONVERT_VARIABLE, PixelTransfer};
pub use decode::VideoToolboxDecoder;
pub(crate) use encode::supported;
pub use encode::{Findings, VideoToolboxEncoder};
#[cfg(target_os = "macos")]
pub use metal::{Light, MetalQueue, MetalSurface, SourceLayout, Texel};
pub use surface::PixelBufferSurface;

use crate::NAME;
use framewire_codec::{Candidate, Codec, DecoderCandidate, Tier};
use std::sync::Arc;

const CODECS: &[Codec] = &[Codec::H264, Codec::Hevc];

pub(crate) fn encoder() -> Candidate {
    Candidate {
        name: NAME,
        codecs: CODECS,
        tier: Tier::Preferred,
        open: Arc::new(|config| Ok(Box::new(VideoToolboxEncoder::open(config)?))),
    }
}

pub(crate) fn decoder() -> DecoderCandidate {
    DecoderCandidate {
        name: NAME,
        codecs: CODECS,
        tier: Tier::Preferred,
        open: Arc::new(|config| Ok(Box::new(VideoToolboxDecoder::open(config)?))),
    }
}
