//! Apple's codecs, in hardware where the machine has it: H.264 and HEVC through VideoToolbox.
//!
//! On another system than macOS the crate is empty: [`encoders`], [`decoders`] and [`converters`] list nothing. Its tests are built with the
//! cfg `framewire_videotoolbox_double`, over a double of the frameworks.
//!
//! macOS 12 is the oldest system that a program with this crate loads on: keys that are newer are built from their text
//! and not linked.
#![deny(unsafe_op_in_unsafe_fn)]

#[cfg(any(target_os = "macos", framewire_videotoolbox_double))]
mod backend;

#[cfg(any(target_os = "macos", framewire_videotoolbox_double))]
pub use backend::{
    CONVERT_VARIABLE, Findings, PixelBufferSurface, PixelTransfer, VideoToolboxDecoder, VideoToolboxEncoder,
};

#[cfg(target_os = "macos")]
pub use backend::{Light, MetalQueue, MetalSurface, SourceLayout, Texel};

use framewire_codec::{Candidate, Codec, ConverterCandidate, DecoderCandidate, Finding};

/// The name of the encoder, the decoder and the converter in a roster.
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

/// The converters of this build: one for the encoder on macOS, none elsewhere and where `FRAMEWIRE_VIDEOTOOLBOX_CONVERT` switches it off.
pub fn converters() -> Vec<ConverterCandidate> {
    #[cfg(any(target_os = "macos", framewire_videotoolbox_double))]
    {
        backend::converter().into_iter().collect()
    }
    #[cfg(not(any(target_os = "macos", framewire_videotoolbox_double)))]
    {
        Vec::new()
    }
}

/// The codecs that this machine encodes in hardware, as opening a small session for each shows; none off macOS. A codec that has
/// opened is not tried again, and one that has not is, since the hardware may have been busy.
pub fn supported() -> Vec<Codec> {
    #[cfg(any(target_os = "macos", framewire_videotoolbox_double))]
    return backend::supported();
    #[cfg(not(any(target_os = "macos", framewire_videotoolbox_double)))]
    Vec::new()
}

/// What is known of this machine's encoders, which are tried where nothing is; nothing off macOS. With `refresh`, what an
/// earlier look has found is forgotten first, on disk too.
pub fn findings(refresh: bool) -> Vec<Finding> {
    #[cfg(any(target_os = "macos", framewire_videotoolbox_double))]
    {
        let findings = Findings::of_this_process();
        if refresh {
            findings.forget();
        }
        findings.all()
    }
    #[cfg(not(any(target_os = "macos", framewire_videotoolbox_double)))]
    {
        let _ = refresh;
        Vec::new()
    }
}
