//! Two other readers find in written files what was put in: `re_mp4` and `shiguredo_mp4`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod support;

use std::num::NonZeroU32;

use framewire_mp4::*;
use proptest::prelude::*;
use shiguredo_mp4::demux::{Fmp4FileDemuxer, Input, Mp4FileDemuxer};
use support::{
    shape::{SHAPES, Shape, Writer},
    written::entry,
};

/// What both readers tell of a sample; times from the first sample on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    decoded: i64,
    shown: i64,
    duration: u32,
    sync: bool,
    data: Vec<u8>,
}

fn write(shape: Shape, tracks: &[Vec<Seen>]) -> Vec<u8> {
    let mut writer = Writer::new(shape, MovieSettings::default()).unwrap();
    for index in 0..tracks.len() {
        let timescale = NonZeroU32::new([90_000, 1000][index]).unwrap();
        writer.add_track(TrackSettings::video(timescale, entry(index as u32 + 1))).unwrap();
    }
    for index in 0..tracks.iter().map(Vec::len).max().unwrap_or(0) {
        for (number, samples) in tracks.iter().enumerate() {
            let Some(seen) = samples.get(index) else { continue };
            let mut sample = NewSample::new(&seen.data, seen.decoded);
            sample.composition_offset = (seen.shown - seen.decoded) as i32;
            sample.duration = Some(seen.duration);
            sample.sync = seen.sync;
            writer.write_sample(TrackId(number as u32 + 1), sample).unwrap();
        }
    }
    writer.finish().unwrap()
}

/// Times as counted from the first sample's.
fn from_first(mut samples: Vec<Seen>) -> Vec<Seen> {
    let Some(first) = samples.first().cloned() else { return samples };
    for sample in &mut samples {
        sample.shown -= first.shown;
        sample.decoded -= first.decoded;
    }
    samples
}

fn by_re_mp4(file: &[u8]) -> Vec<Vec<Seen>> {
    let mp4 = re_mp4::Mp4::read_bytes(file).unwrap();
    let tracks = mp4.tracks().values().enumerate().map(|(index, track)| {
        let size = entry(index as u32 + 1).size();
        assert_eq!((u32::from(track.width), u32::from(track.height)), (size.width, size.height));
        assert_eq!(track.timescale, [90_000, 1000][index]);
        let samples = track.samples.iter().map(|sample| Seen {
            decoded: sample.decode_timestamp,
            shown: sample.composition_timestamp,
            duration: sample.duration as u32,
            sync: sample.is_sync,
            data: file[sample.byte_range()].to_vec(),
        });
        from_first(samples.collect())
    });
    tracks.collect()
}

fn by_shiguredo_mp4(file: &[u8], fragmented: bool, tracks: usize) -> Vec<Vec<Seen>> {
    let mut seen = vec![Vec::new(); tracks];
    let mut take = |sample: shiguredo_mp4::demux::Sample<'_>| {
        let start = sample.data_offset as usize;
        let decoded = sample.timestamp as i64;
        seen[sample.track.track_id as usize - 1].push(Seen {
            decoded,
            shown: decoded + sample.composition_time_offset.unwrap_or(0),
            duration: sample.duration,
            sync: sample.keyframe,
            data: file[start..start + sample.data_size].to_vec(),
        });
    };
    let part = |required: shiguredo_mp4::demux::RequiredInput| {
        let start = (required.position as usize).min(file.len());
        let end = required.size.map_or(file.len(), |size| file.len().min(start + size));
        Input { position: required.position, data: &file[start..end] }
    };
    if fragmented {
        let mut demuxer = Fmp4FileDemuxer::new();
        loop {
            while let Some(required) = demuxer.required_input() {
                demuxer.handle_input(part(required));
            }
            if let Some(sample) = demuxer.next_sample().unwrap() {
                take(sample);
                continue;
            }
            if demuxer.required_input().is_none() {
                break;
            }
        }
    } else {
        let mut demuxer = Mp4FileDemuxer::new();
        while let Some(required) = demuxer.required_input() {
            demuxer.handle_input(part(required));
        }
        while let Some(sample) = demuxer.next_sample().unwrap() {
            take(sample);
        }
    }
    seen.into_iter().map(from_first).collect()
}

/// Samples in decoding order. A key frame first; what is shown is never before what was decoded.
fn samples(rows: &[(u8, u32, u32, bool)]) -> Vec<Seen> {
    let mut decoded = 0;
    rows.iter()
        .enumerate()
        .map(|(index, &(byte, duration, offset, sync))| {
            let data = [&[0, 0, 0, byte % 30 + 1, 0x61][..], &vec![byte; usize::from(byte % 30)]].concat();
            let seen = Seen {
                decoded,
                shown: decoded + i64::from(offset),
                duration,
                sync: sync || index == 0,
                data,
            };
            decoded += i64::from(duration);
            seen
        })
        .collect()
}

proptest! {
    #[test]
    fn other_readers_see_what_was_written(
        first in prop::collection::vec((any::<u8>(), 1_u32..9000, 0_u32..6000, any::<bool>()), 1..30),
        second in prop::collection::vec((any::<u8>(), 1_u32..90, 0_u32..1, Just(true)), 1..30),
    ) {
        let tracks = [samples(&first), samples(&second)];
        let expected: Vec<_> = tracks.iter().cloned().map(from_first).collect();
        for shape in SHAPES {
            let file = write(shape, &tracks);
            let fragmented = shape == Shape::Fragmented;
            prop_assert_eq!(by_shiguredo_mp4(&file, fragmented, 2), expected.clone(), "{:?}", shape);
            prop_assert_eq!(by_re_mp4(&file), expected.clone(), "{:?}", shape);
        }
    }
}
