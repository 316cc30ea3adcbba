//! Tries one encoder for real: opens it and encodes two frames.

use super::{Row, Status};
use framewire::{
    codec::{Candidate, Choice, Decoder, Encoder, EncoderConfig, ImageCandidate, Roster},
    frame::{Color, Frame, FrameId, Picture, PixelFormat, Size, Timestamp},
};
use framewire_pattern::Pattern;
use std::time::Instant;

const SIZE: (u32, u32) = (640, 360);
const QUALITY: u8 = 80;

/// One row for a video encoder.
pub(super) fn encoder(roster: &Roster, candidate: &Candidate) -> Row {
    let codecs: Vec<&str> = candidate.codecs.iter().map(|codec| codec.name()).collect();
    let component = format!("{} ({})", candidate.name, codecs.join(", "));
    match encode_two(roster, candidate) {
        Ok(detail) => Row::new(component, Status::Ok, detail),
        Err(why) => Row::new(component, Status::Missing, why),
    }
}

/// One row for an encoder of images.
pub(super) fn image(candidate: &ImageCandidate) -> Row {
    let component = format!("image:{} ({})", candidate.format, candidate.name);
    let attempt = || -> Result<String, String> {
        let mut backend = (candidate.open)().map_err(|error| error.in_full())?;
        let start = Instant::now();
        let mut bytes = 0;
        for index in 0..2 {
            let mut out = Vec::new();
            backend
                .encode(picture(index)?.as_ref(), Color::default(), QUALITY, &mut out)
                .map_err(|error| error.in_full())?;
            bytes += out.len();
        }
        Ok(format!("two {} pictures in {:.1} ms, {} bytes", size(), milliseconds(start), bytes))
    };
    match attempt() {
        Ok(detail) => Row::new(component, Status::Ok, detail),
        Err(why) => Row::new(component, Status::Missing, why),
    }
}

fn encode_two(roster: &Roster, candidate: &Candidate) -> Result<String, String> {
    let only = Choice::Only(candidate.name.to_owned());
    let mut encoder =
        Encoder::open(roster, &only, EncoderConfig::new(size())).map_err(|error| error.to_string())?;
    let mut units = Vec::new();
    let start = Instant::now();
    for index in 0..2 {
        let timestamp = Timestamp::from_micros(index * 33_333);
        let frame = Frame::from(picture(index)?);
        units.extend(encoder.encode(&frame, FrameId(index), timestamp).map_err(|error| error.to_string())?);
    }
    units.extend(encoder.flush());
    let elapsed = milliseconds(start);
    let codec = units.first().ok_or("it took two frames and gave nothing")?.codec.clone();
    if units.len() != 2 || !units[0].key {
        return Err(format!("it made {} unit(s) of two frames, and the first is no key frame", units.len()));
    }
    let mut decoded = 0;
    let mut decoder = Decoder::new(roster, &Choice::Auto, candidate.codecs[0]);
    for unit in &units {
        decoder
            .decode(&unit.data, unit.timestamp, &mut |_| decoded += 1)
            .map_err(|error| error.to_string())?;
    }
    decoder.flush(&mut |_| decoded += 1).map_err(|error| error.to_string())?;
    Ok(format!("two {} frames in {elapsed:.1} ms as {codec}; {decoded} decoded again", size()))
}

pub(super) fn size() -> Size {
    Size::new(SIZE.0, SIZE.1).expect("a small size is possible")
}

fn picture(index: u64) -> Result<Picture, String> {
    Pattern::Gradient.picture(index, PixelFormat::Rgba8, size()).map_err(|error| error.to_string())
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}
