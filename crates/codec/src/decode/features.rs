use framewire_bitstream::{
    Codec, Error,
    h264::{NalType, Pps, SliceKind, SliceStart, Sps},
    hevc,
};
use std::{collections::BTreeSet, fmt};

/// The highest level that a stream may have without [`Feature::Level`]: 5.2.
const COMMON_LEVEL_IDC: u8 = 52;
/// The same in HEVC.
const COMMON_HEVC_LEVEL_IDC: u8 = 156;
/// `MaxFS` of level 5.2 in H.264: macroblocks in a frame.
const COMMON_FRAME_MBS: u64 = 36_864;
/// `profile_idc` of the Baseline and the Extended profile, the only ones with slices in arbitrary order.
const BASELINE: u8 = 66;
const EXTENDED: u8 = 88;

/// Something in a stream that a decoder may lack. A stream with none of them is progressive 4:2:0 of 8 bits, at most of
/// level 5.2; in H.264 with slices of kind I, P and B in the order of their macroblocks, in HEVC with the tools of its Main
/// profile.
///
/// Further layers of HEVC (another view, more detail) are no feature: decoders pass over them, and show the base layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// Fields, or macroblocks of fields, may occur (`frame_mbs_only_flag` is 0); in HEVC, all pictures are fields
    /// (`field_seq_flag`).
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
    /// Extensions of parameter sets that change how samples are coded: HEVC's for the range of formats and for the content
    /// of screens (`sps_range_extension_flag`, `sps_scc_extension_flag`, and those of a PPS).
    CodingExtensions,
    /// A level above 5.2, or one that the tables of the standard do not have: ten times it (`level_idc` of H.264, a third of
    /// HEVC's, rounded up).
    Level(u8),
    /// Pictures larger than level 5.2 has, or of longer sides (H.264: A.3.1, f and g; HEVC: A.4.1).
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
            Self::CodingExtensions => f.write_str("coding tools of an extension"),
            Self::Level(idc) => write!(f, "level {}.{}", idc / 10, idc % 10),
            Self::LargePictures => f.write_str("pictures beyond level 5.2"),
        }
    }
}

/// The features of a picture or of a stream. In words: `4:4:4 chroma and 10 bits a sample`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features(BTreeSet<Feature>);

impl Features {
    /// What an SPS, a NAL unit, says of all its pictures.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn of_sps(codec: Codec, nal: &[u8]) -> Result<Self, Error> {
        Ok(match codec {
            Codec::H264 => of_h264(&Sps::parse(nal)?),
            Codec::Hevc => of_hevc(&hevc::Sps::parse(nal)?),
        })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Feature> {
        self.0.iter().copied()
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

/// What a PPS says about the features of pictures; no more than its identifiers are read before its SPS is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PpsFacts {
    slice_groups: bool,
    /// Slices may be repeated, so that one with an earlier macroblock says nothing about their order.
    redundant_slices: bool,
    extensions: bool,
}

impl From<Pps> for PpsFacts {
    fn from(pps: Pps) -> Self {
        Self {
            slice_groups: pps.slice_groups.is_some(),
            redundant_slices: pps.redundant_pic_cnt_present,
            extensions: false,
        }
    }
}

impl From<hevc::Pps> for PpsFacts {
    fn from(pps: hevc::Pps) -> Self {
        Self { extensions: has_coding_extensions(pps.extension.as_ref()), ..Self::default() }
    }
}

/// Gathers the features of one picture from its slices.
#[derive(Debug, Default)]
pub(super) struct Gatherer {
    pub(super) features: Features,
    last_mb: Option<u32>,
}

impl Gatherer {
    /// A picture of an SPS with these features, and of this PPS.
    pub(super) fn add(&mut self, of_sps: &Features, pps: PpsFacts) {
        self.features.0.extend(&of_sps.0);
        self.features.0.extend(pps.extensions.then_some(Feature::CodingExtensions));
    }

    /// A slice of H.264 in a NAL unit of this kind, of these parameter sets.
    pub(super) fn add_slice(&mut self, kind: NalType, start: SliceStart, sps: &Sps, pps: PpsFacts) {
        let backwards = self.last_mb.is_some_and(|last| start.first_mb_in_slice < last);
        self.last_mb = Some(start.first_mb_in_slice);
        // Where a profile has no such slices, a header that says so is damaged.
        let extended = sps.profile_idc == EXTENDED;
        let any_order = extended || sps.profile_idc == BASELINE && !is_constrained(sps);
        let found = [
            (pps.slice_groups, Feature::SliceGroups),
            (any_order && !pps.redundant_slices && backwards, Feature::ArbitrarySliceOrder),
            (extended && kind == NalType::PartitionA, Feature::DataPartitioning),
            (extended && matches!(start.kind, SliceKind::Sp | SliceKind::Si), Feature::SwitchingSlices),
        ];
        self.features.extend(found.into_iter().filter(|(is_used, _)| *is_used).map(|(_, feature)| feature));
    }
}

/// Whether the stream keeps to the Constrained Baseline profile too (`constraint_set1_flag`).
fn is_constrained(sps: &Sps) -> bool {
    sps.constraint_flags & 0x40 != 0
}

/// What an SPS of H.264 says of all its pictures.
pub(super) fn of_h264(sps: &Sps) -> Features {
    let is_common_level = sps.level().is_some() && sps.level_idc <= COMMON_LEVEL_IDC;
    let found = [
        (!sps.frame_mbs_only).then_some(Feature::Interlaced),
        of_chroma(sps.chroma.format_idc),
        of_depth(sps.chroma.bit_depth_luma, sps.chroma.bit_depth_chroma),
        sps.chroma.lossless_at_qp_zero.then_some(Feature::Lossless),
        (!is_common_level).then_some(Feature::Level(sps.level_idc)),
        is_large(sps).then_some(Feature::LargePictures),
    ];
    found.into_iter().flatten().collect()
}

/// What an SPS of HEVC says of all its pictures.
pub(super) fn of_hevc(sps: &hevc::Sps) -> Features {
    let level_idc = sps.profile.level_idc;
    let is_common_level = hevc::Level::from_idc(level_idc).is_some() && level_idc <= COMMON_HEVC_LEVEL_IDC;
    // The level's bound of the picture alone: no rate, and an empty buffer.
    let is_large =
        hevc::Level::from_idc(COMMON_HEVC_LEVEL_IDC).is_some_and(|level| !level.allows(sps.coded, 0.0, 0));
    let found = [
        sps.vui.as_ref().is_some_and(|vui| vui.field_seq).then_some(Feature::Interlaced),
        of_chroma(sps.chroma_format_idc),
        of_depth(sps.bit_depth_luma, sps.bit_depth_chroma),
        has_coding_extensions(sps.extension.as_ref()).then_some(Feature::CodingExtensions),
        (!is_common_level).then_some(Feature::Level(level_idc.div_ceil(3))),
        is_large.then_some(Feature::LargePictures),
    ];
    found.into_iter().flatten().collect()
}

/// By `chroma_format_idc`.
fn of_chroma(format_idc: u8) -> Option<Feature> {
    match format_idc {
        0 => Some(Feature::Monochrome),
        2 => Some(Feature::Chroma422),
        3 => Some(Feature::Chroma444),
        _ => None,
    }
}

fn of_depth(luma: u8, chroma: u8) -> Option<Feature> {
    let depth = luma.max(chroma);
    (depth > 8).then_some(Feature::BitDepth(depth))
}

/// The flags of both kinds of parameter sets are in the same order: range, layers, 3D, screen content.
fn has_coding_extensions(extension: Option<&hevc::RawBits>) -> bool {
    let has = |flag: usize| extension.is_some_and(|extension| extension.bits().get(flag) == Some(&true));
    has(0) || has(3)
}

fn is_large(sps: &Sps) -> bool {
    let (width, height) = (u64::from(sps.width_in_mbs), u64::from(sps.height_in_mbs()));
    width * height > COMMON_FRAME_MBS || width.max(height).pow(2) > 8 * COMMON_FRAME_MBS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Codec, decode::parameters::ParameterSets, testing::pcm::plain_sets};
    use framewire_bitstream::{
        annexb,
        h264::{Chroma, SliceGroups},
    };

    /// Bytes of slices of PPS 0, up to `pic_parameter_set_id`: P at macroblock 0 and at 5, and SP at 0.
    const P: u8 = 0b1110_0000;
    const P_AT_5: u8 = 0b0011_0111;
    const SP: u8 = 0b1001_0010;
    const SLICE: u8 = 0x41;
    const PARTITION_A: u8 = 0x42;

    fn sps(profile_idc: u8, constraint_flags: u8) -> Sps {
        Sps { profile_idc, constraint_flags, ..plain_sets(20, 10).0 }
    }

    fn pps() -> Pps {
        plain_sets(20, 10).1
    }

    /// The features of a unit of these NAL units, in words.
    fn features(nals: &[&[u8]]) -> String {
        let mut unit = Vec::new();
        nals.iter().for_each(|nal| annexb::push_nal(&mut unit, nal));
        ParameterSets::default().read(Codec::H264, &unit).features.to_string()
    }

    /// The same of these parameter sets and slices.
    fn read(sps: &Sps, pps: &Pps, slices: &[[u8; 2]]) -> String {
        let slices: Vec<_> = slices.iter().map(|&[header, byte]| [header, byte, 0x80]).collect();
        let sets = [sps.to_nal(), pps.to_nal(sps)];
        let nals: Vec<_> = sets.iter().map(Vec::as_slice).chain(slices.iter().map(|nal| &nal[..])).collect();
        features(&nals)
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
        assert_eq!(features(&[&[SLICE, P, 0x80]]), "");
        assert_eq!(features(&[]), "");
    }

    #[test]
    fn a_pps_may_come_before_its_sps() {
        let sps = Sps { frame_mbs_only: false, ..sps(100, 0) };
        assert_eq!(features(&[&pps().to_nal(&sps), &sps.to_nal(), &[SLICE, P, 0x80]]), "interlaced coding");
    }
}
