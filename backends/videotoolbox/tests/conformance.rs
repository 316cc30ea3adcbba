//! The suite that every backend passes: over the double of the frameworks, and on a Mac's hardware where
//! `cargo xtask test --hardware` asks for it.
#![cfg(any(target_os = "macos", framewire_videotoolbox_double))]

use framewire_codec::{Candidate, Codec, DecoderCandidate, testing::conformance::Subject};
// Links what the double exports.
#[cfg(framewire_videotoolbox_double)]
use framewire_videotoolbox_double as _;

/// The encoder beside a decoder that knows nothing of VideoToolbox, where there is one.
mod encode {
    use super::Subject;

    fn subject() -> Result<Subject, String> {
        super::subject(framewire_videotoolbox::encoders().remove(0), super::other_decoder())
    }

    framewire_codec::conformance!(subject);
}

/// The encoder as files have it: pictures wait inside.
mod encode_for_files {
    use super::Subject;
    use framewire_codec::{Candidate, Preset};
    use std::sync::Arc;

    fn subject() -> Result<Subject, String> {
        let encoder = framewire_videotoolbox::encoders().remove(0);
        let open = Arc::clone(&encoder.open);
        let encoder = Candidate {
            open: Arc::new(move |config| open(&config.clone().with_preset(Preset::Fast))),
            ..encoder
        };
        super::subject(encoder, super::other_decoder())
    }

    framewire_codec::conformance!(subject, for files);
}

/// The decoder beside an encoder that knows nothing of VideoToolbox.
#[cfg(framewire_videotoolbox_double)]
mod decode {
    use super::Subject;

    fn subject() -> Result<Subject, String> {
        let decoder = framewire_videotoolbox::decoders().remove(0);
        super::subject(framewire_software::openh264::encoder(), decoder)
    }

    framewire_codec::conformance!(subject);
}

/// HEVC, both ways. The double plays a recording and shows greys, so that pictures are compared on a Mac alone.
mod hevc {
    use super::Subject;
    use framewire_codec::Codec;

    fn subject() -> Result<Subject, String> {
        let encoder = framewire_videotoolbox::encoders().remove(0);
        let subject = super::subject(encoder, framewire_videotoolbox::decoders().remove(0))?;
        let has_pixels = cfg!(target_os = "macos");
        let least_psnr = if has_pixels { subject.least_psnr } else { 0.0 };
        Ok(Subject { codec: Codec::Hevc, least_psnr, follows_bitrate: has_pixels, ..subject })
    }

    framewire_codec::conformance!(subject);
}

fn subject(encoder: Candidate, decoder: DecoderCandidate) -> Result<Subject, String> {
    if cfg!(target_os = "macos") && std::env::var_os("FRAMEWIRE_HARDWARE").is_none() {
        return Err("`cargo xtask test --hardware` runs it on this machine's hardware".to_owned());
    }
    Ok(Subject { codec: Codec::H264, encoder, decoder, least_psnr: 36.0, follows_bitrate: true })
}

/// On a Mac VideoToolbox's own: OpenH264 cannot be type-checked for macOS on another system.
#[cfg(not(framewire_videotoolbox_double))]
fn other_decoder() -> DecoderCandidate {
    framewire_videotoolbox::decoders().remove(0)
}

#[cfg(framewire_videotoolbox_double)]
fn other_decoder() -> DecoderCandidate {
    framewire_software::openh264::decoder()
}
