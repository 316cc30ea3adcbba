use crate::{Codec, annexb, h264, hevc, limits::MAX_NALS_PER_UNIT};

/// The parameter sets of an access unit, as they stand in it: borrowed NAL units without start codes, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterSets<'a> {
    /// Video parameter sets; HEVC only.
    pub vps: Vec<&'a [u8]>,
    /// Sequence parameter sets.
    pub sps: Vec<&'a [u8]>,
    /// Picture parameter sets.
    pub pps: Vec<&'a [u8]>,
}

/// Finds the parameter sets of `unit`, an access unit in Annex B. Those of further layers of HEVC are passed over.
///
/// ```
/// use framewire_bitstream::{Codec, parameter_sets};
///
/// let unit = [0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80, 0, 0, 1, 0x65, 0x88];
/// let sets = parameter_sets(Codec::H264, &unit);
/// assert_eq!(sets.sps, [&[0x67, 0x42, 0xc0, 0x1e]]);
/// assert_eq!(sets.pps, [&[0x68, 0xce, 0x3c, 0x80]]);
/// assert!(sets.vps.is_empty() && !sets.is_empty());
/// ```
pub fn parameter_sets(codec: Codec, unit: &[u8]) -> ParameterSets<'_> {
    let mut sets = ParameterSets::default();
    for nal in annexb::nals(unit).take(MAX_NALS_PER_UNIT) {
        let list = match codec {
            Codec::H264 => match nal.h264_type() {
                h264::NalType::Sps => &mut sets.sps,
                h264::NalType::Pps => &mut sets.pps,
                _ => continue,
            },
            Codec::Hevc if nal.hevc_layer() > 0 => continue,
            Codec::Hevc => match nal.hevc_type() {
                hevc::NalType::Vps => &mut sets.vps,
                hevc::NalType::Sps => &mut sets.sps,
                hevc::NalType::Pps => &mut sets.pps,
                _ => continue,
            },
        };
        list.push(nal.bytes());
    }
    sets
}

impl ParameterSets<'_> {
    /// Whether the unit has none of any kind.
    pub fn is_empty(&self) -> bool {
        self.vps.is_empty() && self.sps.is_empty() && self.pps.is_empty()
    }
}
