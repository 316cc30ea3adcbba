//! `elst` (8.6.6), and the shift between media time and presentation time that it makes.

use std::num::NonZeroU32;

use super::Cursor;
use crate::{Edit, Error, limits::MAX_EDITS};

/// All entries of an edit list.
pub(crate) fn elst(mut b: Cursor<'_>) -> Result<Vec<Edit>, Error> {
    let (version, _) = b.version_and_flags()?;
    let entry_bytes = if version == 1 { 20 } else { 12 };
    let count = b.count(entry_bytes)?;
    if count > MAX_EDITS {
        return Err(Error::Limit { what: "edits", value: count as u64, limit: MAX_EDITS as u64 });
    }
    let mut edits = Vec::with_capacity(count);
    for _ in 0..count {
        let duration = b.time(version)?;
        let media_time = if version == 1 { b.u64()? as i64 } else { b.i32()?.into() };
        edits.push(Edit { duration, media_time: u64::try_from(media_time).ok(), rate: b.i32()? });
    }
    Ok(edits)
}

/// What is added to a composition time, in units of the track: `pts = media time + empty time before - start of the media`.
/// Only the leading edits count: empty ones and the first that shows something. Those behind it would cut or repeat
/// samples, which a reader of samples does not do.
pub(crate) fn shift(edits: &[Edit], movie_timescale: NonZeroU32, timescale: NonZeroU32) -> i64 {
    let mut empty: u64 = 0;
    let mut media_start: i64 = 0;
    for edit in edits {
        if let Some(start) = edit.media_time {
            media_start = i64::try_from(start).unwrap_or(i64::MAX);
            break;
        }
        empty = empty.saturating_add(edit.duration);
    }
    let empty = u128::from(empty) * u128::from(timescale.get()) / u128::from(movie_timescale.get());
    i64::try_from(empty).unwrap_or(i64::MAX).saturating_sub(media_start)
}
