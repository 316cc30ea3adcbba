use super::{EachUnit, FileFacts, NalFacts, TrackFacts, UnitFacts, VideoFacts, pictures::KeyPattern};
use crate::{
    access_units::{AccessUnits, is_key},
    source::InputError,
};
use framewire_bitstream::{Codec, StreamFacts, annexb};
use std::{fs::File, ops::ControlFlow};

pub(super) fn probe(file: File) -> Result<FileFacts, InputError> {
    let (codec, mut units) = AccessUnits::open(file, None)?;
    let mut unit = Vec::new();
    let mut facts = None;
    let (mut keys, mut frames, mut bytes) = (KeyPattern::default(), 0, 0);
    while units.next(&mut unit)? {
        if facts.is_none() {
            facts = StreamFacts::from_annexb(codec, &unit).ok();
        }
        bytes += unit.len() as u64;
        if has_picture(codec, &unit) {
            frames += 1;
            keys.frame(is_key(codec, &unit));
        }
    }
    let facts =
        facts.ok_or_else(|| InputError::Broken("it has no parameter sets that can be read".to_owned()))?;
    let video = VideoFacts {
        key_frames: keys.finish(),
        reordered: facts.reorder_frames > 0,
        ..VideoFacts::of_stream(&facts)
    };
    let seconds = facts.frame_rate.map(|rate| frames as f64 / rate.per_second());
    let track = TrackFacts {
        kind: "video".to_owned(),
        codec: Some(codec.name().to_owned()),
        codec_string: Some(facts.codec_string.to_string()),
        samples: frames,
        seconds,
        bytes,
        bitrate: seconds.filter(|seconds| *seconds > 0.0).map(|seconds| bytes as f64 * 8.0 / seconds),
        descriptions: 1,
        video: Some(video),
        ..TrackFacts::default()
    };
    Ok(FileFacts { format: codec.name().to_owned(), seconds, tracks: vec![track], ..FileFacts::default() })
}

pub(super) fn units(file: File, each: EachUnit<'_>) -> Result<(), InputError> {
    let (codec, mut units) = AccessUnits::open(file, None)?;
    let mut unit = Vec::new();
    for number in 0.. {
        if !units.next(&mut unit)? {
            break;
        }
        let facts = UnitFacts {
            number,
            dts: None,
            pts: None,
            key: is_key(codec, &unit),
            bytes: unit.len() as u64,
            nals: annexb::nals(&unit).map(|nal| NalFacts::of(nal, codec)).collect(),
        };
        if let ControlFlow::Break(()) = each(&facts) {
            break;
        }
    }
    Ok(())
}

fn has_picture(codec: Codec, unit: &[u8]) -> bool {
    annexb::nals(unit).any(|nal| match codec {
        Codec::H264 => nal.h264_type().starts_slice(),
        Codec::Hevc => nal.hevc_type().is_slice(),
    })
}
