//! `tkhd`, `mdhd`, `hdlr`, `mvhd`.

use std::num::NonZeroU32;

use super::Cursor;
use crate::{Error, FixedSize, FourCc, Language, Matrix, MovieSettings, TrackId, TrackKind};

/// The parts of `tkhd` (8.3.2) that are used.
pub(crate) struct TrackHeader {
    pub(crate) id: TrackId,
    pub(crate) enabled: bool,
    pub(crate) alternate_group: u16,
    pub(crate) volume: i16,
    pub(crate) matrix: Matrix,
    pub(crate) shown: FixedSize,
}

/// `mdhd` (8.4.2).
pub(crate) struct MediaHeader {
    pub(crate) timescale: NonZeroU32,
    pub(crate) duration: u64,
    pub(crate) language: Language,
}

pub(crate) fn tkhd(mut b: Cursor<'_>) -> Result<TrackHeader, Error> {
    let (version, flags) = b.version_and_flags()?;
    b.time(version)?;
    b.time(version)?;
    let id = TrackId(b.u32()?);
    b.skip(4)?;
    b.time(version)?;
    // Reserved, layer.
    b.skip(8 + 2)?;
    let alternate_group = b.u16()?;
    let volume = i16::from_be_bytes(b.array()?);
    b.skip(2)?;
    let mut matrix = [0; 9];
    for value in &mut matrix {
        *value = b.i32()?;
    }
    let shown = FixedSize { width: b.u32()?, height: b.u32()? };
    let enabled = flags & 1 != 0;
    Ok(TrackHeader { id, enabled, alternate_group, volume, matrix: Matrix(matrix), shown })
}

pub(crate) fn mdhd(mut b: Cursor<'_>) -> Result<MediaHeader, Error> {
    let (version, _) = b.version_and_flags()?;
    b.time(version)?;
    b.time(version)?;
    let timescale = NonZeroU32::new(b.u32()?).ok_or_else(|| b.damaged("a timescale of zero"))?;
    let duration = unknown_as_zero(b.time(version)?, version);
    Ok(MediaHeader { timescale, duration, language: Language::from_packed(b.u16()?) })
}

/// What holds for the whole file. A timescale of zero counts as one.
pub(crate) fn mvhd(mut b: Cursor<'_>) -> Result<MovieSettings, Error> {
    let (version, _) = b.version_and_flags()?;
    let creation_time = b.time(version)?;
    b.time(version)?;
    let timescale = NonZeroU32::new(b.u32()?).unwrap_or(NonZeroU32::MIN);
    Ok(MovieSettings { timescale, creation_time })
}

pub(crate) fn hdlr(mut b: Cursor<'_>) -> Result<TrackKind, Error> {
    b.skip(8)?;
    Ok(match b.four_cc()? {
        FourCc([b'v', b'i', b'd', b'e']) => TrackKind::Video,
        FourCc([b's', b'o', b'u', b'n']) => TrackKind::Audio,
        other => TrackKind::Other(other),
    })
}

/// All ones mean that the duration is not known (8.4.2.3).
fn unknown_as_zero(duration: u64, version: u8) -> u64 {
    let unknown = if version == 1 { u64::MAX } else { u32::MAX.into() };
    if duration == unknown { 0 } else { duration }
}
