//! From access units to pictures.

mod backend;
mod decoder;
mod features;
mod frames;
mod output;
mod parameters;
mod sessions;

pub use backend::{DecodedPicture, DecoderBackend, DecoderConfig, OutputPicture};
pub use decoder::{Decoded, Decoder};
pub use features::{Feature, Features};
pub use frames::FrameDecoder;
