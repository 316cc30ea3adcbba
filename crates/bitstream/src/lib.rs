//! H.264 and HEVC units and parameter sets, read and written; Annex B and length-prefixed; the bitstream guard.
//!
//! | word | meaning |
//! |---|---|
//! | NAL unit | one header byte (H.264) or two (HEVC) and a payload: a slice, a parameter set, a message |
//! | RBSP | the payload of a NAL unit without its emulation prevention bytes |
//! | access unit | the NAL units of one picture |
//! | Annex B | NAL units behind start codes (`00 00 01`): what encoders write and files carry |
//! | AVCC | NAL units behind their length: what MP4 carries |
//!
//! | parameter sets | what holds for many pictures: VPS (HEVC only), SPS, PPS |
//!
//! | to | use |
//! |---|---|
//! | take a stream apart | [`split_annex_b`], [`annexb::access_units_of`], [`annexb::AccessUnitReader`] |
//! | change the framing | [`avcc_to_annexb`], [`annexb_to_avcc`] |
//! | find and describe parameter sets | [`parameter_sets`], [`StreamFacts`], [`DecoderConfig`] |
//! | find the order of showing | [`order::Counts`] |
//! | make an encoder's output fit for live video | [`guard::Guard`] |
//!
//! Everything here reads bytes from outside: all lengths are bounded by [`limits`], every fault is an [`Error`], and no
//! input panics.
#![forbid(unsafe_code)]

pub mod annexb;
pub mod avcc;
mod bits;
mod codec;
mod codec_string;
mod crop;
mod decoder_config;
mod dimensions;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
pub mod guard;
pub mod h264;
pub mod hevc;
pub mod hvcc;
pub mod limits;
pub mod order;
mod parameter_sets;
pub mod rbsp;
mod record;
mod stream_facts;
mod vui;

pub use annexb::nals as split_annex_b;
pub use avcc::{annexb_to_avcc, avcc_to_annexb};
pub use codec::{Codec, UnknownCodec};
pub use codec_string::CodecString;
pub use decoder_config::DecoderConfig;
pub use dimensions::Dimensions;
pub use error::Error;
pub use parameter_sets::{ParameterSets, parameter_sets};
pub use stream_facts::{ChromaFormat, FrameRate, StreamFacts};
pub use vui::PixelAspect;
