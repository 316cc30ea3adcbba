use super::{
    Level, LongTermRefPic, NalType, ProfileTierLevel, ScalingLists, ShortTermRefPics, SubLayerOrdering,
    SubLayerProfile, Vui, payload,
};
use crate::{
    CodecString, Dimensions, Error,
    bits::{BitReader, BitWriter, RawBits},
    crop::{self, Crop},
    limits::{MAX_SIDE_IN_MBS, MAX_SUB_LAYERS},
    rbsp,
    vui::optional,
};

/// A sequence parameter set of the base layer (7.3.2.2.1). Parsed, written and parsed again it is equal to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sps {
    /// `sps_video_parameter_set_id`, 0 to 15.
    pub vps_id: u8,
    /// `sps_max_sub_layers_minus1 + 1`: temporal sub-layers, 1 to 7.
    pub max_sub_layers: u8,
    /// `sps_temporal_id_nesting_flag`.
    pub temporal_id_nesting: bool,
    /// Profile, tier and level.
    pub profile: ProfileTierLevel,
    /// The same of each temporal sub-layer but the highest.
    pub sub_layer_profiles: Vec<SubLayerProfile>,
    /// `sps_seq_parameter_set_id`, 0 to 15.
    pub id: u8,
    /// `chroma_format_idc`: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma_format_idc: u8,
    /// `separate_colour_plane_flag`; coded with 4:4:4 only.
    pub separate_planes: bool,
    /// The size of the coded pictures.
    pub coded: Dimensions,
    /// The conformance window: what is cut off before the picture is shown, in [crop units](Self::crop_unit).
    pub window: Option<Crop>,
    /// Bits per luma sample, 8 to 16.
    pub bit_depth_luma: u8,
    /// Bits per chroma sample, 8 to 16.
    pub bit_depth_chroma: u8,
    /// `log2_max_pic_order_cnt_lsb_minus4 + 4`, 4 to 16.
    pub log2_max_poc_lsb: u8,
    /// How much is buffered and reordered.
    pub ordering: SubLayerOrdering,
    /// The sizes of coding and transform blocks.
    pub blocks: Blocks,
    /// Scaling lists, where they are not flat.
    pub scaling: Option<Scaling>,
    /// `amp_enabled_flag`: asymmetric partitions.
    pub asymmetric_partitions: bool,
    /// `sample_adaptive_offset_enabled_flag`.
    pub sample_adaptive_offset: bool,
    /// Blocks of plain samples.
    pub pcm: Option<Pcm>,
    /// The short-term reference picture sets that slices choose from, at most 64.
    pub short_term_ref_pics: Vec<ShortTermRefPics>,
    /// Long-term reference pictures that slices choose from, at most 32; `None` where there are none in the stream.
    pub long_term_ref_pics: Option<Vec<LongTermRefPic>>,
    /// `sps_temporal_mvp_enabled_flag`.
    pub temporal_mvp: bool,
    /// `strong_intra_smoothing_enabled_flag`.
    pub strong_intra_smoothing: bool,
    /// Usability information.
    pub vui: Option<Vui>,
    /// The extensions with their flags, as they are.
    pub extension: Option<RawBits>,
}

/// The sizes of coding and transform blocks as powers of two (7.4.3.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// `log2_min_luma_coding_block_size_minus3 + 3`, 3 to 6.
    pub log2_min_coding: u8,
    /// `log2_diff_max_min_luma_coding_block_size`; with the smallest size at most 6.
    pub log2_coding_range: u8,
    /// `log2_min_luma_transform_block_size_minus2 + 2`, 2 to 5.
    pub log2_min_transform: u8,
    /// `log2_diff_max_min_luma_transform_block_size`, 0 to 3.
    pub log2_transform_range: u8,
    /// `max_transform_hierarchy_depth_inter`, 0 to 4.
    pub max_depth_inter: u8,
    /// `max_transform_hierarchy_depth_intra`, 0 to 4.
    pub max_depth_intra: u8,
}

/// Scaling that is not flat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// The lists of tables 7-5 and 7-6.
    Default,
    /// These lists.
    Lists(ScalingLists),
}

/// Blocks of plain samples (`pcm`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pcm {
    /// `pcm_sample_bit_depth_luma_minus1 + 1`, 1 to 16.
    pub bit_depth_luma: u8,
    /// `pcm_sample_bit_depth_chroma_minus1 + 1`, 1 to 16.
    pub bit_depth_chroma: u8,
    /// `log2_min_pcm_luma_coding_block_size_minus3 + 3`, 3 to 5.
    pub log2_min_size: u8,
    /// `log2_diff_max_min_pcm_luma_coding_block_size`, 0 to 2.
    pub log2_size_range: u8,
    /// `pcm_loop_filter_disabled_flag`.
    pub loop_filter_disabled: bool,
}

impl Sps {
    /// Reads a whole NAL unit of type 33, header and emulation prevention included.
    pub fn parse(nal: &[u8]) -> Result<Self, Error> {
        let rbsp = rbsp::unescape(payload(nal, NalType::Sps, UNIT)?);
        let mut reader = BitReader::new(UNIT, &rbsp);
        let r = &mut reader;
        let vps_id = r.u8(4)?;
        let max_sub_layers = r.u8(3)? + 1;
        if max_sub_layers > MAX_SUB_LAYERS {
            return Err(r.invalid("sps_max_sub_layers_minus1", i64::from(max_sub_layers) - 1));
        }
        let temporal_id_nesting = r.flag()?;
        let profile = ProfileTierLevel::read(r)?;
        let sub_layer_profiles = SubLayerProfile::read_all(r, usize::from(max_sub_layers) - 1)?;
        let id = r.ue_u8("sps_seq_parameter_set_id", 15)?;
        let chroma_format_idc = r.ue_u8("chroma_format_idc", 3)?;
        let separate_planes = chroma_format_idc == 3 && r.flag()?;
        let longest = MAX_SIDE_IN_MBS * 16;
        let width = r.ue_max("pic_width_in_luma_samples", longest)?;
        let height = r.ue_max("pic_height_in_luma_samples", longest)?;
        let window = if r.flag()? { Some(Crop::read(r)?) } else { None };
        let bit_depth_luma = r.ue_u8("bit_depth_luma_minus8", 8)? + 8;
        let bit_depth_chroma = r.ue_u8("bit_depth_chroma_minus8", 8)? + 8;
        let log2_max_poc_lsb = r.ue_u8("log2_max_pic_order_cnt_lsb_minus4", 12)? + 4;
        let sps = Self {
            vps_id,
            max_sub_layers,
            temporal_id_nesting,
            profile,
            sub_layer_profiles,
            id,
            chroma_format_idc,
            separate_planes,
            coded: Dimensions::new(width, height),
            window,
            bit_depth_luma,
            bit_depth_chroma,
            log2_max_poc_lsb,
            ordering: SubLayerOrdering::read(r, max_sub_layers)?,
            blocks: Blocks::read(r)?,
            scaling: Scaling::read(r)?,
            asymmetric_partitions: r.flag()?,
            sample_adaptive_offset: r.flag()?,
            pcm: if r.flag()? { Some(Pcm::read(r)?) } else { None },
            short_term_ref_pics: ShortTermRefPics::read_all(r)?,
            long_term_ref_pics: if r.flag()? {
                Some(LongTermRefPic::read_all(r, log2_max_poc_lsb)?)
            } else {
                None
            },
            temporal_mvp: r.flag()?,
            strong_intra_smoothing: r.flag()?,
            vui: if r.flag()? { Some(Vui::read(r, max_sub_layers)?) } else { None },
            extension: if r.flag()? { Some(RawBits::read(r)?) } else { None },
        };
        crop::check(sps.coded, sps.display())?;
        Ok(sps)
    }

    /// The NAL unit with emulation prevention, without a start code.
    ///
    /// Fields outside their documented range are written with their lower bits.
    pub fn to_nal(&self) -> Vec<u8> {
        let mut nal = vec![NalType::Sps.code() << 1, 1];
        rbsp::escape_into(&self.to_rbsp(), &mut nal);
        nal
    }

    /// Its codec string with parameter sets outside the samples.
    pub fn codec_string(&self) -> CodecString {
        self.profile.codec_string()
    }

    /// The level; `None` for a `general_level_idc` that table A.8 does not have.
    pub fn level(&self) -> Option<Level> {
        Level::from_idc(self.profile.level_idc)
    }

    /// The size to show: the coded size less the conformance window, pixel shape not applied.
    pub fn display(&self) -> Dimensions {
        self.window.unwrap_or_default().apply(self.coded, self.crop_unit())
    }

    /// The step of cropping in pixels: 2x2 in 4:2:0 (`SubWidthC`, `SubHeightC`).
    pub fn crop_unit(&self) -> Dimensions {
        match self.chroma_format_idc {
            1 => Dimensions::new(2, 2),
            2 => Dimensions::new(2, 1),
            _ => Dimensions::new(1, 1),
        }
    }

    /// Cuts the right and the bottom so that `display` is left, rounded up to whole crop units.
    pub fn crop_to(&mut self, display: Dimensions) -> Result<(), Error> {
        self.window = Crop::to_show(display, self.coded, self.crop_unit(), self.window)?;
        Ok(())
    }

    /// Coding tree blocks in a picture (`PicSizeInCtbsY`).
    pub fn tree_blocks(&self) -> u32 {
        let side = 1 << (self.blocks.log2_min_coding + self.blocks.log2_coding_range).min(6);
        self.coded.width.div_ceil(side) * self.coded.height.div_ceil(side)
    }

    /// `min_spatial_segmentation_idc` of the VUI; zero says nothing.
    pub fn min_spatial_segmentation_idc(&self) -> u16 {
        let restriction = self.vui.as_ref().and_then(|vui| vui.restriction);
        restriction.map_or(0, |restriction| restriction.min_spatial_segmentation_idc)
    }

    fn to_rbsp(&self) -> Vec<u8> {
        let mut writer = BitWriter::new();
        let w = &mut writer;
        w.u(4, self.vps_id.into());
        w.u(3, u32::from(self.max_sub_layers).saturating_sub(1));
        w.flag(self.temporal_id_nesting);
        self.profile.write(w);
        SubLayerProfile::write_all(&self.sub_layer_profiles, w);
        w.ue(self.id.into());
        w.ue(self.chroma_format_idc.into());
        if self.chroma_format_idc == 3 {
            w.flag(self.separate_planes);
        }
        w.ue(self.coded.width);
        w.ue(self.coded.height);
        optional(w, self.window.as_ref(), |w, window| window.write(w));
        w.ue(u32::from(self.bit_depth_luma).saturating_sub(8));
        w.ue(u32::from(self.bit_depth_chroma).saturating_sub(8));
        w.ue(u32::from(self.log2_max_poc_lsb).saturating_sub(4));
        self.ordering.write(w);
        self.blocks.write(w);
        optional(w, self.scaling.as_ref(), |w, scaling| scaling.write(w));
        w.flag(self.asymmetric_partitions);
        w.flag(self.sample_adaptive_offset);
        optional(w, self.pcm.as_ref(), |w, pcm| pcm.write(w));
        ShortTermRefPics::write_all(&self.short_term_ref_pics, w);
        optional(w, self.long_term_ref_pics.as_ref(), |w, pictures| {
            LongTermRefPic::write_all(pictures, w, self.log2_max_poc_lsb);
        });
        w.flag(self.temporal_mvp);
        w.flag(self.strong_intra_smoothing);
        optional(w, self.vui.as_ref(), |w, vui| vui.write(w));
        optional(w, self.extension.as_ref(), |w, bits| bits.write(w));
        writer.finish_rbsp()
    }
}

const UNIT: &str = "HEVC SPS";

impl Blocks {
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        let log2_min_coding = r.ue_u8("log2_min_luma_coding_block_size_minus3", 3)? + 3;
        Ok(Self {
            log2_min_coding,
            log2_coding_range: r.ue_u8("log2_diff_max_min_luma_coding_block_size", 6 - log2_min_coding)?,
            log2_min_transform: r.ue_u8("log2_min_luma_transform_block_size_minus2", 3)? + 2,
            log2_transform_range: r.ue_u8("log2_diff_max_min_luma_transform_block_size", 3)?,
            max_depth_inter: r.ue_u8("max_transform_hierarchy_depth_inter", 4)?,
            max_depth_intra: r.ue_u8("max_transform_hierarchy_depth_intra", 4)?,
        })
    }

    fn write(self, w: &mut BitWriter) {
        w.ue(u32::from(self.log2_min_coding).saturating_sub(3));
        w.ue(self.log2_coding_range.into());
        w.ue(u32::from(self.log2_min_transform).saturating_sub(2));
        w.ue(self.log2_transform_range.into());
        w.ue(self.max_depth_inter.into());
        w.ue(self.max_depth_intra.into());
    }
}

impl Scaling {
    fn read(r: &mut BitReader<'_>) -> Result<Option<Self>, Error> {
        if !r.flag()? {
            return Ok(None);
        }
        Ok(Some(if r.flag()? { Self::Lists(ScalingLists::read(r)?) } else { Self::Default }))
    }

    fn write(&self, w: &mut BitWriter) {
        match self {
            Self::Default => w.flag(false),
            Self::Lists(lists) => {
                w.flag(true);
                lists.write(w);
            }
        }
    }
}

impl Pcm {
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(Self {
            bit_depth_luma: r.u8(4)? + 1,
            bit_depth_chroma: r.u8(4)? + 1,
            log2_min_size: r.ue_u8("log2_min_pcm_luma_coding_block_size_minus3", 2)? + 3,
            log2_size_range: r.ue_u8("log2_diff_max_min_pcm_luma_coding_block_size", 2)?,
            loop_filter_disabled: r.flag()?,
        })
    }

    fn write(self, w: &mut BitWriter) {
        w.u(4, u32::from(self.bit_depth_luma).saturating_sub(1));
        w.u(4, u32::from(self.bit_depth_chroma).saturating_sub(1));
        w.ue(u32::from(self.log2_min_size).saturating_sub(3));
        w.ue(self.log2_size_range.into());
        w.flag(self.loop_filter_disabled);
    }
}

#[cfg(test)]
mod tests;
