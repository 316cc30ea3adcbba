//! From frames to access units and back: the traits that codecs implement, and the wrappers that programs use.
//!
//! | module | what it holds |
//! |---|---|
//! | [`encode`] | [`EncoderBackend`], the seam to a codec; [`Encoder`], which converts, checks, and replaces what fails |
//! | [`decode`] | [`DecoderBackend`] and [`Decoder`], the same for the way back |
//! | [`ConverterBackend`] | the seam to hardware that converts pictures for its encoder |
//! | [`Roster`] | the candidates as data; [`Choice`] and [`Tier`] say which of them is used |
//! | [`quality`] | how far a decoded picture is from its source |
//! | `testing` | the feature of that name: the scripted backend and the conformance suite |
//!
//! ```
//! # #[cfg(feature = "testing")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use framewire_codec::{Choice, Encoder, EncoderConfig, Roster, testing::{Script, pictures}};
//! use framewire_frame::{FrameId, Size, Timestamp};
//!
//! let roster = Roster { encoders: vec![Script::new("scripted").candidate()], ..Roster::default() };
//! let size = Size::new(641, 361)?;
//! let mut encoder = Encoder::open(&roster, &Choice::Auto, EncoderConfig::new(size))?;
//! let frame = pictures::rgba(size, 0).into();
//! let units = encoder.encode(&frame, FrameId(0), Timestamp::ZERO)?;
//! assert!(units[0].key);
//! assert_eq!(units[0].size, size.padded_to_even());
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "testing"))] fn main() {}
//! ```
#![forbid(unsafe_code)]

mod access_unit;
mod codec;
mod converter;
pub mod decode;
pub mod encode;
mod error;
mod finding;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
mod image;
pub mod quality;
mod rate;
mod select;
#[cfg(feature = "testing")]
pub mod testing;

pub use access_unit::AccessUnit;
pub use codec::{Content, Profile};
pub use converter::{ConverterBackend, ConverterConfig, Shape};
pub use decode::{
    Decoded, DecodedPicture, Decoder, DecoderBackend, DecoderConfig, Feature, Features, FrameDecoder,
    OutputPicture,
};
pub use encode::{
    Capabilities, Encoded, Encoder, EncoderBackend, EncoderConfig, Fallback, Input, InputPicture, Outcome,
    ParseSettingError, Part, Preparation, Preset, Quality, Timing,
};
pub use error::{BackendError, DecodeError, EncodeError, OpenError};
pub use finding::{Finding, Observation, Trial, Verdict};
pub use framewire_bitstream::{Codec, UnknownCodec};
pub use image::{ImageBackend, ImageFormat, UnknownImageFormat};
pub use rate::Rate;
pub use select::{
    Candidate, Choice, ConverterCandidate, DecoderCandidate, ImageCandidate, OpenConverter, OpenDecoder,
    OpenEncoder, OpenImage, Refusal, Roster, Selected, Tier,
};
