use super::{Subject, encode, film, size};
use crate::{
    Codec, Content, Profile,
    testing::{TestDevice, pictures},
};
use framewire_frame::{Frame, PixelFormat};
use std::num::NonZeroUsize;

/// Sizes change up, down and back between two frames; the decoder follows and every frame is shown.
pub fn a_size_change_starts_with_a_key_frame_and_loses_nothing(subject: &Subject) {
    let sizes = [size(320, 180), size(640, 360), size(160, 92), size(320, 180)];
    let mut encoder = subject.open(subject.config(sizes[0]));
    let mut units = Vec::new();
    for (round, &size) in (0..).zip(&sizes) {
        film(&mut encoder, size, round * 4..round * 4 + 4, &mut units);
    }
    units.extend(encoder.flush());
    for (index, unit) in units.iter().enumerate() {
        assert_eq!((unit.id.0, unit.size), (index as u64, sizes[index / 4]));
        assert_eq!(unit.key, index % 4 == 0, "frame {index}");
    }
    for (index, shown) in subject.decode(&units).iter().enumerate() {
        let source = pictures::picture(PixelFormat::I420, sizes[index / 4], index as u64);
        subject.check_picture(shown, source.as_ref(), &format!("frame {index}"));
    }
}

/// Sizes down to 1x1 are shown with even sides, and hold the picture.
pub fn odd_sizes_are_padded_and_cropped(subject: &Subject) {
    for (width, height) in [(1, 1), (3, 5), (161, 91), (641, 361), (2, 130), (17, 2)] {
        let size = size(width, height);
        for format in [PixelFormat::Rgba8, PixelFormat::I420, PixelFormat::Nv12] {
            let mut encoder = subject.open(subject.config(size));
            let source = pictures::picture(format, size, 2);
            let mut units = encode(&mut encoder, &Frame::new(source.clone()), 0);
            units.extend(encode(&mut encoder, &Frame::new(source.clone()), 1));
            units.extend(encoder.flush());
            assert_eq!(units.len(), 2, "{size}");
            assert_eq!(units[0].size, size.padded_to_even());
            for shown in subject.decode(&units) {
                assert_eq!(shown.picture.size(), size.padded_to_even());
                subject.check_picture(&shown, source.as_ref(), &format!("{size} {format}"));
            }
        }
    }
}

/// What a device has converted looks like what the processor has, also beside it in one stream.
pub fn a_frame_of_a_device_is_shown_like_one_of_the_host(subject: &Subject) {
    for size in [size(320, 180), size(161, 91)] {
        let device = TestDevice::default();
        let mut encoder = subject.open(subject.config(size));
        encoder.track_changes(true);
        let sources: Vec<_> = (0..8).map(|index| pictures::rgba(size, index / 2)).collect();
        let mut units = Vec::new();
        for (index, source) in (0..).zip(&sources) {
            let on_device = (2..6).contains(&index);
            let frame = if on_device { device.frame(source.clone()) } else { source.clone().into() };
            units.extend(encode(&mut encoder, &frame, index));
        }
        units.extend(encoder.flush());
        assert!(encoder.take_notices().is_empty(), "nothing was replaced");
        assert_eq!((units.len(), device.counts().download), (sources.len(), 0));
        for (index, (shown, source)) in subject.decode(&units).iter().zip(&sources).enumerate() {
            subject.check_picture(shown, source.as_ref(), &format!("{size} frame {index}"));
        }
    }
}

/// Whatever the config asks for, the stream can be played and names its own profile.
pub fn every_content_profile_and_thread_count_can_be_played(subject: &Subject) {
    let size = size(320, 180);
    for content in [Content::Camera, Content::Screen] {
        for profile in [Profile::Baseline, Profile::Main, Profile::High] {
            for threads in [None, NonZeroUsize::new(1), NonZeroUsize::new(3)] {
                let config =
                    subject.config(size).with_content(content).with_profile(profile).with_threads(threads);
                let mut encoder = subject.open(config);
                let mut units = Vec::new();
                film(&mut encoder, size, 0..4, &mut units);
                units.extend(encoder.flush());
                let what = format!("{content:?} {profile:?} {threads:?}");
                for (index, shown) in (0..).zip(subject.decode(&units)) {
                    let source = pictures::picture(PixelFormat::I420, size, index);
                    subject.check_picture(&shown, source.as_ref(), &what);
                }
                if subject.codec != Codec::H264 {
                    // Of the three profiles of the config, others have one alone.
                    continue;
                }
                let [profile_idc, ..] = units[0].codec.h264_profile().expect("a string of H.264");
                let at_most = match profile {
                    Profile::Baseline => 66,
                    Profile::Main => 77,
                    Profile::High => 100,
                };
                assert!(profile_idc <= at_most, "{what} became {}", units[0].codec);
            }
        }
    }
}
