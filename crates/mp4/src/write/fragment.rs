//! `moof` (8.8.4 to 8.8.12), and the samples that wait for it.

use mp4_atom::{Mfhd, Tfdt, Tfhd, Trun, TrunEntry, TrunSamples};

use super::{
    boxes::{boxed, encode},
    table::Entry,
};
use crate::{Error, TrackId};

/// `sample_depends_on` of 2: on no other sample (8.8.3.1).
const SYNC: u32 = 0x0200_0000;
/// `sample_depends_on` of 1, and `sample_is_non_sync_sample`.
const NON_SYNC: u32 = 0x0101_0000;

/// The samples of one track that go into the next fragment.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) samples: Vec<PendingSample>,
    pub(super) data: Vec<u8>,
    /// The duration of the last sample of which it is known.
    pub(super) usual_duration: u32,
}

/// A sample in a fragment. The position of its entry is not known yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct PendingSample {
    pub(super) entry: Entry,
    /// Bytes in front that are parameter sets.
    pub(super) lead: u32,
}

impl Pending {
    /// Whether there is a sample that a fragment can hold.
    pub(super) fn has_bytes(&self) -> bool {
        self.samples.iter().any(|sample| sample.entry.size > 0)
    }

    /// The samples that stand in the fragment, with their durations, or what those probably are. FFmpeg takes a sample
    /// without bytes for damage of the whole file, so its time is that of the one before.
    fn entries(&self) -> Vec<(Entry, u32)> {
        let mut entries: Vec<(Entry, u32)> = Vec::with_capacity(self.samples.len());
        for PendingSample { entry, .. } in &self.samples {
            let duration = entry.duration.unwrap_or(self.usual_duration);
            match entries.last_mut() {
                _ if entry.size > 0 => entries.push((*entry, duration)),
                Some((_, before)) => *before = before.saturating_add(duration),
                None => {}
            }
        }
        entries
    }
}

/// A track's part of a fragment.
pub(super) struct Part<'a> {
    pub(super) track: TrackId,
    /// `sample_description_index`.
    pub(super) description: u32,
    pub(super) pending: &'a Pending,
}

/// Appends a `moof` and the head of the `mdat` that holds the parts' data, one behind the other.
pub(super) fn moof(sequence: u32, parts: &[Part<'_>], out: &mut Vec<u8>) -> Result<(), Error> {
    let start = out.len();
    write_moof(sequence, parts, 0, out)?;
    // Offsets take the same room whatever they are.
    let data = out.len() - start + MDAT_HEAD;
    out.truncate(start);
    write_moof(sequence, parts, data, out)?;
    let bytes: usize = parts.iter().map(|part| part.pending.data.len()).sum();
    let size = (bytes + MDAT_HEAD) as u64;
    let limit = u32::MAX.into();
    let size =
        u32::try_from(size).map_err(|_| Error::Limit { what: "bytes of a fragment", value: size, limit })?;
    out.extend_from_slice(&size.to_be_bytes());
    out.extend_from_slice(b"mdat");
    Ok(())
}

/// Bytes of the head of an `mdat` of less than 4 GiB.
const MDAT_HEAD: usize = 8;

fn write_moof(sequence: u32, parts: &[Part<'_>], data: usize, out: &mut Vec<u8>) -> Result<(), Error> {
    let mut offset = data;
    boxed(out, b"moof", |out| {
        encode(out, &Mfhd { sequence_number: sequence })?;
        for part in parts {
            traf(part, offset, out)?;
            offset += part.pending.data.len();
        }
        Ok(())
    })
}

fn traf(part: &Part<'_>, offset: usize, out: &mut Vec<u8>) -> Result<(), Error> {
    let samples = part.pending.entries();
    let later_sync = samples.iter().skip(1).any(|(entry, _)| entry.sync);
    let later_non_sync = samples.iter().skip(1).any(|(entry, _)| !entry.sync);
    let first_sync = samples.first().is_some_and(|(entry, _)| entry.sync);
    // What most samples are is the default; the first may differ from it; a mixture is said sample by sample.
    let default_sync = if samples.len() > 1 { !later_non_sync } else { first_sync };
    let mixed = later_sync && later_non_sync;
    let flags = |sync| if sync { SYNC } else { NON_SYNC };
    let first = samples.first().map_or(0, |(entry, _)| entry.dts);
    let base_media_decode_time = u64::try_from(first).map_err(|_| Error::NegativeTime { dts: first })?;
    let compositions = samples.iter().any(|(entry, _)| entry.composition_offset != 0);
    let entries = samples.iter().enumerate().map(|(index, (entry, duration))| {
        let says_flags = mixed || (index == 0 && first_sync != default_sync);
        TrunEntry {
            duration: Some(*duration),
            size: Some(entry.size),
            flags: says_flags.then(|| flags(entry.sync)),
            cts: compositions.then(|| entry.composition_offset.into()),
        }
    });
    boxed(out, b"traf", |out| {
        encode(
            out,
            &Tfhd {
                track_id: part.track.0,
                sample_description_index: Some(part.description),
                default_sample_flags: Some(flags(default_sync)),
                default_base_is_moof: true,
                ..Tfhd::default()
            },
        )?;
        encode(out, &Tfdt { base_media_decode_time })?;
        let data_offset = i32::try_from(offset).map_err(|_| Error::Limit {
            what: "bytes of a fragment",
            value: offset as u64,
            limit: i32::MAX as u64,
        })?;
        let samples = TrunSamples::Explicit(entries.collect());
        encode(out, &Trun { data_offset: Some(data_offset), samples })
    })
}
