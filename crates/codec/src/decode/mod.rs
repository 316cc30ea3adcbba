//! From access units to pictures.

mod backend;
mod decoder;
mod features;
mod output;
mod parameters;

pub use backend::{DecodedPicture, DecoderBackend, DecoderConfig};
pub use decoder::{Decoded, Decoder};
pub use features::{Feature, Features};
