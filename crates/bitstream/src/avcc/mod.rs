//! NAL units behind their length, as MP4 carries them (ISO/IEC 14496-15), and the `avcC` record that goes with them.

mod config;

pub use config::{AvcDecoderConfig, HighExtension};

use crate::{
    Error,
    annexb::{self, Nal},
};

/// How many bytes a length has (`lengthSizeMinusOne + 1`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LengthSize {
    /// One byte.
    One,
    /// Two bytes.
    Two,
    /// Four bytes: the usual.
    #[default]
    Four,
}

impl LengthSize {
    /// In bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// From `lengthSizeMinusOne`, which may not be 2.
    pub const fn from_minus_one(value: u8) -> Result<Self, Error> {
        match value {
            0 => Ok(Self::One),
            1 => Ok(Self::Two),
            3 => Ok(Self::Four),
            other => Err(Error::Invalid {
                unit: "decoder configuration",
                field: "lengthSizeMinusOne",
                value: other as i64,
            }),
        }
    }
}

/// The NAL units of a length-prefixed sample. A length that reaches over the end is the last item, an error; empty
/// units are passed over.
pub fn nals(sample: &[u8], length_size: LengthSize) -> Nals<'_> {
    Nals { rest: sample, length_size }
}

/// Iterator of [`nals`].
#[derive(Clone, Debug)]
pub struct Nals<'a> {
    rest: &'a [u8],
    length_size: LengthSize,
}

impl<'a> Iterator for Nals<'a> {
    type Item = Result<Nal<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let sample = std::mem::take(&mut self.rest);
            let Some((unit, rest)) = split(sample, self.length_size) else {
                return Some(Err(Error::Truncated {
                    unit: "length-prefixed NAL unit",
                    bits: sample.len() * 8,
                }));
            };
            self.rest = rest;
            if let Some(nal) = Nal::new(unit) {
                return Some(Ok(nal));
            }
        }
        None
    }
}

fn split(sample: &[u8], length_size: LengthSize) -> Option<(&[u8], &[u8])> {
    let (prefix, rest) = sample.split_at_checked(length_size.bytes())?;
    let length = prefix.iter().fold(0usize, |length, &byte| length << 8 | usize::from(byte));
    rest.split_at_checked(length)
}

/// Appends a length-prefixed sample with start codes of four bytes. On an error `out` holds the units before it.
///
/// ```
/// use framewire_bitstream::{avcc::LengthSize, avcc_to_annexb};
///
/// let sample = [0, 2, 0x09, 0xf0, 0, 3, 0x65, 0x88, 0x84];
/// let mut unit = Vec::new();
/// avcc_to_annexb(&sample, LengthSize::Two, &mut unit)?;
/// assert_eq!(unit, [0, 0, 0, 1, 0x09, 0xf0, 0, 0, 0, 1, 0x65, 0x88, 0x84]);
/// assert!(avcc_to_annexb(&sample[..5], LengthSize::Two, &mut unit).is_err());
/// # Ok::<(), framewire_bitstream::Error>(())
/// ```
pub fn avcc_to_annexb(sample: &[u8], length_size: LengthSize, out: &mut Vec<u8>) -> Result<(), Error> {
    out.reserve(sample.len() + 16);
    for nal in nals(sample, length_size) {
        annexb::push_nal(out, nal?.bytes());
    }
    Ok(())
}

/// Appends the units of an Annex B stream behind their lengths. Fails where a unit is too long for the length.
///
/// ```
/// use framewire_bitstream::{annexb_to_avcc, avcc::LengthSize};
///
/// let mut sample = Vec::new();
/// annexb_to_avcc(&[0, 0, 1, 0x09, 0xf0, 0, 0, 0, 1, 0x65, 0x88, 0x84], LengthSize::Four, &mut sample)?;
/// assert_eq!(sample, [0, 0, 0, 2, 0x09, 0xf0, 0, 0, 0, 3, 0x65, 0x88, 0x84]);
/// # Ok::<(), framewire_bitstream::Error>(())
/// ```
pub fn annexb_to_avcc(bytes: &[u8], length_size: LengthSize, out: &mut Vec<u8>) -> Result<(), Error> {
    out.reserve(bytes.len() + 16);
    for nal in annexb::nals(bytes) {
        push_nal(nal, length_size, out)?;
    }
    Ok(())
}

/// Appends one unit behind its length.
pub fn push_nal(nal: Nal<'_>, length_size: LengthSize, out: &mut Vec<u8>) -> Result<(), Error> {
    let length = nal.bytes().len() as u64;
    let limit = (1u64 << (8 * length_size.bytes())) - 1;
    if length > limit {
        return Err(Error::Limit { what: "bytes of a length-prefixed NAL unit", value: length, limit });
    }
    out.extend_from_slice(&length.to_be_bytes()[8 - length_size.bytes()..]);
    out.extend_from_slice(nal.bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZES: [LengthSize; 3] = [LengthSize::One, LengthSize::Two, LengthSize::Four];

    #[test]
    fn a_length_over_the_end_is_the_last_item() {
        let items: Vec<_> = nals(&[0, 1, 0x65, 0, 9, 1, 2], LengthSize::Two).collect();
        assert_eq!(items.len(), 2);
        assert!(items[0].is_ok());
        assert_eq!(items[1], Err(Error::Truncated { unit: "length-prefixed NAL unit", bits: 32 }));
        assert_eq!(nals(&[0], LengthSize::Four).count(), 1);
        assert_eq!(nals(&[0, 0, 0, 0], LengthSize::Four).count(), 0);
    }

    #[test]
    fn a_unit_too_long_for_its_length_is_an_error() {
        let mut bytes = vec![0, 0, 1];
        bytes.resize(3 + 256, 7);
        let error = annexb_to_avcc(&bytes, LengthSize::One, &mut Vec::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "256 bytes of a length-prefixed NAL unit are more than the limit of 255"
        );
        assert!(annexb_to_avcc(&bytes, LengthSize::Two, &mut Vec::new()).is_ok());
    }

    #[test]
    fn a_length_of_three_bytes_does_not_exist() {
        assert!(LengthSize::from_minus_one(2).is_err());
        for size in SIZES {
            assert_eq!(LengthSize::from_minus_one(size.bytes() as u8 - 1), Ok(size));
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same(units in prop::collection::vec(prop::collection::vec(4u8.., 1..40), 0..9)) {
            let mut bytes = Vec::new();
            for unit in &units {
                annexb::push_nal(&mut bytes, unit);
            }
            for size in SIZES {
                let (mut sample, mut back) = (Vec::new(), Vec::new());
                annexb_to_avcc(&bytes, size, &mut sample)?;
                avcc_to_annexb(&sample, size, &mut back)?;
                prop_assert_eq!(&back, &bytes);
            }
        }

        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            for size in SIZES {
                prop_assert!(nals(&bytes, size).count() <= bytes.len());
            }
        }
    }
}
