//! The suite that every backend passes.
#![cfg(feature = "openh264")]

use framewire_codec::{Codec, testing::conformance::Subject};

mod openh264 {
    use super::{Codec, Subject};

    fn subject() -> Result<Subject, String> {
        let encoder = framewire_software::openh264::encoder();
        let decoder = framewire_software::openh264::decoder();
        Ok(Subject { codec: Codec::H264, encoder, decoder, least_psnr: 36.0, follows_bitrate: true })
    }

    framewire_codec::conformance!(subject);
}

#[cfg(feature = "x264")]
mod x264 {
    use super::{Codec, Subject};
    use framewire_codec::{Candidate, EncoderConfig};
    use std::sync::Arc;

    /// x264 as `change` of a config opens it.
    fn subject(change: fn(&EncoderConfig) -> EncoderConfig) -> Result<Subject, String> {
        framewire_software::x264::library().map_err(|error| error.to_string())?;
        let encoder = framewire_software::x264::encoder();
        let open = Arc::clone(&encoder.open);
        let encoder = Candidate { open: Arc::new(move |config| open(&change(config))), ..encoder };
        let decoder = framewire_software::openh264::decoder();
        Ok(Subject { codec: Codec::H264, encoder, decoder, least_psnr: 36.0, follows_bitrate: true })
    }

    mod low_latency {
        fn subject() -> Result<super::Subject, String> {
            super::subject(Clone::clone)
        }

        framewire_codec::conformance!(subject);
    }

    mod intra_refresh {
        fn subject() -> Result<super::Subject, String> {
            super::subject(|config| config.clone().with_intra_refresh(true))
        }

        framewire_codec::conformance!(subject);
    }

    mod fast {
        fn subject() -> Result<super::Subject, String> {
            super::subject(|config| config.clone().with_preset(framewire_codec::Preset::Fast))
        }

        framewire_codec::conformance!(subject, for files);
        framewire_codec::conformance! { @each subject: no_group_is_longer_than_it_may_be, }
    }

    mod quality {
        fn subject() -> Result<super::Subject, String> {
            super::subject(|config| config.clone().with_preset(framewire_codec::Preset::Quality))
        }

        framewire_codec::conformance!(subject, for files);
    }
}
