//! HEVC (ITU-T Rec. H.265, clause numbers are its): NAL unit types and what a codec string needs of the SPS.

mod sps;

pub use sps::{ProfileTierLevel, Sps};

/// What a NAL unit holds (`nal_unit_type`, table 7-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NalType {
    /// 0 to 9: a slice of a picture that other pictures precede.
    Slice(u8),
    /// 16 to 21: a slice of a picture that decoding can begin with (IRAP).
    IrapSlice(u8),
    /// 32: video parameter set.
    Vps,
    /// 33: sequence parameter set.
    Sps,
    /// 34: picture parameter set.
    Pps,
    /// 35: access unit delimiter.
    AccessUnitDelimiter,
    /// 38: filler data.
    Filler,
    /// 39: message before the picture.
    PrefixSei,
    /// 40: message after the picture.
    SuffixSei,
    /// Everything else.
    Other(u8),
}

impl NalType {
    /// From the first byte of a NAL unit.
    pub const fn from_header(header: u8) -> Self {
        match header >> 1 & 0x3f {
            kind @ 0..=9 => Self::Slice(kind),
            kind @ 16..=21 => Self::IrapSlice(kind),
            32 => Self::Vps,
            33 => Self::Sps,
            34 => Self::Pps,
            35 => Self::AccessUnitDelimiter,
            38 => Self::Filler,
            39 => Self::PrefixSei,
            40 => Self::SuffixSei,
            other => Self::Other(other),
        }
    }
}
