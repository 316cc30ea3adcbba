//! What the OpenH264 encoder does beyond the suite: the rate, extreme sizes, overload.
#![cfg(feature = "openh264")]
#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is to stop the test")]

mod common;

use common::stream::{Unit, check_noise, config, encode_with, measured, pattern, push, random};
use framewire_codec::{
    BackendError, Content, EncoderBackend, EncoderConfig, Input, InputPicture, Preset, Profile, Quality,
};
use framewire_frame::{FrameId, PictureRef, PixelFormat, Size};
use framewire_pattern::Pattern;
use framewire_software::openh264::OpenH264Encoder;
use std::num::NonZeroUsize;

fn encode(config: &EncoderConfig, frames: u64, draw: impl FnMut(u64, &mut [u8])) -> Vec<Unit> {
    encode_with(&mut OpenH264Encoder::open(config).unwrap(), config, frames, draw)
}

#[test]
fn noise_keeps_the_bitrate_and_its_first_frame_is_small_at_every_rate() {
    check_noise(|config| Box::new(OpenH264Encoder::open(config).unwrap()), 5, 0.9..=1.0);
}

#[test]
fn every_pattern_stays_below_the_bitrate() {
    for which in Pattern::ALL {
        let config = config(640, 360, 2_000_000, 30);
        let (share, _) = measured(&encode(&config, 150, pattern(which, config.size)), &config);
        assert!(share <= 1.0, "{which:?}: {share:.3}");
    }
}

#[test]
fn random_bytes_lose_detail_before_they_break_the_bitrate() {
    let config = config(320, 180, 1_000_000, 30);
    let mut state = 88_172_645_463_325_252;
    let units = encode(&config, 150, |_, data| random(data, &mut state));
    let (share, first) = measured(&units, &config);
    assert!((0.9..=1.1).contains(&share), "{share:.3}");
    assert!(first <= 6.0, "{first:.2}");
}

#[test]
fn a_rate_that_nothing_can_exceed_is_taken() {
    for profile in [Profile::Baseline, Profile::High] {
        let config = config(320, 180, u32::MAX, 30).with_profile(profile);
        let mut state = 1;
        encode(&config, 10, |seq, data| if seq < 5 { data.fill(16) } else { random(data, &mut state) });
    }
}

#[test]
fn the_rate_follows_the_true_distance_of_the_frames() {
    // Twice as many frames as announced.
    let announced = config(320, 180, 1_000_000, 30);
    let true_rate = config(320, 180, 1_000_000, 60);
    let mut encoder = OpenH264Encoder::open(&announced).unwrap();
    let mut data = vec![0; PixelFormat::I420.packed_len(announced.size)];
    let mut draw = pattern(Pattern::Noise, announced.size);
    let mut units = Vec::new();
    for seq in 0..300 {
        draw(seq, &mut data);
        push(&mut encoder, &true_rate, seq, &data, &mut units);
    }
    let (share, _) = measured(&units, &true_rate);
    assert!((0.85..=1.05).contains(&share), "{share:.3}");
}

#[test]
fn motion_after_a_rest_costs_no_more_than_at_a_medium_quantizer() {
    let config = config(640, 360, 2_000_000, 30);
    let mut draw = pattern(Pattern::Gradient, config.size);
    let rested = encode(&config, 61, |seq, data| draw(if seq < 60 { 0 } else { 40 }, data));
    let mean_bytes = 2_000_000 / 8 / 30;
    assert!(rested[59].bytes.len() < 100, "a resting picture costs {} bytes", rested[59].bytes.len());
    assert!(rested[60].bytes.len() < mean_bytes * 8, "the first moving one costs {}", rested[60].bytes.len());
}

#[test]
fn temporal_layers_come_in_their_pattern_and_keep_the_rate() {
    for (layers, expected) in [(2, [0, 1, 0, 1, 0, 1, 0, 1]), (3, [0, 2, 1, 2, 0, 2, 1, 2])] {
        let config = config(320, 180, 2_000_000, 30).with_temporal_layers(layers);
        let units = encode(&config, 150, pattern(Pattern::Noise, config.size));
        let got: Vec<_> = units.iter().take(8).map(|unit| unit.layer).collect();
        assert_eq!(got, expected);
        let (share, _) = measured(&units, &config);
        assert!((0.9..=1.0).contains(&share), "{layers} layers: {share:.3}");
    }
}

#[test]
fn screen_content_keeps_the_rate() {
    let config = config(640, 360, 1_000_000, 30).with_content(Content::Screen);
    let (share, _) = measured(&encode(&config, 90, pattern(Pattern::Noise, config.size)), &config);
    assert!(share <= 1.1, "{share:.3}");
}

#[test]
fn a_constant_quality_is_bounded_for_viewers_and_free_for_files() {
    let config = config(320, 180, 1_000_000, 30).with_quality(Quality::new(90));
    let run = |preset| {
        let config = config.clone().with_preset(preset);
        measured(&encode(&config, 90, pattern(Pattern::Noise, config.size)), &config).0
    };
    assert!(run(Preset::LowLatency) <= 1.0);
    assert!(run(Preset::Fast) > 2.0);
    assert!(run(Preset::Quality) > 2.0);
}

#[test]
fn more_quality_takes_more_bytes() {
    for preset in Preset::ALL {
        let bytes = [0, 30, 60, 100].map(|percent| {
            let config =
                config(320, 180, 50_000_000, 30).with_preset(preset).with_quality(Quality::new(percent));
            let units = encode(&config, 20, pattern(Pattern::Noise, config.size));
            units.iter().map(|unit| unit.bytes.len()).sum::<usize>()
        });
        assert!(bytes.is_sorted_by(|a, b| a < b), "{preset}: {bytes:?}");
    }
}

#[test]
fn extreme_sizes_are_coded_and_the_impossible_is_named() {
    for (width, height) in
        [(2, 2), (16, 16), (18, 2), (2, 720), (4096, 64), (64, 4096), (8688, 16), (5120, 1440)]
    {
        let config = config(width, height, 4_000_000, 30);
        encode(&config, 2, |seq, data| data.fill(seq as u8 * 100));
    }
    for (width, height) in [(16_384, 16), (8192, 4320), (16_384, 16_384)] {
        let error = OpenH264Encoder::open(&config(width, height, 4_000_000, 30)).err().unwrap();
        assert!(matches!(error, BackendError::Unsupported { .. }));
        assert!(error.to_string().contains(&format!("{width}x{height}")), "{error}");
    }
}

#[test]
fn the_same_pictures_give_the_same_bytes_on_every_run() {
    let config = config(640, 360, 2_000_000, 30).with_threads(std::num::NonZeroUsize::new(2));
    let run = || encode(&config, 20, pattern(Pattern::Gradient, config.size));
    let (first, second) = (run(), run());
    assert!(first.iter().zip(&second).all(|(a, b)| a.bytes == b.bytes));
}

#[test]
fn an_encoder_beside_one_with_threads_codes_the_same_bytes() {
    let config = config(640, 480, 2_000_000, 30).with_threads(NonZeroUsize::new(2));
    let film = || encode(&config, 8, pattern(Pattern::Gradient, config.size));
    let alone = film();
    let with_threads = OpenH264Encoder::open(&config).unwrap();
    assert!(film() == alone, "the same bytes");
    drop(with_threads);
    assert!(film() == alone, "the same bytes");
}

#[test]
fn encoders_that_come_and_go_side_by_side_leave_each_other_alone() {
    let config = config(640, 480, 2_000_000, 30).with_threads(NonZeroUsize::new(4));
    let expected = encode(&config, 3, pattern(Pattern::Gradient, config.size));
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let units = encode(&config, 3, pattern(Pattern::Gradient, config.size));
                    assert!(units == expected, "the same bytes");
                }
            });
        }
    });
}

#[test]
fn another_picture_than_announced_is_refused() {
    let config = config(64, 64, 1_000_000, 30);
    let mut encoder = OpenH264Encoder::open(&config).unwrap();
    let data = vec![0; 64 * 64 * 4];
    for (format, width) in [(PixelFormat::I420, 32), (PixelFormat::Nv12, 64), (PixelFormat::Rgba8, 64)] {
        let size = Size::new(width, 64).unwrap();
        let picture = PictureRef::packed(format, size, &data).unwrap();
        let input = Input {
            picture: InputPicture::Host(picture),
            id: FrameId(0),
            timestamp: framewire_frame::Timestamp::ZERO,
            key: false,
            changes: None,
        };
        assert!(matches!(encoder.encode(input, &mut |_| {}), Err(BackendError::Unsupported { .. })));
    }
}
