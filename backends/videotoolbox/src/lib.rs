//! Apple's codecs, in hardware where the machine has it: H.264 and HEVC through VideoToolbox.
//!
//! On another system than macOS the crate is empty: [`encoders`] and [`decoders`] list nothing. Its tests are built with the
//! cfg `framewire_videotoolbox_double`, over a double of the frameworks.
//!
//! macOS 12 is the oldest system that a program with this crate loads on: keys that are newer are built from their text
//! and not linked.
#![deny(unsafe_op_in_unsafe_fn)]

#[cfg(any(target_os = "macos", framewire_videotoolbox_double))]
mod backend;

#[cfg(any(target_os = "macos", framewire_videotoolbox_double))]
pub use backend::{
    CONVERT_VARIABLE, PixelBufferSurface, PixelTransfer, VideoToolboxDecoder, VideoToolboxEncoder,
};

#[cfg(target_os = "macos")]
pub use backend::{Light, MetalQueue, MetalSurface, SourceLayout, Texel};

use framewire_codec::{Candidate, DecoderCandidate};

/// The name of the encoder and the decoder in a roster.
pub const NAME: &str = "videotoolbox";

/// The video encoders of this build: one on macOS, none elsewhere.
pub fn encoders() -> Vec<Candidate> {
    vec![
        #[cfg(any(target_os = "macos", framewire_videotoolbox_double))]
        backend::encoder(),
    ]
}

/// The video decoders of this build: one on macOS, none elsewhere.
pub fn decoders() -> Vec<DecoderCandidate> {
    vec![
        #[cfg(any(target_os = "macos", framewire_videotoolbox_double))]
        backend::decoder(),
    ]
}
