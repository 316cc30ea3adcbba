use super::{Subject, encode, film, size};
use crate::{
    Choice, Encoder, Outcome, Roster,
    testing::{pictures, witness::witnessed},
};
use framewire_frame::{Frame, Picture, PixelFormat, Size};
use std::num::NonZeroU32;

/// Pictures of which a few blocks change, none, or all: what the backend is told about them is true, and what it makes of
/// that looks like the pictures.
pub fn what_is_not_marked_is_equal_and_shown_so(subject: &Subject) {
    for (format, size) in [(PixelFormat::Rgba8, size(322, 182)), (PixelFormat::I420, size(320, 180))] {
        let roster = Roster { encoders: vec![witnessed(&subject.encoder)], ..Roster::default() };
        let mut encoder =
            Encoder::open(&roster, &Choice::Auto, subject.config(size)).expect("the encoder opens");
        encoder.track_changes(true);
        let sources: Vec<_> = (0..24).map(|index| desktop(format, size, index)).collect();
        let (mut units, mut marked) = (Vec::new(), Vec::new());
        for (index, source) in (0..).zip(&sources) {
            units.extend(encode(&mut encoder, &Frame::new(source.clone()), index));
            let changes = encoder.last_changes().expect("changes are tracked");
            marked.push((changes.count(), changes.flags().len()));
        }
        units.extend(encoder.flush());
        assert!(encoder.take_notices().is_empty(), "no hint was wrong");
        assert_eq!(marked[0].0, marked[0].1, "the first picture is all new");
        assert!(marked[1].0 > 0 && marked[1].0 < marked[1].1 / 4, "a cursor has moved: {marked:?}");
        assert_eq!(marked[8].0, 0, "nothing has changed");
        assert!(marked[16].0 > marked[16].1 / 2, "another window is shown: {marked:?}");
        assert_eq!(units.len(), sources.len());
        for (index, (shown, source)) in subject.decode(&units).iter().zip(&sources).enumerate() {
            subject.check_picture(shown, source.as_ref(), &format!("{format} frame {index}"));
        }
    }
}

/// The third picture and those after it are the same until the last one, which differs in one pixel.
pub fn a_repetition_is_left_out_and_what_follows_is_shown(subject: &Subject) {
    let size = size(160, 90);
    let mut encoder = subject.open(subject.config(size));
    encoder.leave_out_repetitions(Some(2));
    let mut units = Vec::new();
    let mut outcomes = Vec::new();
    for index in 0..12 {
        let shown = if index < 10 { index.min(2) } else { 3 };
        units.extend(encode(&mut encoder, &Frame::new(desktop(PixelFormat::Rgba8, size, shown)), index));
        // A pipeline gives its key frame first, for whose sake nothing is left out.
        units.extend(encoder.flush());
        outcomes.push(encoder.last_outcome());
    }
    let ids: Vec<_> = units.iter().map(|unit| unit.id.0).collect();
    assert_eq!(ids, [0, 1, 2, 3, 4, 10, 11]);
    let expected = |index| match index {
        0..=2 | 10 => Outcome::Encoded,
        3 | 4 | 11 => Outcome::Refined,
        _ => Outcome::LeftOut,
    };
    assert_eq!(outcomes, (0..12).map(expected).collect::<Vec<_>>());
    let shown = subject.decode(&units);
    subject.check_picture(&shown[5], desktop(PixelFormat::Rgba8, size, 3).as_ref(), "what follows");
}

/// A key frame comes at least every so many frames, and none too many, also after one that was asked for.
pub fn no_group_is_longer_than_it_may_be(subject: &Subject) {
    let size = size(160, 90);
    for (most, expected) in [(4, &[0, 4, 8, 12, 15, 19][..]), (10, &[0, 10, 15]), (1, &[])] {
        let mut encoder = subject.open(subject.config(size).with_gop(NonZeroU32::new(most)));
        let mut units = Vec::new();
        film(&mut encoder, size, 0..15, &mut units);
        // In a pipeline, a key frame that is on its way would serve.
        units.extend(encoder.flush());
        encoder.request_keyframe();
        film(&mut encoder, size, 15..22, &mut units);
        units.extend(encoder.flush());
        let keys: Vec<_> = units.iter().filter(|unit| unit.key).map(|unit| unit.id.0).collect();
        assert_eq!(units.len(), 22);
        if most == 1 {
            assert_eq!(keys.len(), 22, "every frame is a key frame");
        } else {
            assert_eq!(keys, expected, "at most {most} frames");
        }
        subject.decode(&units);
    }
}

/// Picture `index` of a desktop: a window with a cursor that walks, rests in pictures 7 to 9, and another window from
/// picture 16 on.
fn desktop(format: PixelFormat, size: Size, index: u64) -> Picture {
    let mut data = vec![0; PixelFormat::Rgba8.packed_len(size)];
    let window = pictures::rgba(size, index / 16 * 90);
    window.as_ref().copy_packed_to(&mut data);
    let steps = if (7..10).contains(&index) { 7 } else { index } as usize;
    let row_bytes = PixelFormat::Rgba8.row_bytes(size, 0);
    for row in data.chunks_mut(row_bytes).skip(20 + 2 * steps).take(10) {
        row[(30 + 3 * steps) * 4..][..8 * 4].fill(250);
    }
    let source = Picture::packed(PixelFormat::Rgba8, size, data).expect("the bytes were made for this size");
    if format == PixelFormat::Rgba8 {
        source
    } else {
        pictures::coded(source.as_ref(), framewire_frame::Color::default())
    }
}
