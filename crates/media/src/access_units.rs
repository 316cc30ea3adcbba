//! Access units out of Annex B, for whoever reads such a file or pipe.

use crate::source::InputError;
use framewire_bitstream::{
    Codec, StreamFacts,
    annexb::{self, AccessUnitReader, Nal, ReadError, detect},
    h264,
};
use framewire_frame::FrameRate;
use std::io::{Chain, Cursor, Read};

/// Bytes from which the codec is told.
const DETECT_BYTES: u64 = 64 * 1024;

/// The access units of a stream, one after the other.
pub(crate) struct AccessUnits<R> {
    reader: AccessUnitReader<Chain<Cursor<Vec<u8>>, R>>,
    /// Bytes of the units that were given.
    offset: u64,
}

impl<R: Read> AccessUnits<R> {
    /// Tells the codec from the beginning of a stream. Where that does not say it, `otherwise` is assumed, or the stream
    /// is no video.
    pub(crate) fn open(mut stream: R, otherwise: Option<Codec>) -> Result<(Codec, Self), InputError> {
        let mut beginning = Vec::new();
        stream.by_ref().take(DETECT_BYTES).read_to_end(&mut beginning)?;
        if beginning.is_empty() {
            return Err(InputError::Empty);
        }
        let codec = detect(&beginning).or(otherwise).ok_or(InputError::NoVideo)?;
        let reader = AccessUnitReader::of(codec, Cursor::new(beginning).chain(stream));
        Ok((codec, Self { reader, offset: 0 }))
    }

    /// Replaces `unit` by the next one; false at the end.
    pub(crate) fn next(&mut self, unit: &mut Vec<u8>) -> Result<bool, InputError> {
        let found = self.reader.read_unit(unit).map_err(|error| match error {
            ReadError::Io(error) => InputError::Read(error),
            other => InputError::Damaged { offset: self.offset, what: other.to_string() },
        })?;
        self.offset += unit.len() as u64;
        Ok(found)
    }

    /// Where the next unit begins.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }
}

/// Whether decoding can begin with `unit`.
pub(crate) fn is_key(codec: Codec, unit: &[u8]) -> bool {
    let key = |nal: Nal<'_>| match codec {
        Codec::H264 => nal.h264_type() == h264::NalType::IdrSlice,
        Codec::Hevc => nal.hevc_type().is_irap(),
    };
    annexb::nals(unit).any(key)
}

/// The frame rate that a stream states.
pub(crate) fn stated_rate(facts: &StreamFacts) -> Option<FrameRate> {
    let rate = facts.frame_rate?;
    FrameRate::new(rate.numerator.try_into().ok()?, rate.denominator.try_into().ok()?)
}
