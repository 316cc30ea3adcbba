//! The suite that every backend passes, over the double of the frameworks.
#![cfg(framewire_videotoolbox_double)]

use framewire_codec::testing::conformance::Subject;
// Links what the double exports.
use framewire_videotoolbox_double as _;

/// The encoder beside a decoder that knows nothing of VideoToolbox.
mod encode {
    use super::Subject;

    fn subject() -> Result<Subject, String> {
        let encoder = framewire_videotoolbox::encoders().remove(0);
        let decoder = framewire_software::openh264::decoder();
        Ok(Subject { encoder, decoder, least_psnr: 36.0, follows_bitrate: true })
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
        let decoder = framewire_software::openh264::decoder();
        Ok(Subject { encoder, decoder, least_psnr: 36.0, follows_bitrate: true })
    }

    framewire_codec::conformance!(subject, for files);
}

/// The decoder beside an encoder that knows nothing of VideoToolbox.
mod decode {
    use super::Subject;

    fn subject() -> Result<Subject, String> {
        let encoder = framewire_software::openh264::encoder();
        let decoder = framewire_videotoolbox::decoders().remove(0);
        Ok(Subject { encoder, decoder, least_psnr: 36.0, follows_bitrate: true })
    }

    framewire_codec::conformance!(subject);
}
