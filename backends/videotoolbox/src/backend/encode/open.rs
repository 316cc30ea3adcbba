//! From a config to a session that is ready for pictures.

use super::{
    Findings,
    probe::{Knobs, Order},
    properties::{self, Need, Property, RateControl},
    session::Session,
};
use crate::backend::{pixel_buffer, status::Status};
use framewire_codec::{BackendError, EncoderConfig, Preset};
use framewire_frame::Size;

/// The least side that is coded; smaller pictures are padded.
const MIN_SIDE: u32 = 64;
/// The longest side that a session is asked for: the limit of Apple's encoders.
const MAX_SIDE: u32 = 8192;

/// A session that is ready for pictures.
pub(super) struct Opened {
    pub(super) session: Session,
    pub(super) rate_control: RateControl,
    /// Temporal layers.
    pub(super) layers: u8,
    /// Pictures are kept until they are known to have been shown.
    pub(super) long_term: bool,
    /// What was refused, in sentences.
    pub(super) notes: Vec<String>,
}

/// Opens a session, for viewers with what has been seen to work, else with what is taken.
pub(super) fn open(config: &EncoderConfig, coded: Size, findings: &Findings) -> Result<Opened, BackendError> {
    if config.preset != Preset::LowLatency {
        return set_up(config, coded, Knobs::FILE);
    }
    let Order { knobs, note } = findings.order(config.codec);
    let mut notes: Vec<_> = note.into_iter().collect();
    let mut last = None;
    for knobs in knobs {
        match set_up(config, coded, knobs) {
            Ok(mut opened) => {
                opened.notes.append(&mut notes);
                return Ok(opened);
            }
            Err(error) => {
                notes.push(format!("{knobs} cannot be had: {}", error.in_full()));
                last = Some(error);
            }
        }
    }
    Err(last.unwrap_or_else(|| BackendError::failed("VideoToolbox was asked for no session")))
}

/// Opens a session with these knobs.
pub(super) fn set_up(config: &EncoderConfig, coded: Size, knobs: Knobs) -> Result<Opened, BackendError> {
    let what = format!("encoder of {} for pictures of {coded}", config.codec);
    let mut notes = Vec::new();
    let session = Session::open(
        config.codec,
        coded,
        &properties::specification(knobs.low_latency),
        &pixel_buffer::attributes(config.color.range, Some(coded)),
    )
    .map_err(|status| status.opening(&what))?;
    set_all(&session, &properties::of(config, knobs), &mut notes)?;
    let constant_quality = match config.quality.map(properties::quality) {
        Some(property) => set(&session, &property, &mut notes)?,
        None => false,
    };
    let limited = config.preset == Preset::LowLatency && knobs.limited;
    let share = match config.quality.filter(|_| !constant_quality) {
        Some(quality) => (f64::from(quality.percent()) / 100.0).powi(2),
        None => 1.0,
    };
    if share < 1.0 {
        let aim = config.rate.bitrate.scaled(share);
        notes.push(format!("without constant quality {aim} is aimed at"));
    }
    let rate_control = RateControl { constant_quality, limited, share };
    set_all(&session, &properties::of_rate(config.rate, rate_control), &mut notes)?;
    // Both are known under low-latency rate control alone.
    let layered = config.temporal_layers > 1
        && knobs.low_latency
        && set(&session, &properties::two_layers(), &mut notes)?;
    let long_term = config.long_term_references
        && knobs.low_latency
        && set(&session, &properties::long_term_references(), &mut notes)?;
    session.prepare().map_err(|status| status.opening(&what))?;
    if session.in_hardware() == Some(false) {
        return Err(BackendError::unavailable(format!("VideoToolbox has no hardware for an {what}")));
    }
    Ok(Opened { session, rate_control, layers: if layered { 2 } else { 1 }, long_term, notes })
}

fn set_all(session: &Session, properties: &[Property], notes: &mut Vec<String>) -> Result<(), BackendError> {
    for property in properties {
        set(session, property, notes)?;
    }
    Ok(())
}

/// Sets a property to the first of its values that is taken; whether one was.
fn set(session: &Session, property: &Property, notes: &mut Vec<String>) -> Result<bool, BackendError> {
    match session.set(property) {
        Ok(()) => Ok(true),
        Err(status) if property.need == Need::Required => Err(refused(property, status)),
        Err(status) => {
            notes.push(format!("{} was refused ({status}) and is left out", property.key.text));
            Ok(false)
        }
    }
}

/// A property that a session cannot do without was refused.
pub(super) fn refused(property: &Property, status: Status) -> BackendError {
    BackendError::unsupported(format!(
        "the property {} of this session in VideoToolbox, which answers {status},",
        property.key.text
    ))
}

/// What is coded for pictures of `size`: even sides, and no shorter ones than Apple's encoders take.
pub(super) fn coded_size(size: Size) -> Result<Size, BackendError> {
    let least = |side: u32| side.max(MIN_SIDE).next_multiple_of(2);
    let coded = Size::new(least(size.width()), least(size.height())).ok();
    coded
        .filter(|coded| coded.width() <= MAX_SIDE && coded.height() <= MAX_SIDE)
        .ok_or_else(|| BackendError::unsupported(format!("a picture of {size} in VideoToolbox")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pictures_are_padded_and_too_large_ones_refused() {
        let coded = |width, height| coded_size(Size::new(width, height).expect("a size"));
        assert_eq!(coded(2, 130).expect("a size"), Size::new(64, 130).expect("a size"));
        assert!(matches!(coded(16_384, 16), Err(BackendError::Unsupported { .. })));
    }
}
