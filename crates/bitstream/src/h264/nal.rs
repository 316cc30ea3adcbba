use std::fmt;

/// What a NAL unit holds (`nal_unit_type`, table 7-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NalType {
    /// 1: a slice of a picture that is not an IDR picture.
    Slice,
    /// 2: the headers of a partitioned slice.
    PartitionA,
    /// 3 and 4: the residual of a partitioned slice.
    PartitionBc,
    /// 5: a slice of an IDR picture.
    IdrSlice,
    /// 6: supplemental enhancement information.
    Sei,
    /// 7: sequence parameter set.
    Sps,
    /// 8: picture parameter set.
    Pps,
    /// 9: access unit delimiter.
    AccessUnitDelimiter,
    /// 10: end of sequence.
    EndOfSequence,
    /// 11: end of stream.
    EndOfStream,
    /// 12: filler data.
    Filler,
    /// 13: sequence parameter set extension.
    SpsExtension,
    /// 14: prefix of a slice, for scalable coding.
    Prefix,
    /// 15: subset sequence parameter set, for scalable and multiview coding.
    SubsetSps,
    /// 19: a slice of an auxiliary picture (alpha).
    AuxiliarySlice,
    /// 20 and 21: a slice of a further layer or view.
    SliceExtension,
    /// Everything else.
    Other(u8),
}

impl NalType {
    /// From the first byte of a NAL unit.
    pub const fn from_header(header: u8) -> Self {
        match header & 0x1f {
            1 => Self::Slice,
            2 => Self::PartitionA,
            3 | 4 => Self::PartitionBc,
            5 => Self::IdrSlice,
            6 => Self::Sei,
            7 => Self::Sps,
            8 => Self::Pps,
            9 => Self::AccessUnitDelimiter,
            10 => Self::EndOfSequence,
            11 => Self::EndOfStream,
            12 => Self::Filler,
            13 => Self::SpsExtension,
            14 => Self::Prefix,
            15 => Self::SubsetSps,
            19 => Self::AuxiliarySlice,
            20 | 21 => Self::SliceExtension,
            other => Self::Other(other),
        }
    }

    /// Whether a slice header of the primary picture follows.
    pub const fn starts_slice(self) -> bool {
        matches!(self, Self::Slice | Self::PartitionA | Self::IdrSlice)
    }

    /// Whether this begins an access unit when it follows the primary picture of another (7.4.1.2.3).
    pub const fn precedes_picture(self) -> bool {
        matches!(
            self,
            Self::Sei
                | Self::Sps
                | Self::Pps
                | Self::AccessUnitDelimiter
                | Self::Prefix
                | Self::SubsetSps
                | Self::Other(16..=18)
        )
    }
}

impl fmt::Display for NalType {
    /// A short name; the standard has none of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Slice => "slice",
            Self::PartitionA => "partition A",
            Self::PartitionBc => "partition B or C",
            Self::IdrSlice => "IDR slice",
            Self::Sei => "SEI",
            Self::Sps => "SPS",
            Self::Pps => "PPS",
            Self::AccessUnitDelimiter => "AUD",
            Self::EndOfSequence => "end of sequence",
            Self::EndOfStream => "end of stream",
            Self::Filler => "filler",
            Self::SpsExtension => "SPS extension",
            Self::Prefix => "prefix",
            Self::SubsetSps => "subset SPS",
            Self::AuxiliarySlice => "auxiliary slice",
            Self::SliceExtension => "slice extension",
            Self::Other(code) => return f.pad(&format!("type {code}")),
        })
    }
}
