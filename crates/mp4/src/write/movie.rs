//! `ftyp` and `moov` (8.2 to 8.8).

use mp4_atom::{
    Dinf, Dref, DrefEntry, Elst, ElstEntry, FixedPoint, Ftyp, Hdlr, Mdhd, Mvhd, Smhd, Tkhd, Trex, Url, Vmhd,
};

use super::{
    DescriptionId,
    boxes::{boxed, encode},
    table::SampleTable,
};
use crate::{
    Edit, Error, SampleEntry, TrackId, TrackKind, TrackSettings,
    limits::{MAX_DESCRIPTIONS, MAX_EDITS, MAX_TRACKS},
    settings::{Matrix, MovieSettings},
};

/// A track that is being written.
#[derive(Debug)]
pub(crate) struct OpenTrack {
    pub(crate) id: TrackId,
    pub(crate) settings: TrackSettings,
    pub(crate) table: SampleTable,
}

impl OpenTrack {
    /// The track that comes behind `count` others.
    pub(crate) fn new(count: usize, settings: TrackSettings) -> Result<Self, Error> {
        check("tracks", count + 1, MAX_TRACKS)?;
        check("sample descriptions", settings.entries.len(), MAX_DESCRIPTIONS)?;
        // An edit may become two, if the samples begin late.
        check("edits", settings.edits.len(), MAX_EDITS / 2)?;
        if settings.entries.is_empty() {
            return Err(Error::NoDescription);
        }
        Ok(Self { id: TrackId(count as u32 + 1), settings, table: SampleTable::default() })
    }

    /// The description of an entry, which is added where the track has none like it.
    pub(crate) fn add_description(&mut self, entry: SampleEntry) -> Result<DescriptionId, Error> {
        let entries = &mut self.settings.entries;
        let known = entries.iter().position(|known| *known == entry);
        let index = match known {
            Some(index) => index,
            None => {
                check("sample descriptions", entries.len() + 1, MAX_DESCRIPTIONS)?;
                entries.push(entry);
                entries.len() - 1
            }
        };
        Ok(DescriptionId(index as u16))
    }

    pub(crate) fn check_description(&self, description: DescriptionId) -> Result<(), Error> {
        if usize::from(description.0) < self.settings.entries.len() {
            return Ok(());
        }
        Err(Error::UnknownDescription { track: self.id.0, description: description.0 })
    }
}

fn check(what: &'static str, count: usize, limit: usize) -> Result<(), Error> {
    if count > limit {
        return Err(Error::Limit { what, value: count as u64, limit: limit as u64 });
    }
    Ok(())
}

/// `ftyp`: a file of ISO/IEC 14496-12 with H.264; `iso6` for fragments with signed offsets and their own base.
pub(crate) fn ftyp(out: &mut Vec<u8>) -> Result<(), Error> {
    let brands = [b"isom", b"iso2", b"iso6", b"mp41"];
    let compatible_brands = brands.into_iter().map(Into::into).collect();
    encode(out, &Ftyp { major_brand: b"isom".into(), minor_version: 512, compatible_brands })
}

/// `moov` with all samples, whose positions are moved by `shift`.
pub(crate) fn moov(
    movie: &MovieSettings,
    tracks: &[OpenTrack],
    shift: u64,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let plans: Vec<_> = tracks.iter().map(|track| Plan::whole(movie, track)).collect();
    boxed(out, b"moov", |out| {
        mvhd(movie, &plans, out)?;
        for plan in &plans {
            trak(movie, plan, out, |out| plan.track.table.write(shift, out))?;
        }
        Ok(())
    })
}

/// `moov` before fragments: no samples, and what holds for those that come.
pub(crate) fn fragmented_moov(
    movie: &MovieSettings,
    tracks: &[OpenTrack],
    entries: &[Vec<SampleEntry>],
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let plans: Vec<_> = tracks
        .iter()
        .zip(entries)
        .map(|(track, entries)| Plan {
            track,
            entries,
            edits: track.settings.edits.clone(),
            duration: 0,
            media_duration: 0,
        })
        .collect();
    boxed(out, b"moov", |out| {
        mvhd(movie, &plans, out)?;
        for plan in &plans {
            trak(movie, plan, out, |out| SampleTable::default().write(0, out))?;
        }
        boxed(out, b"mvex", |out| {
            for plan in &plans {
                encode(out, &trex(plan.track.id))?;
            }
            Ok(())
        })
    })
}

/// A track as it is written: its edits made definite, and how long it lasts.
struct Plan<'a> {
    track: &'a OpenTrack,
    entries: &'a [SampleEntry],
    edits: Vec<Edit>,
    /// In units of the movie.
    duration: u64,
    /// In units of the track.
    media_duration: u64,
}

impl<'a> Plan<'a> {
    fn whole(movie: &MovieSettings, track: &'a OpenTrack) -> Self {
        let media_duration = track.table.duration();
        let edits = definite_edits(movie, track);
        let duration = match edits.as_slice() {
            [] => to_movie(movie, track, media_duration),
            edits => edits.iter().fold(0, |sum: u64, edit| sum.saturating_add(edit.duration)),
        };
        Self { track, entries: &track.settings.entries, edits, duration, media_duration }
    }
}

/// The edits of a track whose tables count from its first sample, though that may have another time.
fn definite_edits(movie: &MovieSettings, track: &OpenTrack) -> Vec<Edit> {
    let start = track.table.first_dts();
    let end = track.table.composition_end();
    let rest = |from: u64| to_movie(movie, track, end.saturating_sub(from));
    if track.settings.edits.is_empty() {
        // Media before the zero of the presentation are not shown, and a late beginning is waited for.
        return match u64::try_from(start) {
            Ok(0) => Vec::new(),
            Ok(late) => vec![Edit::empty(to_movie(movie, track, late)), Edit::new(rest(0), 0)],
            Err(_) => vec![Edit::new(rest(start.unsigned_abs()), start.unsigned_abs())],
        };
    }
    let mut edits = Vec::with_capacity(track.settings.edits.len());
    for edit in &track.settings.edits {
        let Some(media_time) = edit.media_time else {
            edits.push(*edit);
            continue;
        };
        let from = i128::from(media_time) - i128::from(start);
        // An edit that begins before the first sample shows nothing until that.
        let missing = to_movie(movie, track, u64::try_from(-from).unwrap_or(0));
        let from = u64::try_from(from.max(0)).unwrap_or(u64::MAX);
        let mut duration = if edit.duration == 0 { rest(from) } else { edit.duration };
        if missing > 0 {
            let missing = if edit.duration == 0 { missing } else { missing.min(duration) };
            edits.push(Edit::empty(missing));
            if edit.duration != 0 {
                duration -= missing;
            }
        }
        if duration > 0 || edit.duration == 0 {
            edits.push(Edit { duration, media_time: Some(from), rate: edit.rate });
        }
    }
    edits
}

/// From units of a track to those of the movie, rounded up so that nothing is cut off.
fn to_movie(movie: &MovieSettings, track: &OpenTrack, units: u64) -> u64 {
    let scaled = (u128::from(units) * u128::from(movie.timescale.get()))
        .div_ceil(u128::from(track.settings.timescale.get()));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

fn mvhd(movie: &MovieSettings, plans: &[Plan<'_>], out: &mut Vec<u8>) -> Result<(), Error> {
    encode(
        out,
        &Mvhd {
            creation_time: movie.creation_time,
            modification_time: movie.creation_time,
            timescale: movie.timescale.get(),
            duration: plans.iter().map(|plan| plan.duration).max().unwrap_or(0),
            rate: 1.into(),
            volume: 1.into(),
            matrix: matrix(Matrix::default()),
            next_track_id: plans.len() as u32 + 1,
        },
    )
}

fn trak(
    movie: &MovieSettings,
    plan: &Plan<'_>,
    out: &mut Vec<u8>,
    tables: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let settings = &plan.track.settings;
    boxed(out, b"trak", |out| {
        encode(out, &tkhd(movie, plan))?;
        if !plan.edits.is_empty() {
            boxed(out, b"edts", |out| encode(out, &elst(&plan.edits)))?;
        }
        boxed(out, b"mdia", |out| {
            encode(
                out,
                &Mdhd {
                    creation_time: movie.creation_time,
                    modification_time: movie.creation_time,
                    timescale: settings.timescale.get(),
                    duration: plan.media_duration,
                    language: settings.language.characters(),
                },
            )?;
            let name = match settings.kind {
                TrackKind::Video => "VideoHandler",
                TrackKind::Audio => "SoundHandler",
                TrackKind::Other(_) => "DataHandler",
            };
            encode(out, &Hdlr { handler: settings.kind.handler().0.into(), name: name.into() })?;
            boxed(out, b"minf", |out| {
                media_header(settings, out)?;
                encode(out, &data_information())?;
                boxed(out, b"stbl", |out| {
                    stsd(plan.entries, out)?;
                    tables(out)
                })
            })
        })
    })
}

fn tkhd(movie: &MovieSettings, plan: &Plan<'_>) -> Tkhd {
    let settings = &plan.track.settings;
    let shown = settings.shown();
    let fixed = |value: u32| FixedPoint::new((value >> 16) as u16, value as u16);
    let [whole, fraction] = settings.volume.to_be_bytes();
    Tkhd {
        creation_time: movie.creation_time,
        modification_time: movie.creation_time,
        track_id: plan.track.id.0,
        duration: plan.duration,
        layer: 0,
        alternate_group: settings.alternate_group,
        enabled: settings.enabled,
        in_movie: true,
        size_is_aspect_ratio: false,
        volume: FixedPoint::new(whole, fraction),
        matrix: matrix(settings.matrix),
        width: fixed(shown.width),
        height: fixed(shown.height),
    }
}

fn elst(edits: &[Edit]) -> Elst {
    let entries = edits.iter().map(|edit| ElstEntry {
        segment_duration: edit.duration,
        media_time: edit.media_time.map(|time| time.min(i64::MAX as u64)),
        media_rate: FixedPoint::new((edit.rate >> 16) as i16, edit.rate as i16),
    });
    Elst { entries: entries.collect() }
}

fn matrix(Matrix([a, b, u, c, d, v, x, y, w]): Matrix) -> mp4_atom::Matrix {
    mp4_atom::Matrix { a, b, u, c, d, v, x, y, w }
}

fn media_header(settings: &TrackSettings, out: &mut Vec<u8>) -> Result<(), Error> {
    if let Some(header) = &settings.media_header {
        out.extend_from_slice(header);
        return Ok(());
    }
    match settings.kind {
        TrackKind::Video => encode(out, &Vmhd::default()),
        TrackKind::Audio => encode(out, &Smhd::default()),
        TrackKind::Other(_) => boxed(out, b"nmhd", |out| {
            out.extend_from_slice(&[0; 4]);
            Ok(())
        }),
    }
}

/// `dinf`: the media lie in this file.
fn data_information() -> Dinf {
    Dinf { dref: Dref { entries: vec![DrefEntry::Url(Url { location: String::new() })] } }
}

fn stsd(entries: &[SampleEntry], out: &mut Vec<u8>) -> Result<(), Error> {
    boxed(out, b"stsd", |out| {
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&(entries.len() as u32).to_be_bytes());
        for entry in entries {
            out.extend_from_slice(entry.bytes());
        }
        Ok(())
    })
}

/// `trex` (8.8.3): fragments say everything themselves.
fn trex(track: TrackId) -> Trex {
    Trex {
        track_id: track.0,
        default_sample_description_index: 1,
        default_sample_duration: 0,
        default_sample_size: 0,
        default_sample_flags: 0,
    }
}
