//! The suite that every backend passes.
#![cfg(feature = "openh264")]

use framewire_codec::testing::conformance::Subject;

mod openh264 {
    use super::Subject;

    fn subject() -> Result<Subject, String> {
        let encoder = framewire_software::openh264::encoder();
        let decoder = framewire_software::openh264::decoder();
        Ok(Subject { encoder, decoder, least_psnr: 36.0, follows_bitrate: true })
    }

    framewire_codec::conformance!(subject);
}

#[cfg(feature = "x264")]
mod x264 {
    use super::Subject;
    use framewire_codec::{Candidate, EncoderConfig};
    use std::sync::Arc;

    /// x264 as `change` of a config opens it.
    fn subject(change: fn(&EncoderConfig) -> EncoderConfig) -> Result<Subject, String> {
        framewire_software::x264::library().map_err(|error| error.to_string())?;
        let encoder = framewire_software::x264::encoder();
        let open = Arc::clone(&encoder.open);
        let encoder = Candidate { open: Arc::new(move |config| open(&change(config))), ..encoder };
        let decoder = framewire_software::openh264::decoder();
        Ok(Subject { encoder, decoder, least_psnr: 36.0, follows_bitrate: true })
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

    /// Behaviours of presets that hold pictures back: a flush costs them a key frame, and their bitrate is kept over a
    /// longer time than the suite looks at.
    macro_rules! file_conformance {
        ($preset:expr) => {
            fn subject() -> Result<super::Subject, String> {
                super::subject(|config| config.clone().with_preset($preset))
            }

            framewire_codec::conformance! { @each subject:
                thirty_frames_round_trip,
                one_frame_in_one_unit_out,
                ids_and_timestamps_stay_with_their_frames,
                the_same_frame_can_be_encoded_again,
                every_pixel_format_is_taken,
                strides_are_followed,
                no_key_frame_comes_unasked,
                the_rate_changes_in_place_without_a_key_frame,
                a_size_change_starts_with_a_key_frame_and_loses_nothing,
                odd_sizes_are_padded_and_cropped,
                every_content_profile_and_thread_count_can_be_played,
                parameter_sets_precede_every_key_frame,
                the_level_is_enough_for_1080p,
                the_colour_is_in_the_parameter_sets,
                nothing_is_reordered,
                ten_encoders_run_at_once,
                dropping_an_encoder_frees_it,
                a_broken_unit_is_reported_and_the_decoder_goes_on,
            }
        };
    }

    mod fast {
        file_conformance!(framewire_codec::Preset::Fast);
    }

    mod quality {
        file_conformance!(framewire_codec::Preset::Quality);
    }
}
