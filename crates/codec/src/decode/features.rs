use crate::Codec;
use framewire_bitstream::{
    annexb::{self, Nal},
    h264::{NalType, Pps, SliceKind, SliceStart, Sps},
    limits::MAX_NALS_PER_UNIT,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// The highest level that a stream may have without [`Feature::Level`]: 5.2.
const COMMON_LEVEL_IDC: u8 = 52;
/// Its `MaxFS`: macroblocks in a frame.
const COMMON_FRAME_MBS: u64 = 36_864;
/// `profile_idc` of the Baseline and the Extended profile, the only ones with slices in arbitrary order.
const BASELINE: u8 = 66;
const EXTENDED: u8 = 88;

/// Something in a stream that a decoder may lack. A stream with none of them is progressive 4:2:0 of 8 bits, at most of
/// level 5.2, with slices of kind I, P and B in the order of their macroblocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// Fields, or macroblocks of fields, may occur (`frame_mbs_only_flag` is 0).
    Interlaced,
    /// No chroma.
    Monochrome,
    /// Chroma at half the width and the full height.
    Chroma422,
    /// Chroma at the full size.
    Chroma444,
    /// More than 8 bits a sample: how many.
    BitDepth(u8),
    /// Macroblocks without transform (`qpprime_y_zero_transform_bypass_flag`).
    Lossless,
    /// Flexible macroblock ordering.
    SliceGroups,
    /// Slices of a picture in another order than their macroblocks.
    ArbitrarySliceOrder,
    /// Slices whose residual comes in units of its own.
    DataPartitioning,
    /// Slices of kind SP or SI.
    SwitchingSlices,
    /// A `level_idc` above 52, or one that table A-1 of the standard does not have.
    Level(u8),
    /// Pictures of more macroblocks than level 5.2 has, or of longer sides (A.3.1, f and g).
    LargePictures,
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interlaced => f.write_str("interlaced coding"),
            Self::Monochrome => f.write_str("no chroma"),
            Self::Chroma422 => f.write_str("4:2:2 chroma"),
            Self::Chroma444 => f.write_str("4:4:4 chroma"),
            Self::BitDepth(bits) => write!(f, "{bits} bits a sample"),
            Self::Lossless => f.write_str("lossless coding"),
            Self::SliceGroups => f.write_str("flexible macroblock ordering"),
            Self::ArbitrarySliceOrder => f.write_str("arbitrary slice order"),
            Self::DataPartitioning => f.write_str("data partitioning"),
            Self::SwitchingSlices => f.write_str("switching slices"),
            Self::Level(idc) => write!(f, "level {}.{}", idc / 10, idc % 10),
            Self::LargePictures => f.write_str("pictures beyond level 5.2"),
        }
    }
}

/// The features of a picture or of a stream. In words: `4:4:4 chroma and 10 bits a sample`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features(BTreeSet<Feature>);

impl Features {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this one is among them.
    pub fn contains(&self, feature: Feature) -> bool {
        self.0.contains(&feature)
    }

    /// Whether all of them are in `others` too.
    pub fn is_within(&self, others: &Self) -> bool {
        self.0.is_subset(&others.0)
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<T: IntoIterator<Item = Feature>>(features: T) -> Self {
        Self(features.into_iter().collect())
    }
}

impl Extend<Feature> for Features {
    fn extend<T: IntoIterator<Item = Feature>>(&mut self, features: T) {
        self.0.extend(features);
    }
}

impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, feature) in self.0.iter().enumerate() {
            write!(f, "{}{feature}", if index == 0 { "" } else { " and " })?;
        }
        Ok(())
    }
}

/// Finds the features of each picture of a stream. Those of HEVC are not read.
#[derive(Default)]
pub(super) struct FeatureReader {
    /// By `seq_parameter_set_id`, which the syntax holds below 32.
    sps: BTreeMap<u8, Sps>,
    /// By `pic_parameter_set_id`, which is one byte.
    pps: BTreeMap<u8, PpsFacts>,
}

#[derive(Clone, Copy)]
struct PpsFacts {
    sps_id: u8,
    slice_groups: bool,
    /// Slices may be repeated, so that one with an earlier macroblock says nothing about their order.
    redundant_slices: bool,
}

impl FeatureReader {
    /// Learns the parameter sets of `unit` and says what its picture uses; nothing where it has none, or where its
    /// parameter sets are not known.
    pub(super) fn read(&mut self, codec: Codec, unit: &[u8]) -> Features {
        match codec {
            Codec::H264 => self.read_h264(unit),
            Codec::Hevc => Features::default(),
        }
    }

    fn read_h264(&mut self, unit: &[u8]) -> Features {
        let mut features = Features::default();
        let mut last_mb = None;
        for nal in annexb::nals(unit).take(MAX_NALS_PER_UNIT) {
            match nal.h264_type() {
                NalType::Sps => {
                    if let Ok(sps) = Sps::parse(nal.bytes()) {
                        self.sps.insert(sps.id, sps);
                    }
                }
                NalType::Pps => self.learn_pps(nal.bytes()),
                kind if kind.starts_slice() => self.read_slice(nal, &mut last_mb, &mut features),
                _ => {}
            }
        }
        features
    }

    fn learn_pps(&mut self, nal: &[u8]) {
        let Some(sps) = Pps::ids(nal).ok().and_then(|(_, sps_id)| self.sps.get(&sps_id)) else { return };
        let Ok(pps) = Pps::parse(nal, sps) else { return };
        let facts = PpsFacts {
            sps_id: pps.sps_id,
            slice_groups: pps.slice_groups.is_some(),
            redundant_slices: pps.redundant_pic_cnt_present,
        };
        self.pps.insert(pps.id, facts);
    }

    fn read_slice(&self, nal: Nal<'_>, last_mb: &mut Option<u32>, features: &mut Features) {
        let Ok(start) = SliceStart::parse(nal.bytes()) else { return };
        let Some(pps) = self.pps.get(&start.pps_id) else { return };
        let Some(sps) = self.sps.get(&pps.sps_id) else { return };
        let backwards = last_mb.is_some_and(|last| start.first_mb_in_slice < last);
        *last_mb = Some(start.first_mb_in_slice);
        // Where a profile has no such slices, a header that says so is damaged.
        let extended = sps.profile_idc == EXTENDED;
        let any_order = extended || sps.profile_idc == BASELINE && !is_constrained(sps);
        let found = [
            (pps.slice_groups, Feature::SliceGroups),
            (any_order && !pps.redundant_slices && backwards, Feature::ArbitrarySliceOrder),
            (extended && nal.h264_type() == NalType::PartitionA, Feature::DataPartitioning),
            (extended && matches!(start.kind, SliceKind::Sp | SliceKind::Si), Feature::SwitchingSlices),
        ];
        features.extend(of_sps(sps));
        features.extend(found.into_iter().filter(|(is_used, _)| *is_used).map(|(_, feature)| feature));
    }
}

/// Whether the stream keeps to the Constrained Baseline profile too (`constraint_set1_flag`).
fn is_constrained(sps: &Sps) -> bool {
    sps.constraint_flags & 0x40 != 0
}

fn of_sps(sps: &Sps) -> impl Iterator<Item = Feature> {
    let chroma = match sps.chroma.format_idc {
        0 => Some(Feature::Monochrome),
        2 => Some(Feature::Chroma422),
        3 => Some(Feature::Chroma444),
        _ => None,
    };
    let depth = sps.chroma.bit_depth_luma.max(sps.chroma.bit_depth_chroma);
    let is_common_level = sps.level().is_some() && sps.level_idc <= COMMON_LEVEL_IDC;
    [
        (!sps.frame_mbs_only).then_some(Feature::Interlaced),
        chroma,
        (depth > 8).then_some(Feature::BitDepth(depth)),
        sps.chroma.lossless_at_qp_zero.then_some(Feature::Lossless),
        (!is_common_level).then_some(Feature::Level(sps.level_idc)),
        is_large(sps).then_some(Feature::LargePictures),
    ]
    .into_iter()
    .flatten()
}

fn is_large(sps: &Sps) -> bool {
    let (width, height) = (u64::from(sps.width_in_mbs), u64::from(sps.height_in_mbs()));
    width * height > COMMON_FRAME_MBS || width.max(height).pow(2) > 8 * COMMON_FRAME_MBS
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_bitstream::h264::{Chroma, PicOrderCnt, SliceGroups};

    /// Bytes of slices of PPS 0, up to `pic_parameter_set_id`: P at macroblock 0 and at 5, and SP at 0.
    const P: u8 = 0b1110_0000;
    const P_AT_5: u8 = 0b0011_0111;
    const SP: u8 = 0b1001_0010;
    const SLICE: u8 = 0x41;
    const PARTITION_A: u8 = 0x42;

    fn sps(profile_idc: u8, constraint_flags: u8) -> Sps {
        Sps {
            profile_idc,
            constraint_flags,
            level_idc: 40,
            id: 0,
            chroma: Chroma::default(),
            log2_max_frame_num: 4,
            pic_order_cnt: PicOrderCnt::DecodingOrder,
            max_num_ref_frames: 1,
            gaps_in_frame_num_allowed: false,
            width_in_mbs: 20,
            height_in_map_units: 10,
            frame_mbs_only: true,
            mb_adaptive_frame_field: false,
            direct_8x8_inference: true,
            crop: None,
            vui: None,
        }
    }

    fn pps() -> Pps {
        Pps {
            id: 0,
            sps_id: 0,
            cabac: false,
            bottom_field_pic_order_present: false,
            slice_groups: None,
            num_ref_idx_l0_default_minus1: 0,
            num_ref_idx_l1_default_minus1: 0,
            weighted_pred: false,
            weighted_bipred_idc: 0,
            pic_init_qp_minus26: 0,
            pic_init_qs_minus26: 0,
            chroma_qp_index_offset: 0,
            deblocking_filter_control_present: false,
            constrained_intra_pred: false,
            redundant_pic_cnt_present: false,
            transform_8x8: None,
        }
    }

    /// The features of a unit of these parameter sets and slices, in words.
    fn read(sps: &Sps, pps: &Pps, slices: &[[u8; 2]]) -> String {
        let mut unit = Vec::new();
        let nals = [sps.to_nal(), pps.to_nal(sps)].into_iter();
        for nal in nals.chain(slices.iter().map(|&[header, byte]| vec![header, byte, 0x80])) {
            unit.extend([0, 0, 0, 1]);
            unit.extend(nal);
        }
        FeatureReader::default().read(Codec::H264, &unit).to_string()
    }

    #[test]
    fn a_plain_stream_has_no_feature() {
        assert_eq!(read(&sps(66, 0xc0), &pps(), &[[SLICE, P], [SLICE, P_AT_5]]), "");
    }

    #[test]
    fn what_an_sps_says_is_named() {
        let chroma = |format_idc, bit_depth_luma| Chroma { format_idc, bit_depth_luma, ..Chroma::default() };
        let high = || sps(244, 0);
        let cases = [
            (Sps { frame_mbs_only: false, ..high() }, "interlaced coding"),
            (Sps { chroma: chroma(0, 8), ..high() }, "no chroma"),
            (Sps { chroma: chroma(2, 10), ..high() }, "4:2:2 chroma and 10 bits a sample"),
            (Sps { chroma: chroma(3, 8), ..high() }, "4:4:4 chroma"),
            (
                Sps { chroma: Chroma { lossless_at_qp_zero: true, ..Chroma::default() }, ..high() },
                "lossless coding",
            ),
            (Sps { level_idc: 62, ..high() }, "level 6.2"),
            (Sps { level_idc: 77, ..high() }, "level 7.7"),
            (Sps { width_in_mbs: 300, height_in_map_units: 200, ..high() }, "pictures beyond level 5.2"),
            (Sps { width_in_mbs: 550, height_in_map_units: 1, ..high() }, "pictures beyond level 5.2"),
            (Sps { width_in_mbs: 256, height_in_map_units: 144, ..high() }, ""),
        ];
        for (sps, expected) in cases {
            assert_eq!(read(&sps, &pps(), &[[SLICE, P]]), expected);
        }
    }

    #[test]
    fn what_slices_and_their_pps_say_is_named() {
        let groups = Pps { slice_groups: Some(SliceGroups::Dispersed(2)), ..pps() };
        assert_eq!(read(&sps(66, 0), &groups, &[[SLICE, P]]), "flexible macroblock ordering");
        assert_eq!(read(&sps(66, 0), &pps(), &[[SLICE, P_AT_5], [SLICE, P]]), "arbitrary slice order");
        assert_eq!(
            read(&sps(88, 0), &pps(), &[[PARTITION_A, P], [SLICE, SP]]),
            "data partitioning and switching slices"
        );
    }

    #[test]
    fn what_a_profile_lacks_is_taken_for_damage() {
        assert_eq!(read(&sps(77, 0), &pps(), &[[SLICE, P_AT_5], [SLICE, SP]]), "");
        assert_eq!(read(&sps(66, 0x40), &pps(), &[[SLICE, P_AT_5], [SLICE, P]]), "");
        let redundant = Pps { redundant_pic_cnt_present: true, ..pps() };
        assert_eq!(read(&sps(66, 0), &redundant, &[[SLICE, P_AT_5], [SLICE, P]]), "");
    }

    #[test]
    fn a_unit_without_known_parameter_sets_has_no_feature() {
        assert!(FeatureReader::default().read(Codec::H264, &[0, 0, 1, SLICE, P, 0x80]).is_empty());
        assert!(FeatureReader::default().read(Codec::H264, &[]).is_empty());
    }
}
