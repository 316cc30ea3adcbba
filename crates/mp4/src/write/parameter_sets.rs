//! Parameter sets within samples (`avc3`; ISO/IEC 14496-15, 5.4.2), for files whose first index cannot know them all.

use framewire_bitstream::{
    annexb,
    avcc::{self, AvcDecoderConfig, LengthSize},
    h264::NalType,
};

use crate::{Error, FourCc, SampleEntry};

/// The entry for samples that carry the parameter sets themselves; `None` where the codec has no such form.
pub(super) fn in_band_entry(entry: &SampleEntry) -> Option<SampleEntry> {
    match &entry.codec().0 {
        b"avc1" => Some(entry.renamed(FourCc(*b"avc3"))),
        b"avc3" => Some(entry.clone()),
        _ => None,
    }
}

/// The parameter sets of one description, as they stand in a sample.
#[derive(Debug)]
pub(super) struct InBandSets {
    length_size: LengthSize,
    bytes: Vec<u8>,
}

/// A sample with its parameter sets: the first parts are written before the rest.
pub(super) struct WithSets<'a> {
    pub(super) parts: [&'a [u8]; 3],
    /// How many of the bytes a sample without parameter sets does not have.
    pub(super) lead: u32,
}

impl InBandSets {
    /// `None` where nothing is known of the codec.
    pub(super) fn of(entry: &SampleEntry) -> Result<Option<Self>, Error> {
        let Some(config) = entry.avc_config() else { return Ok(None) };
        let mut stream = Vec::new();
        config.to_annexb(&mut stream);
        let mut bytes = Vec::new();
        avcc::annexb_to_avcc(&stream, config.length_size, &mut bytes)?;
        Ok(Some(Self { length_size: config.length_size, bytes }))
    }

    /// Puts the sets before the units of a sample, behind an access unit delimiter, which must come first (7.4.1.2.3).
    /// Samples that carry sets of their own stay as they are.
    pub(super) fn before<'a>(&'a self, sample: &'a [u8]) -> WithSets<'a> {
        let plain = WithSets { parts: [&[], &[], sample], lead: 0 };
        let mut delimiter = 0;
        for nal in avcc::nals(sample, self.length_size) {
            let Ok(nal) = nal else { return plain };
            match nal.h264_type() {
                NalType::Sps => return plain,
                NalType::AccessUnitDelimiter if delimiter == 0 => {
                    delimiter = self.length_size.bytes() + nal.bytes().len();
                }
                _ => {}
            }
        }
        // A delimiter that is not the first unit stays where it is.
        let first = avcc::nals(sample, self.length_size).next().and_then(Result::ok);
        if first.is_none_or(|nal| nal.h264_type() != NalType::AccessUnitDelimiter) {
            delimiter = 0;
        }
        let (delimiter, units) = sample.split_at_checked(delimiter).unwrap_or((&[], sample));
        let lead = (delimiter.len() + self.bytes.len()) as u32;
        WithSets { parts: [delimiter, &self.bytes, units], lead }
    }
}

/// How long the lengths are in the samples of an entry.
pub(super) fn length_size(entry: &SampleEntry) -> Option<LengthSize> {
    entry.avc_config().map(|config: &AvcDecoderConfig| config.length_size)
}

/// Whether a unit belongs into the sample entry, or nowhere, and not into a sample.
pub(super) fn is_left_out(nal: annexb::Nal<'_>) -> bool {
    matches!(nal.h264_type(), NalType::Sps | NalType::Pps | NalType::AccessUnitDelimiter | NalType::Filler)
}
