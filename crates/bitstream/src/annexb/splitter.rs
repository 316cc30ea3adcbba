use std::io::Read;

use super::{Nal, SHORT_START_CODE, nals};
use crate::{Codec, Error, limits::MAX_ACCESS_UNIT_BYTES};
use memchr::memmem;

/// Bytes asked of a reader at a time.
const READ_BYTES: usize = 64 * 1024;

/// The access units of an H.264 stream in memory, with the start codes as they are.
///
/// See [`AccessUnitSplitter`] for where one ends.
pub fn access_units(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    access_units_of(Codec::H264, bytes)
}

/// The access units of a stream of either codec.
pub fn access_units_of(codec: Codec, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut scan = Scan::new(codec);
    let mut start = 0;
    let mut done = false;
    std::iter::from_fn(move || {
        while !done {
            let end = scan.next_boundary(bytes, true).unwrap_or_else(|| {
                done = true;
                bytes.len()
            });
            let unit = &bytes[start..end];
            start = end;
            if has_nal(unit) {
                return Some(unit);
            }
        }
        None
    })
}

/// Cuts a byte stream into access units, from pieces of any size, without IO.
///
/// A unit ends before the first slice of the next picture or before a delimiter, parameter set, message or prefix that
/// follows a slice. In H.264 (7.4.1.2.3) the first slice is the one whose `first_mb_in_slice` is zero: each field is a
/// unit of its own; arbitrary slice order and redundant pictures (Baseline and Extended only) are cut where their first
/// macroblock comes. In HEVC (7.4.2.4.4) it has `first_slice_segment_in_pic_flag`; the slices of further layers stay
/// with the picture of the base layer.
#[derive(Debug)]
pub struct AccessUnitSplitter {
    buffer: Vec<u8>,
    /// Where the unit that is being gathered begins in `buffer`.
    start: usize,
    scan: Scan,
}

impl AccessUnitSplitter {
    /// An empty splitter for H.264.
    pub fn new() -> Self {
        Self::of(Codec::H264)
    }

    /// An empty splitter for a codec.
    pub fn of(codec: Codec) -> Self {
        Self { buffer: Vec::new(), start: 0, scan: Scan::new(codec) }
    }

    /// Takes more of the stream. Call [`next_unit`](Self::next_unit) until it has nothing before the next piece.
    ///
    /// Fails where a unit grows over [`MAX_ACCESS_UNIT_BYTES`]; the splitter then begins anew with what follows.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.scan.rebase(self.start);
            self.start = 0;
        }
        let len = self.buffer.len() + bytes.len();
        if len > MAX_ACCESS_UNIT_BYTES {
            *self = Self::of(self.scan.codec);
            return Err(Error::Limit {
                what: "bytes of one access unit",
                value: len as u64,
                limit: MAX_ACCESS_UNIT_BYTES as u64,
            });
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next whole unit, or `None` until more is pushed.
    pub fn next_unit(&mut self) -> Option<&[u8]> {
        loop {
            let end = self.scan.next_boundary(&self.buffer, false)?;
            let start = std::mem::replace(&mut self.start, end);
            if has_nal(&self.buffer[start..end]) {
                return Some(&self.buffer[start..end]);
            }
        }
    }

    /// What is left at the end of the stream, which may be a broken unit or more than one. Call it until it has
    /// nothing; the splitter is then empty.
    pub fn finish(&mut self) -> Option<&[u8]> {
        loop {
            let end = self.scan.next_boundary(&self.buffer, true).unwrap_or(self.buffer.len());
            let start = std::mem::replace(&mut self.start, end);
            if start == end {
                self.buffer.clear();
                self.start = 0;
                self.scan = Scan::new(self.scan.codec);
                return None;
            }
            if has_nal(&self.buffer[start..end]) {
                return Some(&self.buffer[start..end]);
            }
        }
    }
}

impl Default for AccessUnitSplitter {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a reader gave no access unit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The reader failed.
    #[error("the stream cannot be read")]
    Io(#[from] std::io::Error),
    /// The bytes are no usable stream.
    #[error(transparent)]
    Bitstream(#[from] Error),
}

/// The access units of anything that can be read, with a bounded buffer.
#[derive(Debug)]
pub struct AccessUnitReader<R> {
    reader: R,
    splitter: AccessUnitSplitter,
    piece: Box<[u8]>,
    ended: bool,
}

impl<R: Read> AccessUnitReader<R> {
    /// Reads H.264 from `reader`, 64 KiB at a time; it needs no buffer of its own.
    pub fn new(reader: R) -> Self {
        Self::of(Codec::H264, reader)
    }

    /// The same for a codec.
    pub fn of(codec: Codec, reader: R) -> Self {
        Self {
            reader,
            splitter: AccessUnitSplitter::of(codec),
            piece: vec![0; READ_BYTES].into_boxed_slice(),
            ended: false,
        }
    }

    /// Replaces `unit` by the next access unit; `false` at the end of the stream.
    pub fn read_unit(&mut self, unit: &mut Vec<u8>) -> Result<bool, ReadError> {
        unit.clear();
        loop {
            let next = if self.ended { self.splitter.finish() } else { self.splitter.next_unit() };
            if let Some(bytes) = next {
                unit.extend_from_slice(bytes);
                return Ok(true);
            }
            if self.ended {
                return Ok(false);
            }
            match self.reader.read(&mut self.piece) {
                Ok(0) => self.ended = true,
                Ok(len) => self.splitter.push(&self.piece[..len])?,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// How far a buffer has been searched for the end of a unit.
#[derive(Clone, Debug)]
struct Scan {
    codec: Codec,
    /// No start code begins before here that has not been seen.
    position: usize,
    /// Whether the unit has a slice.
    has_slice: bool,
}

/// What a NAL unit means for the access unit that it stands in.
struct Role {
    /// It is a slice of the primary picture.
    slice: bool,
    /// It begins another access unit where one with a slice came before.
    begins: bool,
}

impl Scan {
    fn new(codec: Codec) -> Self {
        Self { codec, position: 0, has_slice: false }
    }

    /// The position of the start code that begins the next unit. Unless `ended`, a start code counts only when the
    /// bytes behind it that say what it is are there too.
    fn next_boundary(&mut self, buffer: &[u8], ended: bool) -> Option<usize> {
        loop {
            let from = self.position.min(buffer.len());
            let Some(found) = memmem::find(&buffer[from..], &SHORT_START_CODE) else {
                // A start code may be cut in two at the end.
                self.position = from.max(buffer.len().saturating_sub(SHORT_START_CODE.len() - 1));
                return None;
            };
            let code = from + found;
            let header = code + SHORT_START_CODE.len();
            let nal = buffer.get(header..).unwrap_or_default();
            if nal.len() < role_bytes(self.codec) && !ended {
                self.position = code;
                return None;
            }
            self.position = header;
            let Some(nal) = Nal::new(nal) else { continue };
            let Role { slice, begins } = role(self.codec, nal);
            if self.has_slice && begins {
                self.has_slice = slice;
                // The zero byte of a four-byte start code belongs to the unit that it begins.
                return Some(if code > 0 && buffer[code - 1] == 0 { code - 1 } else { code });
            }
            self.has_slice |= slice;
        }
    }

    fn rebase(&mut self, removed: usize) {
        self.position = self.position.saturating_sub(removed);
    }
}

/// Bytes of a NAL unit that [`role`] reads.
fn role_bytes(codec: Codec) -> usize {
    match codec {
        Codec::H264 => 2,
        Codec::Hevc => 3,
    }
}

fn role(codec: Codec, nal: Nal<'_>) -> Role {
    // first_mb_in_slice is zero where its Exp-Golomb code begins with a one; HEVC has a flag in the same place.
    let first = nal.bytes().get(role_bytes(codec) - 1).is_some_and(|byte| byte & 0x80 != 0);
    match codec {
        Codec::H264 => {
            let kind = nal.h264_type();
            let slice = kind.starts_slice();
            Role { slice, begins: slice && first || kind.precedes_picture() }
        }
        Codec::Hevc => {
            let kind = nal.hevc_type();
            let base = nal.hevc_layer() == 0;
            let slice = base && kind.is_slice();
            Role { slice, begins: slice && first || base && kind.precedes_picture() }
        }
    }
}

fn has_nal(unit: &[u8]) -> bool {
    nals(unit).next().is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPS: &[u8] = &[0, 0, 0, 1, 0x67, 0x42];
    const PPS: &[u8] = &[0, 0, 1, 0x68, 0xce];
    const IDR: &[u8] = &[0, 0, 1, 0x65, 0x88, 1];
    const P_FIRST: &[u8] = &[0, 0, 0, 1, 0x41, 0x9a, 2];
    const P_NEXT: &[u8] = &[0, 0, 1, 0x41, 0x5a, 3];
    const AUD: &[u8] = &[0, 0, 0, 1, 0x09, 0xf0];
    const END: &[u8] = &[0, 0, 1, 0x0a];

    const HEVC_VPS: &[u8] = &[0, 0, 0, 1, 0x40, 1, 0x0c];
    const HEVC_SPS: &[u8] = &[0, 0, 0, 1, 0x42, 1, 1];
    const HEVC_IDR: &[u8] = &[0, 0, 1, 0x26, 1, 0xaf, 1];
    const HEVC_FIRST: &[u8] = &[0, 0, 0, 1, 2, 1, 0xd0, 9];
    const HEVC_NEXT: &[u8] = &[0, 0, 1, 2, 1, 0x50, 9];
    const HEVC_AUD: &[u8] = &[0, 0, 0, 1, 0x46, 1, 0x50];
    const HEVC_SUFFIX_SEI: &[u8] = &[0, 0, 1, 0x50, 1, 0x84];
    /// A picture and an SPS of layer 1, which belong to the picture of the base layer before them.
    const HEVC_OTHER_LAYER: &[u8] = &[0, 0, 1, 0x42, 9, 1, 0, 0, 1, 2, 9, 0xd0, 9];

    fn hevc_stream() -> (Vec<u8>, Vec<Vec<u8>>) {
        let units = vec![
            [HEVC_VPS, HEVC_SPS, HEVC_IDR, HEVC_NEXT].concat(),
            [HEVC_FIRST, HEVC_OTHER_LAYER, HEVC_SUFFIX_SEI].concat(),
            [HEVC_FIRST, HEVC_NEXT].concat(),
            [HEVC_AUD, HEVC_IDR].concat(),
            [HEVC_SPS, HEVC_IDR].concat(),
        ];
        (units.concat(), units)
    }

    fn stream() -> (Vec<u8>, Vec<Vec<u8>>) {
        let units = vec![
            [SPS, PPS, IDR, P_NEXT].concat(),
            P_FIRST.into(),
            [P_FIRST, P_NEXT, END].concat(),
            [AUD, IDR].concat(),
        ];
        (units.concat(), units)
    }

    #[test]
    fn units_begin_at_first_slices_delimiters_and_parameter_sets() {
        let (bytes, units) = stream();
        assert_eq!(access_units(&bytes).collect::<Vec<_>>(), units);
        assert_eq!(access_units(&[1, 2, 3]).count(), 0);
        assert_eq!(access_units(&[]).count(), 0);
        let (bytes, units) = hevc_stream();
        assert_eq!(access_units_of(Codec::Hevc, &bytes).collect::<Vec<_>>(), units);
    }

    #[test]
    fn pieces_of_any_size_give_the_same_units() {
        for (codec, (bytes, units)) in [(Codec::H264, stream()), (Codec::Hevc, hevc_stream())] {
            for size in 1..=bytes.len() {
                let mut splitter = AccessUnitSplitter::of(codec);
                let mut seen = Vec::new();
                for piece in bytes.chunks(size) {
                    splitter.push(piece).unwrap();
                    while let Some(unit) = splitter.next_unit() {
                        seen.push(unit.to_vec());
                    }
                }
                while let Some(unit) = splitter.finish() {
                    seen.push(unit.to_vec());
                }
                assert_eq!(seen, units, "pieces of {size}");
                assert!(splitter.finish().is_none());
            }
        }
    }

    #[test]
    fn a_reader_gives_the_same_units() {
        let (bytes, units) = stream();
        let mut reader = AccessUnitReader::new(bytes.as_slice());
        let mut unit = Vec::new();
        for expected in units {
            assert!(reader.read_unit(&mut unit).unwrap());
            assert_eq!(unit, expected);
        }
        assert!(!reader.read_unit(&mut unit).unwrap());
        assert!(!reader.read_unit(&mut unit).unwrap());
    }

    #[test]
    fn an_endless_unit_is_an_error_and_the_splitter_recovers() {
        let mut splitter = AccessUnitSplitter::new();
        let piece = vec![0xaa; MAX_ACCESS_UNIT_BYTES];
        splitter.push(&piece).unwrap();
        assert!(splitter.next_unit().is_none());
        assert!(matches!(splitter.push(&[1]), Err(Error::Limit { .. })));
        splitter.push(&[IDR, IDR].concat()).unwrap();
        assert_eq!(splitter.next_unit(), Some(IDR));
    }

    proptest! {
        #[test]
        fn no_bytes_are_lost_from_the_first_start_code_on(bytes in prop::collection::vec(0u8..12, 0..200), size in 1usize..50) {
            for codec in Codec::ALL {
            let whole: Vec<Vec<u8>> = access_units_of(codec, &bytes).map(<[u8]>::to_vec).collect();
            let mut splitter = AccessUnitSplitter::of(codec);
            let mut seen = Vec::new();
            for piece in bytes.chunks(size) {
                splitter.push(piece)?;
                while let Some(unit) = splitter.next_unit() {
                    seen.push(unit.to_vec());
                }
            }
            while let Some(unit) = splitter.finish() {
                seen.push(unit.to_vec());
            }
            prop_assert_eq!(whole, seen);
            }
        }
    }
}
