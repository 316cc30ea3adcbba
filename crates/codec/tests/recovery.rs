//! Losses that are repaired by a picture which refers to one from before them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use framewire_codec::{
    AccessUnit, Choice, Encoder, EncoderConfig, Roster,
    testing::{Entry, Fault, Script, pictures},
};
use framewire_frame::{FrameId, PixelFormat, Size, Timestamp};

fn script() -> Script {
    Script { long_term_references: true, ..Script::new("a") }
}

fn open(script: &Script) -> Encoder {
    let roster = Roster { encoders: vec![script.candidate()], ..Roster::default() };
    Encoder::open(&roster, &Choice::Auto, EncoderConfig::new(Size::new(64, 48).unwrap())).unwrap()
}

fn film(encoder: &mut Encoder, range: std::ops::Range<u64>) -> Vec<AccessUnit> {
    let mut encode = |index| {
        let frame = pictures::frame(PixelFormat::I420, Size::new(64, 48).unwrap(), index);
        encoder.encode(&frame, FrameId(index), Timestamp::from_micros(index * 41_000)).unwrap()
    };
    range.flat_map(&mut encode).collect()
}

/// The ids of units that can be shown after a loss, and whether each is a key frame.
fn recovering(units: &[AccessUnit]) -> Vec<(u64, bool)> {
    units.iter().filter(|unit| unit.recovers).map(|unit| (unit.id.0, unit.key)).collect()
}

/// The ids of the frames that the backend was asked to repair a loss with.
fn asked(script: &Script) -> Vec<u64> {
    let entries = script.diary.entries();
    let pairs = entries.windows(2).filter_map(|pair| match pair {
        [Entry::Recovering, Entry::Encoded { id, .. }] => Some(id.0),
        _ => None,
    });
    pairs.collect()
}

#[test]
fn a_request_is_answered_by_a_unit_that_says_so_and_is_no_key_frame() {
    let script = script();
    let mut encoder = open(&script);
    let mut units = film(&mut encoder, 0..3);
    encoder.acknowledge(FrameId(1));
    encoder.request_recovery();
    encoder.request_recovery();
    units.extend(film(&mut encoder, 3..6));
    assert_eq!(recovering(&units), [(0, true), (3, false)]);
    assert_eq!(asked(&script), [3]);
    assert!(script.diary.entries().contains(&Entry::Acknowledged(FrameId(1))));
}

#[test]
fn a_request_whose_frame_was_dropped_stays_armed() {
    let script = script().with(Fault::Drop(3));
    let mut encoder = open(&script);
    let mut units = film(&mut encoder, 0..3);
    encoder.request_recovery();
    units.extend(film(&mut encoder, 3..6));
    assert_eq!(recovering(&units), [(0, true), (4, false)]);
    assert_eq!(asked(&script), [3, 4]);
}

#[test]
fn a_pipeline_is_asked_once() {
    let script = script().with_delay(2);
    let mut encoder = open(&script);
    let mut units = film(&mut encoder, 0..3);
    encoder.request_recovery();
    units.extend(film(&mut encoder, 3..7));
    units.extend(encoder.flush());
    assert_eq!(recovering(&units), [(0, true), (3, false)]);
    assert_eq!(asked(&script), [3]);
}

#[test]
fn a_key_frame_repairs_a_loss_too() {
    let script = script();
    let mut encoder = open(&script);
    let mut units = film(&mut encoder, 0..2);
    encoder.request_recovery();
    encoder.request_keyframe();
    units.extend(film(&mut encoder, 2..4));
    assert_eq!(recovering(&units), [(0, true), (2, true)]);
    assert_eq!(asked(&script), []);
}

#[test]
fn a_backend_without_long_term_references_repairs_by_a_key_frame() {
    let script = Script::new("a");
    let mut encoder = open(&script);
    let mut units = film(&mut encoder, 0..2);
    encoder.request_recovery();
    units.extend(film(&mut encoder, 2..4));
    assert_eq!(recovering(&units), [(0, true), (2, true)]);
    assert_eq!(asked(&script), []);
}
