//! `stsd` (8.5.2): the sample entries of a track.

use super::{Children, Cursor};
use crate::{Error, SampleEntry, TrackKind, limits::MAX_DESCRIPTIONS};

pub(crate) fn stsd(mut b: Cursor<'_>, kind: TrackKind) -> Result<Vec<SampleEntry>, Error> {
    b.version_and_flags()?;
    let count = b.count(8)?;
    if count > MAX_DESCRIPTIONS {
        let (value, limit) = (count as u64, MAX_DESCRIPTIONS as u64);
        return Err(Error::Limit { what: "sample descriptions", value, limit });
    }
    Children::of(b).take(count).map(|entry| SampleEntry::read(kind, entry?)).collect()
}
