//! What every backend must do, as one function per behaviour. [`conformance!`](crate::conformance) makes a test of each.
//!
//! ```
//! use framewire_codec::{Codec, testing::{DecoderScript, Script, conformance::Subject}};
//!
//! fn subject() -> Result<Subject, String> {
//!     Ok(Subject {
//!         codec: Codec::H264,
//!         encoder: Script::new("scripted").candidate(),
//!         decoder: DecoderScript::default().candidate("scripted"),
//!         least_psnr: 99.0,
//!         follows_bitrate: false,
//!     })
//! }
//! framewire_codec::conformance!(subject);
//! ```

mod bytes;
mod changes;
mod control;
mod life;
mod shape;
mod stream;

pub use bytes::*;
pub use changes::*;
pub use control::*;
pub use life::*;
pub use shape::*;
pub use stream::*;

use super::pictures;
use crate::{
    AccessUnit, Candidate, Capabilities, Choice, Codec, Decoder, DecoderCandidate, Encoder, EncoderConfig,
    Roster, quality,
};
use framewire_frame::{Color, Frame, FrameId, Picture, PictureRef, PixelFormat, Size, Timestamp};

/// What is to be tested.
pub struct Subject {
    /// What is encoded.
    pub codec: Codec,
    /// The encoder.
    pub encoder: Candidate,
    /// A decoder that plays what it writes; it is held to the suite as well.
    pub decoder: DecoderCandidate,
    /// The least luma PSNR of any picture of the suite at 8 Mb/s, in decibels.
    pub least_psnr: f64,
    /// Whether the number of bytes follows the bitrate; a lossless encoder's does not.
    pub follows_bitrate: bool,
}

/// A picture that came out of a decoder.
pub(crate) struct Shown {
    pub(crate) picture: Picture,
    pub(crate) timestamp: Timestamp,
    pub(crate) color: Color,
}

/// Makes one `#[test]` per behaviour. `$subject` is a `fn() -> Result<Subject, String>`; an error says why the tests
/// cannot run here, and each prints `SKIPPED` with that reason.
///
/// `for files` leaves out what presets for files need not do: they may pay for a flush with a key frame, give one late
/// or where the scene changes, and keep their bitrate over a longer time than the suite looks at.
#[macro_export]
macro_rules! conformance {
    ($subject:path) => {
        $crate::conformance!($subject, for files);
        $crate::conformance! { @each $subject:
            a_flush_gives_everything_and_the_session_goes_on,
            a_key_frame_comes_at_once_on_request,
            the_bytes_follow_the_bitrate,
            no_group_is_longer_than_it_may_be,
        }
    };
    ($subject:path, for files) => {
        $crate::conformance! { @each $subject:
            thirty_frames_round_trip,
            one_frame_in_one_unit_out,
            ids_and_timestamps_stay_with_their_frames,
            the_same_frame_can_be_encoded_again,
            what_is_not_marked_is_equal_and_shown_so,
            a_repetition_is_left_out_and_what_follows_is_shown,
            every_pixel_format_is_taken,
            strides_are_followed,
            no_key_frame_comes_unasked,
            the_rate_changes_in_place_without_a_key_frame,
            a_size_change_starts_with_a_key_frame_and_loses_nothing,
            odd_sizes_are_padded_and_cropped,
            a_frame_of_a_device_is_shown_like_one_of_the_host,
            every_content_profile_and_thread_count_can_be_played,
            parameter_sets_precede_every_key_frame,
            the_level_is_enough_for_1080p,
            the_colour_is_in_the_parameter_sets,
            nothing_is_reordered,
            disposable_units_can_be_dropped,
            ten_encoders_run_at_once,
            dropping_an_encoder_frees_it,
            a_broken_unit_is_reported_and_the_decoder_goes_on,
        }
    };
    (@each $subject:path: $($behaviour:ident,)*) => {
        $(
            #[test]
            fn $behaviour() {
                $crate::testing::conformance::run(
                    stringify!($behaviour),
                    $subject(),
                    $crate::testing::conformance::$behaviour,
                );
            }
        )*
    };
}

/// Runs one behaviour, or says why it cannot run.
pub fn run(name: &str, subject: Result<Subject, String>, behaviour: impl FnOnce(&Subject)) {
    match subject {
        Ok(subject) => behaviour(&subject),
        Err(reason) => skip(name, &reason),
    }
}

/// Says that a test did not run.
fn skip(name: &str, reason: &str) {
    println!("SKIPPED {name}: {reason}");
}

impl Subject {
    fn roster(&self) -> Roster {
        Roster {
            encoders: vec![self.encoder.clone()],
            decoders: vec![self.decoder.clone()],
            ..Roster::default()
        }
    }

    fn config(&self, size: Size) -> EncoderConfig {
        EncoderConfig::new(size).with_codec(self.codec)
    }

    fn open(&self, config: EncoderConfig) -> Encoder {
        let choice = Choice::Only(self.encoder.name.to_owned());
        Encoder::open(&self.roster(), &choice, config).expect("the encoder opens")
    }

    fn capabilities(&self, config: &EncoderConfig) -> Capabilities {
        (self.encoder.open)(config).expect("the encoder opens").capabilities()
    }

    fn decoder(&self) -> Decoder {
        Decoder::new(&self.roster(), &Choice::Auto, self.codec)
    }

    /// Decodes all of `units`, each of which must give one picture.
    fn decode(&self, units: &[AccessUnit]) -> Vec<Shown> {
        let mut decoder = self.decoder();
        let mut shown = Vec::new();
        for unit in units {
            let mut keep = |decoded: crate::Decoded<'_>| shown.push(Shown::new(decoded));
            decoder.decode(&unit.data, unit.timestamp, &mut keep).expect("an intact unit");
        }
        decoder.flush(&mut |decoded| shown.push(Shown::new(decoded))).expect("an intact stream");
        assert_eq!(shown.len(), units.len(), "each unit gives one picture");
        shown
    }

    /// Holds `shown` against the picture that was encoded.
    fn check_picture(&self, shown: &Shown, source: PictureRef<'_>, what: &str) {
        let expected = pictures::coded(source, shown.color);
        let psnr = quality::psnr(shown.picture.as_ref(), expected.as_ref()).expect("I420 of the coded size");
        assert!(
            psnr.luma >= self.least_psnr,
            "{what}: {:.1} dB are less than {}",
            psnr.luma,
            self.least_psnr
        );
        assert!(psnr.all >= self.least_psnr, "{what}: {:.1} dB with chroma", psnr.all);
    }
}

impl Shown {
    fn new(decoded: crate::Decoded<'_>) -> Self {
        let (format, size) = (decoded.picture.format(), decoded.picture.size());
        let mut data = vec![0; format.packed_len(size)];
        decoded.picture.copy_packed_to(&mut data);
        let picture = Picture::packed(format, size, data).expect("a packed copy");
        Self { picture, timestamp: decoded.timestamp, color: decoded.color }
    }
}

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("a size of the suite")
}

/// The moment of frame `index` of a film at 30 frames per second.
fn moment(index: u64) -> Timestamp {
    Timestamp::from_micros(index * 1_000_000 / 30)
}

fn encode(encoder: &mut Encoder, frame: &Frame, index: u64) -> Vec<AccessUnit> {
    encoder.encode(frame, FrameId(index), moment(index)).expect("the frame is encoded")
}

/// Encodes frames `range` of the film in I420 and appends what comes out.
fn film(encoder: &mut Encoder, size: Size, range: std::ops::Range<u64>, units: &mut Vec<AccessUnit>) {
    for index in range {
        units.extend(encode(encoder, &pictures::frame(PixelFormat::I420, size, index), index));
    }
}
