use crate::{
    Codec, CodecString, Error,
    avcc::{AvcDecoderConfig, LengthSize},
    hvcc::HevcDecoderConfig,
    parameter_sets,
};

/// What MP4 says about the samples of a track before the first of them: the record of either codec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecoderConfig {
    /// The contents of an `avcC` box.
    Avc(AvcDecoderConfig),
    /// The contents of an `hvcC` box.
    Hevc(HevcDecoderConfig),
}

impl DecoderConfig {
    /// The record for the parameter sets of an access unit in Annex B, each distinct one once. Fails with
    /// [`Error::NoParameterSets`] where the unit has no SPS.
    pub fn from_annexb(codec: Codec, unit: &[u8]) -> Result<Self, Error> {
        let mut sets = parameter_sets(codec, unit);
        for kind in [&mut sets.vps, &mut sets.sps, &mut sets.pps] {
            let mut seen = Vec::new();
            kind.retain(|nal| {
                let new = !seen.contains(nal);
                seen.push(*nal);
                new
            });
        }
        Ok(match codec {
            Codec::H264 => Self::Avc(AvcDecoderConfig::from_parameter_sets(&sets.sps, &sets.pps)?),
            Codec::Hevc => {
                Self::Hevc(HevcDecoderConfig::from_parameter_sets(&sets.vps, &sets.sps, &sets.pps)?)
            }
        })
    }

    /// Reads the contents of the box of a codec.
    pub fn parse(codec: Codec, record: &[u8]) -> Result<Self, Error> {
        Ok(match codec {
            Codec::H264 => Self::Avc(AvcDecoderConfig::parse(record)?),
            Codec::Hevc => Self::Hevc(HevcDecoderConfig::parse(record)?),
        })
    }

    /// Appends the contents of the box.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Avc(config) => config.write(out),
            Self::Hevc(config) => config.write(out),
        }
    }

    /// The codec.
    pub const fn codec(&self) -> Codec {
        match self {
            Self::Avc(_) => Codec::H264,
            Self::Hevc(_) => Codec::Hevc,
        }
    }

    /// The codec string.
    pub fn codec_string(&self) -> CodecString {
        match self {
            Self::Avc(config) => config.codec_string(),
            Self::Hevc(config) => config.codec_string(),
        }
    }

    /// Of the lengths before the NAL units of each sample.
    pub const fn length_size(&self) -> LengthSize {
        match self {
            Self::Avc(config) => config.length_size,
            Self::Hevc(config) => config.length_size,
        }
    }

    /// Appends all parameter sets behind start codes: what a decoder needs before the first sample.
    pub fn to_annexb(&self, out: &mut Vec<u8>) {
        match self {
            Self::Avc(config) => config.to_annexb(out),
            Self::Hevc(config) => config.to_annexb(out),
        }
    }

    /// The first SPS, if there is one.
    pub fn sps(&self) -> Option<&[u8]> {
        match self {
            Self::Avc(config) => config.sps.first().map(Vec::as_slice),
            Self::Hevc(config) => config.nals(crate::hevc::NalType::Sps).next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        annexb,
        h264::testing::{plain_pps, plain_sps},
    };

    #[test]
    fn the_sets_of_a_unit_make_a_record_and_come_back() {
        let sps = plain_sps(64, 64);
        let (pps, second) = (plain_pps(0, 0).to_nal(&sps), plain_pps(1, 0).to_nal(&sps));
        let sps = sps.to_nal();
        let mut unit = Vec::new();
        for nal in [&[0x09, 0xf0][..], &sps, &pps, &sps, &pps, &second, &[0x65, 0x88, 0x84]] {
            annexb::push_nal(&mut unit, nal);
        }
        let config = DecoderConfig::from_annexb(Codec::H264, &unit).unwrap();
        assert_eq!((config.codec(), config.length_size()), (Codec::H264, LengthSize::Four));
        assert_eq!(config.codec_string().as_str(), "avc1.42C028");
        assert_eq!(config.sps(), Some(&sps[..]));
        let (mut sets, mut record) = (Vec::new(), Vec::new());
        config.to_annexb(&mut sets);
        assert!(annexb::nals(&sets).map(annexb::Nal::bytes).eq([&sps[..], &pps, &second]));
        config.write(&mut record);
        assert_eq!(DecoderConfig::parse(Codec::H264, &record), Ok(config));
    }

    #[test]
    fn a_unit_without_parameter_sets_makes_no_record() {
        for codec in Codec::ALL {
            let error = DecoderConfig::from_annexb(codec, &[0, 0, 1, 0x02, 1, 0x88]);
            assert_eq!(error, Err(Error::NoParameterSets));
        }
    }
}
