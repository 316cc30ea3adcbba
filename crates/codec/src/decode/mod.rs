//! From access units to pictures.

mod backend;
mod decoder;
mod parameters;

pub use backend::{DecodedPicture, DecoderBackend, DecoderConfig};
pub use decoder::{Decoded, Decoder};
