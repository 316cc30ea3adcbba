//! What the x264 encoder does beyond the suite: the rate, key frames, presets, changed macroblocks, FFmpeg's judgement.
#![cfg(all(feature = "x264", feature = "openh264"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is to stop the test")]

mod common;

use common::{
    ffmpeg_decode, has_ffmpeg, psnr,
    stream::{Unit, check_noise, config, encode_with, measured, pattern, push, random},
};
use framewire_codec::{
    BackendError, Encoded, EncoderBackend, EncoderConfig, Input, InputPicture, Preset, Profile, Quality,
};
use framewire_convert::{ChangeMap, Converter};
use framewire_frame::{Color, FrameId, PictureMut, PictureRef, PixelFormat, Size};
use framewire_pattern::Pattern;
use framewire_software::x264::{X264Encoder, library};
use std::{
    fs,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    process::Command,
};

/// Whether the test can run; says so where it cannot.
fn can_run(name: &str) -> bool {
    library().inspect_err(|error| println!("SKIPPED {name}: {error}")).is_ok()
}

/// The same for a test that FFmpeg judges.
fn can_be_judged(name: &str) -> bool {
    if !has_ffmpeg() {
        println!("SKIPPED {name}: FFmpeg is not installed");
    }
    has_ffmpeg() && can_run(name)
}

fn encode(config: &EncoderConfig, frames: u64, draw: impl FnMut(u64, &mut [u8])) -> Vec<Unit> {
    encode_with(&mut X264Encoder::open(config).unwrap(), config, frames, draw)
}

/// One access unit of an encoder that may hold pictures back.
struct Late {
    id: u64,
    bytes: Vec<u8>,
}

impl Late {
    /// Whether the unit has an IDR slice.
    fn is_key(&self) -> bool {
        self.bytes.windows(4).any(|bytes| bytes[..3] == [0, 0, 1] && bytes[3] & 31 == 5)
    }
}

/// Encodes `frames` pictures, of which those in `keys` are to be key frames, and flushes; with `changes`, the encoder is
/// told which macroblocks change. Also returns the I420 samples of all pictures.
fn encode_late(
    encoder: &mut X264Encoder,
    config: &EncoderConfig,
    frames: std::ops::Range<u64>,
    keys: &[u64],
    changes: bool,
    draw: &mut dyn FnMut(u64, &mut [u8]),
) -> (Vec<Late>, Vec<u8>) {
    let size = config.size;
    let converter = Converter::new(PixelFormat::Rgb8, PixelFormat::I420, size, Color::default()).unwrap();
    let mut rgb = vec![0; PixelFormat::Rgb8.packed_len(size)];
    let mut i420 = vec![0; PixelFormat::I420.packed_len(size)];
    let mut map = ChangeMap::new(size);
    let (mut units, mut sources) = (Vec::new(), Vec::new());
    let mut keep = |unit: Encoded<'_>| units.push(Late { id: unit.id.0, bytes: unit.data.to_vec() });
    for seq in frames {
        draw(seq, &mut rgb);
        let source = PictureRef::packed(PixelFormat::Rgb8, size, &rgb).unwrap();
        let mut target = PictureMut::packed(PixelFormat::I420, size, &mut i420).unwrap();
        converter.convert_tracking(&source, &mut target, &mut map).unwrap();
        sources.extend_from_slice(&i420);
        let input = Input {
            picture: InputPicture::Host(PictureRef::packed(PixelFormat::I420, size, &i420).unwrap()),
            id: FrameId(seq),
            timestamp: config.rate.frame_rate.due(seq).into(),
            key: keys.contains(&seq),
            changes: (changes && seq > 0).then_some(&map),
        };
        encoder.encode(input, &mut keep).unwrap();
    }
    encoder.flush(&mut keep).unwrap();
    (units, sources)
}

/// A box of flat colour that moves over a still, detailed picture, as RGB.
fn moving_box(size: Size) -> impl FnMut(u64, &mut [u8]) {
    let mut still = vec![0; PixelFormat::Rgb8.packed_len(size)];
    Pattern::TestCard.draw_packed(0, PixelFormat::Rgb8, size, &mut still).unwrap();
    let mut state = 1;
    let mut noise = vec![0; still.len()];
    random(&mut noise, &mut state);
    still.iter_mut().zip(&noise).for_each(|(pixel, noise)| *pixel = (*pixel / 2).saturating_add(noise / 4));
    let row = size.width() as usize * 3;
    move |seq, rgb| {
        rgb.copy_from_slice(&still);
        let left = (seq as usize * 3) % (size.width() as usize - 40);
        for y in 30..70 {
            rgb[y * row + left * 3..][..120].fill(200);
        }
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("framewire-x264-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What FFmpeg makes of the units, which it must take without a word.
fn judge<'a>(name: &str, units: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let folder = folder(name);
    let file = folder.join("stream.h264");
    fs::write(&file, units.collect::<Vec<_>>().concat()).unwrap();
    let said =
        Command::new("ffmpeg").args(["-v", "warning", "-i"]).arg(&file).args(["-f", "null", "-"]).output();
    let said = String::from_utf8(said.unwrap().stderr).unwrap();
    let decoded = ffmpeg_decode(&file);
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(said, "", "{name}");
    decoded
}

#[test]
fn noise_keeps_the_bitrate_within_three_seconds_and_its_first_frame_is_small() {
    if !can_run("noise_keeps_the_bitrate_within_three_seconds_and_its_first_frame_is_small") {
        return;
    }
    check_noise(|config| Box::new(X264Encoder::open(config).unwrap()), 3, 0.9..=1.1);
}

#[test]
fn every_pattern_stays_below_the_bitrate() {
    if !can_run("every_pattern_stays_below_the_bitrate") {
        return;
    }
    for which in Pattern::ALL {
        let config = config(640, 360, 2_000_000, 30);
        let units = encode(&config, 150, pattern(which, config.size));
        let (share, _) = measured(&units, &config);
        assert!(share <= 1.05, "{which:?}: {share:.3}");
        let most = units.iter().map(|unit| unit.bytes.len()).max().unwrap();
        assert!(most <= 2_000_000 / 8 / 30 * 6, "{which:?}: one frame has {most} bytes");
    }
}

#[test]
fn random_bytes_do_not_break_the_bitrate() {
    if !can_run("random_bytes_do_not_break_the_bitrate") {
        return;
    }
    let config = config(320, 180, 1_000_000, 30);
    let mut state = 88_172_645_463_325_252;
    let units = encode(&config, 150, |_, data| random(data, &mut state));
    let (share, first) = measured(&units, &config);
    assert!((0.9..=1.1).contains(&share), "{share:.3}");
    assert!(first <= 6.0, "{first:.2}");
}

#[test]
fn the_rate_follows_the_true_distance_of_the_frames() {
    if !can_run("the_rate_follows_the_true_distance_of_the_frames") {
        return;
    }
    for (announced, real) in [(30, 60), (30, 15), (60, 30), (30, 10)] {
        let announced = config(320, 180, 1_000_000, announced);
        let true_rate = config(320, 180, 1_000_000, real);
        let mut encoder = X264Encoder::open(&announced).unwrap();
        let mut data = vec![0; PixelFormat::I420.packed_len(announced.size)];
        let mut draw = pattern(Pattern::Noise, announced.size);
        let mut units = Vec::new();
        for seq in 0..u64::from(real) * 10 {
            draw(seq, &mut data);
            push(&mut encoder, &true_rate, seq, &data, &mut units);
        }
        let (share, _) = measured(&units, &true_rate);
        assert!((0.85..=1.1).contains(&share), "{real} fps: {share:.3}");
    }
}

#[test]
fn a_rate_is_followed_in_place() {
    if !can_run("a_rate_is_followed_in_place") {
        return;
    }
    let mut config = config(320, 180, 500_000, 30);
    let mut encoder = X264Encoder::open(&config).unwrap();
    let mut data = vec![0; PixelFormat::I420.packed_len(config.size)];
    let mut draw = pattern(Pattern::Noise, config.size);
    let mut seq = 0;
    for bitrate in [500_000, 4_000_000, 250_000] {
        config.rate.bitrate = framewire_frame::Bitrate::from_bits_per_second(bitrate);
        encoder.set_rate(config.rate).unwrap();
        let mut units = Vec::new();
        for _ in 0..90 {
            draw(seq, &mut data);
            push(&mut encoder, &config, seq, &data, &mut units);
            seq += 1;
        }
        let (share, _) = measured(&units[15..], &config);
        assert!((0.9..=1.1).contains(&share), "{bitrate}: {share:.3}");
    }
}

#[test]
fn a_bounded_quality_keeps_the_bitrate_and_a_free_one_does_not() {
    if !can_run("a_bounded_quality_keeps_the_bitrate_and_a_free_one_does_not") {
        return;
    }
    let config = config(320, 180, 1_000_000, 30).with_quality(Quality::new(90));
    let (bounded, _) = measured(&encode(&config, 90, pattern(Pattern::Noise, config.size)), &config);
    assert!(bounded <= 1.1, "{bounded:.3}");
    let config = config.with_preset(Preset::Fast);
    let mut draw = pattern_rgb(Pattern::Noise, config.size);
    let mut encoder = X264Encoder::open(&config).unwrap();
    let (units, _) = encode_late(&mut encoder, &config, 0..90, &[], false, &mut draw);
    let bytes: usize = units.iter().map(|unit| unit.bytes.len()).sum();
    assert!(bytes > 2 * 3 * 1_000_000 / 8, "{bytes} bytes");
}

fn pattern_rgb(pattern: Pattern, size: Size) -> impl FnMut(u64, &mut [u8]) {
    move |seq, rgb| pattern.draw_packed(seq, PixelFormat::Rgb8, size, rgb).unwrap()
}

#[test]
fn more_quality_takes_more_bytes_and_shows_more() {
    if !can_be_judged("more_quality_takes_more_bytes_and_shows_more") {
        return;
    }
    for preset in Preset::ALL {
        let mut last = (0, 0.0);
        for percent in [0, 30, 60, 100] {
            let config =
                config(320, 180, 50_000_000, 30).with_preset(preset).with_quality(Quality::new(percent));
            let mut encoder = X264Encoder::open(&config).unwrap();
            let mut draw = moving_box(config.size);
            let (units, sources) = encode_late(&mut encoder, &config, 0..20, &[], false, &mut draw);
            let decoded = judge("quality", units.iter().map(|unit| &unit.bytes[..]));
            let bytes: usize = units.iter().map(|unit| unit.bytes.len()).sum();
            let now = (bytes, psnr(&decoded, &sources));
            assert!(now.0 > last.0 && now.1 > last.1 + 0.5, "{preset} {percent}: {last:?} then {now:?}");
            last = now;
        }
        assert!(last.1 > 45.0, "{preset}: {:.1} dB at best", last.1);
    }
}

#[test]
fn ffmpeg_takes_every_kind_of_output_without_a_warning() {
    if !can_be_judged("ffmpeg_takes_every_kind_of_output_without_a_warning") {
        return;
    }
    for preset in Preset::ALL {
        for profile in [Profile::Baseline, Profile::Main, Profile::High] {
            for (threads, intra_refresh, size) in
                [(1, false, (162, 90)), (2, false, (640, 360)), (2, true, (640, 360))]
            {
                let config = config(size.0, size.1, 2_000_000, 30)
                    .with_preset(preset)
                    .with_profile(profile)
                    .with_intra_refresh(intra_refresh)
                    .with_threads(NonZeroUsize::new(threads));
                let mut encoder = X264Encoder::open(&config).unwrap();
                let mut draw = pattern_rgb(Pattern::Gradient, config.size);
                let (units, sources) = encode_late(&mut encoder, &config, 0..12, &[5], false, &mut draw);
                let what = format!("{preset}-{profile:?}-{threads}-{intra_refresh}");
                assert!(units.iter().map(|unit| unit.id).eq(0..12), "{what}");
                assert!(units.iter().all(|unit| unit.is_key() == matches!(unit.id, 0 | 5)), "{what}");
                let decoded = judge(&what, units.iter().map(|unit| &unit.bytes[..]));
                assert_eq!(decoded.len(), sources.len(), "{what}");
                let psnr = psnr(&decoded, &sources);
                assert!(psnr > 36.0, "{what}: {psnr:.1} dB");
            }
        }
    }
}

#[test]
fn macroblocks_that_are_said_to_rest_cost_little_and_do_not_drift() {
    if !can_be_judged("macroblocks_that_are_said_to_rest_cost_little_and_do_not_drift") {
        return;
    }
    for preset in [Preset::LowLatency, Preset::Fast] {
        for rate in [None, Quality::new(60)] {
            let config = config(640, 368, 3_000_000, 30)
                .with_preset(preset)
                .with_quality(rate)
                .with_threads(NonZeroUsize::new(2));
            let run = |changes| {
                let mut encoder = X264Encoder::open(&config).unwrap();
                assert!(encoder.capabilities().uses_changes);
                let mut draw = moving_box(config.size);
                let (units, sources) = encode_late(&mut encoder, &config, 0..90, &[40], changes, &mut draw);
                let decoded = judge("changes", units.iter().map(|unit| &unit.bytes[..]));
                let picture = sources.len() / 90;
                // Drift would show most in the last pictures.
                let tail = psnr(&decoded[picture * 85..], &sources[picture * 85..]);
                (psnr(&decoded, &sources), tail, units.iter().map(|unit| unit.bytes.len()).sum::<usize>())
            };
            let (told, untold) = (run(true), run(false));
            let what = format!("{preset} {rate:?}: {told:?} and {untold:?}");
            assert!(told.0 > untold.0 - 0.2 && told.1 > untold.1 - 0.5, "{what}");
            assert!(told.2 as f64 <= untold.2 as f64 * 1.1, "{what}");
        }
    }
}

#[test]
fn a_lost_unit_is_forgotten_after_a_wave_of_intra_refresh() {
    if !can_be_judged("a_lost_unit_is_forgotten_after_a_wave_of_intra_refresh") {
        return;
    }
    let lasting_damage = |intra_refresh| {
        let config = config(320, 192, 3_000_000, 10).with_intra_refresh(intra_refresh);
        let mut draw = moving_box(config.size);
        let mut encoder = X264Encoder::open(&config).unwrap();
        // The one picture that is not still is lost.
        let mut film = |seq: u64, rgb: &mut [u8]| {
            draw(0, rgb);
            if seq >= 15 {
                rgb.rotate_left(30_000);
            }
        };
        let (mut units, sources) = encode_late(&mut encoder, &config, 0..80, &[], false, &mut film);
        assert_eq!(units.iter().filter(|unit| unit.is_key()).count(), 1);
        units.remove(15);
        let folder = folder("refresh");
        let file = folder.join("stream.h264");
        fs::write(&file, units.iter().flat_map(|unit| unit.bytes.clone()).collect::<Vec<_>>()).unwrap();
        let decoded = ffmpeg_decode(&file);
        fs::remove_dir_all(&folder).unwrap();
        let picture = sources.len() / 80;
        psnr(&decoded[decoded.len() - picture..], &sources[sources.len() - picture..])
    };
    let (with, without) = (lasting_damage(true), lasting_damage(false));
    assert!(with > 30.0 && without < 25.0, "{with:.1} dB with, {without:.1} dB without");
}

#[test]
fn a_flush_gives_all_that_was_held_back_and_the_next_picture_is_a_key_frame() {
    if !can_run("a_flush_gives_all_that_was_held_back_and_the_next_picture_is_a_key_frame") {
        return;
    }
    for preset in [Preset::Fast, Preset::Quality] {
        let config = config(320, 180, 2_000_000, 30).with_preset(preset).with_threads(NonZeroUsize::new(2));
        let mut encoder = X264Encoder::open(&config).unwrap();
        assert!(encoder.capabilities().delay > 0);
        let mut draw = pattern_rgb(Pattern::Gradient, config.size);
        for burst in [0..1, 1..8, 8..60] {
            let (units, _) = encode_late(&mut encoder, &config, burst.clone(), &[], false, &mut draw);
            assert!(units.iter().map(|unit| unit.id).eq(burst.clone()), "{preset} {burst:?}");
            assert!(units.iter().all(|unit| unit.is_key() == (unit.id == burst.start)), "{preset} {burst:?}");
        }
    }
}

#[test]
fn key_frames_are_no_further_apart_than_was_asked_for() {
    if !can_run("key_frames_are_no_further_apart_than_was_asked_for") {
        return;
    }
    for preset in Preset::ALL {
        let config = config(320, 180, 2_000_000, 30).with_preset(preset).with_gop(NonZeroU32::new(10));
        let mut encoder = X264Encoder::open(&config).unwrap();
        let mut draw = pattern_rgb(Pattern::Gradient, config.size);
        let (units, _) = encode_late(&mut encoder, &config, 0..35, &[13], false, &mut draw);
        let keys: Vec<_> = units.iter().filter(|unit| unit.is_key()).map(|unit| unit.id).collect();
        if preset == Preset::Quality {
            // It makes key frames at scene cuts as well, of which this pattern is full.
            assert!(keys.contains(&13) && keys.is_sorted_by(|a, b| b - a <= 10), "{keys:?}");
            assert!(keys.len() <= 8, "{keys:?}");
        } else {
            assert_eq!(keys, [0, 10, 13, 23, 33], "{preset}");
        }
    }
}

#[test]
fn many_sessions_open_and_close_on_several_threads() {
    if !can_run("many_sessions_open_and_close_on_several_threads") {
        return;
    }
    std::thread::scope(|scope| {
        for worker in 0..6 {
            scope.spawn(move || {
                for round in 0..20 {
                    let preset = Preset::ALL[(worker + round) % 3];
                    let config = config(64 + 16 * round as u32, 96, 1_000_000, 30)
                        .with_preset(preset)
                        .with_threads(NonZeroUsize::new(1 + round % 3));
                    let mut encoder = X264Encoder::open(&config).unwrap();
                    // Every other one is closed with pictures inside.
                    let mut draw = pattern_rgb(Pattern::Gradient, config.size);
                    if round % 2 == 0 {
                        let (units, _) = encode_late(&mut encoder, &config, 0..4, &[], true, &mut draw);
                        assert_eq!(units.len(), 4);
                    } else {
                        let data = vec![90; PixelFormat::I420.packed_len(config.size)];
                        let picture = PictureRef::packed(PixelFormat::I420, config.size, &data).unwrap();
                        let input = Input {
                            picture: InputPicture::Host(picture),
                            id: FrameId(0),
                            timestamp: framewire_frame::Timestamp::ZERO,
                            key: false,
                            changes: None,
                        };
                        encoder.encode(input, &mut |_| {}).unwrap();
                    }
                }
            });
        }
    });
}

#[test]
fn extreme_sizes_are_coded_and_the_impossible_is_named() {
    if !can_run("extreme_sizes_are_coded_and_the_impossible_is_named") {
        return;
    }
    for (width, height) in [
        (2, 2),
        (16, 16),
        (18, 2),
        (2, 720),
        (4096, 64),
        (64, 4096),
        (16_384, 16),
        (16, 16_384),
        (5120, 1440),
    ] {
        let config = config(width, height, 4_000_000, 30);
        encode(&config, 2, |seq, data| data.fill(seq as u8 * 100));
    }
    let error = X264Encoder::open(&config(16_384, 16_384, 4_000_000, 30)).err().unwrap();
    assert!(matches!(error, BackendError::Unsupported { .. }));
    assert!(error.to_string().contains("16384x16384"), "{error}");
}

#[test]
fn a_rate_that_nothing_can_exceed_is_taken() {
    if !can_run("a_rate_that_nothing_can_exceed_is_taken") {
        return;
    }
    let mut state = 1;
    for bits in [0, u32::MAX] {
        let config = config(320, 180, bits, 30);
        encode(&config, 10, |seq, data| if seq < 5 { data.fill(16) } else { random(data, &mut state) });
    }
}

#[test]
fn another_picture_than_announced_is_refused() {
    if !can_run("another_picture_than_announced_is_refused") {
        return;
    }
    let config = config(64, 64, 1_000_000, 30);
    let mut encoder = X264Encoder::open(&config).unwrap();
    let data = vec![0; 64 * 64 * 4];
    for (format, width) in [(PixelFormat::I420, 32), (PixelFormat::Nv12, 32), (PixelFormat::Rgba8, 64)] {
        let picture = PictureRef::packed(format, Size::new(width, 64).unwrap(), &data).unwrap();
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

/// The test itself runs in a process of its own, because the library is looked for once in each.
#[test]
fn the_environment_names_the_library_or_turns_it_off() {
    const ROLE: &str = "FRAMEWIRE_TEST_ROLE";
    if std::env::var_os(ROLE).is_some() {
        let error = library().unwrap_err().to_string();
        let opened = X264Encoder::open(&config(64, 64, 1_000_000, 30)).err().unwrap();
        assert!(matches!(opened, BackendError::Unavailable { .. }));
        assert_eq!(opened.to_string(), error);
        let names: Vec<_> = framewire_software::encoders().iter().map(|candidate| candidate.name).collect();
        assert_eq!(names, ["openh264", "x264"], "what is missing comes last");
        println!("{error}");
        return;
    }
    for (setting, expected) in [
        ("/nowhere/libx264.so", "FRAMEWIRE_X264 names /nowhere/libx264.so, which cannot be loaded"),
        ("off", "it is turned off by FRAMEWIRE_X264=off"),
    ] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_environment_names_the_library_or_turns_it_off", "--nocapture"])
            .env(ROLE, "child")
            .env("FRAMEWIRE_X264", setting)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && said.contains(expected), "{said}");
    }
}

#[test]
fn where_the_system_has_the_library_it_comes_first() {
    if can_run("where_the_system_has_the_library_it_comes_first") {
        let names: Vec<_> = framewire_software::encoders().iter().map(|candidate| candidate.name).collect();
        assert_eq!(names, ["x264", "openh264"]);
    }
}
