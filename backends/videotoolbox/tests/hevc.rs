//! HEVC over the double, which plays a recording for every picture and shows a grey for every unit: what holds here is all
//! but the pixels.
#![cfg(framewire_videotoolbox_double)]

mod common;

use common::{Film, decode_all, encode, film, units_of};
use framewire_bitstream::{
    StreamFacts, annexb,
    hevc::{NalType, Sps},
    parameter_sets,
};
use framewire_codec::{
    BackendError, Choice, Codec, DecoderBackend, DecoderConfig, Encoder, EncoderBackend, EncoderConfig,
    FrameDecoder, Roster,
};
use framewire_frame::{Color, Frame, FrameId, Picture, PixelFormat, Pool, Range, Size, Surface, Timestamp};
use framewire_videotoolbox::{VideoToolboxDecoder, VideoToolboxEncoder};
use framewire_videotoolbox_double::{Kind, exclusive};
use std::{
    io::Write,
    process::{Command, Stdio},
};

/// 24 pictures of 64x64 by x265, with B pictures that others refer to and a key frame in the middle; see `data/README.md`.
const B_FRAMES: &[u8] = include_bytes!("data/b-frames.h265");
/// Which of its units are shown after one another, as FFmpeg finds it.
const SHOWN: [u64; 24] =
    [0, 3, 2, 4, 1, 7, 6, 8, 5, 11, 10, 9, 12, 15, 14, 16, 13, 19, 18, 20, 17, 23, 22, 21];

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("a size")
}

/// The size at which other decoders can play what the double's encoder gives.
fn recorded() -> Size {
    size(128, 128)
}

fn config(size: Size) -> EncoderConfig {
    EncoderConfig::new(size).with_codec(Codec::Hevc)
}

fn open_decoder(surfaces: bool) -> VideoToolboxDecoder {
    let mut config = DecoderConfig::new(Codec::Hevc, size(64, 64));
    config.surfaces = surfaces;
    VideoToolboxDecoder::open(&config).expect("a decoder")
}

fn open_encoder(config: &EncoderConfig) -> Result<VideoToolboxEncoder, BackendError> {
    VideoToolboxEncoder::open(&config.clone().with_codec(Codec::Hevc))
}

fn kinds(unit: &[u8]) -> Vec<NalType> {
    annexb::nals(unit).map(|nal| nal.hevc_type()).collect()
}

fn is_key(unit: &[u8]) -> bool {
    kinds(unit).into_iter().any(NalType::is_irap)
}

#[test]
fn all_parameter_sets_precede_each_key_frame_and_no_other() {
    let double = exclusive();
    let mut encoder = open_encoder(&config(recorded())).expect("a session");
    let mut units = Film::new();
    for index in 0..12 {
        encode(&mut encoder, recorded(), index, matches!(index, 5 | 6), &mut units);
    }
    for (id, unit) in &units {
        if matches!(id, 0 | 5 | 6) {
            let begins = [NalType::Vps, NalType::Sps, NalType::Pps];
            let kinds = kinds(unit);
            assert!(kinds.starts_with(&begins) && kinds[3].is_irap(), "{id}: {kinds:?}");
        } else {
            assert_eq!(kinds(unit), [NalType::TrailR, NalType::Filler], "{id}");
        }
    }
    assert_eq!(units.len(), 12);
    drop(encoder);
    double.assert_no_leaks();
}

#[test]
fn ffmpeg_plays_what_comes_out_without_a_complaint() {
    let double = exclusive();
    let mut encoder = open_encoder(&config(recorded())).expect("a session");
    let mut units = Film::new();
    for index in 0..600 {
        encode(&mut encoder, recorded(), index, index == 290, &mut units);
    }
    drop(encoder);
    double.assert_no_leaks();
    let stream: Vec<u8> = units.into_iter().flat_map(|(_, unit)| unit).collect();
    let ffmpeg = Command::new("ffmpeg")
        .args(["-v", "warning", "-f", "hevc", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut ffmpeg) = ffmpeg else {
        println!("SKIPPED ffmpeg_plays_what_comes_out_without_a_complaint: there is no ffmpeg");
        return;
    };
    let mut input = ffmpeg.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(&stream));
    let output = ffmpeg.wait_with_output().expect("ffmpeg ends");
    writer.join().expect("the stream is written").expect("ffmpeg reads it");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.stdout.len(), 600 * 128 * 128);
}

#[test]
fn an_encoder_of_the_library_gives_streams_that_say_what_they_are() {
    let double = exclusive();
    let roster = Roster { encoders: framewire_videotoolbox::encoders(), ..Roster::default() };
    for (size, range) in [(recorded(), Range::Limited), (size(322, 182), Range::Full)] {
        let color = Color { range, ..Color::BT709 };
        let config = config(size).with_color(color);
        let mut encoder = Encoder::open(&roster, &Choice::Auto, config).expect("an encoder");
        let mut keys = Vec::new();
        for index in 0..9 {
            if index == 4 {
                double.faults(|faults| faults.ignore_forced_keys = 1);
                encoder.request_keyframe();
            }
            let data = vec![90; PixelFormat::Nv12.packed_len(size)];
            let picture = Picture::packed(PixelFormat::Nv12, size, data).expect("a picture");
            let frame = Frame { color, ..Frame::new(picture) };
            let moment = Timestamp::from_micros(index * 33_333);
            let units = encoder.encode(&frame, FrameId(index), moment).expect("the frame is encoded");
            let [unit] = units.as_slice() else { panic!("{} units", units.len()) };
            assert_eq!((unit.id.0, unit.timestamp, unit.size), (index, moment, size));
            assert!(unit.codec.to_string().starts_with("hvc1."), "{}", unit.codec);
            if unit.key {
                keys.push(index);
                let facts = StreamFacts::from_annexb(Codec::Hevc, &unit.data).expect("its parameter sets");
                let signal = facts.video_signal.expect("a colour");
                assert_eq!((signal.full_range, facts.reorder_frames), (range == Range::Full, 0));
                assert_eq!(signal.color.map(|color| color.matrix), Some(color.matrix.code_point()));
            }
        }
        // The request stays armed until a key frame has come.
        assert_eq!(keys, [0, 5]);
        drop(encoder);
    }
    double.assert_no_leaks();
}

#[test]
fn units_of_the_upper_layer_are_the_ones_that_no_other_refers_to() {
    let double = exclusive();
    let config = config(recorded()).with_temporal_layers(2);
    let mut encoder = open_encoder(&config).expect("a session");
    assert_eq!(encoder.capabilities().temporal_layers, 2);
    let mut layers = Vec::new();
    for index in 0..7 {
        let data = vec![90; PixelFormat::Nv12.packed_len(recorded())];
        let picture = Picture::packed(PixelFormat::Nv12, recorded(), data).expect("a picture");
        let input = framewire_codec::Input {
            picture: framewire_codec::InputPicture::Host(picture.as_ref()),
            id: FrameId(index),
            timestamp: Timestamp::from_micros(index * 33_333),
            key: index == 0,
            changes: None,
        };
        let mut keep = |unit: framewire_codec::Encoded<'_>| layers.push(unit.temporal_layer);
        encoder.encode(input, &mut keep).expect("the frame is encoded");
    }
    assert_eq!(layers, [0, 1, 0, 1, 0, 1, 0]);
    drop(encoder);
    double.assert_no_leaks();
}

#[test]
fn the_decoder_opens_with_the_sets_in_the_stream_and_orders_its_pictures() {
    let double = exclusive();
    let film = units_of(Codec::Hevc, B_FRAMES);
    let mut decoder = open_decoder(false);
    let early = decoder.decode(&film[1].1, Timestamp::ZERO, &mut |_| panic!("nothing can be shown"));
    assert!(matches!(early, Err(BackendError::BrokenUnit { .. })), "{early:?}");
    let shown = decode_all(&mut decoder, &film);
    assert_eq!(shown.iter().map(|picture| picture.moment).collect::<Vec<_>>(), SHOWN);
    assert!(shown.iter().all(|picture| picture.size == size(64, 64)));
    drop(decoder);
    double.assert_no_leaks();
}

#[test]
fn a_change_of_the_stream_loses_no_picture() {
    let double = exclusive();
    let first = units_of(Codec::Hevc, B_FRAMES);
    let full = EncoderConfig::new(size(64, 64)).with_color(Color { range: Range::Full, ..Color::default() });
    let others = [
        (units_of(Codec::Hevc, B_FRAMES), [1, 1]),
        (film(open_encoder, size(64, 64), 5), [1, 2]),
        (film(|_| open_encoder(&full), size(64, 64), 5), [2, 2]),
        (film(open_encoder, size(96, 80), 5), [2, 2]),
    ];
    for (index, (film, sessions)) in others.into_iter().enumerate() {
        for (refuses, expected) in [false, true].into_iter().zip(sessions) {
            double.faults(|faults| faults.accept_no_change = refuses);
            let before = double.made(Kind::DecompressionSession);
            let count = film.len();
            let second = film.iter().map(|(id, unit)| (100 + id, unit.clone()));
            let both: Film = first.iter().cloned().chain(second).collect();
            let shown = decode_all(&mut open_decoder(false), &both);
            assert_eq!(double.made(Kind::DecompressionSession) - before, expected, "change {index}");
            let moments: Vec<u64> = shown.iter().map(|picture| picture.moment).collect();
            assert_eq!(moments[..SHOWN.len()], SHOWN, "change {index}");
            assert_eq!(moments.len(), SHOWN.len() + count, "change {index}");
            let facts = StreamFacts::from_annexb(Codec::Hevc, &film[0].1).expect("its parameter sets");
            let display = size(facts.display.width, facts.display.height);
            assert!(shown[SHOWN.len()..].iter().all(|picture| picture.size == display));
        }
    }
    double.assert_no_leaks();
}

#[test]
fn a_frame_goes_from_the_decoder_to_the_encoder_and_no_pixel_is_touched() {
    let double = exclusive();
    let roster = Roster {
        encoders: framewire_videotoolbox::encoders(),
        decoders: framewire_videotoolbox::decoders(),
        ..Roster::default()
    };
    let mut encoder = Encoder::open(&roster, &Choice::Auto, config(size(64, 64))).expect("an encoder");
    let mut decoder = FrameDecoder::new(&roster, &Choice::Auto, Codec::Hevc, Pool::new(0));
    let locks = double.locks();
    let mut frames = Vec::new();
    for (moment, unit) in units_of(Codec::Hevc, B_FRAMES) {
        decoder
            .decode(&unit, Timestamp::from_micros(moment), &mut |frame| frames.push(frame))
            .expect("an intact unit");
    }
    decoder.flush(&mut |frame| frames.push(frame)).expect("an intact stream");
    let mut units = 0;
    for (index, frame) in (0..).zip(&frames) {
        assert!(matches!(frame.surface, Surface::Device(_)) && encoder.takes(frame));
        let moment = Timestamp::from_micros(index * 40_000);
        units += encoder.encode(frame, FrameId(index), moment).expect("the frame is encoded").len();
    }
    assert_eq!((double.locks() - locks, units), (0, 24));
    drop((frames, encoder, decoder));
    double.assert_no_leaks();
}

#[test]
fn a_unit_that_the_decoder_calls_bad_is_broken_and_the_session_goes_on() {
    let double = exclusive();
    double.faults(|faults| faults.bad_data_every = Some(7));
    let mut decoder = open_decoder(false);
    let (mut shown, mut broken) = (0, 0);
    for (moment, unit) in units_of(Codec::Hevc, B_FRAMES) {
        match decoder.decode(&unit, Timestamp::from_micros(moment), &mut |_| shown += 1) {
            Ok(()) => {}
            Err(BackendError::BrokenUnit { .. }) => broken += 1,
            Err(other) => panic!("unit {moment}: {other}"),
        }
    }
    decoder.flush(&mut |_| shown += 1).expect("the rest comes");
    assert_eq!((shown, broken), (21, 3));
    drop(decoder);
    double.assert_no_leaks();
}

#[test]
fn a_hundred_sessions_leave_nothing() {
    let double = exclusive();
    for _ in 0..100 {
        let film = film(open_encoder, size(96, 80), 2);
        assert!(is_key(&film[0].1) && !is_key(&film[1].1));
        let sets = parameter_sets(Codec::Hevc, &film[0].1);
        assert!(Sps::parse(sets.sps[0]).is_ok());
        assert_eq!(decode_all(&mut open_decoder(false), &film).len(), 2);
    }
    double.assert_no_leaks();
}
