//! The bodies over damaged files of both shapes.

use std::{io::Cursor, num::NonZeroU32};

use framewire_bitstream::{DecoderConfig, avcc::AvcDecoderConfig};
use proptest::prelude::*;

use crate::{
    Edit, FragmentSettings, FragmentedWriter, MovieSettings, Mp4Writer, NewSample, SampleEntry, TrackKind,
    TrackSettings,
};

/// A small file with pictures and sound.
fn seed(fragmented: bool) -> Vec<u8> {
    let sps = [0x67, 0x42, 0xc0, 0x0a, 0x8c, 0x8d, 0x44, 0xb2, 0x01];
    let config = AvcDecoderConfig::from_parameter_sets(&[&sps], &[&[0x68, 0xce, 0x3c, 0x80]]).unwrap();
    let sound = [&[0, 0, 0, 36][..], b"mp4a", &[0; 28]].concat();
    let mut video = TrackSettings::video(
        NonZeroU32::new(90).unwrap(),
        SampleEntry::video(&DecoderConfig::Avc(config)).unwrap(),
    );
    video.edits = vec![Edit::empty(100), Edit::new(0, 3)];
    video.may_change = fragmented;
    let sound = SampleEntry::from_bytes(TrackKind::Audio, &sound).unwrap();
    let sound = TrackSettings::new(TrackKind::Audio, NonZeroU32::new(480).unwrap(), sound);
    let samples = [(0, true), (30, false), (60, false), (90, true)].map(|(time, sync)| {
        let mut sample = NewSample::new(&[0, 0, 0, 2, 0x65, 7], time);
        (sample.sync, sample.composition_offset) = (sync, 30 - (time % 60) as i32);
        sample
    });
    let (out, movie) = (Cursor::new(Vec::new()), MovieSettings::default());
    let out = if fragmented {
        let mut writer = FragmentedWriter::new(out, movie, FragmentSettings::default());
        let tracks = [writer.add_track(video).unwrap(), writer.add_track(sound).unwrap()];
        for sample in samples {
            tracks.iter().for_each(|track| writer.write_sample(*track, sample).unwrap());
        }
        writer.finish()
    } else {
        let mut writer = Mp4Writer::new(out, movie).unwrap();
        let tracks = [writer.add_track(video).unwrap(), writer.add_track(sound).unwrap()];
        for sample in samples {
            tracks.iter().for_each(|track| writer.write_sample(*track, sample).unwrap());
        }
        writer.finish()
    };
    out.unwrap().into_inner()
}

proptest! {
    #[test]
    fn the_bodies_do_not_fail_on_damaged_files(
        fragmented in any::<bool>(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), prop_oneof![any::<u32>(), 0_u32..300, Just(u32::MAX)]),
            0..5,
        ),
        bytes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..5),
    ) {
        let mut file = seed(fragmented);
        for (at, value) in changes {
            let at = at.index(file.len() - 3);
            file[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        for (at, value) in bytes {
            let at = at.index(file.len());
            file[at] = value;
        }
        super::file(&file);
        super::copy(&file);
    }
}
