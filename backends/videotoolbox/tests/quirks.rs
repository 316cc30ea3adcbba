//! Encoders that are not what they should be, over the double: what is found, and which settings follow from it.
#![cfg(framewire_videotoolbox_double)]

use framewire_codec::{
    Codec, EncoderBackend, EncoderConfig, Finding, Input, InputPicture, Trial, Verdict, testing::pictures,
};
use framewire_frame::{FrameId, PixelFormat, Size, Surface, Timestamp};
use framewire_videotoolbox::{Findings, VideoToolboxEncoder};
use framewire_videotoolbox_double::{Exclusive, Faults, WrongSps, exclusive};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn config() -> EncoderConfig {
    EncoderConfig::new(Size::new(160, 96).expect("a size"))
}

/// What is found of the encoder of H.264.
fn trial(findings: &Findings) -> Trial {
    let Finding { name, codec, trial, .. } = findings.of(Codec::H264);
    assert_eq!((name, codec), (framewire_videotoolbox::NAME, Codec::H264));
    trial.expect("a session that can be looked at")
}

/// What is not as it should be.
fn amiss(trial: &Trial) -> Vec<(&'static str, Verdict)> {
    let observations = trial.observations.iter();
    observations.filter(|seen| seen.verdict != Verdict::Well).map(|seen| (seen.what, seen.verdict)).collect()
}

fn with(double: &Exclusive, fault: impl FnOnce(&mut Faults)) -> Trial {
    double.faults(|faults| *faults = Faults::default());
    double.faults(fault);
    trial(&Findings::in_memory())
}

#[test]
fn an_encoder_without_quirks_has_the_best_settings_and_nothing_amiss() {
    let double = exclusive();
    let trial = with(&double, |_| ());
    assert_eq!(amiss(&trial), []);
    assert_eq!(trial.observations.len(), 10);
    assert_eq!(trial.settings, "low-latency rate control");
    assert!(trial.is_sound() && !trial.is_kept);
    double.assert_no_leaks();
}

#[test]
fn a_quirk_that_viewers_notice_under_all_settings_is_a_fault_and_said_with_each_session() {
    let double = exclusive();
    type Quirk = fn(&mut Faults);
    let quirks: [(Quirk, &str); 6] = [
        (|faults| faults.all_keys = true, "makes key frames that nobody asked for"),
        (|faults| faults.ignore_forced_keys = 100, "makes no key frame when it is asked for one"),
        (|faults| faults.drop_every = Some(3), "holds or drops pictures"),
        (|faults| faults.incomplete = 1, "holds or drops pictures"),
        (|faults| faults.ignore_rate = true, "passes over the bitrate"),
        (
            |faults| faults.wrong_sps = Some(WrongSps::Size),
            "writes parameter sets that are not of its pictures",
        ),
    ];
    for (quirk, what) in quirks {
        let trial = with(&double, quirk);
        assert!(amiss(&trial).contains(&(what, Verdict::Fault)), "{what}: {trial:?}");
        assert!(!trial.is_sound());

        let findings = Findings::in_memory();
        for _ in 0..2 {
            let encoder = VideoToolboxEncoder::open_with(&config(), &findings).expect("a session");
            assert!(encoder.notes().iter().any(|note| note.contains(what)), "{:?}", encoder.notes());
        }
    }
    double.assert_no_leaks();
}

#[test]
fn flags_of_parameter_sets_that_are_mended_change_no_settings() {
    let double = exclusive();
    for (wrong, what) in [
        (WrongSps::Reordering, "announces reordering"),
        (WrongSps::Profile, "has another profile than was asked for"),
        (WrongSps::Cropping, "does not crop to the picture"),
        (WrongSps::Color, "does not tag the colour"),
    ] {
        let trial = with(&double, |faults| faults.wrong_sps = Some(wrong));
        assert_eq!(amiss(&trial), [(what, Verdict::Mended)]);
        assert_eq!(trial.settings, "low-latency rate control");
        assert!(trial.is_sound());
    }
}

#[test]
fn the_first_settings_without_a_fault_are_chosen() {
    let double = exclusive();
    type Quirk = fn(&mut Faults);
    let quirks: [(Quirk, &str); 6] = [
        (|faults| faults.drops_at_limit = true, "low-latency rate control without a limit"),
        (|faults| faults.all_keys_without_references = true, "low-latency rate control with two references"),
        (|faults| faults.all_keys_in_low_latency = true, "the usual rate control"),
        (
            |faults| {
                faults.all_keys_in_low_latency = true;
                faults.all_keys_without_references = true;
            },
            "the usual rate control with two references",
        ),
        // The first look spends the fault.
        (|faults| faults.ignore_forced_keys = 1, "low-latency rate control with two references"),
        (
            |faults| {
                faults.ignore_rate = true;
                faults.all_keys_in_low_latency = true;
            },
            "the usual rate control",
        ),
    ];
    for (quirk, settings) in quirks {
        assert_eq!(with(&double, quirk).settings, settings);
    }
    double.faults(|faults| *faults = Faults::default());
    double.faults(|faults| faults.all_keys_in_low_latency = true);
    let mut encoder = VideoToolboxEncoder::open_with(&config(), &Findings::in_memory()).expect("a session");
    assert_eq!(keys(&mut encoder, 4), [0]);
    drop(encoder);
    double.assert_no_leaks();
}

#[test]
fn a_property_that_is_refused_is_told_with_its_status() {
    let double = exclusive();
    let trial = with(&double, |faults| faults.refuse = vec!["RealTime".to_owned()]);
    let said = "RealTime was refused (kVTPropertyNotSupportedErr (-12900)) and is left out";
    assert_eq!(trial.refused, [said]);
}

#[test]
fn settings_that_are_not_used_are_told_with_the_reason() {
    let double = exclusive();
    let trial = with(&double, |faults| faults.all_keys_in_low_latency = true);
    let why = "low-latency rate control makes key frames that nobody asked for";
    assert!(trial.passed_over.iter().any(|said| said == why), "{:?}", trial.passed_over);
    assert_eq!(with(&double, |_| ()).passed_over, <[String; 0]>::default());
}

#[test]
fn what_a_stream_may_wish_for_and_is_refused_is_told() {
    let double = exclusive();
    for wish in ["EnableLTR", "BaseLayerFrameRateFraction", "Quality"] {
        let trial = with(&double, |faults| faults.refuse = vec![wish.to_owned()]);
        let told = trial
            .refused
            .iter()
            .any(|said| said.contains(wish) && said.contains("kVTPropertyNotSupportedErr"));
        assert!(told && trial.is_sound(), "{wish}: {:?}", trial.refused);
    }
}

#[test]
fn an_encoder_that_does_not_open_is_a_finding_with_its_reason_and_tried_again_later() {
    let double = exclusive();
    double.faults(|faults| faults.hardware_lost = true);
    let findings = Findings::in_memory();
    let why = findings.of(Codec::H264).trial.expect_err("no hardware");
    assert!(why.contains("has no hardware"), "{why}");
    double.faults(|faults| *faults = Faults::default());
    assert!(trial(&findings).is_sound());
    double.assert_no_leaks();
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("framewire-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("videotoolbox.json")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).expect("a file of findings")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn found(folder: &Path) -> Trial {
    trial(&Findings::in_folder(folder))
}

#[test]
fn what_is_sound_is_kept_on_disk_until_it_is_forgotten() {
    let double = exclusive();
    let folder = Folder::new("kept");
    let first = found(&folder.0);
    assert!(!first.is_kept);
    // What goes wrong now is not looked at.
    double.faults(|faults| faults.all_keys_in_low_latency = true);
    let second = found(&folder.0);
    assert!(second.is_kept);
    assert_eq!(second.settings, first.settings);
    assert_eq!(second.observations, first.observations);

    let findings = Findings::in_folder(&folder.0);
    assert!(trial(&findings).is_kept);
    findings.forget();
    let anew = trial(&findings);
    assert!(!anew.is_kept);
    assert_eq!(anew.settings, "the usual rate control");
    assert_eq!(found(&folder.0).settings, anew.settings);
    assert_eq!(fs::read_dir(&folder.0).expect("a folder").count(), 1, "nothing is left beside the file");
    double.assert_no_leaks();
}

#[test]
fn what_has_a_fault_or_a_passing_cause_is_not_kept() {
    let double = exclusive();
    let folder = Folder::new("faulty");
    double.faults(|faults| faults.all_keys = true);
    assert!(!found(&folder.0).is_sound());
    double.faults(|faults| *faults = Faults::default());
    let anew = found(&folder.0);
    assert!(anew.is_sound() && !anew.is_kept);

    let folder = Folder::new("passing");
    // The first session breaks down in the first look, and no other does.
    double.faults(|faults| faults.invalid_after = Some(5));
    assert!(Findings::in_folder(&folder.0).of(Codec::H264).trial.is_err());
    assert!(!folder.file().exists());
}

#[test]
fn a_file_that_is_broken_too_large_too_old_or_of_another_machine_is_passed_over() {
    let double = exclusive();
    let folder = Folder::new("passed-over");
    found(&folder.0);
    let good = folder.text();
    let old = good.replace("\"seconds\": 1", "\"seconds\": ");
    let future = good.replace("\"seconds\": 1", "\"seconds\": 9");
    let other = good.replace("a double of VideoToolbox", "Mac14,2");
    let unsound = good.replace("\"predicts\": true", "\"predicts\": false");
    let nothing = "{\"machine\":{},\"found\":[]}".to_owned();
    let large = format!("{good}{}", " ".repeat(65 * 1024));
    let half = good[..good.len() / 2].to_owned();
    let digits =
        good.split("\"seconds\": ").nth(1).and_then(|rest| rest.split(',').next()).expect("a moment");
    let endless = good.replace(digits, &u64::MAX.to_string());
    let escape = good.replacen("\"refused\": []", "\"refused\": [\"\\u001b[2J\"]", 1);
    for text in
        [endless, escape, old, future, other, unsound, nothing, large, half, String::new(), "\0".repeat(100)]
    {
        assert_ne!(text, good);
        fs::write(folder.file(), &text).expect("a file");
        assert!(!found(&folder.0).is_kept, "{text}");
        assert!(found(&folder.0).is_kept, "a good one takes its place");
    }
    double.assert_no_leaks();
}

#[test]
#[cfg(unix)]
fn a_pipe_in_the_place_of_the_file_is_not_waited_for() {
    let double = exclusive();
    let folder = Folder::new("pipe");
    fs::create_dir_all(&folder.0).expect("a folder");
    let made = std::process::Command::new("mkfifo").arg(folder.file()).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("SKIPPED a_pipe_in_the_place_of_the_file_is_not_waited_for: mkfifo is missing");
        return;
    }
    assert!(!found(&folder.0).is_kept);
    assert!(found(&folder.0).is_kept, "a good one takes its place");
    double.assert_no_leaks();
}

#[test]
fn a_folder_that_cannot_be_written_to_is_no_error() {
    let double = exclusive();
    let folder = Folder::new("file");
    fs::write(&folder.0, b"a file").expect("a file");
    for _ in 0..2 {
        assert!(!found(&folder.0).is_kept);
    }
    fs::remove_file(&folder.0).expect("the file goes");
    double.assert_no_leaks();
}

/// Which of so many pictures are key frames.
fn keys(encoder: &mut VideoToolboxEncoder, count: u64) -> Vec<u64> {
    let mut keys = Vec::new();
    for index in 0..count {
        let frame = pictures::frame(PixelFormat::I420, config().size, index);
        let Surface::Host(picture) = &frame.surface else { unreachable!("a frame in host memory") };
        let input = Input {
            picture: InputPicture::Host(picture.as_ref()),
            id: FrameId(index),
            timestamp: Timestamp::from_micros(index * 33_333),
            key: false,
            changes: None,
        };
        let mut note = |unit: framewire_codec::Encoded<'_>| {
            if !framewire_bitstream::parameter_sets(Codec::H264, unit.data).is_empty() {
                keys.push(unit.id.0);
            }
        };
        encoder.encode(input, &mut note).expect("the frame is encoded");
    }
    keys
}

#[test]
fn the_codec_string_is_that_of_the_parameter_sets_that_came_out() {
    let double = exclusive();
    let mut encoder = VideoToolboxEncoder::open_with(&config(), &Findings::in_memory()).expect("a session");
    assert_eq!(encoder.codec_string(), None, "nothing has come out");
    keys(&mut encoder, 2);
    let said = encoder.codec_string().expect("a key frame has come out").to_string();
    assert!(said.starts_with("avc1.42"), "{said}");
    drop(encoder);
    double.assert_no_leaks();
}

#[test]
fn codecs_that_open_in_hardware_are_supported() {
    let double = exclusive();
    double.faults(|faults| faults.hardware_lost = true);
    assert_eq!(framewire_videotoolbox::supported(), []);
    double.faults(|faults| *faults = Faults::default());
    assert!(framewire_videotoolbox::supported().contains(&Codec::H264));
    // One that has opened is not tried again.
    double.faults(|faults| faults.max_sessions = Some(0));
    assert!(framewire_videotoolbox::supported().contains(&Codec::H264));
    double.assert_no_leaks();
}
