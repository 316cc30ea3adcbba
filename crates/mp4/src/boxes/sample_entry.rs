//! `stsd` (8.5.2) with its `avc1` and `avc3` entries (ISO/IEC 14496-15, 5.4.2).

use framewire_bitstream::{Dimensions, avcc::AvcDecoderConfig};

use super::{Children, Cursor};
use crate::{Error, FourCc, TrackKind, limits::MAX_DESCRIPTIONS};

/// One sample description.
pub(crate) struct SampleEntry {
    pub(crate) codec: FourCc,
    pub(crate) size: Dimensions,
    pub(crate) avc: Option<AvcDecoderConfig>,
}

/// Bytes of a visual sample entry between its size and its child boxes: compressor name, depth and the like.
const VISUAL_TAIL: usize = 50;

pub(crate) fn stsd(mut b: Cursor<'_>, kind: TrackKind) -> Result<Vec<SampleEntry>, Error> {
    b.version_and_flags()?;
    let count = b.count(8)?;
    if count > MAX_DESCRIPTIONS {
        let (value, limit) = (count as u64, MAX_DESCRIPTIONS as u64);
        return Err(Error::Limit { what: "sample descriptions", value, limit });
    }
    Children::of(b)
        .take(count)
        .map(|entry| {
            let entry = entry?;
            if kind == TrackKind::Video { visual(entry) } else { Ok(other(entry)) }
        })
        .collect()
}

fn visual(mut b: Cursor<'_>) -> Result<SampleEntry, Error> {
    let codec = b.name();
    // Reserved, data reference index, then reserved fields of the visual entry (12.1.3).
    b.skip(8 + 16)?;
    let size = Dimensions::new(b.u16()?.into(), b.u16()?.into());
    b.skip(VISUAL_TAIL)?;
    let avc = if codec.is_h264() {
        let record = Children::of(b).require(b"avcC")?;
        Some(AvcDecoderConfig::parse(record.rest())?)
    } else {
        None
    };
    Ok(SampleEntry { codec, size, avc })
}

fn other(b: Cursor<'_>) -> SampleEntry {
    SampleEntry { codec: b.name(), size: Dimensions::default(), avc: None }
}
