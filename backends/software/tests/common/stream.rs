//! Pictures into an encoder, units out of it.

use framewire_codec::{Encoded, EncoderBackend, EncoderConfig, Input, InputPicture, Rate};
use framewire_convert::Converter;
use framewire_frame::{Bitrate, Color, FrameId, FrameRate, PictureMut, PictureRef, PixelFormat, Size};
use framewire_pattern::Pattern;
use std::ops::RangeInclusive;

/// One coded frame.
#[derive(PartialEq)]
pub(crate) struct Unit {
    pub(crate) bytes: Vec<u8>,
    pub(crate) layer: u8,
}

/// Encodes `frames` pictures, whose I420 samples `draw` writes, with an encoder that holds none back.
pub(crate) fn encode_with(
    encoder: &mut dyn EncoderBackend,
    config: &EncoderConfig,
    frames: u64,
    mut draw: impl FnMut(u64, &mut [u8]),
) -> Vec<Unit> {
    let mut data = vec![0; PixelFormat::I420.packed_len(config.size)];
    let mut units = Vec::new();
    for seq in 0..frames {
        draw(seq, &mut data);
        push(encoder, config, seq, &data, &mut units);
    }
    assert_eq!(units.len() as u64, frames, "one unit for each picture");
    units
}

/// Encodes the I420 samples of picture `seq`, which shows the moment that `config` says, and keeps its unit.
pub(crate) fn push(
    encoder: &mut dyn EncoderBackend,
    config: &EncoderConfig,
    seq: u64,
    data: &[u8],
    units: &mut Vec<Unit>,
) {
    let picture = PictureRef::packed(PixelFormat::I420, config.size, data).unwrap();
    let input = Input {
        picture: InputPicture::Host(picture),
        id: FrameId(seq),
        timestamp: config.rate.frame_rate.due(seq).into(),
        key: false,
        changes: None,
    };
    let mut keep = |unit: Encoded<'_>| {
        assert_eq!(unit.id, FrameId(seq));
        units.push(Unit { bytes: unit.data.to_vec(), layer: unit.temporal_layer });
    };
    encoder.encode(input, &mut keep).unwrap();
}

/// Encodes noise at several rates, for so many seconds: the share of the bitrate that is used lies in `shares`, and the
/// first frame is no more than six mean ones.
pub(crate) fn check_noise(
    open: impl Fn(&EncoderConfig) -> Box<dyn EncoderBackend>,
    seconds: u32,
    shares: RangeInclusive<f64>,
) {
    for (bitrate, frames_per_second) in [(400_000, 30), (2_000_000, 30), (2_000_000, 10), (3_000_000, 120)] {
        let config = config(320, 180, bitrate, frames_per_second);
        let frames = u64::from(frames_per_second * seconds);
        let units = encode_with(&mut *open(&config), &config, frames, pattern(Pattern::Noise, config.size));
        let (share, first) = measured(&units, &config);
        assert!(shares.contains(&share), "{bitrate} at {frames_per_second} fps: {share:.3}");
        assert!(first <= 6.0, "{bitrate} at {frames_per_second} fps: {first:.2}");
    }
}

/// Draws a test picture as I420.
pub(crate) fn pattern(pattern: Pattern, size: Size) -> impl FnMut(u64, &mut [u8]) {
    let to_i420 = Converter::new(PixelFormat::Rgb8, PixelFormat::I420, size, Color::default()).unwrap();
    let mut rgb = vec![0; PixelFormat::Rgb8.packed_len(size)];
    move |seq, data| {
        pattern.draw_packed(seq, PixelFormat::Rgb8, size, &mut rgb).unwrap();
        let source = PictureRef::packed(PixelFormat::Rgb8, size, &rgb).unwrap();
        let mut target = PictureMut::packed(PixelFormat::I420, size, data).unwrap();
        to_i420.convert(&source, &mut target).unwrap();
    }
}

/// Bytes without any structure at all: what no quantizer can tame.
pub(crate) fn random(data: &mut [u8], state: &mut u64) {
    for chunk in data.chunks_mut(8) {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
    }
}

/// A config of this size, bitrate and frame rate.
pub(crate) fn config(width: u32, height: u32, bitrate: u32, frames_per_second: u32) -> EncoderConfig {
    let rate = Rate {
        bitrate: Bitrate::from_bits_per_second(bitrate),
        frame_rate: FrameRate::whole(frames_per_second),
    };
    EncoderConfig::new(Size::new(width, height).unwrap()).with_rate(rate)
}

/// The share of the bitrate that was used, and the first frame in mean frames.
pub(crate) fn measured(units: &[Unit], config: &EncoderConfig) -> (f64, f64) {
    let bytes: usize = units.iter().map(|unit| unit.bytes.len()).sum();
    let mean = bytes as f64 / units.len() as f64;
    let target = f64::from(config.rate.bitrate.bits_per_second()) / 8.0 / config.rate.frame_rate.as_f64();
    (mean / target, units[0].bytes.len() as f64 / mean)
}
