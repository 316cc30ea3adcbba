//! Parameter sets within samples (`avc3`, `hev1`; ISO/IEC 14496-15, 5.4.2 and 8.4.3), for files whose first index cannot
//! know them all.

use framewire_bitstream::{
    Codec,
    avcc::{self, LengthSize},
};

use crate::{
    Error, SampleEntry,
    units::{Role, role},
};

/// The parameter sets of one description, as they stand in a sample.
#[derive(Debug)]
pub(super) struct InBandSets {
    codec: Codec,
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
        let Some(config) = entry.config() else { return Ok(None) };
        let (mut stream, mut bytes) = (Vec::new(), Vec::new());
        config.to_annexb(&mut stream);
        avcc::annexb_to_avcc(&stream, config.length_size(), &mut bytes)?;
        Ok(Some(Self { codec: config.codec(), length_size: config.length_size(), bytes }))
    }

    /// Puts the sets before the units of a sample, but behind an access unit delimiter, which must come first (H.264
    /// 7.4.1.2.3, HEVC 7.4.2.4.4). Samples that carry a sequence parameter set of their own stay as they are.
    pub(super) fn before<'a>(&'a self, sample: &'a [u8]) -> WithSets<'a> {
        let mut delimiter = 0;
        for (index, nal) in avcc::nals(sample, self.length_size).enumerate() {
            match nal.map(|nal| (role(self.codec, nal), nal.bytes().len())) {
                Ok((Role::Delimiter, bytes)) if index == 0 => delimiter = self.length_size.bytes() + bytes,
                Ok((Role::Sps, _)) | Err(_) => return WithSets { parts: [&[], &[], sample], lead: 0 },
                Ok(_) => {}
            }
        }
        let (delimiter, units) = sample.split_at_checked(delimiter).unwrap_or((&[], sample));
        let lead = (delimiter.len() + self.bytes.len()) as u32;
        WithSets { parts: [delimiter, &self.bytes, units], lead }
    }
}

/// How long the lengths are in the samples of an entry.
pub(super) fn length_size(entry: &SampleEntry) -> Option<LengthSize> {
    entry.config().map(|config| config.length_size())
}
