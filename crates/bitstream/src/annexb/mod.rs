//! NAL units behind start codes (annex B of H.264 and of HEVC), and their grouping into access units.

mod detect;
mod splitter;

pub use detect::detect;
pub use splitter::{AccessUnitReader, AccessUnitSplitter, ReadError, access_units, access_units_of};

use memchr::memmem;

use crate::{Codec, h264::NalType};

/// The start code that everything here writes: with its zero byte, as the first of an access unit must have (B.1.2).
pub const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// The part of [`START_CODE`] that is always there.
const SHORT_START_CODE: [u8; 3] = [0, 0, 1];

/// One NAL unit with its header and its emulation prevention, without start code and trailing zeros. Never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nal<'a>(&'a [u8]);

impl<'a> Nal<'a> {
    /// A unit from its bytes; `None` for no bytes.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    /// The bytes.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The first byte.
    pub fn header(self) -> u8 {
        self.0.first().copied().unwrap_or_default()
    }

    /// What it holds, if it is H.264.
    pub fn h264_type(self) -> NalType {
        NalType::from_header(self.header())
    }

    /// What it holds, if it is HEVC.
    pub fn hevc_type(self) -> crate::hevc::NalType {
        crate::hevc::NalType::from_header(self.header())
    }

    /// HEVC's `nuh_layer_id`: zero but for scalable, multiview and 3D streams.
    pub fn hevc_layer(self) -> u8 {
        (self.header() & 1) << 5 | self.0.get(1).copied().unwrap_or_default() >> 3
    }

    /// The short name of what it holds: `SPS`, `IDR slice`, `TRAIL_R`.
    pub fn type_name(self, codec: Codec) -> String {
        match codec {
            Codec::H264 => self.h264_type().to_string(),
            Codec::Hevc => self.hevc_type().to_string(),
        }
    }

    /// H.264's `nal_ref_idc`, 0 to 3.
    pub fn ref_idc(self) -> u8 {
        self.header() >> 5 & 3
    }
}

/// The NAL units of a stream with start codes of three or four bytes. What precedes the first start code, trailing
/// zeros and empty units are passed over; bytes without any start code yield nothing.
///
/// ```
/// use framewire_bitstream::split_annex_b;
///
/// let stream = [0, 0, 0, 1, 0x67, 0x42, 0, 0, 1, 0x68, 0xce, 0, 0, 1, 0x65, 0x88];
/// let units: Vec<&[u8]> = split_annex_b(&stream).map(|nal| nal.bytes()).collect();
/// assert_eq!(units, [&[0x67, 0x42][..], &[0x68, 0xce], &[0x65, 0x88]]);
/// ```
pub fn nals(bytes: &[u8]) -> Nals<'_> {
    let rest = memmem::find(bytes, &SHORT_START_CODE).map_or(&[][..], |at| &bytes[at + 3..]);
    Nals { rest }
}

/// Appends a NAL unit behind a start code of four bytes.
pub fn push_nal(out: &mut Vec<u8>, nal: &[u8]) {
    out.extend_from_slice(&START_CODE);
    out.extend_from_slice(nal);
}

/// Iterator of [`nals`].
#[derive(Clone, Debug)]
pub struct Nals<'a> {
    /// What follows the last start code.
    rest: &'a [u8],
}

impl<'a> Iterator for Nals<'a> {
    type Item = Nal<'a>;

    fn next(&mut self) -> Option<Nal<'a>> {
        while !self.rest.is_empty() {
            let (nal, rest) = match memmem::find(self.rest, &SHORT_START_CODE) {
                Some(at) => (&self.rest[..at], &self.rest[at + 3..]),
                None => (self.rest, &[][..]),
            };
            self.rest = rest;
            if let Some(nal) = Nal::new(trim_zeros(nal)) {
                return Some(nal);
            }
        }
        None
    }
}

/// A NAL unit never ends in zero: what does belongs to the byte stream (B.1).
fn trim_zeros(nal: &[u8]) -> &[u8] {
    let len = nal.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
    &nal[..len]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(bytes: &[u8]) -> Vec<&[u8]> {
        nals(bytes).map(Nal::bytes).collect()
    }

    #[test]
    fn start_codes_of_three_and_four_bytes_and_trailing_zeros_are_told_apart() {
        let bytes = [9, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x68, 0, 0, 0, 0, 0, 1, 0x65, 0, 0, 3, 0, 0, 0];
        assert_eq!(split(&bytes), [&[0x67, 1][..], &[0x68], &[0x65, 0, 0, 3]]);
    }

    #[test]
    fn bytes_without_units_yield_nothing() {
        for bytes in [&[][..], &[0, 0, 1], &[0, 0, 0, 1, 0, 0, 1], &[1, 2, 3], &[0, 0], &[0, 0, 0, 0]] {
            assert_eq!(split(bytes), Vec::<&[u8]>::new(), "{bytes:?}");
        }
    }

    #[test]
    fn the_header_says_type_and_importance() {
        let nal = Nal::new(&[0x65, 0x88]).unwrap();
        assert_eq!((nal.h264_type(), nal.ref_idc()), (NalType::IdrSlice, 3));
        assert_eq!(Nal::new(&[]), None);
    }

    proptest! {
        #[test]
        fn written_units_are_read(units in prop::collection::vec(prop::collection::vec(4u8.., 1..40), 0..9)) {
            let mut bytes = Vec::new();
            for unit in &units {
                push_nal(&mut bytes, unit);
            }
            prop_assert_eq!(split(&bytes), units);
        }
    }
}
