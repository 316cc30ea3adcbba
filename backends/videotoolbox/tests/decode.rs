//! Pictures of the decoder: their order, their memory, and what becomes of them when the stream changes, over the double.
#![cfg(framewire_videotoolbox_double)]

mod common;

use common::{Film, bytes, decode_all, units_of};
use framewire_bitstream::{
    annexb,
    h264::{NalType, Pps, Sps, VideoSignal, Vui},
};
use framewire_codec::{
    BackendError, Choice, Codec, DecodedPicture, DecoderBackend, DecoderConfig, Encoder, EncoderBackend,
    EncoderConfig, FrameDecoder, OutputPicture, Roster,
};
use framewire_frame::{
    Color, DeviceSurface, Frame, FrameId, PixelFormat, Pool, Range, Size, Surface, Timestamp,
};
use framewire_videotoolbox::{PixelBufferSurface, VideoToolboxDecoder, VideoToolboxEncoder};
use framewire_videotoolbox_double::{Kind, exclusive};
use std::{fs, path::Path, process::Command, sync::Arc};

/// 24 pictures of 64x64 by x264, each brighter than the one shown before it, with B pictures that others refer to and a key
/// frame in the middle; see `data/README.md`.
const B_FRAMES: &[u8] = include_bytes!("data/b-frames.h264");
const COUNT: u64 = 24;

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("a size")
}

fn open(surfaces: bool) -> VideoToolboxDecoder {
    let mut config = DecoderConfig::new(Codec::H264, size(64, 64));
    config.surfaces = surfaces;
    VideoToolboxDecoder::open(&config).expect("a decoder")
}

fn b_frames() -> Film {
    units_of(Codec::H264, B_FRAMES)
}

/// The same units with their SPS changed.
fn with_sps(film: &Film, change: impl Fn(&mut Sps)) -> Film {
    let changed = |unit: &Vec<u8>| {
        let mut out = Vec::new();
        for nal in annexb::nals(unit) {
            if nal.h264_type() == NalType::Sps {
                let mut sps = Sps::parse(nal.bytes()).expect("an SPS");
                change(&mut sps);
                annexb::push_nal(&mut out, &sps.to_nal());
            } else {
                annexb::push_nal(&mut out, nal.bytes());
            }
        }
        out
    };
    film.iter().map(|(moment, unit)| (*moment, changed(unit))).collect()
}

fn vui(sps: &mut Sps) -> &mut Vui {
    sps.vui.as_mut().expect("x264 writes a VUI")
}

fn in_full_range(sps: &mut Sps) {
    vui(sps).video_signal = Some(VideoSignal { format: 5, full_range: true, color: None });
}

/// The brightness of each picture.
fn brightness(shown: &[common::Shown]) -> Vec<u8> {
    shown.iter().map(|picture| picture.planes[0]).collect()
}

#[test]
fn b_frames_come_in_the_order_to_show_each_with_its_own_moment() {
    let double = exclusive();
    // Moments in the order of decoding, as in a stream without a container.
    let stated = b_frames();
    let config = DecoderConfig::new(Codec::H264, size(64, 64));
    let mut judge = framewire_software::openh264::OpenH264Decoder::open(&config).expect("a decoder");
    let expected = decode_all(&mut judge, &stated);
    let moments: Vec<u64> = expected.iter().map(|picture| picture.moment).collect();
    assert!(!moments.is_sorted() && moments.len() == stated.len());
    // Without the restriction, as many may wait as the level allows.
    let unstated = with_sps(&stated, |sps| vui(sps).bitstream_restriction = None);
    assert_ne!(stated, unstated);
    for film in [stated, unstated] {
        let shown = decode_all(&mut open(false), &film);
        assert!(brightness(&shown).is_sorted_by(|a, b| a < b), "{:?}", brightness(&shown));
        assert_eq!(shown.iter().map(|picture| picture.moment).collect::<Vec<_>>(), moments);
        // OpenH264's I420 beside NV12 with the same samples.
        assert_eq!(brightness(&shown), brightness(&expected));
    }
    double.assert_no_leaks();
}

#[test]
fn moments_that_say_nothing_of_the_order_do_not_disturb_it() {
    let double = exclusive();
    let mut film = b_frames();
    // An edit list hides the first pictures: media gives them the moment behind all others.
    film[..4].iter_mut().for_each(|(moment, _)| *moment = u64::MAX);
    let shown = decode_all(&mut open(false), &film);
    assert!(shown.len() == film.len() && brightness(&shown).is_sorted(), "{:?}", brightness(&shown));
    double.assert_no_leaks();
}

#[test]
fn no_more_pictures_wait_than_the_stream_says() {
    let double = exclusive();
    let mut decoder = open(false);
    let (mut sent, mut shown) = (0, 0);
    for (moment, unit) in b_frames() {
        sent += 1;
        let mut count = |_: DecodedPicture<'_>| shown += 1;
        decoder.decode(&unit, Timestamp::from_micros(moment), &mut count).expect("an intact unit");
        assert!(sent - shown <= 2, "{shown} of {sent}");
    }
    drop(decoder);
    double.assert_no_leaks();
}

/// What follows the B frames in a stream, how many sessions it takes, and whether a session that takes nothing new does.
struct Change {
    film: Film,
    sessions: [usize; 2],
}

#[test]
fn a_change_of_the_stream_loses_no_picture() {
    let double = exclusive();
    let first = b_frames();
    let changes = [
        // The same sets again.
        Change { film: b_frames(), sessions: [1, 1] },
        // Another level: the session says whether it goes on.
        Change { film: with_sps(&first, |sps| sps.level_idc = 40), sessions: [1, 2] },
        // Another range: a session gives pictures of one alone.
        Change { film: with_sps(&first, in_full_range), sessions: [2, 2] },
        // Another size.
        Change { film: common::film(VideoToolboxEncoder::open, size(96, 64), 24), sessions: [2, 2] },
    ];
    for (index, Change { film, sessions }) in changes.into_iter().enumerate() {
        for (refuses, expected) in [false, true].into_iter().zip(sessions) {
            double.faults(|faults| faults.accept_no_change = refuses);
            let before = double.made(Kind::DecompressionSession);
            let both: Film = first.iter().chain(&film).cloned().collect();
            let shown = decode_all(&mut open(false), &both);
            assert_eq!(double.made(Kind::DecompressionSession) - before, expected, "change {index}");
            assert_eq!(shown.len(), both.len(), "change {index}");
            // All of the first part come before all of the second.
            let (one, two) = shown.split_at(first.len());
            assert!(brightness(one).is_sorted() && brightness(two).is_sorted(), "change {index}");
        }
    }
    double.assert_no_leaks();
}

#[test]
fn picture_parameter_sets_that_come_alone_are_taken_without_a_key_frame() {
    let double = exclusive();
    let mut film = b_frames();
    let sets = framewire_bitstream::parameter_sets(Codec::H264, &film[0].1);
    let sps = Sps::parse(sets.sps[0]).expect("an SPS");
    let pps = Pps { id: 1, ..Pps::parse(sets.pps[0], &sps).expect("a PPS") }.to_nal(&sps);
    let mut unit = Vec::new();
    annexb::push_nal(&mut unit, &pps);
    unit.extend_from_slice(&film[5].1);
    film[5].1 = unit;
    let shown = decode_all(&mut open(false), &film);
    assert!(shown.len() == film.len() && brightness(&shown).is_sorted());
    assert_eq!(double.made(Kind::DecompressionSession), 1);
    double.assert_no_leaks();
}

/// Decodes `film` as frames; `Encoder` and the sources have it so.
fn frames(film: &Film) -> Vec<Frame> {
    let roster = Roster { decoders: framewire_videotoolbox::decoders(), ..Roster::default() };
    let mut decoder = FrameDecoder::new(&roster, &Choice::Auto, Codec::H264, Pool::new(0));
    let mut frames = Vec::new();
    for (moment, unit) in film {
        decoder
            .decode(unit, Timestamp::from_micros(*moment), &mut |frame| frames.push(frame))
            .expect("an intact unit");
    }
    decoder.flush(&mut |frame| frames.push(frame)).expect("an intact stream");
    frames
}

#[test]
fn a_frame_goes_from_the_decoder_to_the_encoder_and_no_pixel_is_touched() {
    let double = exclusive();
    let limited = b_frames();
    let full = with_sps(&limited, in_full_range);
    for (film, range) in [(limited, Range::Limited), (full, Range::Full)] {
        let roster = Roster { encoders: framewire_videotoolbox::encoders(), ..Roster::default() };
        let color = Color { range, ..Color::default() };
        let config = EncoderConfig::new(size(64, 64)).with_color(color);
        let mut encoder = Encoder::open(&roster, &Choice::Auto, config).expect("an encoder");
        let locks = double.locks();
        let frames = frames(&film);
        let mut units = Vec::new();
        for (index, frame) in (0..).zip(&frames) {
            assert_eq!(frame.color, color);
            assert!(encoder.takes(frame));
            let moment = Timestamp::from_micros(index * 40_000);
            units.extend(encoder.encode(frame, FrameId(index), moment).expect("the frame is encoded"));
        }
        assert_eq!((double.locks() - locks, units.len() as u64), (0, COUNT));
        drop((frames, encoder));
    }
    double.assert_no_leaks();
}

#[test]
fn a_surface_downloads_what_the_host_is_shown() {
    let double = exclusive();
    let film = b_frames();
    let expected = decode_all(&mut open(false), &film);
    for padding in [0, 16] {
        double.faults(|faults| faults.padding = padding);
        let encoder = VideoToolboxEncoder::open(&EncoderConfig::new(size(64, 64))).expect("a session");
        let frames = frames(&film);
        for (frame, expected) in frames.iter().zip(&expected) {
            let Surface::Device(surface) = &frame.surface else { panic!("a picture in host memory") };
            assert!(surface.as_any().is::<PixelBufferSurface>());
            assert_eq!((surface.size(), surface.format()), (size(64, 64), PixelFormat::Nv12));
            assert!(bytes(surface.download().expect("its pixels").as_ref()) == expected.planes);
            // An encoder would code the padding of a larger buffer.
            assert_eq!(encoder.takes(surface.as_ref()), padding == 0);
        }
        assert!(decode_all(&mut open(false), &film) == expected);
        drop((frames, encoder));
    }
    double.assert_no_leaks();
}

#[test]
fn a_caller_who_keeps_many_surfaces_is_given_further_pictures_in_host_memory() {
    let double = exclusive();
    let mut decoder = open(true);
    let mut kept: Vec<Arc<dyn DeviceSurface>> = Vec::new();
    let mut film = b_frames();
    film.extend(b_frames());
    let mut places = Vec::new();
    let mut keep = |decoded: DecodedPicture<'_>| match decoded.picture {
        OutputPicture::Device(surface) => {
            places.push('d');
            kept.push(surface);
        }
        OutputPicture::Host(_) => {
            places.push('h');
            kept.clear();
        }
    };
    for (moment, unit) in &film {
        decoder.decode(unit, Timestamp::from_micros(*moment), &mut keep).expect("an intact unit");
    }
    decoder.flush(&mut keep).expect("an intact stream");
    let places: String = places.into_iter().collect();
    assert_eq!(places, format!("{}h{}", "d".repeat(24), "d".repeat(23)));
    // Surfaces outlive their decoder.
    drop(decoder);
    assert_eq!(kept[0].download().expect("its pixels").size(), size(64, 64));
    drop(kept);
    double.assert_no_leaks();
}

#[test]
fn a_decoder_that_runs_out_of_buffers_loses_a_picture_and_goes_on_in_host_memory() {
    let double = exclusive();
    double.faults(|faults| faults.max_pictures = Some(10));
    let mut decoder = open(true);
    let (mut surfaces, mut in_host_memory, mut broken) = (Vec::new(), 0, 0);
    for (moment, unit) in b_frames() {
        let mut keep = |decoded: DecodedPicture<'_>| match decoded.picture {
            OutputPicture::Device(surface) => surfaces.push(surface),
            OutputPicture::Host(_) => in_host_memory += 1,
        };
        let result = decoder.decode(&unit, Timestamp::from_micros(moment), &mut keep);
        if let Err(error) = result {
            let said = error.to_string();
            assert!(said.contains("kCVReturnWouldExceedAllocationThreshold"), "{said}");
            broken += 1;
            // What the program still holds is used up at last.
            surfaces.truncate(4);
        }
    }
    decoder.flush(&mut |_| in_host_memory += 1).expect("the rest comes");
    assert_eq!((broken, in_host_memory), (1, 15));
    drop((decoder, surfaces));
    double.assert_no_leaks();
}

#[test]
fn a_session_that_breaks_down_is_followed_by_another_one_at_the_next_key_frame() {
    let double = exclusive();
    let mut decoder = open(false);
    let (mut moments, mut broken) = (Vec::new(), Vec::new());
    for (moment, unit) in b_frames() {
        double.faults(|faults| faults.hardware_lost = moment == 6);
        let mut keep = |decoded: DecodedPicture<'_>| moments.push(decoded.timestamp.as_micros());
        match decoder.decode(&unit, Timestamp::from_micros(moment), &mut keep) {
            Ok(()) => {}
            Err(BackendError::BrokenUnit { .. }) => broken.push(moment),
            Err(other) => panic!("unit {moment}: {other}"),
        }
    }
    decoder.flush(&mut |decoded| moments.push(decoded.timestamp.as_micros())).expect("the rest comes");
    // The key frame is unit 12; what waited before comes out first.
    assert_eq!(broken, (6..12).collect::<Vec<_>>());
    let (before, after) = moments.split_at(6);
    assert!(before.iter().all(|moment| *moment < 6) && after.iter().all(|moment| *moment >= 12));
    assert_eq!(after.len(), 12);
    assert_eq!(double.made(Kind::DecompressionSession), 2);
    drop(decoder);
    double.assert_no_leaks();
}

/// Published streams that OpenH264, which the double decodes with, covers.
const PUBLISHED: [&str; 10] = [
    "BA_MW_D.264",
    "CI_MW_D.264",
    "LS_SVA_D.264",
    "MIDR_MW_D.264",
    "MPS_MW_A.264",
    "NRF_MW_E.264",
    "SVA_CL1_E.264",
    "SarVui.264",
    "jm_1080p_allslice.264",
    "test_scalinglist_jm.264",
];

#[test]
fn published_streams_come_out_as_ffmpeg_shows_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/h264");
    let has_ffmpeg = Command::new("ffmpeg").arg("-version").output().is_ok();
    if !folder.is_dir() || !has_ffmpeg {
        println!("SKIPPED published_streams_come_out_as_ffmpeg_shows_them: no ffmpeg or no shared/data/h264");
        return;
    }
    let double = exclusive();
    for name in PUBLISHED {
        let file = folder.join(name);
        let film = units_of(Codec::H264, &fs::read(&file).expect("the stream"));
        let shown = decode_all(&mut open(false), &film);
        let judge = Command::new("ffmpeg")
            .args(["-v", "error", "-threads", "1", "-i"])
            .arg(&file)
            .args(["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "nv12", "-"])
            .output();
        let expected = judge.expect("ffmpeg runs").stdout;
        let planes: Vec<u8> = shown.into_iter().flat_map(|picture| picture.planes).collect();
        assert!(planes == expected, "{name}: {} bytes beside {}", planes.len(), expected.len());
    }
    double.assert_no_leaks();
}
