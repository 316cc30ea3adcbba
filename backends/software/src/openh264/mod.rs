//! H.264 by Cisco's OpenH264, through its own interface.
//!
//! The library's rate control is off: it cannot bound the first key frame, and it knows no frame rate above 60. The
//! module `rate` chooses the quantizer of every frame instead.

mod bare;
mod decode;
mod encode;
mod error;
mod rate;
mod raw;
mod settings;
mod soften;
mod threaded;

pub use bare::BareLoop;
pub use decode::OpenH264Decoder;
pub use encode::OpenH264Encoder;

use framewire_codec::{Candidate, Codec, DecoderCandidate, Tier};
use std::sync::Arc;

/// The name of the encoder and the decoder in a roster.
pub const NAME: &str = "openh264";

/// The encoder, as a row of a roster.
pub fn encoder() -> Candidate {
    Candidate {
        name: NAME,
        codecs: &[Codec::H264],
        tier: Tier::Standard,
        open: Arc::new(|config| Ok(Box::new(OpenH264Encoder::open(config)?))),
    }
}

/// The decoder, as a row of a roster.
pub fn decoder() -> DecoderCandidate {
    DecoderCandidate {
        name: NAME,
        codecs: &[Codec::H264],
        tier: Tier::Standard,
        open: Arc::new(|config| Ok(Box::new(OpenH264Decoder::open(config)?))),
    }
}

/// The version of the library that is compiled in: `2.7.0`.
pub fn version() -> String {
    raw::version()
}
