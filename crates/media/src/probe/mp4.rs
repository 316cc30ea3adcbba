use super::{
    EachUnit, EditFacts, FileFacts, NalFacts, TrackFacts, UnitFacts, VideoFacts, layout, pictures::KeyPattern,
};
use crate::{remux, source::InputError};
use framewire_bitstream::{Codec, StreamFacts, avcc};
use framewire_mp4::{Language, Mp4Reader, Rotation, Sample, Track, TrackKind};
use std::io::{Read, Seek};

pub(super) fn probe<R: Read + Seek>(mut file: R, bytes: u64) -> Result<FileFacts, InputError> {
    let layout = layout::read(&mut file, bytes)?;
    let reader = Mp4Reader::open(file)?;
    let movie_timescale = reader.movie().timescale.get();
    let tracks: Vec<_> = reader.tracks().iter().map(|track| facts(track, movie_timescale)).collect();
    let seconds = tracks.iter().filter_map(|track| track.seconds).reduce(f64::max);
    Ok(FileFacts {
        format: "mp4".to_owned(),
        seconds,
        layout: Some(layout),
        is_cut_off: reader.is_truncated(),
        tracks,
        ..FileFacts::default()
    })
}

pub(super) fn units<R: Read + Seek>(file: R, each: EachUnit<'_>) -> Result<(), InputError> {
    let mut reader = Mp4Reader::open(file)?;
    let track = reader.video_track()?.clone();
    let mut bytes = Vec::new();
    for index in 0..track.samples().len() {
        let sample = reader.read_sample(track.id(), index, &mut bytes)?;
        let nals = track.config(&sample).map_or_else(Vec::new, |config| {
            let units = avcc::nals(&bytes, config.length_size()).flatten();
            units.map(|nal| NalFacts::of(nal, config.codec())).collect()
        });
        let unit = UnitFacts {
            number: index as u64,
            dts: Some(sample.dts),
            pts: Some(sample.pts),
            key: sample.sync,
            bytes: bytes.len() as u64,
            nals,
        };
        if each(&unit).is_break() {
            break;
        }
    }
    Ok(())
}

impl NalFacts {
    pub(super) fn of(nal: framewire_bitstream::annexb::Nal<'_>, codec: Codec) -> Self {
        Self { kind: nal.type_name(codec), bytes: nal.bytes().len() as u64 }
    }
}

fn facts(track: &Track, movie_timescale: u32) -> TrackFacts {
    let bytes = track.samples().iter().map(|sample| u64::from(sample.size)).sum();
    let seconds = track.duration().as_secs_f64();
    let language = (track.language() != Language::UNDETERMINED).then(|| track.language().to_string());
    let edits = track.edits().iter().map(|edit| EditFacts {
        seconds: edit.duration as f64 / f64::from(movie_timescale),
        media_time: edit.media_time.map(|time| time as f64 / f64::from(track.timescale())),
    });
    TrackFacts {
        id: Some(track.id().0),
        kind: remux::kind(track.kind()),
        codec: track.codec().map(|codec| codec.to_string()),
        codec_string: track.codec_string().map(|codec| codec.to_string()),
        language,
        timescale: Some(track.timescale()),
        samples: track.sample_count(),
        seconds: Some(seconds),
        bytes,
        bitrate: (seconds > 0.0).then(|| bytes as f64 * 8.0 / seconds),
        descriptions: track.entries().len(),
        edits: edits.collect(),
        video: (track.kind() == TrackKind::Video).then(|| video(track)),
    }
}

fn video(track: &Track) -> VideoFacts {
    let samples = track.samples();
    let config = track.entries().first().and_then(|entry| entry.config());
    let stated = config.and_then(|config| StreamFacts::from_config(config).ok());
    let mut facts = stated.map_or_else(VideoFacts::default, |stated| VideoFacts::of_stream(&stated));
    if facts.size.is_empty() {
        facts.size = track.size().to_string();
    }
    let mut keys = KeyPattern::default();
    samples.iter().for_each(|sample| keys.frame(sample.sync));
    facts.key_frames = keys.finish();
    facts.rotation = match track.rotation() {
        Rotation::None => 0,
        Rotation::Clockwise90 => 90,
        Rotation::Half => 180,
        Rotation::Clockwise270 => 270,
    };
    facts.reordered = !samples.is_sorted_by_key(|sample| sample.pts);
    facts.constant_frame_rate = constant(samples);
    let ticks: u64 = samples.iter().map(|sample| u64::from(sample.duration)).sum();
    if ticks > 0 {
        facts.frame_rate = Some(samples.len() as f64 * f64::from(track.timescale()) / ticks as f64);
    }
    facts
}

/// Whether every sample lasts as long as the others, but for the last, which nothing follows, and for one unit of the
/// clock, which rounding costs.
fn constant(samples: &[Sample]) -> Option<bool> {
    let [samples @ .., _last] = samples else { return None };
    let longest = samples.iter().map(|sample| sample.duration).max()?;
    let shortest = samples.iter().map(|sample| sample.duration).min()?;
    Some(longest - shortest <= 1)
}
