//! H.264 by x264, out of the system's own libx264.
//!
//! The library is under the GPL. It is neither linked nor shipped: it is looked for when it is first asked for, and whether
//! it is there is the choice of the machine's owner. `FRAMEWIRE_X264` names a file to load instead, or says `off`.
//!
//! Only builds whose layout is known here are spoken, which is build 164. Nearly everything is set by name through the
//! library's own parser; the few fields that have no name stand in the module `sys`.

mod encode;
mod library;
mod pace;
mod raw;
mod settings;
mod sys;

pub use encode::X264Encoder;

use framewire_codec::{BackendError, Candidate, Codec, Tier};
use std::sync::Arc;

/// The name of the encoder in a roster.
pub const NAME: &str = "x264";

/// The encoder, as a row of a roster. It can be listed where the library is missing: opening it says what is missing.
pub fn encoder() -> Candidate {
    Candidate {
        name: NAME,
        codecs: &[Codec::H264],
        tier: Tier::Standard,
        open: Arc::new(|config| Ok(Box::new(X264Encoder::open(config)?))),
    }
}

/// The library that was found, in words: `libx264.so.164, build 164`.
///
/// # Errors
/// [`BackendError::Unavailable`] says what is missing.
pub fn library() -> Result<String, BackendError> {
    library::Library::get()
        .map(|library| format!("{}, build {}", library.name, sys::BUILD))
        .map_err(|error| BackendError::unavailable(error.to_string()))
}
