//! `mvex` and `moof` (8.8): files in fragments.

use std::collections::BTreeMap;

use super::{
    Children, Cursor,
    sample_table::{check_bytes, check_count},
};
use crate::{Error, FourCc, Sample, TrackId};

/// What holds for samples that do not say otherwise: `trex` (8.8.3), then `tfhd` (8.8.7).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Defaults {
    description: u32,
    duration: u32,
    size: u32,
    flags: u32,
}

/// A track while its fragments are read.
#[derive(Debug, Default)]
pub(crate) struct FragmentedTrack {
    pub(crate) defaults: Defaults,
    /// Where the next fragment continues if it does not say.
    pub(crate) next_dts: i64,
    /// From media time to presentation time.
    pub(crate) shift: i64,
    pub(crate) samples: Vec<Sample>,
}

/// Where a `moof` lies, and what it may point into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) moof: u64,
    pub(crate) file_bytes: u64,
    /// How many samples the file has elsewhere.
    pub(crate) known: u64,
}

/// `sample_is_non_sync_sample` (8.8.3.1).
const NON_SYNC: u32 = 0x1_0000;

/// The track and the defaults of a `trex`.
pub(crate) fn trex(mut b: Cursor<'_>) -> Result<(TrackId, Defaults), Error> {
    b.version_and_flags()?;
    let id = TrackId(b.u32()?);
    Ok((id, Defaults { description: b.u32()?, duration: b.u32()?, size: b.u32()?, flags: b.u32()? }))
}

/// Reads one `moof` into those of the tracks that it names and that are in the map.
pub(crate) fn moof(
    moof: Cursor<'_>,
    place: Place,
    tracks: &mut BTreeMap<TrackId, FragmentedTrack>,
) -> Result<(), Error> {
    // Without an explicit base, a track's data follows that of the track before it (8.8.7.1).
    let mut data_end = place.moof;
    let mut known = tracks.values().map(|track| track.samples.len() as u64).sum::<u64>() + place.known;
    for traf in Children::of(moof) {
        let traf = traf?;
        if traf.name() != FourCc(*b"traf") {
            continue;
        }
        let header = TrackFragmentHeader::read(Children::of(traf).require(b"tfhd")?)?;
        let base = match header.base_data_offset {
            Some(offset) => offset,
            None if header.base_is_moof => place.moof,
            None => data_end,
        };
        let Some(track) = tracks.get_mut(&header.id) else { continue };
        let defaults = header.over(track.defaults);
        if let Some(tfdt) = Children::of(traf).find(b"tfdt")? {
            track.next_dts = base_decode_time(tfdt)?;
        }
        let before = track.samples.len() as u64;
        let mut position = base;
        for trun in Children::of(traf) {
            let trun = trun?;
            if trun.name() == FourCc(*b"trun") {
                let place = Place { known: known + track.samples.len() as u64 - before, ..place };
                position = read_run(trun, track, defaults, base, position, place)?;
            }
        }
        known += track.samples.len() as u64 - before;
        data_end = position;
    }
    Ok(())
}

/// `tfhd` (8.8.7).
struct TrackFragmentHeader {
    id: TrackId,
    base_data_offset: Option<u64>,
    base_is_moof: bool,
    description: Option<u32>,
    duration: Option<u32>,
    size: Option<u32>,
    flags: Option<u32>,
}

impl TrackFragmentHeader {
    fn read(mut b: Cursor<'_>) -> Result<Self, Error> {
        let (_, flags) = b.version_and_flags()?;
        let id = TrackId(b.u32()?);
        let base_data_offset = if flags & 0x1 != 0 { Some(b.u64()?) } else { None };
        let mut field = |bit: u32| if flags & bit != 0 { b.u32().map(Some) } else { Ok(None) };
        Ok(Self {
            id,
            base_data_offset,
            base_is_moof: flags & 0x2_0000 != 0,
            description: field(0x2)?,
            duration: field(0x8)?,
            size: field(0x10)?,
            flags: field(0x20)?,
        })
    }

    fn over(&self, defaults: Defaults) -> Defaults {
        Defaults {
            description: self.description.unwrap_or(defaults.description),
            duration: self.duration.unwrap_or(defaults.duration),
            size: self.size.unwrap_or(defaults.size),
            flags: self.flags.unwrap_or(defaults.flags),
        }
    }
}

/// `tfdt` (8.8.12).
fn base_decode_time(mut b: Cursor<'_>) -> Result<i64, Error> {
    let (version, _) = b.version_and_flags()?;
    Ok(i64::try_from(b.time(version)?).unwrap_or(i64::MAX))
}

/// `trun` (8.8.8); returns where its data ends.
fn read_run(
    mut b: Cursor<'_>,
    track: &mut FragmentedTrack,
    defaults: Defaults,
    base: u64,
    position: u64,
    place: Place,
) -> Result<u64, Error> {
    let (_, flags) = b.version_and_flags()?;
    let count = b.u32()?;
    let mut offset = if flags & 0x1 != 0 { base.saturating_add_signed(b.i32()?.into()) } else { position };
    let mut first_flags = if flags & 0x4 != 0 { Some(b.u32()?) } else { None };
    let fields = (flags & 0xf00).count_ones() as usize;
    // Samples that take no byte here must take some in the media, or a count could be anything.
    if flags & 0x200 == 0 && defaults.size == 0 && count > 0 {
        return Err(b.damaged("samples without a size"));
    }
    if count as usize > b.rest().len() / (4 * fields).max(1) && fields > 0 {
        return Err(b.damaged("a table is larger than its box"));
    }
    check_count(place.known.saturating_add(count.into()))?;
    for _ in 0..count {
        let mut field = |bit: u32, default: u32| if flags & bit != 0 { b.u32() } else { Ok(default) };
        let duration = field(0x100, defaults.duration)?;
        let size = field(0x200, defaults.size)?;
        let sample_flags = field(0x400, defaults.flags)?;
        let composition = field(0x800, 0)? as i32;
        let sample_flags = first_flags.take().unwrap_or(sample_flags);
        check_bytes(offset, size, place.file_bytes)?;
        let dts = track.next_dts.saturating_add(track.shift);
        track.samples.push(Sample {
            dts,
            pts: dts.saturating_add(composition.into()),
            duration,
            size,
            offset,
            description: u16::try_from(defaults.description.saturating_sub(1)).unwrap_or(u16::MAX),
            sync: sample_flags & NON_SYNC == 0,
        });
        track.next_dts = track.next_dts.saturating_add(duration.into());
        offset = offset.saturating_add(size.into());
    }
    Ok(offset)
}
