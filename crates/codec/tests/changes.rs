//! What an encoder says about changes, and which frames it leaves out because there are none.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use framewire_codec::{
    AccessUnit, Choice, Encoder, EncoderConfig, Outcome, Rate, Roster,
    testing::{Entry, Fault, Script, TestSurface, pictures},
};
use framewire_frame::{
    Bitrate, Color, Frame, FrameId, FrameRate, Picture, PixelFormat, Range, Size, Timestamp,
};

fn size() -> Size {
    Size::new(64, 48).unwrap()
}

fn open(script: &Script) -> Encoder {
    let roster = Roster { encoders: vec![script.candidate()], ..Roster::default() };
    Encoder::open(&roster, &Choice::Auto, EncoderConfig::new(size())).unwrap()
}

fn at(index: u64) -> Timestamp {
    Timestamp::from_micros(index * 41_000)
}

/// Ids and key flags.
fn facts(units: &[AccessUnit]) -> Vec<(u64, bool)> {
    units.iter().map(|unit| (unit.id.0, unit.key)).collect()
}

fn rate(megabits: u32) -> Rate {
    Rate { bitrate: Bitrate::from_bits_per_second(megabits * 1_000_000), frame_rate: FrameRate::whole(60) }
}

/// How many blocks the backend was told to have changed in each picture.
fn told(script: &Script) -> Vec<Option<usize>> {
    let entries = script.diary.entries();
    let changed = entries.iter().filter_map(|entry| match entry {
        Entry::Encoded { changed, .. } => Some(*changed),
        _ => None,
    });
    changed.collect()
}

/// A grey picture, in which the first `changed` of its twelve blocks are darker.
fn blocks(format: PixelFormat, changed: usize) -> Frame {
    let mut data = vec![200; format.packed_len(size())];
    let row_bytes = format.row_bytes(size(), 0);
    for (y, row) in data.chunks_mut(row_bytes).take(48).enumerate() {
        for (x, block) in row.chunks_mut(row_bytes / 4).enumerate() {
            if y / 16 * 4 + x < changed {
                block.fill(100);
            }
        }
    }
    Picture::packed(format, size(), data).unwrap().into()
}

fn encode_blocks(encoder: &mut Encoder, format: PixelFormat, pictures: &[(u64, usize)]) -> Vec<AccessUnit> {
    let encode = |&(id, changed): &(u64, usize)| {
        encoder.encode(&blocks(format, changed), FrameId(id), at(id)).unwrap()
    };
    pictures.iter().flat_map(encode).collect()
}

#[test]
fn changes_are_tracked_on_request_or_for_a_backend_that_uses_them() {
    for (format, uses_changes, on, expected) in [
        (PixelFormat::Rgba8, false, false, [None; 4]),
        (PixelFormat::I420, true, false, [None; 4]),
        (PixelFormat::Rgba8, true, false, [Some(12), Some(0), Some(3), Some(12)]),
        (PixelFormat::Rgba8, false, true, [Some(12), Some(0), Some(3), Some(12)]),
        (PixelFormat::I420, false, true, [Some(12), Some(0), Some(3), Some(12)]),
    ] {
        let script = Script { uses_changes, ..Script::new("a") };
        let mut encoder = open(&script);
        encoder.track_changes(on);
        encode_blocks(&mut encoder, format, &[(0, 0), (1, 0), (2, 3)]);
        assert_eq!(encoder.last_changes().map(|changes| changes.count()), expected[2]);
        let full = Color { range: Range::Full, ..Color::default() };
        let frame = Frame { color: full, ..blocks(format, 3) };
        encoder.encode(&frame, FrameId(3), at(3)).unwrap();
        assert_eq!(told(&script), expected, "{format} {uses_changes} {on}");
    }
}

#[test]
fn the_differences_of_a_dropped_frame_are_in_the_next_map() {
    let script = Script::new("a").with(Fault::Drop(1)).with(Fault::Drop(2));
    let mut encoder = open(&script);
    encoder.track_changes(true);
    let units =
        encode_blocks(&mut encoder, PixelFormat::Rgb8, &[(0, 0), (1, 5), (2, 6), (3, 6), (4, 6), (5, 0)]);
    assert_eq!(facts(&units), [(0, true), (3, false), (4, false), (5, false)]);
    assert_eq!(told(&script), [12, 5, 6, 6, 0, 6].map(Some));

    // One that is encoded again under its own id, and many in a row.
    let script = (1..20).fold(Script::new("a"), |script, number| script.with(Fault::Drop(number)));
    let mut encoder = open(&script);
    encoder.track_changes(true);
    let pictures: Vec<_> = (0..24).map(|number| (number.min(1), usize::from(number == 1))).collect();
    let units = encode_blocks(&mut encoder, PixelFormat::Rgb8, &pictures);
    assert_eq!(units.len(), 5);
    let blocks = |number| [12, 1, 0][usize::from(number > 0) + usize::from(number > 20)];
    assert_eq!(told(&script), (0..24).map(|number| Some(blocks(number))).collect::<Vec<_>>());
}

#[test]
fn a_pipeline_that_has_dropped_something_is_told_that_all_is_new() {
    let script = Script::new("a").with_delay(1).with(Fault::Drop(2));
    let mut encoder = open(&script);
    encoder.track_changes(true);
    encode_blocks(&mut encoder, PixelFormat::Rgb8, &[(0, 0), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1)]);
    assert_eq!(told(&script)[..3], [12, 1, 0].map(Some));
    assert!(told(&script)[3..].contains(&Some(12)));
    assert_eq!(script.diary.sessions(), (1, 1));
}

#[test]
fn a_pipeline_that_kept_a_frame_to_itself_when_it_was_flushed_is_told_that_all_is_new() {
    let script = Script::new("a").with_delay(3).with(Fault::Drop(1));
    let mut encoder = open(&script);
    encoder.track_changes(true);
    encode_blocks(&mut encoder, PixelFormat::Rgb8, &[(0, 0), (1, 1)]);
    assert_eq!(facts(&encoder.flush()), [(0, true)]);
    encode_blocks(&mut encoder, PixelFormat::Rgb8, &[(2, 1)]);
    assert_eq!(facts(&encoder.flush()), [(2, false)]);
    assert_eq!(told(&script), [12, 1, 12].map(Some));
    assert_eq!(script.diary.sessions(), (1, 1));
}

#[test]
fn a_picture_that_is_encoded_as_it_lies_says_nothing_about_the_next_one() {
    let script = Script { uses_changes: true, ..Script::new("a") };
    let mut encoder = open(&script);
    encode_blocks(&mut encoder, PixelFormat::Rgb8, &[(0, 0)]);
    encode_blocks(&mut encoder, PixelFormat::I420, &[(1, 5)]);
    assert!(encoder.last_changes().is_none(), "it was not compared");
    let units = encode_blocks(&mut encoder, PixelFormat::Rgb8, &[(2, 0), (3, 0)]);
    assert_eq!(facts(&units), [(2, false), (3, false)]);
    assert_eq!(told(&script), [Some(12), None, Some(12), Some(0)]);
}

#[test]
fn a_surface_that_is_encoded_where_it_is_says_nothing_about_the_next_picture() {
    let script = Script { takes_surfaces: true, ..Script::new("a") };
    let mut encoder = open(&script);
    encoder.leave_out_repetitions(Some(0));
    encode_blocks(&mut encoder, PixelFormat::Rgb8, &[(0, 0)]);
    encoder.encode(&TestSurface::frame(pictures::rgba(size(), 0)), FrameId(1), at(1)).unwrap();
    encode_blocks(&mut encoder, PixelFormat::Rgb8, &[(2, 0)]);
    assert_eq!(told(&script), [Some(12), None, Some(12)]);
}

#[test]
fn repetitions_are_left_out_after_the_first_ones_and_refined_again_with_more_bits() {
    for format in [PixelFormat::Rgba8, PixelFormat::I420] {
        let script = Script::new("a");
        let mut encoder = open(&script);
        encoder.leave_out_repetitions(Some(1));
        let mut outcomes = Vec::new();
        let mut see = |encoder: &mut Encoder, id, changed| {
            let units = encode_blocks(encoder, format, &[(id, changed)]);
            outcomes.push(encoder.last_outcome());
            facts(&units)
        };
        for (id, changed) in [(0, 0), (1, 0), (2, 0), (3, 0), (4, 1), (5, 1), (6, 1)] {
            see(&mut encoder, id, changed);
        }
        encoder.request_keyframe();
        assert_eq!(see(&mut encoder, 7, 1), [(7, true)], "a key frame is never left out");
        assert_eq!(see(&mut encoder, 8, 1), []);
        encoder.set_rate(rate(3));
        assert_eq!(see(&mut encoder, 9, 1), [], "fewer bits than before");
        encoder.set_rate(rate(30));
        assert_eq!(see(&mut encoder, 10, 1), [(10, false)]);
        assert_eq!(see(&mut encoder, 11, 1), []);
        encoder.track_changes(true);
        encoder.leave_out_repetitions(None);
        assert_eq!(see(&mut encoder, 12, 1), [(12, false)]);
        let (new, refined, out) = (Outcome::Encoded, Outcome::Refined, Outcome::LeftOut);
        let expected = [new, refined, out, out, new, refined, out, refined, out, out, refined, out, refined];
        assert_eq!(outcomes, expected, "{format}");
    }
}

#[test]
fn a_repetition_that_was_dropped_need_not_come_and_a_change_that_was_dropped_must() {
    let script = Script::new("a").with(Fault::Drop(1)).with(Fault::Drop(2));
    let mut encoder = open(&script);
    encoder.leave_out_repetitions(Some(1));
    let units = encode_blocks(&mut encoder, PixelFormat::Rgb8, &[(0, 0), (1, 0), (2, 0)]);
    assert_eq!((facts(&units), encoder.last_outcome()), (vec![(0, true)], Outcome::LeftOut));
    let units = encode_blocks(&mut encoder, PixelFormat::Rgb8, &[(3, 1), (4, 1)]);
    assert_eq!((facts(&units), encoder.last_outcome()), (vec![(4, false)], Outcome::Encoded));
}
