//! Six pictures through small sessions of an encoder.

use super::{Knobs, seen::Seen};
use crate::backend::encode::{
    VideoToolboxEncoder,
    annexb::is_key_frame,
    open::{coded_size, set_up},
};
use framewire_codec::{
    BackendError, Codec, Encoded, EncoderBackend, EncoderConfig, Input, InputPicture, Quality, Rate,
};
use framewire_frame::{Bitrate, FrameId, FrameRate, PictureRef, PixelFormat, Size, Timestamp};

/// How many pictures are looked at.
const FRAMES: u64 = 6;
/// The one that is to be a key frame, beside the first.
pub(super) const ASKED: u64 = 4;
/// Whole macroblocks in one direction and not in the other, so that cropping shows.
const SIZE: (u32, u32) = (160, 136);
/// Bits per second: far more than the pictures need, and far fewer.
const RICH: u32 = 20_000_000;
const POOR: u32 = 100_000;

/// What came of a trial.
pub(super) struct Looked {
    pub(super) seen: Seen,
    /// What the encoder refused, in sentences.
    pub(super) refused: Vec<String>,
}

/// The units of one session.
pub(super) struct Film {
    pub(super) units: Vec<Came>,
    refused: Vec<String>,
}

/// One unit.
pub(super) struct Came {
    /// Whose it is.
    pub(super) id: u64,
    /// The picture that was given when it came.
    pub(super) during: u64,
    pub(super) is_key: bool,
    pub(super) data: Vec<u8>,
}

impl Film {
    /// Whether each unit came with its picture.
    pub(super) fn is_immediate(&self) -> bool {
        (0..FRAMES).all(|index| self.units.iter().any(|unit| (unit.id, unit.during) == (index, index)))
    }

    /// Of all units but the first: a rate control learns from that one.
    pub(super) fn bytes(&self) -> usize {
        self.units.iter().filter(|unit| unit.id > 0).map(|unit| unit.data.len()).sum()
    }
}

/// Gives the same six pictures to two sessions with `knobs`, one after the other, at bitrates far apart.
pub(super) fn look(codec: Codec, knobs: Knobs) -> Result<Looked, BackendError> {
    let config = config(codec)?;
    let rich = film(&config, knobs, RICH)?;
    let poor = film(&config, knobs, POOR)?;
    let mut refused = rich.refused.clone();
    // Nothing depends on these: a session too many for the machine costs no more than their sentences.
    let wishes = wishes(&config, knobs).unwrap_or_default();
    refused.extend(wishes.into_iter().filter(|wish| !rich.refused.contains(wish)));
    Ok(Looked { seen: Seen::of(&config, &rich, &poor), refused })
}

/// What is refused of that which a stream may wish for: no picture is encoded with it.
fn wishes(config: &EncoderConfig, knobs: Knobs) -> Result<Vec<String>, BackendError> {
    let config =
        config.clone().with_temporal_layers(2).with_long_term_references(true).with_quality(Quality::new(70));
    Ok(set_up(&config, coded_size(config.size)?, knobs)?.notes)
}

/// Opens a small session and closes it.
pub(super) fn opens(codec: Codec) -> Result<(), BackendError> {
    let config = config(codec)?;
    set_up(&config, coded_size(config.size)?, Knobs::FILE).map(drop)
}

fn config(codec: Codec) -> Result<EncoderConfig, BackendError> {
    let size =
        Size::new(SIZE.0, SIZE.1).map_err(|error| BackendError::failed_with("the size of a trial", error))?;
    Ok(EncoderConfig::new(size).with_codec(codec))
}

fn film(config: &EncoderConfig, knobs: Knobs, bits_per_second: u32) -> Result<Film, BackendError> {
    let bitrate = Bitrate::from_bits_per_second(bits_per_second);
    let config = config.clone().with_rate(Rate { bitrate, frame_rate: FrameRate::whole(30) });
    let coded = coded_size(config.size)?;
    let mut encoder = VideoToolboxEncoder::new(set_up(&config, coded, knobs)?, &config, coded);
    let mut units = Vec::new();
    for index in 0..FRAMES {
        let data = picture(config.size, index);
        let picture = PictureRef::packed(PixelFormat::Nv12, config.size, &data)
            .map_err(|error| BackendError::failed_with("the picture of a trial", error))?;
        let input = Input {
            picture: InputPicture::Host(picture),
            id: FrameId(index),
            timestamp: Timestamp::from_micros(index * 33_333),
            key: index == ASKED,
            changes: None,
        };
        let mut keep = |unit: Encoded<'_>| {
            let is_key = is_key_frame(config.codec, unit.data);
            units.push(Came { id: unit.id.0, during: index, is_key, data: unit.data.to_vec() });
        };
        encoder.encode(input, &mut keep)?;
    }
    Ok(Film { units, refused: encoder.notes })
}

/// A texture of grey that moves to the left by two pixels a picture: whole, it takes many bits and has as many details as one
/// asks for; each picture follows from the one before it, so that none is a cut to another scene.
fn picture(size: Size, index: u64) -> Vec<u8> {
    let (width, height) = (u64::from(size.width()), u64::from(size.height()));
    let luma = (0..width * height).map(|at| {
        let (x, y) = (at % width + 2 * index, at / width);
        let mixed = ((x * 0x9e37_79b1) ^ (y * 0x85eb_ca77)).wrapping_mul(0xc2b2_ae3d) >> 24;
        64 + (mixed % 128) as u8
    });
    let chroma = PixelFormat::Nv12.packed_len(size) - (width * height) as usize;
    luma.chain(std::iter::repeat_n(128, chroma)).collect()
}
