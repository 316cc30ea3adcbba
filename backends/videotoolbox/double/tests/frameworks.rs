//! The double through the real bindings: encode, decode and convert, with and without faults.
#![cfg(framewire_videotoolbox_double)]

mod support;

use framewire_videotoolbox_double::{Kind, exclusive};
use objc2_core_foundation::{CFBoolean, CFNumber, CFString, CFType};
use objc2_core_media::CMVideoFormatDescriptionGetH264ParameterSetAtIndex;
use objc2_video_toolbox::{
    VTSessionSetProperty, kVTCompressionPropertyKey_AverageBitRate, kVTCompressionPropertyKey_RealTime,
    kVTInvalidSessionErr, kVTPropertyNotSupportedErr,
};
use std::{process::Command, ptr};
use support::{Decoder, Encoder, transfer_round_trip};

#[test]
fn frames_come_back_through_both_sessions_and_nothing_leaks() {
    let double = exclusive();
    {
        let encoder = Encoder::open(64, 48, true);
        for index in 0..5 {
            assert_eq!(encoder.encode(index, false), 0);
        }
        encoder.complete();
        let samples = encoder.take();
        assert_eq!(samples.iter().map(|sample| sample.context).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert!(samples[0].is_key() && samples[1..].iter().all(|sample| !sample.is_key()));

        let format = samples[0].format();
        let mut count = 0;
        let mut length_size = 0;
        // SAFETY: the description is alive, and the pointers are null or places for the values.
        let status = unsafe {
            CMVideoFormatDescriptionGetH264ParameterSetAtIndex(
                &format,
                0,
                ptr::null_mut(),
                ptr::null_mut(),
                &raw mut count,
                &raw mut length_size,
            )
        };
        assert_eq!((status, count, length_size), (0, 2, 4));
        for sample in &samples {
            let bytes = sample.bytes();
            let len = u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize;
            assert!(len + 4 <= bytes.len() && ![7, 8].contains(&(bytes[4] & 31)));
        }

        let decoder = Decoder::open(&format);
        for sample in &samples {
            assert_eq!(decoder.decode(sample), 0);
        }
        decoder.wait();
        let pictures = decoder.take();
        assert_eq!(pictures.len(), 5);
        for (index, picture) in pictures.iter().enumerate() {
            assert_eq!((picture.context, picture.status), (index, 0));
            assert!(picture.luma.abs_diff(support::luma(index)) < 4, "{} in {index}", picture.luma);
        }
    }
    double.assert_no_leaks();
}

#[test]
fn a_session_that_is_released_and_not_invalidated_is_found() {
    let double = exclusive();
    let mut encoder = Encoder::open(64, 48, true);
    // No callback is due: the session may go as it is.
    encoder.ends_well = false;
    drop(encoder);
    let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| double.assert_no_leaks()));
    assert!(checked.is_err());
}

#[test]
fn frames_are_held_back_without_low_latency_until_they_are_completed() {
    let double = exclusive();
    double.faults(|faults| faults.delay = Some(3));
    let encoder = Encoder::open(64, 48, false);
    for index in 0..5 {
        encoder.encode(index, false);
    }
    encoder.wait_for(2);
    assert_eq!(encoder.take().len(), 2);
    encoder.complete();
    assert_eq!(encoder.take().len(), 3);
    drop(encoder);
    double.assert_no_leaks();
}

#[test]
fn faults_of_encoders_are_what_they_say() {
    let double = exclusive();
    double.faults(|faults| {
        faults.drop_every = Some(2);
        faults.ignore_forced_keys = 1;
        faults.split_blocks = true;
        faults.invalid_after = Some(5);
        faults.refuse = vec!["RealTime".to_owned()];
        faults.max_sessions = Some(1);
    });
    let encoder = Encoder::open(64, 48, true);
    assert!(Encoder::try_open(64, 48, true).is_none());
    // SAFETY: the session is alive, and both values are of the types that the properties take.
    unsafe {
        let flag: &CFType = CFBoolean::new(true);
        let bits = CFNumber::new_i32(1_000_000);
        let session = encoder.session();
        assert_eq!(
            VTSessionSetProperty(session, kVTCompressionPropertyKey_RealTime, Some(flag)),
            kVTPropertyNotSupportedErr
        );
        assert_eq!(VTSessionSetProperty(session, kVTCompressionPropertyKey_AverageBitRate, Some(&bits)), 0);
        let unknown = CFString::from_str("Unknown");
        assert_eq!(VTSessionSetProperty(session, &unknown, Some(&bits)), kVTPropertyNotSupportedErr);
    }
    for index in 0..5 {
        assert_eq!(encoder.encode(index, index >= 2), 0);
    }
    assert_eq!(encoder.encode(5, false), kVTInvalidSessionErr);
    encoder.complete();
    let samples = encoder.take();
    assert!(samples.iter().map(|sample| sample.is_dropped()).eq([false, true, false, true, false]));
    // The request at 2 is ignored, the one at 4 is not.
    assert!(!samples[2].is_key() && samples[4].is_key());
    assert!(samples[0].pieces() > 1);
    drop((samples, encoder));
    double.assert_no_leaks();
}

#[test]
fn faults_of_decoders_are_what_they_say() {
    let double = exclusive();
    double.faults(|faults| faults.all_keys = true);
    let encoder = Encoder::open(64, 48, true);
    for index in 0..4 {
        encoder.encode(index, false);
    }
    encoder.complete();
    let samples = encoder.take();
    assert!(samples.iter().all(|sample| sample.is_key()));

    double.faults(|faults| (faults.bad_data_every, faults.max_sessions) = (Some(2), Some(2)));
    let decoder = Decoder::open(&samples[0].format());
    assert!(Encoder::try_open(64, 48, true).is_none());
    for sample in &samples {
        assert_eq!(decoder.decode(sample), 0);
    }
    decoder.wait();
    let statuses: Vec<i32> = decoder.take().iter().map(|picture| picture.status).collect();
    assert_eq!(statuses, [0, -12909, 0, -12909]);

    let smaller = Encoder::open_after(encoder, 32, 32);
    smaller.encode(0, false);
    smaller.complete();
    let other = smaller.take();
    assert!(!decoder.accepts(&other[0].format()));
    assert_eq!(decoder.decode(&other[0]), -12916);
    drop((samples, other, smaller, decoder));
    double.assert_no_leaks();
}

#[test]
fn a_thousand_sessions_leave_nothing() {
    let double = exclusive();
    for index in 0..1000 {
        let encoder = Encoder::open(32, 32, index % 2 == 0);
        encoder.encode(0, false);
        encoder.complete();
        assert_eq!(encoder.take().len(), 1);
    }
    double.assert_no_leaks();
}

#[test]
fn lost_hardware_fails_what_is_open() {
    let double = exclusive();
    let encoder = Encoder::open(64, 48, true);
    encoder.encode(0, false);
    encoder.complete();
    double.faults(|faults| faults.hardware_lost = true);
    encoder.encode(1, false);
    encoder.complete();
    let statuses: Vec<i32> = encoder.take().iter().map(|sample| sample.status).collect();
    assert_eq!(statuses, [0, -12912]);
}

#[test]
fn pixels_survive_a_transfer_to_nv12_and_back() {
    let double = exclusive();
    for format in [*b"BGRA", *b"RGBA", [0, 0, 0, 32]] {
        for nv12 in [*b"420v", *b"420f"] {
            transfer_round_trip(u32::from_be_bytes(format), u32::from_be_bytes(nv12));
        }
    }
    double.assert_no_leaks();
}

#[test]
fn a_leak_is_counted() {
    let double = exclusive();
    let text = CFString::from_str("kept");
    assert_eq!(double.ledger().live(Kind::String), 1);
    drop(text);
    double.assert_no_leaks();
}

#[test]
fn a_release_too_many_ends_the_process_with_the_name_of_the_type() {
    let program = std::env::current_exe().unwrap();
    let run = Command::new(program).args(["--ignored", "--exact", "releases_too_often"]).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success() && said.contains("CFString"), "{said}");
}

#[test]
#[ignore = "ends the process; another test runs it"]
fn releases_too_often() {
    let text = CFString::from_str("gone");
    let raw = objc2_core_foundation::CFRetained::into_raw(text);
    for _ in 0..2 {
        // SAFETY: none for the second time: the double ends the process there.
        drop(unsafe { objc2_core_foundation::CFRetained::from_raw(raw) });
    }
}

#[test]
fn a_callback_that_unwinds_ends_the_process() {
    let program = std::env::current_exe().unwrap();
    let run = Command::new(program).args(["--ignored", "--exact", "unwinds_in_a_callback"]).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success() && said.contains("unwound into the frameworks"), "{said}");
}

#[test]
#[ignore = "ends the process; another test runs it"]
fn unwinds_in_a_callback() {
    let encoder = Encoder::open(64, 48, true);
    encoder.poison();
    encoder.encode(0, false);
    encoder.complete();
}
