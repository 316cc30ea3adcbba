//! `elst` (8.6.6), as the shift between media time and presentation time.

use super::Cursor;
use crate::{Error, limits::MAX_EDITS};

/// How far the presentation is moved against the media: `pts = media time + empty time before - start of the media`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Edits {
    /// How long nothing is shown first, in units of the movie.
    empty: u64,
    /// Where in the media the first edit begins, in units of the track.
    media_start: i64,
}

impl Edits {
    /// Reads the leading edits: empty ones and the first that shows something. Those behind it would cut or repeat
    /// samples, which a reader of samples does not do.
    pub(crate) fn read(mut b: Cursor<'_>) -> Result<Self, Error> {
        let (version, _) = b.version_and_flags()?;
        let entry_bytes = if version == 1 { 20 } else { 12 };
        let count = b.count(entry_bytes)?;
        if count > MAX_EDITS {
            return Err(Error::Limit { what: "edits", value: count as u64, limit: MAX_EDITS as u64 });
        }
        let mut edits = Self::default();
        for _ in 0..count {
            let duration = b.time(version)?;
            let media_time = if version == 1 { b.u64()? as i64 } else { b.i32()?.into() };
            b.skip(4)?;
            if media_time >= 0 {
                edits.media_start = media_time;
                break;
            }
            edits.empty = edits.empty.saturating_add(duration);
        }
        Ok(edits)
    }

    /// What is added to a composition time, in units of the track.
    pub(crate) fn shift(&self, movie_timescale: u32, timescale: u32) -> i64 {
        let empty = u128::from(self.empty) * u128::from(timescale) / u128::from(movie_timescale.max(1));
        i64::try_from(empty).unwrap_or(i64::MAX).saturating_sub(self.media_start)
    }
}
