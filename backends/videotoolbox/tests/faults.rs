//! What goes wrong in the frameworks, one fault a test, over the double. Each test has the double for itself.
#![cfg(framewire_videotoolbox_double)]

use framewire_codec::{
    BackendError, Choice, Codec, DecoderBackend, DecoderConfig, Encoder, EncoderBackend, EncoderConfig,
    Input, InputPicture, Preset, Quality, Roster,
};
use framewire_frame::{Frame, FrameId, Picture, PixelFormat, Size, Timestamp};
use framewire_videotoolbox::{VideoToolboxDecoder, VideoToolboxEncoder};
use framewire_videotoolbox_double::{Faults, exclusive};

const SIZE: (u32, u32) = (160, 96);

fn size() -> Size {
    Size::new(SIZE.0, SIZE.1).expect("a size")
}

fn config() -> EncoderConfig {
    EncoderConfig::new(size())
}

/// A picture of which each differs from the one before it.
fn picture(index: u64) -> Picture {
    let data: Vec<u8> = (0..PixelFormat::I420.packed_len(size()))
        .map(|at| (at as u64 * 7 + index * 3) as u8 / 2 + 50)
        .collect();
    Picture::packed(PixelFormat::I420, size(), data).expect("the bytes were made for this size")
}

/// What came out: whose it is, and its bytes.
type Units = Vec<(u64, Vec<u8>)>;

fn encode(
    encoder: &mut VideoToolboxEncoder,
    index: u64,
    key: bool,
    units: &mut Units,
) -> Result<(), BackendError> {
    let picture = picture(index);
    let input = Input {
        picture: InputPicture::Host(picture.as_ref()),
        id: FrameId(index),
        timestamp: Timestamp::from_micros(index * 33_333),
        key,
        changes: None,
    };
    encoder.encode(input, &mut |unit| units.push((unit.id.0, unit.data.to_vec())))
}

fn film(encoder: &mut VideoToolboxEncoder, frames: u64) -> Units {
    let mut units = Units::new();
    for index in 0..frames {
        encode(encoder, index, false, &mut units).expect("the frame is encoded");
    }
    encoder.flush(&mut |unit| units.push((unit.id.0, unit.data.to_vec()))).expect("the rest comes");
    units
}

fn ids(units: &Units) -> Vec<u64> {
    units.iter().map(|(id, _)| *id).collect()
}

fn has_parameter_sets(unit: &[u8]) -> bool {
    !framewire_bitstream::parameter_sets(Codec::H264, unit).is_empty()
}

#[test]
fn a_frame_that_is_dropped_gives_no_unit() {
    let double = exclusive();
    double.faults(|faults| faults.drop_every = Some(3));
    let mut encoder = VideoToolboxEncoder::open(&config()).expect("a session");
    let units = film(&mut encoder, 9);
    assert_eq!(units.len(), 6, "{:?}", ids(&units));
    assert!(units.iter().all(|(_, data)| !data.is_empty()));
    drop(encoder);
    double.assert_no_leaks();
}

#[test]
fn a_required_property_that_is_refused_is_named() {
    let double = exclusive();
    for property in ["AllowFrameReordering", "ProfileLevel", "MaxKeyFrameInterval", "AverageBitRate"] {
        double.faults(|faults| faults.refuse = vec![property.to_owned()]);
        let error = VideoToolboxEncoder::open(&config()).err().expect("no session");
        assert!(matches!(error, BackendError::Unsupported { .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains(property) && said.contains("kVTPropertyNotSupportedErr (-12900)"), "{said}");
    }
    double.assert_no_leaks();
}

#[test]
fn an_optional_property_that_is_refused_is_noted() {
    let double = exclusive();
    for property in ["RealTime", "DataRateLimits", "ExpectedFrameRate", "YCbCrMatrix", "H264EntropyMode"] {
        double.faults(|faults| faults.refuse = vec![property.to_owned()]);
        let mut encoder = VideoToolboxEncoder::open(&config()).expect("a session without it");
        assert!(encoder.notes().iter().any(|note| note.contains(property)), "{:?}", encoder.notes());
        assert_eq!(ids(&film(&mut encoder, 3)), [0, 1, 2]);
    }
    double.assert_no_leaks();
}

#[test]
fn a_session_that_becomes_invalid_has_failed() {
    let double = exclusive();
    double.faults(|faults| faults.invalid_after = Some(3));
    let mut encoder = VideoToolboxEncoder::open(&config()).expect("a session");
    let mut units = Units::new();
    let error =
        (0..6).find_map(|index| encode(&mut encoder, index, false, &mut units).err()).expect("an error");
    assert!(matches!(error, BackendError::Failed { .. }), "{error}");
    assert!(error.to_string().contains("kVTInvalidSessionErr"), "{error}");
    assert_eq!(ids(&units), [0, 1, 2]);
    drop(encoder);
    double.assert_no_leaks();
}

#[test]
fn a_key_frame_that_did_not_come_comes_when_it_is_asked_for_again() {
    let double = exclusive();
    let mut encoder = VideoToolboxEncoder::open(&config()).expect("a session");
    double.faults(|faults| faults.ignore_forced_keys = 1);
    let mut units = Units::new();
    for index in 0..6 {
        encode(&mut encoder, index, matches!(index, 3 | 4), &mut units).expect("the frame is encoded");
    }
    let keys: Vec<_> = units.iter().filter(|(_, data)| has_parameter_sets(data)).map(|(id, _)| *id).collect();
    assert_eq!(keys, [0, 4]);
}

#[test]
fn a_sample_in_pieces_is_put_together() {
    let double = exclusive();
    let whole = film(&mut VideoToolboxEncoder::open(&config()).expect("a session"), 5);
    double.faults(|faults| faults.split_blocks = true);
    let split = film(&mut VideoToolboxEncoder::open(&config()).expect("a session"), 5);
    assert_eq!(split, whole);
    double.assert_no_leaks();
}

#[test]
fn without_hardware_no_session_opens_and_one_that_is_open_fails() {
    let double = exclusive();
    let mut encoder = VideoToolboxEncoder::open(&config()).expect("a session");
    let mut units = Units::new();
    encode(&mut encoder, 0, false, &mut units).expect("the frame is encoded");
    double.faults(|faults| faults.hardware_lost = true);
    let failed = encode(&mut encoder, 1, false, &mut units).expect_err("the hardware is gone");
    assert!(matches!(failed, BackendError::Failed { .. }), "{failed}");
    assert!(failed.to_string().contains("kVTVideoEncoderMalfunctionErr"), "{failed}");
    let refused = VideoToolboxEncoder::open(&config()).err().expect("no session");
    assert!(matches!(refused, BackendError::Unavailable { .. }), "{refused}");
    drop(encoder);
    double.assert_no_leaks();
}

#[test]
fn a_session_too_many_is_unavailable_until_one_closes() {
    let double = exclusive();
    double.faults(|faults| faults.max_sessions = Some(1));
    let first = VideoToolboxEncoder::open(&config()).expect("a session");
    let refused = VideoToolboxEncoder::open(&config()).err().expect("no session");
    assert!(matches!(refused, BackendError::Unavailable { .. }), "{refused}");
    drop(first);
    drop(VideoToolboxEncoder::open(&config()).expect("a session"));
    double.assert_no_leaks();
}

#[test]
fn what_an_encoder_holds_back_comes_by_the_delay_or_the_flush() {
    let double = exclusive();
    let pipelined = config().with_pipeline_depth(2);
    let cases = [0, 2, 4].map(|delay| (delay, config().with_preset(Preset::Fast), 3));
    for (delay, config, most) in cases.into_iter().chain([(0, pipelined.clone(), 2), (2, pipelined, 2)]) {
        double.faults(|faults| faults.delay = Some(delay));
        let mut encoder = VideoToolboxEncoder::open(&config).expect("a session");
        assert_eq!(encoder.capabilities().delay as u64, most);
        let waits = most.min(delay as u64);
        let mut units = Units::new();
        for index in 0..10 {
            encode(&mut encoder, index, false, &mut units).expect("the frame is encoded");
            let came = units.len() as u64;
            let at_most = (index + 1).saturating_sub(waits);
            assert!(came + most > index && came <= at_most, "{came} units after frame {index}");
        }
        encoder.flush(&mut |unit| units.push((unit.id.0, unit.data.to_vec()))).expect("the rest comes");
        assert_eq!(ids(&units), (0..10).collect::<Vec<_>>());
    }
    double.assert_no_leaks();
}

#[test]
fn without_constant_quality_a_bitrate_follows_from_the_quality() {
    let double = exclusive();
    double.faults(|faults| faults.refuse = vec!["Quality".to_owned()]);
    let bytes = |percent| {
        let config = config().with_preset(Preset::Fast).with_quality(Quality::new(percent));
        let mut encoder = VideoToolboxEncoder::open(&config).expect("a session");
        assert!(encoder.notes().iter().any(|note| note.contains("is aimed at")), "{:?}", encoder.notes());
        // A change of rate keeps to it.
        encoder.set_rate(config.rate).expect("the rate is taken");
        film(&mut encoder, 20).iter().map(|(_, data)| data.len()).sum::<usize>()
    };
    let (poor, rich) = (bytes(10), bytes(90));
    assert!(rich > 2 * poor, "{rich} and {poor} bytes");
    double.assert_no_leaks();
}

#[test]
fn a_size_that_no_session_has_is_unsupported() {
    let double = exclusive();
    let large = EncoderConfig::new(Size::new(16_384, 16).expect("a size"));
    assert!(matches!(VideoToolboxEncoder::open(&large), Err(BackendError::Unsupported { .. })));
    let mut encoder = VideoToolboxEncoder::open(&config()).expect("a session");
    let small = Size::new(64, 64).expect("a size");
    let small = Picture::packed(PixelFormat::Nv12, small, vec![0; PixelFormat::Nv12.packed_len(small)]);
    let small = small.expect("a picture");
    let input = Input {
        picture: InputPicture::Host(small.as_ref()),
        id: FrameId(0),
        timestamp: Timestamp::ZERO,
        key: false,
        changes: None,
    };
    assert!(matches!(encoder.encode(input, &mut |_| ()), Err(BackendError::Unsupported { .. })));
    drop(encoder);
    double.assert_no_leaks();
}

/// A roster with OpenH264 behind VideoToolbox.
fn roster() -> Roster {
    let mut encoders = framewire_videotoolbox::encoders();
    encoders.push(framewire_software::openh264::encoder());
    Roster { encoders, ..Roster::default() }
}

/// Publishes frames `range` to `encoder`; the units that came.
fn publish(encoder: &mut Encoder, range: std::ops::Range<u64>) -> Vec<(u64, bool)> {
    let mut units = Vec::new();
    for index in range {
        let frame = Frame::new(picture(index));
        let came = encoder.encode(&frame, FrameId(index), Timestamp::from_micros(index * 33_333));
        units.extend(came.expect("the frame is encoded").iter().map(|unit| (unit.id.0, unit.key)));
    }
    units
}

#[test]
fn a_stream_whose_hardware_fails_goes_on_with_the_next_candidate() {
    let double = exclusive();
    type Fault = fn(&mut Faults);
    let faults: [Fault; 2] = [|faults| faults.hardware_lost = true, |faults| faults.invalid_after = Some(0)];
    for fault in faults {
        let mut encoder = Encoder::open(&roster(), &Choice::Auto, config()).expect("an encoder");
        assert_eq!(encoder.name(), framewire_videotoolbox::NAME);
        let mut units = publish(&mut encoder, 0..3);
        double.faults(fault);
        units.extend(publish(&mut encoder, 3..6));
        assert_eq!(encoder.name(), framewire_software::openh264::NAME);
        assert_eq!(units, [(0, true), (1, false), (2, false), (3, true), (4, false), (5, false)]);
        assert!(!encoder.take_notices().is_empty(), "the change is told");
        drop(encoder);
        double.faults(|faults| *faults = Faults::default());
    }
    double.assert_no_leaks();
}

#[test]
fn a_stream_too_many_begins_with_the_next_candidate() {
    let double = exclusive();
    double.faults(|faults| faults.max_sessions = Some(1));
    let first = Encoder::open(&roster(), &Choice::Auto, config()).expect("an encoder");
    let second = Encoder::open(&roster(), &Choice::Auto, config()).expect("an encoder");
    assert_eq!(
        (first.name(), second.name()),
        (framewire_videotoolbox::NAME, framewire_software::openh264::NAME)
    );
    drop((first, second));
    double.assert_no_leaks();
}

#[test]
fn a_request_for_a_key_frame_stays_armed_until_one_has_come() {
    let double = exclusive();
    let mut encoder = Encoder::open(&roster(), &Choice::Auto, config()).expect("an encoder");
    let mut units = publish(&mut encoder, 0..3);
    double.faults(|faults| faults.ignore_forced_keys = 2);
    encoder.request_keyframe();
    units.extend(publish(&mut encoder, 3..8));
    let keys: Vec<_> = units.iter().filter(|unit| unit.1).map(|unit| unit.0).collect();
    assert_eq!((units.len(), keys), (8, vec![0, 5]));
}

#[test]
fn a_thousand_sessions_leave_nothing() {
    let double = exclusive();
    for round in 0..1000 {
        let mut encoder = VideoToolboxEncoder::open(&config()).expect("a session");
        let mut units = Units::new();
        encode(&mut encoder, round, false, &mut units).expect("the frame is encoded");
        assert_eq!(ids(&units), [round]);
    }
    double.assert_no_leaks();
}

/// Decodes `units` and says which were shown and which were broken.
fn decode(decoder: &mut VideoToolboxDecoder, units: &Units) -> (Vec<u64>, Vec<u64>) {
    let (mut shown, mut broken) = (Vec::new(), Vec::new());
    for (id, data) in units {
        let mut show = |decoded: framewire_codec::DecodedPicture<'_>| {
            let picture = decoded.picture.host().expect("no surface was asked for");
            assert_eq!((picture.format(), picture.size()), (PixelFormat::Nv12, size()));
            shown.push(decoded.timestamp.as_micros());
        };
        match decoder.decode(data, Timestamp::from_micros(*id), &mut show) {
            Ok(()) => {}
            Err(BackendError::BrokenUnit { .. }) => broken.push(*id),
            Err(other) => unreachable!("unit {id}: {other}"),
        }
    }
    decoder.flush(&mut |decoded| shown.push(decoded.timestamp.as_micros())).expect("the rest comes");
    (shown, broken)
}

fn decoder() -> VideoToolboxDecoder {
    VideoToolboxDecoder::open(&DecoderConfig::new(Codec::H264, size())).expect("a decoder")
}

#[test]
fn a_unit_that_the_decoder_calls_bad_is_broken_and_the_next_key_frame_is_shown() {
    let double = exclusive();
    let mut encoder = VideoToolboxEncoder::open(&config()).expect("a session");
    let mut units = Units::new();
    for index in 0..8 {
        encode(&mut encoder, index, index == 5, &mut units).expect("the frame is encoded");
    }
    double.faults(|faults| faults.bad_data_every = Some(4));
    let (shown, broken) = decode(&mut decoder(), &units);
    // 3 and 7 are bad, and 4 refers to 3.
    assert_eq!((shown, broken), (vec![0, 1, 2, 5, 6], vec![3, 4, 7]));
    drop(encoder);
    double.assert_no_leaks();
}

#[test]
fn parameter_sets_that_a_session_does_not_accept_open_another_one_without_a_loss() {
    let double = exclusive();
    for refused in [false, true] {
        double.faults(|faults| faults.accept_no_change = refused);
        let mut units = film(&mut VideoToolboxEncoder::open(&config()).expect("a session"), 4);
        let high = config().with_profile(framewire_codec::Profile::High);
        let more = film(&mut VideoToolboxEncoder::open(&high).expect("a session"), 4);
        units.extend(more.into_iter().map(|(id, data)| (id + 4, data)));
        let (shown, broken) = decode(&mut decoder(), &units);
        assert_eq!((shown, broken), ((0..8).collect(), vec![]));
    }
    double.assert_no_leaks();
}

#[test]
fn a_decoder_whose_session_becomes_invalid_has_failed() {
    let double = exclusive();
    let units = film(&mut VideoToolboxEncoder::open(&config()).expect("a session"), 6);
    double.faults(|faults| faults.invalid_after = Some(3));
    let mut decoder = decoder();
    let error = units
        .iter()
        .find_map(|(id, data)| decoder.decode(data, Timestamp::from_micros(*id), &mut |_| ()).err());
    let error = error.expect("an error");
    assert!(error.to_string().contains("kVTInvalidSessionErr"), "{error}");
    assert!(matches!(error, BackendError::Failed { .. }), "{error}");
    drop(decoder);
    double.assert_no_leaks();
}

#[test]
fn a_unit_before_any_parameter_sets_is_broken() {
    let double = exclusive();
    let mut decoder = decoder();
    for unit in [&[0, 0, 0, 1, 0x41, 0xff, 0xff, 0xff][..], b"garbage", &[]] {
        let error = decoder.decode(unit, Timestamp::ZERO, &mut |_| ()).expect_err("nothing can be shown");
        assert!(matches!(error, BackendError::BrokenUnit { .. }), "{error}");
    }
    double.assert_no_leaks();
}
