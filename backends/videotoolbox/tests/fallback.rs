//! What becomes of a stream that the machine does not decode, or not for long, over the double.
#![cfg(framewire_videotoolbox_double)]

mod common;

use common::{Film, decode_all, film, units_of};
use framewire_bitstream::{annexb, h264::NalType, hevc};
use framewire_codec::{
    BackendError, Choice, Codec, DecodeError, Decoder, DecoderBackend, DecoderConfig, EncoderConfig,
    OutputPicture, Roster,
};
use framewire_frame::{Size, Timestamp};
use framewire_videotoolbox::{VideoToolboxDecoder, VideoToolboxEncoder};
use framewire_videotoolbox_double::{Kind, exclusive};
use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
};

/// 24 pictures of 64x64 with key frames at 0 and 12; see `data/README.md`.
const H264: &[u8] = include_bytes!("data/b-frames.h264");
const HEVC: &[u8] = include_bytes!("data/b-frames.h265");

fn size() -> Size {
    Size::new(64, 64).expect("a size")
}

fn decoder(codec: Codec) -> VideoToolboxDecoder {
    VideoToolboxDecoder::open(&DecoderConfig::new(codec, size())).expect("a decoder")
}

/// VideoToolbox, and OpenH264 behind it.
fn both() -> Roster {
    let mut decoders = framewire_videotoolbox::decoders();
    decoders.push(framewire_software::openh264::decoder());
    Roster { decoders, ..Roster::default() }
}

/// Groups of 4 pictures, a key frame and three that refer to the one before.
fn groups(count: u64) -> Film {
    let group = film(|config: &EncoderConfig| VideoToolboxEncoder::open(config), size(), 4);
    (0..count).flat_map(|index| group.iter().map(move |(id, unit)| (4 * index + id, unit.clone()))).collect()
}

/// The units that were shown and those that were errors, with what they said.
fn play(decoder: &mut Decoder, film: &Film) -> (Vec<u64>, Vec<(u64, DecodeError)>) {
    let (mut shown, mut errors) = (Vec::new(), Vec::new());
    for (id, unit) in film {
        let mut show = |picture: framewire_codec::Decoded<'_>| shown.push(picture.timestamp.as_micros());
        if let Err(error) = decoder.decode(unit, Timestamp::from_micros(*id), &mut show) {
            errors.push((*id, error));
        }
    }
    decoder.flush(&mut |picture| shown.push(picture.timestamp.as_micros())).expect("the rest comes");
    (shown, errors)
}

#[test]
fn what_the_machine_refuses_is_decoded_by_the_next_candidate_from_the_key_frame_on() {
    let double = exclusive();
    let film = groups(2);
    type Fault = fn(&mut framewire_videotoolbox_double::Faults);
    let faults: [(Fault, &str); 2] = [
        (|faults| faults.refuse_sets = true, "status -12710"),
        (|faults| faults.unsupported_from = Some(1), "kVTVideoDecoderUnsupportedDataFormatErr (-12910)"),
    ];
    for (fault, status) in faults {
        double.faults(fault);
        let mut vt = decoder(Codec::H264);
        let error = vt.decode(&film[0].1, Timestamp::ZERO, &mut |_| panic!("nothing can be shown"));
        assert!(
            matches!(&error, Err(BackendError::Unsupported { what }) if what.contains(status)),
            "{error:?}"
        );
        drop(vt);
        let mut decoder = Decoder::new(&both(), &Choice::Auto, Codec::H264);
        let (shown, errors) = play(&mut decoder, &film);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!((shown, decoder.name()), ((0..8).collect(), Some(framewire_software::openh264::NAME)));
        drop(decoder);
        double.faults(|faults| (faults.refuse_sets, faults.unsupported_from) = (false, None));
    }
    double.assert_no_leaks();
}

#[test]
fn parameter_sets_that_are_damaged_are_a_broken_unit_and_cost_no_candidate() {
    let double = exclusive();
    let film = groups(2);
    // A PPS that ends in the middle, which no decoder takes.
    let mut damaged = Vec::new();
    for nal in annexb::nals(&film[0].1) {
        let is_pps = nal.h264_type() == NalType::Pps;
        annexb::push_nal(&mut damaged, if is_pps { &nal.bytes()[..2] } else { nal.bytes() });
    }
    double.faults(|faults| faults.refuse_sets = true);
    let mut decoder = Decoder::new(&both(), &Choice::Auto, Codec::H264);
    let error = decoder.decode(&damaged, Timestamp::ZERO, &mut |_| panic!("nothing can be shown"));
    assert!(matches!(error, Err(DecodeError::BrokenUnit { .. })), "{error:?}");
    double.faults(|faults| faults.refuse_sets = false);
    let (shown, errors) = play(&mut decoder, &film);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!((shown, decoder.name()), ((0..8).collect(), Some(framewire_videotoolbox::NAME)));
    drop(decoder);
    double.assert_no_leaks();
}

#[test]
fn sets_that_are_damaged_in_every_key_frame_go_to_the_next_candidate() {
    let double = exclusive();
    double.faults(|faults| faults.refuse_sets = true);
    let mut vt = decoder(Codec::H264);
    let mut damaged = Vec::new();
    for nal in annexb::nals(&groups(1)[0].1) {
        let is_pps = nal.h264_type() == NalType::Pps;
        annexb::push_nal(&mut damaged, if is_pps { &nal.bytes()[..2] } else { nal.bytes() });
    }
    let mut decode = || vt.decode(&damaged, Timestamp::ZERO, &mut |_| panic!("nothing can be shown"));
    for _ in 0..2 {
        assert!(matches!(decode(), Err(BackendError::BrokenUnit { .. })));
    }
    assert!(matches!(decode(), Err(BackendError::Failed { .. })));
    drop(vt);
    double.assert_no_leaks();
}

#[test]
fn where_pictures_are_decoded_is_said_once() {
    let double = exclusive();
    let film: Film = [units_of(Codec::H264, H264), groups(2)].concat();
    type Fault = fn(&mut framewire_videotoolbox_double::Faults);
    let cases: [(Fault, &[&str]); 3] = [
        (|_| (), &["videotoolbox: h264 is decoded in hardware"]),
        (|faults| faults.hardware_lost = true, &["videotoolbox: h264 is decoded in software"]),
        (|faults| faults.refuse.push("UsingHardwareAcceleratedVideoDecoder".to_owned()), &[]),
    ];
    for (fault, expected) in cases {
        double.faults(|faults| (faults.hardware_lost, faults.accept_no_change) = (false, true));
        double.faults(fault);
        let sessions = double.made(Kind::DecompressionSession);
        let (shown, lines) = logged(|| decode_all(&mut decoder(Codec::H264), &film).len());
        assert_eq!((shown, double.made(Kind::DecompressionSession) - sessions), (film.len(), 2));
        assert_eq!(lines, expected);
    }
    double.assert_no_leaks();
}

/// What `work` returns, and the messages that this thread logs at `info` and above.
fn logged<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let log = Log::default();
    let result = tracing::subscriber::with_default(log.clone(), work);
    let lines = log.0.lock().expect("no test panics with it").clone();
    (result, lines)
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::INFO
    }

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut |field: &tracing::field::Field, value: &dyn Debug| {
            if field.name() == "message" {
                self.0.lock().expect("no test panics with it").push(format!("{value:?}"));
            }
        });
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_decoder_that_breaks_down_again_and_again_is_replaced() {
    let double = exclusive();
    double.faults(|faults| faults.malfunction_every = Some(2));
    let mut decoder = Decoder::new(&both(), &Choice::Auto, Codec::H264);
    let (shown, errors) = play(&mut decoder, &groups(5));
    // Three sessions show a key frame each and lose the rest of its group.
    let expected: Vec<u64> = [0, 4, 8].into_iter().chain(12..20).collect();
    assert_eq!((shown, decoder.name()), (expected, Some(framewire_software::openh264::NAME)));
    assert_eq!(double.made(Kind::DecompressionSession), 3);
    let failed: Vec<u64> = errors
        .iter()
        .filter(|(_, error)| matches!(error, DecodeError::Failed { .. }))
        .map(|(id, _)| *id)
        .collect();
    assert_eq!((errors.len(), failed), (9, vec![9]));
    drop(decoder);
    double.assert_no_leaks();
}

#[test]
fn breakdowns_with_many_pictures_between_them_are_borne() {
    let double = exclusive();
    double.faults(|faults| faults.malfunction_every = Some(110));
    let mut decoder = Decoder::new(&both(), &Choice::Auto, Codec::H264);
    let film = groups(150);
    let (shown, errors) = play(&mut decoder, &film);
    assert_eq!(decoder.name(), Some(framewire_videotoolbox::NAME));
    assert!(double.made(Kind::DecompressionSession) > 4);
    assert_eq!(shown.len() + errors.len(), film.len());
    drop(decoder);
    double.assert_no_leaks();
}

#[test]
fn a_session_that_worked_and_then_finds_the_stream_unsupported_is_replaced_after_a_few_units() {
    let double = exclusive();
    double.faults(|faults| faults.unsupported_from = Some(3));
    let mut decoder = Decoder::new(&both(), &Choice::Auto, Codec::H264);
    let (shown, errors) = play(&mut decoder, &groups(3));
    // Units 2, 3 and 4 are the breakdowns, and the last is a key frame.
    let told: Vec<u64> = errors.iter().map(|(id, _)| *id).collect();
    assert_eq!((told, decoder.name()), (vec![2, 3], Some(framewire_software::openh264::NAME)));
    assert_eq!(shown, [0, 1].into_iter().chain(4..12).collect::<Vec<_>>());
    drop(decoder);
    double.assert_no_leaks();
}

#[test]
fn key_frames_that_are_all_called_bad_go_to_the_next_candidate() {
    let double = exclusive();
    double.faults(|faults| faults.bad_data_every = Some(1));
    let mut decoder = Decoder::new(&both(), &Choice::Auto, Codec::H264);
    let (shown, errors) = play(&mut decoder, &groups(4));
    // The third key frame is the last straw, and is shown.
    assert_eq!((shown, decoder.name()), ((8..16).collect(), Some(framewire_software::openh264::NAME)));
    assert!(errors.iter().all(|(_, error)| matches!(error, DecodeError::BrokenUnit { .. })), "{errors:?}");
    drop(decoder);
    double.assert_no_leaks();
}

#[test]
fn a_unit_that_the_call_refuses_has_no_answer_and_spoils_no_order() {
    let double = exclusive();
    let mut decoder = decoder(Codec::Hevc);
    let (mut shown, mut broken) = (Vec::new(), Vec::new());
    for (moment, unit) in units_of(Codec::Hevc, HEVC) {
        double.faults(|faults| faults.refuse_units = usize::from(moment == 5));
        let mut show = |picture: framewire_codec::DecodedPicture<'_>| {
            assert!(matches!(picture.picture, OutputPicture::Host(_)));
            shown.push(picture.timestamp.as_micros());
        };
        match decoder.decode(&unit, Timestamp::from_micros(moment), &mut show) {
            Ok(()) => {}
            Err(BackendError::BrokenUnit { .. }) => broken.push(moment),
            Err(other) => panic!("unit {moment}: {other}"),
        }
    }
    decoder.flush(&mut |picture| shown.push(picture.timestamp.as_micros())).expect("the rest comes");
    let others = [0, 3, 2, 4, 1, 7, 6, 8, 11, 10, 9, 12, 15, 14, 16, 13, 19, 18, 20, 17, 23, 22, 21];
    assert_eq!((&shown[..], &broken[..]), (&others[..], &[5][..]));
    drop(decoder);
    double.assert_no_leaks();
}

/// The key frame of a recording with its SPS changed.
fn key_frame(change: impl Fn(&mut hevc::Sps)) -> Vec<u8> {
    let mut unit = Vec::new();
    for nal in annexb::nals(&units_of(Codec::Hevc, HEVC)[0].1) {
        if nal.hevc_type() == hevc::NalType::Sps {
            let mut sps = hevc::Sps::parse(nal.bytes()).expect("an SPS");
            change(&mut sps);
            annexb::push_nal(&mut unit, &sps.to_nal());
        } else {
            annexb::push_nal(&mut unit, nal.bytes());
        }
    }
    unit
}

#[test]
fn hevc_beyond_8_bits_and_4_2_0_is_refused_by_name() {
    let double = exclusive();
    type Change = fn(&mut hevc::Sps);
    let changes: [(Change, &str); 4] = [
        (|sps| (sps.bit_depth_luma, sps.bit_depth_chroma) = (10, 10), "10 bits a sample"),
        (|sps| sps.chroma_format_idc = 2, "4:2:2 chroma"),
        (|sps| sps.chroma_format_idc = 0, "no chroma"),
        (|sps| sps.extension = Some([true; 8].into_iter().collect()), "coding tools of an extension"),
    ];
    for (change, words) in changes {
        let unit = key_frame(change);
        // By what the library has read, and by what the backend reads itself.
        let roster = Roster { decoders: framewire_videotoolbox::decoders(), ..Roster::default() };
        let mut outer = Decoder::new(&roster, &Choice::Auto, Codec::Hevc);
        let error = outer.decode(&unit, Timestamp::ZERO, &mut |_| panic!("it is shown"));
        let said = error.expect_err("it is refused").to_string();
        assert!(said.contains(&format!("a stream with {words} is not supported")), "{said}");
        let error = decoder(Codec::Hevc).decode(&unit, Timestamp::ZERO, &mut |_| panic!("it is shown"));
        let error = error.expect_err("it is refused");
        assert!(matches!(error, BackendError::Unsupported { .. }) && error.to_string().contains(words));
    }
    assert_eq!(double.made(Kind::DecompressionSession), 0);
    double.assert_no_leaks();
}

#[test]
fn a_high_level_and_what_belongs_to_further_layers_are_no_reason_to_refuse() {
    let double = exclusive();
    let mut unit = key_frame(|sps| sps.profile.level_idc = 186);
    let alone = decode_all(&mut decoder(Codec::Hevc), &vec![(0, unit.clone())]);
    // A slice of layer 1: the double shows the sum of the bytes of all slices that it is given.
    annexb::push_nal(&mut unit, &[0x02, 0x09, 0x30, 0x31]);
    assert_eq!(decode_all(&mut decoder(Codec::Hevc), &vec![(0, unit)]), alone);
    assert_eq!(alone.len(), 1);
    double.assert_no_leaks();
}

#[test]
fn h264_of_another_kind_is_refused_by_the_backend_too() {
    let double = exclusive();
    let mut unit = Vec::new();
    for nal in annexb::nals(&units_of(Codec::H264, H264)[0].1) {
        if nal.h264_type() == NalType::Sps {
            let mut sps = framewire_bitstream::h264::Sps::parse(nal.bytes()).expect("an SPS");
            sps.frame_mbs_only = false;
            annexb::push_nal(&mut unit, &sps.to_nal());
        } else {
            annexb::push_nal(&mut unit, nal.bytes());
        }
    }
    let error = decoder(Codec::H264).decode(&unit, Timestamp::ZERO, &mut |_| panic!("it is shown"));
    assert!(error.expect_err("it is refused").to_string().contains("interlaced coding"));
    double.assert_no_leaks();
}
