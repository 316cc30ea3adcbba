//! What the encoder makes good when its backend does not behave.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod log;

use framewire_codec::{
    AccessUnit, Choice, EncodeError, Encoder, EncoderConfig, Rate, Roster, Tier,
    testing::{Entry, Fault, Script, TestSurface, pictures},
};
use framewire_frame::{Bitrate, Color, Frame, FrameId, FrameRate, PixelFormat, Range, Size, Timestamp};
use log::warnings;

fn size() -> Size {
    Size::new(64, 48).unwrap()
}

fn roster(scripts: &[&Script]) -> Roster {
    Roster { encoders: scripts.iter().map(|script| script.candidate()).collect(), ..Roster::default() }
}

fn open(scripts: &[&Script]) -> Encoder {
    Encoder::open(&roster(scripts), &Choice::Auto, EncoderConfig::new(size())).unwrap()
}

fn at(index: u64) -> Timestamp {
    Timestamp::from_micros(index * 41_000)
}

fn encode(encoder: &mut Encoder, index: u64) -> Vec<AccessUnit> {
    let frame = pictures::frame(PixelFormat::I420, size(), index);
    encoder.encode(&frame, FrameId(index), at(index)).unwrap()
}

fn film(encoder: &mut Encoder, range: std::ops::Range<u64>) -> Vec<AccessUnit> {
    range.flat_map(|index| encode(encoder, index)).collect()
}

/// Ids and key flags.
fn facts(units: &[AccessUnit]) -> Vec<(u64, bool)> {
    units.iter().map(|unit| (unit.id.0, unit.key)).collect()
}

/// The ids that the backend was asked to make key frames of.
fn asked(script: &Script) -> Vec<u64> {
    let entries = script.diary.entries();
    let keys = entries.iter().filter_map(|entry| match entry {
        Entry::Encoded { id, key: true, .. } => Some(id.0),
        _ => None,
    });
    keys.collect()
}

fn rate(megabits: u32) -> Rate {
    Rate { bitrate: Bitrate::from_bits_per_second(megabits * 1_000_000), frame_rate: FrameRate::whole(60) }
}

#[test]
fn a_request_that_the_backend_ignores_stays_armed_until_a_key_frame_is_seen() {
    let script = Script::new("a").with(Fault::IgnoreKeys(3));
    let mut encoder = open(&[&script]);
    let mut units = film(&mut encoder, 0..2);
    encoder.request_keyframe();
    units.extend(film(&mut encoder, 2..8));
    let expected: Vec<_> = (0..8).map(|id| (id, id == 0 || id == 5)).collect();
    assert_eq!(facts(&units), expected, "the flag is that of the bytes");
    assert_eq!(asked(&script), [0, 2, 3, 4, 5]);
}

#[test]
fn what_a_session_emits_before_its_first_key_frame_is_kept_back() {
    let script = Script::new("a").with(Fault::LateKey(3));
    let mut encoder = open(&[&script]);
    let units = film(&mut encoder, 0..6);
    assert_eq!(facts(&units), [(3, true), (4, false), (5, false)]);
    assert_eq!(asked(&script), [0, 1, 2, 3]);
}

#[test]
fn an_encoder_and_a_decoder_can_move_to_another_thread() {
    fn can_move<T: Send>() {}
    can_move::<Encoder>();
    can_move::<framewire_codec::Decoder>();
}

#[test]
fn a_request_whose_frame_was_dropped_by_the_backend_stays_armed() {
    let script = Script::new("a").with(Fault::Drop(2));
    let mut encoder = open(&[&script]);
    let mut units = film(&mut encoder, 0..2);
    encoder.request_keyframe();
    units.extend(film(&mut encoder, 2..5));
    assert_eq!(facts(&units), [(0, true), (1, false), (3, true), (4, false)]);
}

#[test]
fn a_pipelined_backend_is_asked_once_and_again_only_when_the_answer_is_overdue() {
    let script = Script::new("a").with_delay(2).with(Fault::IgnoreKeys(1));
    let mut encoder = open(&[&script]);
    let mut units = film(&mut encoder, 0..4);
    encoder.request_keyframe();
    units.extend(film(&mut encoder, 4..12));
    units.extend(encoder.flush());
    assert_eq!(asked(&script), [0, 4, 7]);
    assert_eq!(facts(&units), (0..12).map(|id| (id, id == 0 || id == 7)).collect::<Vec<_>>());
}

#[test]
fn units_of_a_pipeline_have_the_facts_of_their_own_frames_also_across_dropped_ones() {
    let script = Script::new("a").with_delay(3).with(Fault::Drop(2)).with(Fault::Drop(5));
    let mut encoder = open(&[&script]);
    let mut units = film(&mut encoder, 0..8);
    units.extend(encoder.flush());
    let ids: Vec<_> = units.iter().map(|unit| unit.id.0).collect();
    assert_eq!(ids, [0, 1, 3, 4, 6, 7]);
    assert!(units.iter().all(|unit| unit.timestamp == at(unit.id.0)));
}

#[test]
fn a_size_change_flushes_the_pipeline_and_begins_with_a_key_frame() {
    let script = Script::new("a").with_delay(2);
    let mut encoder = open(&[&script]);
    let mut units = film(&mut encoder, 0..3);
    let larger = Size::new(81, 51).unwrap();
    for index in 3..6 {
        let frame = pictures::frame(PixelFormat::Rgba8, larger, index);
        units.extend(encoder.encode(&frame, FrameId(index), at(index)).unwrap());
    }
    units.extend(encoder.flush());
    let sizes: Vec<_> = units.iter().map(|unit| (unit.id.0, unit.key, unit.size)).collect();
    let shown = Size::new(82, 52).unwrap();
    let expected = [
        (0, true, size()),
        (1, false, size()),
        (2, false, size()),
        (3, true, shown),
        (4, false, shown),
        (5, false, shown),
    ];
    assert_eq!(sizes, expected);
    assert_eq!(script.diary.sessions(), (2, 1), "the first session is closed");
    assert!(encoder.take_notices().is_empty());
}

#[test]
fn a_backend_that_fails_in_mid_stream_is_replaced_and_the_same_frame_becomes_a_key_frame() {
    let hardware = Script::new("hardware").in_tier(Tier::Preferred).with(Fault::FailAt(2));
    let software = Script::new("software");
    let mut encoder = open(&[&hardware, &software]);
    let mut units = film(&mut encoder, 0..2);
    let (more, warnings) = warnings(|| film(&mut encoder, 2..4));
    units.extend(more);
    assert_eq!(facts(&units), [(0, true), (1, false), (2, true), (3, false)]);
    assert_eq!(encoder.name(), "software");
    assert!(
        warnings.contains("software is used for h264, because hardware refused (the script says so)"),
        "{warnings}"
    );
    assert_eq!(warnings.matches("WARN").count(), 1, "{warnings}");
    let notices = encoder.take_notices();
    assert_eq!(notices.len(), 1);
    assert_eq!((notices[0].from.as_str(), notices[0].to.as_str()), ("hardware", "software"));

    let frame = pictures::frame(PixelFormat::I420, Size::new(32, 32).unwrap(), 0);
    encoder.encode(&frame, FrameId(9), at(9)).unwrap();
    assert_eq!(encoder.name(), "software");
    assert_eq!(hardware.diary.sessions(), (1, 0), "a resize does not try the broken one again");
    assert!(encoder.take_notices().is_empty());
}

#[test]
fn the_codec_string_is_that_of_what_has_come_out() {
    let script = Script::new("one");
    let mut encoder = open(&[&script]);
    assert_eq!(encoder.codec_string(), None, "nothing has come out");
    let unit = encode(&mut encoder, 0).remove(0);
    assert_eq!(encoder.codec_string(), Some(&unit.codec));
}

#[test]
fn hardware_that_must_be_is_never_replaced() {
    let hardware = Script::new("chip").in_tier(Tier::Preferred).with(Fault::FailAt(1));
    let software = Script::new("software");
    let roster = roster(&[&hardware, &software]);
    let mut encoder = Encoder::open(&roster, &Choice::Hardware, EncoderConfig::new(size())).unwrap();
    encode(&mut encoder, 0);
    let frame = pictures::frame(PixelFormat::I420, size(), 1);
    let error = encoder.encode(&frame, FrameId(1), at(1)).unwrap_err();
    assert_eq!(error.to_string(), "no encoder of h264 works: chip refused (the script says so)");
    assert_eq!(software.diary.sessions(), (0, 0));
}

#[test]
fn a_backend_that_has_worked_for_long_is_opened_again_first() {
    // Frame 102 of each session fails.
    let script = Script::new("a").with(Fault::FailAt(102));
    let mut encoder = open(&[&script, &Script::new("b")]);
    let units = film(&mut encoder, 0..150);
    assert_eq!((units.len(), encoder.name(), script.diary.sessions()), (150, "a", (2, 1)));
    assert_eq!(facts(&units).iter().filter(|unit| unit.1).map(|unit| unit.0).collect::<Vec<_>>(), [0, 102]);

    let hasty = Script::new("a").with(Fault::FailAt(99));
    let mut encoder = open(&[&hasty, &Script::new("b")]);
    assert_eq!(film(&mut encoder, 0..150).len(), 150);
    assert_eq!((encoder.name(), hasty.diary.sessions()), ("b", (1, 0)));
}

#[test]
fn what_a_pipeline_held_before_the_frame_that_it_fails_at_is_kept() {
    let broken = Script { delay: 1, ..Script::new("broken") }.with(Fault::FailAfter(3));
    let good = Script::new("good");
    let mut encoder = open(&[&broken, &good]);
    let units = film(&mut encoder, 0..6);
    assert_eq!(facts(&units), [(0, true), (1, false), (2, false), (3, true), (4, false), (5, false)]);
}

#[test]
fn bytes_that_are_no_h264_and_ids_from_nowhere_are_failures_too() {
    for fault in [Fault::Garbage(1), Fault::WrongId(1), Fault::OmitParameterSets, Fault::FailAfter(1)] {
        let bad = Script::new("bad").in_tier(Tier::Preferred).with(fault);
        let mut encoder = open(&[&bad, &Script::new("good")]);
        let units = film(&mut encoder, 0..4);
        let ids: Vec<_> = units.iter().map(|unit| unit.id.0).collect();
        assert_eq!(ids, [0, 1, 2, 3], "{fault:?}: every frame once");
        assert_eq!(encoder.name(), "good", "{fault:?}");
    }
}

#[test]
fn when_all_fail_the_error_names_them_and_the_next_frame_tries_again() {
    let first = Script::new("first").with(Fault::FailAt(1));
    let second = Script::new("second").with(Fault::FailAt(0));
    let mut encoder = open(&[&first, &second]);
    encode(&mut encoder, 0);
    let frame = pictures::frame(PixelFormat::I420, size(), 1);
    let error = encoder.encode(&frame, FrameId(1), at(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no encoder of h264 works: first refused (the script says so); second refused (the script says so)"
    );
    assert_eq!(facts(&encode(&mut encoder, 2)), [(2, true)]);
    assert_eq!(encoder.name(), "first");
}

#[test]
fn a_size_that_one_candidate_refuses_is_encoded_by_the_next_until_it_fits_again() {
    let hardware =
        Script::new("hardware").in_tier(Tier::Preferred).with(Fault::RefuseBelow(Size::new(48, 48).unwrap()));
    let software = Script::new("software");
    let mut encoder = open(&[&hardware, &software]);
    let mut names = Vec::new();
    for (index, side) in (0..).zip([64, 1, 33, 48]) {
        let frame = pictures::frame(PixelFormat::Bgra8, Size::new(side, side).unwrap(), index);
        let units = encoder.encode(&frame, FrameId(index), at(index)).unwrap();
        assert_eq!(facts(&units), [(index, true)]);
        names.push(encoder.name());
    }
    assert_eq!(names, ["hardware", "software", "software", "hardware"]);
    assert_eq!(encoder.take_notices().len(), 1, "one fallback, and none for going back");
}

#[test]
fn the_rate_changes_in_place_without_another_session() {
    let script = Script::new("a");
    let mut encoder = open(&[&script]);
    let mut units = film(&mut encoder, 0..2);
    encoder.set_rate(rate(3));
    encoder.set_rate(rate(3));
    units.extend(film(&mut encoder, 2..4));
    assert_eq!(units.iter().filter(|unit| unit.key).count(), 1);
    assert_eq!(script.diary.sessions(), (1, 1));
    let changes = script.diary.entries().iter().filter(|entry| matches!(entry, Entry::Rate(_))).count();
    assert_eq!(changes, 1, "the same rate again is no change");
}

#[test]
fn a_backend_with_a_fixed_rate_is_opened_again_and_loses_no_frame() {
    let script = Script::new("a").with_delay(2).with(Fault::RefuseRate);
    let mut encoder = open(&[&script]);
    let mut units = film(&mut encoder, 0..3);
    encoder.set_rate(rate(3));
    units.extend(film(&mut encoder, 3..6));
    units.extend(encoder.flush());
    assert_eq!(facts(&units), (0..6).map(|id| (id, id % 3 == 0)).collect::<Vec<_>>());
    let rates: Vec<_> = script.diary.entries().iter().filter_map(opened_rate).collect();
    assert_eq!(rates, [Rate::default(), rate(3)]);
    assert_eq!(encoder.name(), "a");
    assert!(encoder.take_notices().is_empty());
}

#[test]
fn a_backend_that_fails_at_a_rate_or_a_flush_is_replaced() {
    for fault in [Fault::FailRate, Fault::FailFlush] {
        let bad = Script::new("bad").in_tier(Tier::Preferred).with(fault);
        let mut encoder = open(&[&bad, &Script::new("good")]);
        encode(&mut encoder, 0);
        encoder.set_rate(rate(3));
        assert!(encoder.flush().is_empty());
        assert_eq!(facts(&encode(&mut encoder, 1)), [(1, true)], "{fault:?}");
        assert_eq!(encoder.name(), "good", "{fault:?}");
        assert_eq!(encoder.take_notices().len(), 1, "{fault:?}");
    }
}

#[test]
fn another_colour_opens_another_session() {
    let script = Script::new("a");
    let mut encoder = open(&[&script]);
    let full = Color { range: Range::Full, ..Color::default() };
    for (index, color) in (0..).zip([Color::default(), full, full]) {
        let mut frame = pictures::frame(PixelFormat::Rgb8, size(), index);
        frame.color = color;
        let units = encoder.encode(&frame, FrameId(index), at(index)).unwrap();
        assert_eq!((units[0].color, units[0].key), (color, index < 2));
    }
    assert_eq!(script.diary.sessions().0, 2);
}

#[test]
fn the_backend_gets_the_real_moments_and_its_preferred_format() {
    let script = Script { input: &[PixelFormat::Nv12, PixelFormat::I420], ..Script::new("a") };
    let mut encoder = open(&[&script]);
    let moments = [5, 1_000_005, 1_000_006, 90_000_000];
    for (index, micros) in (0..).zip(moments) {
        let format = if index == 3 { PixelFormat::I420 } else { PixelFormat::Rgba8 };
        let frame = pictures::frame(format, size(), index);
        encoder.encode(&frame, FrameId(index), Timestamp::from_micros(micros)).unwrap();
    }
    let entries = script.diary.entries();
    let given = entries.iter().filter_map(|entry| match entry {
        Entry::Encoded { timestamp, format, .. } => Some((timestamp.as_micros(), *format)),
        _ => None,
    });
    let nv12 = PixelFormat::Nv12;
    let expected = [(5, nv12), (1_000_005, nv12), (1_000_006, nv12), (90_000_000, PixelFormat::I420)];
    assert_eq!(given.collect::<Vec<_>>(), expected, "a format that is taken is not converted");
}

#[test]
fn a_surface_is_encoded_where_it_is_or_downloaded() {
    for takes_surfaces in [true, false] {
        let script = Script { takes_surfaces, ..Script::new("a") };
        let mut encoder = open(&[&script]);
        let frame = TestSurface::frame(pictures::rgba(size(), 0));
        encoder.encode(&frame, FrameId(0), at(0)).unwrap();
        let on_device = script
            .diary
            .entries()
            .iter()
            .any(|entry| matches!(entry, Entry::Encoded { on_device: true, .. }));
        assert_eq!(on_device, takes_surfaces);
    }
}

#[test]
fn a_surface_that_cannot_be_fetched_costs_its_frame_alone() {
    let script = Script::new("a");
    let mut encoder = open(&[&script]);
    encode(&mut encoder, 0);
    encoder.request_keyframe();
    let error = encoder.encode(&TestSurface::lost(size()), FrameId(1), at(1)).unwrap_err();
    assert!(matches!(error, EncodeError::Device(_)), "{error}");
    let picture = Some(pictures::rgba(Size::new(2, 2).unwrap(), 0));
    let wrong = TestSurface { picture, size: size(), device: None, scaled: false };
    let frame = Frame::new(framewire_frame::Surface::Device(std::sync::Arc::new(wrong)));
    let error = encoder.encode(&frame, FrameId(2), at(2)).unwrap_err();
    assert_eq!(error.to_string(), "a surface of 64x48 gave a picture of 2x2");
    assert_eq!(facts(&encode(&mut encoder, 3)), [(3, true)], "the request for a key frame is still armed");
    assert_eq!(script.diary.sessions(), (1, 1));
}

#[test]
fn no_group_is_longer_than_the_config_says() {
    let gop = |most, script: &Script| {
        let config = EncoderConfig::new(size()).with_gop(std::num::NonZeroU32::new(most));
        Encoder::open(&roster(&[script]), &Choice::Auto, config).unwrap()
    };
    for delay in [0, 1, 3, 7] {
        for most in 1..6 {
            let script = Script::new("a").with_delay(delay);
            let mut encoder = gop(most, &script);
            let mut units = film(&mut encoder, 0..24);
            units.extend(encoder.flush());
            let expected: Vec<_> = (0..24).map(|id| (id, id % u64::from(most) == 0)).collect();
            assert_eq!(facts(&units), expected, "at most {most} frames behind {delay}");
        }
    }
    // What the encoder refuses is asked for again.
    let script = Script::new("a").with(Fault::IgnoreKeys(2));
    let units = film(&mut gop(3, &script), 0..9);
    let keys: Vec<_> = units.iter().filter(|unit| unit.key).map(|unit| unit.id.0).collect();
    assert_eq!((keys, asked(&script)), (vec![0, 5, 8], vec![0, 3, 4, 5, 8]));
}

#[test]
fn a_source_can_be_asked_for_what_the_backend_likes_best() {
    let script = Script { input: &[PixelFormat::Nv12, PixelFormat::I420], ..Script::new("a") };
    assert_eq!(open(&[&script]).preferred_format(), Some(PixelFormat::Nv12));
}

#[test]
fn dropping_the_encoder_closes_the_session() {
    let script = Script::new("a").with_delay(4);
    let mut encoder = open(&[&script]);
    film(&mut encoder, 0..3);
    drop(encoder);
    assert_eq!(script.diary.sessions(), (1, 0));
}

fn opened_rate(entry: &Entry) -> Option<Rate> {
    match entry {
        Entry::Opened { rate, .. } => Some(*rate),
        _ => None,
    }
}
