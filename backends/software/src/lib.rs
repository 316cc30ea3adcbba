//! Codecs that run on every machine: OpenH264 and the system's x264 for video, JPEG, PNG and WebP for images.
//!
//! | feature | what | needs |
//! |---|---|---|
//! | `openh264` (default) | an H.264 encoder and decoder, compiled in | a C++ compiler; nasm for full speed on x86 |
//! | `x264` (default) | the encoder of the system's libx264 | nothing to build; the library when it runs |
//! | `images` (default) | JPEG, PNG and lossless WebP | nothing |
//! | `turbojpeg` | JPEG by libjpeg-turbo, about three times as fast | cmake, nasm and a C compiler |
//!
//! The functions here list what this build has, as rows for a roster; a feature that is off leaves its rows out.
#![deny(unsafe_op_in_unsafe_fn)]

#[cfg(feature = "images")]
mod image;
#[cfg(feature = "openh264")]
pub mod openh264;
#[cfg(any(feature = "openh264", feature = "x264"))]
mod shared;
#[cfg(feature = "x264")]
pub mod x264;

use framewire_codec::{Candidate, DecoderCandidate, ImageCandidate};

/// The video encoders of this build, the better ones first.
///
/// x264 comes before OpenH264 where the system has it, and last where it is missing: a library that nobody installed is
/// no failure to warn of, but whoever names it is told what is missing.
pub fn encoders() -> Vec<Candidate> {
    #[cfg_attr(not(feature = "x264"), expect(unused_mut, reason = "nothing is added"))]
    let mut encoders = vec![
        #[cfg(feature = "openh264")]
        openh264::encoder(),
    ];
    #[cfg(feature = "x264")]
    encoders.insert(if x264::library().is_ok() { 0 } else { encoders.len() }, x264::encoder());
    encoders
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
