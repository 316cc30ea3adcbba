//! `tkhd`, `mdhd`, `hdlr`, `mvhd`.

use super::Cursor;
use crate::{Error, FourCc, Rotation, TrackId, TrackKind};

/// The parts of `tkhd` (8.3.2) that are used.
pub(crate) struct TrackHeader {
    pub(crate) id: TrackId,
    pub(crate) rotation: Rotation,
}

/// `mdhd` (8.4.2).
pub(crate) struct MediaHeader {
    pub(crate) timescale: u32,
    pub(crate) duration: u64,
}

pub(crate) fn tkhd(mut b: Cursor<'_>) -> Result<TrackHeader, Error> {
    let (version, _) = b.version_and_flags()?;
    b.time(version)?;
    b.time(version)?;
    let id = TrackId(b.u32()?);
    b.skip(4)?;
    b.time(version)?;
    // Reserved, layer, alternate group, volume, reserved.
    b.skip(16)?;
    let mut matrix = [0; 9];
    for value in &mut matrix {
        *value = b.i32()?;
    }
    Ok(TrackHeader { id, rotation: rotation(&matrix) })
}

pub(crate) fn mdhd(mut b: Cursor<'_>) -> Result<MediaHeader, Error> {
    let (version, _) = b.version_and_flags()?;
    b.time(version)?;
    b.time(version)?;
    let timescale = b.u32()?;
    if timescale == 0 {
        return Err(b.damaged("a timescale of zero"));
    }
    Ok(MediaHeader { timescale, duration: unknown_as_zero(b.time(version)?, version) })
}

/// The timescale of the movie, in which edits last.
pub(crate) fn mvhd(mut b: Cursor<'_>) -> Result<u32, Error> {
    let (version, _) = b.version_and_flags()?;
    b.time(version)?;
    b.time(version)?;
    b.u32()
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

/// The turn that the upper left of a transformation matrix makes (8.2.2, 16.16 fixed point).
fn rotation(matrix: &[i32; 9]) -> Rotation {
    const ONE: i32 = 1 << 16;
    const MINUS: i32 = -ONE;
    match (matrix[0], matrix[1], matrix[3], matrix[4]) {
        (0, ONE, MINUS, 0) => Rotation::Clockwise90,
        (MINUS, 0, 0, MINUS) => Rotation::Half,
        (0, MINUS, ONE, 0) => Rotation::Clockwise270,
        _ => Rotation::None,
    }
}
