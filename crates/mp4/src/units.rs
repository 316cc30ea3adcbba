//! What NAL units are to a sample, in either codec.

use framewire_bitstream::{Codec, annexb::Nal, h264, hevc};

/// The part that a NAL unit has in a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A video parameter set, which only HEVC has.
    Vps,
    /// A sequence parameter set.
    Sps,
    /// A picture parameter set.
    Pps,
    /// An access unit delimiter.
    Delimiter,
    /// Bytes that fill a rate.
    Filler,
    /// A slice, with a header of its own.
    Slice,
    /// Messages, ends of sequences and everything else.
    Other,
}

/// The part of a unit. Parameter sets and slices of further layers of HEVC stay in the sample as they are: its entry and its
/// first slice are those of the base layer.
pub(crate) fn role(codec: Codec, nal: Nal<'_>) -> Role {
    match codec {
        Codec::H264 => match nal.h264_type() {
            h264::NalType::Sps => Role::Sps,
            h264::NalType::Pps => Role::Pps,
            h264::NalType::AccessUnitDelimiter => Role::Delimiter,
            h264::NalType::Filler => Role::Filler,
            kind if kind.starts_slice() => Role::Slice,
            _ => Role::Other,
        },
        Codec::Hevc => match nal.hevc_type() {
            hevc::NalType::AccessUnitDelimiter => Role::Delimiter,
            hevc::NalType::Filler => Role::Filler,
            _ if nal.hevc_layer() > 0 => Role::Other,
            hevc::NalType::Vps => Role::Vps,
            hevc::NalType::Sps => Role::Sps,
            hevc::NalType::Pps => Role::Pps,
            kind if kind.is_slice() => Role::Slice,
            _ => Role::Other,
        },
    }
}
