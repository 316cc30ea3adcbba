//! Out of MP4.

use super::{CopiedTrack, Work};
use crate::{
    Error,
    sink::{
        OutputError,
        movie::{Movie, open_movie},
    },
    source::InputError,
};
use framewire_mp4::{FourCc, Mp4Reader, Track, TrackId, TrackKind};
use std::io::{Read, Seek, Write as _};

pub(super) fn copy<R: Read + Seek>(work: &mut Work<'_>, file: R) -> Result<(), Error> {
    let reader = Mp4Reader::open(file).map_err(InputError::from)?;
    work.report.input_is_cut_off = reader.is_truncated();
    match work.options.format.layout() {
        Some(layout) => {
            let tracks = wanted(work, &reader)?;
            work.opened = true;
            let opened = work.output.open(work.cancel)?;
            let mut movie = open_movie(opened, layout, *reader.movie());
            let copied = to_movie(work, reader, &tracks, &mut *movie);
            work.finish(copied, movie)
        }
        None => to_annex_b(work, reader),
    }
}

/// The tracks that are copied: those that have samples.
fn wanted<R: Read + Seek>(work: &mut Work<'_>, reader: &Mp4Reader<R>) -> Result<Vec<TrackId>, Error> {
    let mut tracks = Vec::new();
    for track in reader.tracks() {
        if !track.samples().is_empty() {
            tracks.push(track.id());
        } else if track.sample_count() > 0 {
            work.report.left_out.push(format!("{}: it has too many samples", name(track)));
        }
    }
    if tracks.is_empty() {
        Err(InputError::Broken("it has no samples".to_owned()).into())
    } else {
        Ok(tracks)
    }
}

fn to_movie<R: Read + Seek>(
    work: &mut Work<'_>,
    mut reader: Mp4Reader<R>,
    tracks: &[TrackId],
    movie: &mut dyn Movie,
) -> Result<(), Error> {
    let mut targets = Vec::new();
    for track in tracks.iter().filter_map(|id| reader.track(*id)) {
        let id = movie.add_track(track.settings()).map_err(OutputError::from)?;
        work.report.tracks.push(copied(track));
        targets.push((track.id(), id));
    }
    let total = tracks.iter().filter_map(|id| reader.track(*id)).map(Track::sample_count).sum();
    let mut samples = reader.interleaved(tracks);
    let mut bytes = Vec::new();
    while let Some((from, index)) = samples.next(&reader) {
        let sample = reader.read_sample(from, index, &mut bytes).map_err(InputError::from)?;
        let at = targets.iter().position(|(source, _)| *source == from);
        let (Some(at), Some(track)) = (at, reader.track(from)) else { continue };
        movie.write_sample(targets[at].1, track.copy(&sample, &bytes)).map_err(OutputError::from)?;
        work.report.tracks[at].samples += 1;
        work.report.bytes = movie.bytes();
        if !work.goes_on(Some(total)) {
            break;
        }
    }
    Ok(())
}

fn to_annex_b<R: Read + Seek>(work: &mut Work<'_>, mut reader: Mp4Reader<R>) -> Result<(), Error> {
    let track = reader.video_track().map_err(InputError::from)?.clone();
    for other in reader.tracks().iter().filter(|other| other.id() != track.id()) {
        work.report.left_out.push(name(other));
    }
    work.report.left_out.push("the times of the frames".to_owned());
    if track.rotation() != framewire_mp4::Rotation::None {
        work.report.left_out.push("the rotation".to_owned());
    }
    work.report.tracks.push(copied(&track));
    work.opened = true;
    let mut output = work.output.open_stream(work.cancel)?;
    let (mut sample_bytes, mut unit) = (Vec::new(), Vec::new());
    for index in 0..track.samples().len() {
        let sample = reader.read_sample(track.id(), index, &mut sample_bytes).map_err(InputError::from)?;
        unit.clear();
        track.to_annexb(&sample, &sample_bytes, &mut unit).map_err(InputError::from)?;
        output.write_all(&unit).map_err(OutputError::from)?;
        work.report.bytes += unit.len() as u64;
        work.report.tracks[0].samples += 1;
        work.report.whole_samples += 1;
        if !work.goes_on(Some(track.sample_count())) {
            break;
        }
    }
    Ok(output.flush().map_err(OutputError::from)?)
}

fn copied(track: &Track) -> CopiedTrack {
    let codec = track.codec().map_or_else(String::new, |codec| codec.to_string());
    CopiedTrack { kind: kind(track.kind()), codec, samples: 0 }
}

/// A track, for a person.
pub(crate) fn name(track: &Track) -> String {
    let codec = track.codec().unwrap_or(FourCc(*b"none"));
    format!("track {} ({}, {codec})", track.id().0, kind(track.kind()))
}

/// What a track carries, for a person.
pub(crate) fn kind(kind: TrackKind) -> String {
    match kind {
        TrackKind::Video => "video".to_owned(),
        TrackKind::Audio => "audio".to_owned(),
        TrackKind::Other(handler) => handler.to_string(),
    }
}
