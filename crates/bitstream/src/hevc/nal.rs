use std::fmt;

use crate::{Error, limits::MAX_PARAMETER_SET_BYTES};

/// The header of a NAL unit, two bytes (7.3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NalHeader {
    /// `nal_unit_type`.
    pub kind: NalType,
    /// `nuh_layer_id`: zero but in scalable, multiview and 3D streams.
    pub layer: u8,
    /// `TemporalId`, 0 to 6.
    pub temporal_id: u8,
}

impl NalHeader {
    /// The header and what follows it.
    pub fn split(nal: &[u8]) -> Result<(Self, &[u8]), Error> {
        let (header, payload) = nal.split_first_chunk::<2>().ok_or(Error::NoNal(nal.len()))?;
        let [first, second] = *header;
        let plus1 = second & 7;
        let temporal_id = plus1.checked_sub(1).ok_or(Error::Invalid {
            unit: "NAL unit",
            field: "nuh_temporal_id_plus1",
            value: 0,
        })?;
        let layer = (first & 1) << 5 | second >> 3;
        Ok((Self { kind: NalType::from_header(first), layer, temporal_id }, payload))
    }
}

/// The payload of a parameter set of a type in the base layer; those of other layers have another syntax.
pub(crate) fn payload<'a>(nal: &'a [u8], kind: NalType, unit: &'static str) -> Result<&'a [u8], Error> {
    let (header, payload) = NalHeader::split(nal)?;
    if header.kind != kind {
        return Err(Error::Invalid { unit, field: "nal_unit_type", value: header.kind.code().into() });
    }
    if header.layer != 0 {
        return Err(Error::Invalid { unit, field: "nuh_layer_id", value: header.layer.into() });
    }
    crate::record::check_count("bytes of a parameter set", nal.len(), MAX_PARAMETER_SET_BYTES)?;
    Ok(payload)
}

/// What a NAL unit holds (`nal_unit_type`, table 7-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NalType {
    /// 0: a trailing picture that no picture of its sub-layer refers to.
    TrailN,
    /// 1: a trailing picture.
    TrailR,
    /// 2: a switching point between temporal sub-layers that no picture of its sub-layer refers to.
    TsaN,
    /// 3: a switching point between temporal sub-layers.
    TsaR,
    /// 4: a step-wise switching point that no picture of its sub-layer refers to.
    StsaN,
    /// 5: a step-wise switching point.
    StsaR,
    /// 6: a decodable leading picture that no picture of its sub-layer refers to.
    RadlN,
    /// 7: a decodable leading picture.
    RadlR,
    /// 8: a leading picture that may refer to what precedes its IRAP picture; none of its sub-layer refers to it.
    RaslN,
    /// 9: a leading picture that may refer to what precedes its IRAP picture.
    RaslR,
    /// 16: a broken link with leading pictures.
    BlaWLp,
    /// 17: a broken link with decodable leading pictures.
    BlaWRadl,
    /// 18: a broken link without leading pictures.
    BlaNLp,
    /// 19: an IDR picture with decodable leading pictures.
    IdrWRadl,
    /// 20: an IDR picture without leading pictures.
    IdrNLp,
    /// 21: a clean random access picture.
    Cra,
    /// 32: video parameter set.
    Vps,
    /// 33: sequence parameter set.
    Sps,
    /// 34: picture parameter set.
    Pps,
    /// 35: access unit delimiter.
    AccessUnitDelimiter,
    /// 36: end of sequence.
    EndOfSequence,
    /// 37: end of bitstream.
    EndOfBitstream,
    /// 38: filler data.
    Filler,
    /// 39: message before the picture.
    PrefixSei,
    /// 40: message after the picture.
    SuffixSei,
    /// Everything else: reserved or unspecified.
    Other(u8),
}

impl NalType {
    /// From the first byte of a NAL unit.
    pub const fn from_header(header: u8) -> Self {
        Self::from_code(header >> 1)
    }

    /// From `nal_unit_type`, the lower six bits of `code`.
    pub const fn from_code(code: u8) -> Self {
        match code & 0x3f {
            0 => Self::TrailN,
            1 => Self::TrailR,
            2 => Self::TsaN,
            3 => Self::TsaR,
            4 => Self::StsaN,
            5 => Self::StsaR,
            6 => Self::RadlN,
            7 => Self::RadlR,
            8 => Self::RaslN,
            9 => Self::RaslR,
            16 => Self::BlaWLp,
            17 => Self::BlaWRadl,
            18 => Self::BlaNLp,
            19 => Self::IdrWRadl,
            20 => Self::IdrNLp,
            21 => Self::Cra,
            32 => Self::Vps,
            33 => Self::Sps,
            34 => Self::Pps,
            35 => Self::AccessUnitDelimiter,
            36 => Self::EndOfSequence,
            37 => Self::EndOfBitstream,
            38 => Self::Filler,
            39 => Self::PrefixSei,
            40 => Self::SuffixSei,
            other => Self::Other(other),
        }
    }

    /// `nal_unit_type`.
    pub const fn code(self) -> u8 {
        match self {
            Self::TrailN => 0,
            Self::TrailR => 1,
            Self::TsaN => 2,
            Self::TsaR => 3,
            Self::StsaN => 4,
            Self::StsaR => 5,
            Self::RadlN => 6,
            Self::RadlR => 7,
            Self::RaslN => 8,
            Self::RaslR => 9,
            Self::BlaWLp => 16,
            Self::BlaWRadl => 17,
            Self::BlaNLp => 18,
            Self::IdrWRadl => 19,
            Self::IdrNLp => 20,
            Self::Cra => 21,
            Self::Vps => 32,
            Self::Sps => 33,
            Self::Pps => 34,
            Self::AccessUnitDelimiter => 35,
            Self::EndOfSequence => 36,
            Self::EndOfBitstream => 37,
            Self::Filler => 38,
            Self::PrefixSei => 39,
            Self::SuffixSei => 40,
            Self::Other(code) => code & 0x3f,
        }
    }

    /// The name of table 7-1: `TRAIL_R`, `IDR_W_RADL`, `VPS`; `None` for what is reserved or unspecified.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::TrailN => "TRAIL_N",
            Self::TrailR => "TRAIL_R",
            Self::TsaN => "TSA_N",
            Self::TsaR => "TSA_R",
            Self::StsaN => "STSA_N",
            Self::StsaR => "STSA_R",
            Self::RadlN => "RADL_N",
            Self::RadlR => "RADL_R",
            Self::RaslN => "RASL_N",
            Self::RaslR => "RASL_R",
            Self::BlaWLp => "BLA_W_LP",
            Self::BlaWRadl => "BLA_W_RADL",
            Self::BlaNLp => "BLA_N_LP",
            Self::IdrWRadl => "IDR_W_RADL",
            Self::IdrNLp => "IDR_N_LP",
            Self::Cra => "CRA",
            Self::Vps => "VPS",
            Self::Sps => "SPS",
            Self::Pps => "PPS",
            Self::AccessUnitDelimiter => "AUD",
            Self::EndOfSequence => "EOS",
            Self::EndOfBitstream => "EOB",
            Self::Filler => "FD",
            Self::PrefixSei => "PREFIX_SEI",
            Self::SuffixSei => "SUFFIX_SEI",
            Self::Other(_) => return None,
        })
    }

    /// Whether a slice segment header follows. Reserved types are none: decoders pass over them (7.4.2.2).
    pub const fn is_slice(self) -> bool {
        matches!(self.code(), 0..=9 | 16..=21)
    }

    /// Whether decoding can begin with the picture: IDR, BLA and CRA pictures (IRAP).
    pub const fn is_irap(self) -> bool {
        matches!(self.code(), 16..=21)
    }

    /// Whether it is an IDR picture: nothing behind it refers to anything before it.
    pub const fn is_idr(self) -> bool {
        matches!(self, Self::IdrWRadl | Self::IdrNLp)
    }

    /// Whether it is a broken link.
    pub const fn is_bla(self) -> bool {
        matches!(self, Self::BlaWLp | Self::BlaWRadl | Self::BlaNLp)
    }

    /// Whether it is a leading picture: shown before the IRAP picture that it follows (RADL, RASL).
    pub const fn is_leading(self) -> bool {
        matches!(self, Self::RadlN | Self::RadlR | Self::RaslN | Self::RaslR)
    }

    /// Whether no picture of the same temporal sub-layer refers to it; pictures of higher ones may.
    pub const fn is_sub_layer_non_reference(self) -> bool {
        self.code() <= 14 && self.code().is_multiple_of(2)
    }

    /// Whether this begins an access unit when it follows the slices of another (7.4.2.4.4).
    pub const fn precedes_picture(self) -> bool {
        matches!(self.code(), 32..=35 | 39 | 41..=44 | 48..=55)
    }
}

impl fmt::Display for NalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => f.pad(&format!("type {}", self.code())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_type() {
        for code in 0..64 {
            let kind = NalType::from_code(code);
            assert_eq!(kind.code(), code);
            assert_eq!(NalType::from_header(code << 1 | 1), kind);
            assert_eq!(kind.name().is_none(), matches!(kind, NalType::Other(_)));
        }
        assert_eq!(NalType::IdrWRadl.to_string(), "IDR_W_RADL");
        assert_eq!(NalType::from_code(50).to_string(), "type 50");
    }

    #[test]
    fn importance_is_read_from_the_type() {
        assert!(NalType::Cra.is_irap() && NalType::IdrNLp.is_irap() && !NalType::TrailR.is_irap());
        assert!(NalType::TsaN.is_sub_layer_non_reference() && !NalType::TsaR.is_sub_layer_non_reference());
        assert!(!NalType::BlaWLp.is_sub_layer_non_reference());
        assert!(!NalType::Other(22).is_slice() && !NalType::Other(10).is_slice());
    }
}
