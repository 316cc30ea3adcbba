//! Codecs that run on every machine: OpenH264 for video, JPEG, PNG and WebP for images.
//!
//! | feature | what | needs |
//! |---|---|---|
//! | `openh264` (default) | an H.264 encoder and decoder, compiled in | a C++ compiler; nasm for full speed on x86 |
//! | `images` (default) | JPEG, PNG and lossless WebP | nothing |
//! | `turbojpeg` | JPEG by libjpeg-turbo, about three times as fast | cmake, nasm and a C compiler |
//!
//! The functions here list what this build has, as rows for a roster; a feature that is off leaves its rows out.
#![deny(unsafe_op_in_unsafe_fn)]

#[cfg(feature = "images")]
mod image;
#[cfg(feature = "openh264")]
pub mod openh264;

use framewire_codec::{Candidate, DecoderCandidate, ImageCandidate};

/// The video encoders of this build.
pub fn encoders() -> Vec<Candidate> {
    vec![
        #[cfg(feature = "openh264")]
        openh264::encoder(),
    ]
}

/// The video decoders of this build.
pub fn decoders() -> Vec<DecoderCandidate> {
    vec![
        #[cfg(feature = "openh264")]
        openh264::decoder(),
    ]
}

/// The image encoders of this build.
pub fn images() -> Vec<ImageCandidate> {
    #[cfg(feature = "images")]
    return image::candidates();
    #[cfg(not(feature = "images"))]
    Vec::new()
}

/// Whether the OpenH264 of this build has its assembly, without which it takes about twice as long for a frame.
///
/// False on x86 when nasm was missing at build time, and where the library has none.
pub const fn assembly() -> bool {
    cfg!(openh264_assembly)
}
