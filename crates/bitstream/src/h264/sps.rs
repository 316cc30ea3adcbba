use super::{Level, NalType, ScalingMatrix, Vui};
use crate::{
    CodecString, Dimensions, Error,
    bits::{BitReader, BitWriter},
    crop::{self, Crop},
    limits::{MAX_POC_CYCLE, MAX_REF_FRAMES, MAX_SIDE_IN_MBS},
    rbsp,
    vui::optional,
};

/// A sequence parameter set (7.3.2.1.1). Parsed, written and parsed again it is equal to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sps {
    /// `profile_idc`: 66 Baseline, 77 Main, 100 High and so on.
    pub profile_idc: u8,
    /// `constraint_set0_flag` in the uppermost bit to `constraint_set5_flag`, then two reserved bits.
    pub constraint_flags: u8,
    /// `level_idc`; see [`Sps::level`].
    pub level_idc: u8,
    /// `seq_parameter_set_id`, 0 to 31.
    pub id: u8,
    /// Chroma format, bit depths and scaling; coded by the High profiles only.
    pub chroma: Chroma,
    /// `log2_max_frame_num_minus4 + 4`, 4 to 16.
    pub log2_max_frame_num: u8,
    /// How picture order counts are coded.
    pub pic_order_cnt: PicOrderCnt,
    /// `max_num_ref_frames`, 0 to 16.
    pub max_num_ref_frames: u8,
    /// `gaps_in_frame_num_value_allowed_flag`.
    pub gaps_in_frame_num_allowed: bool,
    /// `pic_width_in_mbs_minus1 + 1`.
    pub width_in_mbs: u32,
    /// `pic_height_in_map_units_minus1 + 1`; a map unit is a macroblock, or a pair where fields are allowed.
    pub height_in_map_units: u32,
    /// `frame_mbs_only_flag`: no fields.
    pub frame_mbs_only: bool,
    /// `mb_adaptive_frame_field_flag`; coded only where fields are allowed.
    pub mb_adaptive_frame_field: bool,
    /// `direct_8x8_inference_flag`.
    pub direct_8x8_inference: bool,
    /// What is cut off before the picture is shown, in crop units.
    pub crop: Option<Crop>,
    /// Usability information.
    pub vui: Option<Vui>,
}

/// Chroma format, bit depths and scaling of the High profiles. The default is what the other profiles have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chroma {
    /// `chroma_format_idc`: 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub format_idc: u8,
    /// `separate_colour_plane_flag`; coded with 4:4:4 only.
    pub separate_planes: bool,
    /// Bits per luma sample, 8 to 14.
    pub bit_depth_luma: u8,
    /// Bits per chroma sample, 8 to 14.
    pub bit_depth_chroma: u8,
    /// `qpprime_y_zero_transform_bypass_flag`.
    pub lossless_at_qp_zero: bool,
    /// Scaling lists, where they are not flat.
    pub scaling: Option<ScalingMatrix>,
}

/// How picture order counts are coded (8.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PicOrderCnt {
    /// Type 0: in every slice.
    InSlices {
        /// `log2_max_pic_order_cnt_lsb_minus4 + 4`, 4 to 16.
        log2_max_lsb: u8,
    },
    /// Type 1: a cycle of expected differences.
    Cycle {
        /// `delta_pic_order_always_zero_flag`.
        always_zero: bool,
        /// `offset_for_non_ref_pic`.
        offset_for_non_ref_pic: i32,
        /// `offset_for_top_to_bottom_field`.
        offset_for_top_to_bottom_field: i32,
        /// `offset_for_ref_frame`, at most 255.
        offsets_for_ref_frame: Vec<i32>,
    },
    /// Type 2: output order is decoding order.
    DecodingOrder,
}

impl Default for Chroma {
    fn default() -> Self {
        Self {
            format_idc: 1,
            separate_planes: false,
            bit_depth_luma: 8,
            bit_depth_chroma: 8,
            lossless_at_qp_zero: false,
            scaling: None,
        }
    }
}

impl Sps {
    /// Reads a whole NAL unit of type 7, header byte and emulation prevention included.
    pub fn parse(nal: &[u8]) -> Result<Self, Error> {
        let (&header, payload) = nal.split_first().ok_or(Error::NoNal(0))?;
        if NalType::from_header(header) != NalType::Sps {
            return Err(Error::Invalid {
                unit: "SPS",
                field: "nal_unit_type",
                value: (header & 0x1f).into(),
            });
        }
        Self::parse_rbsp(&rbsp::unescape(payload))
    }

    /// Reads `seq_parameter_set_data` (7.3.2.1.1).
    pub fn parse_rbsp(rbsp: &[u8]) -> Result<Self, Error> {
        let mut reader = BitReader::new("SPS", rbsp);
        let r = &mut reader;
        let profile_idc = r.u8(8)?;
        let constraint_flags = r.u8(8)?;
        let level_idc = r.u8(8)?;
        let id = r.ue_u8("seq_parameter_set_id", 31)?;
        let chroma = if has_chroma(profile_idc) { Chroma::read(r)? } else { Chroma::default() };
        let log2_max_frame_num = r.ue_u8("log2_max_frame_num_minus4", 12)? + 4;
        let pic_order_cnt = PicOrderCnt::read(r)?;
        let max_num_ref_frames = r.ue_max("max_num_ref_frames", MAX_REF_FRAMES)? as u8;
        let gaps_in_frame_num_allowed = r.flag()?;
        let width_in_mbs = r.ue_max("pic_width_in_mbs_minus1", MAX_SIDE_IN_MBS - 1)? + 1;
        let height_in_map_units = r.ue_max("pic_height_in_map_units_minus1", MAX_SIDE_IN_MBS - 1)? + 1;
        let frame_mbs_only = r.flag()?;
        let mb_adaptive_frame_field = if frame_mbs_only { false } else { r.flag()? };
        let direct_8x8_inference = r.flag()?;
        let crop = if r.flag()? { Some(Crop::read(r)?) } else { None };
        let vui = if r.flag()? { Some(Vui::read(r)?) } else { None };
        let sps = Self {
            profile_idc,
            constraint_flags,
            level_idc,
            id,
            chroma,
            log2_max_frame_num,
            pic_order_cnt,
            max_num_ref_frames,
            gaps_in_frame_num_allowed,
            width_in_mbs,
            height_in_map_units,
            frame_mbs_only,
            mb_adaptive_frame_field,
            direct_8x8_inference,
            crop,
            vui,
        };
        crop::check(sps.coded(), sps.display())?;
        Ok(sps)
    }

    /// The NAL unit, with the highest `nal_ref_idc` and emulation prevention, without a start code.
    ///
    /// Fields outside their documented range are written with their lower bits.
    pub fn to_nal(&self) -> Vec<u8> {
        let mut nal = vec![0x67];
        rbsp::escape_into(&self.to_rbsp(), &mut nal);
        nal
    }

    /// Its codec string: `avc1.` and the three bytes of profile, constraints and level.
    pub fn codec_string(&self) -> CodecString {
        CodecString::avc1(self.profile_idc, self.constraint_flags, self.level_idc)
    }

    /// The level, 1b included; `None` for a `level_idc` that table A-1 does not have.
    pub fn level(&self) -> Option<Level> {
        Level::from_sps(self.profile_idc, self.constraint_flags, self.level_idc)
    }

    /// The profile in words (A.2); `None` for one that has no name here.
    pub fn profile_name(&self) -> Option<&'static str> {
        let set = |flag: u8| self.constraint_flags & 0x80 >> flag != 0;
        Some(match self.profile_idc {
            66 if set(1) => "Constrained Baseline",
            66 => "Baseline",
            77 => "Main",
            88 => "Extended",
            100 if set(4) && set(5) => "Constrained High",
            100 if set(4) => "Progressive High",
            100 => "High",
            110 if set(3) => "High 10 Intra",
            110 => "High 10",
            122 if set(3) => "High 4:2:2 Intra",
            122 => "High 4:2:2",
            244 if set(3) => "High 4:4:4 Intra",
            244 => "High 4:4:4 Predictive",
            44 => "CAVLC 4:4:4 Intra",
            83 => "Scalable Baseline",
            86 => "Scalable High",
            118 => "Multiview High",
            128 => "Stereo High",
            _ => return None,
        })
    }

    /// The most frames that are shown later than one that follows them in the stream: what the VUI says, else what
    /// follows from the order of output, the profile and the buffer (E.2.1).
    pub fn max_reorder_frames(&self) -> u8 {
        if let Some(restriction) = self.restriction() {
            return restriction.max_num_reorder_frames;
        }
        let in_decoding_order = self.pic_order_cnt == PicOrderCnt::DecodingOrder || self.is_intra_only();
        if in_decoding_order { 0 } else { self.max_dec_frame_buffering() }
    }

    /// Frames in the decoded picture buffer: what the VUI says, else the most that the level allows (E.2.1).
    pub fn max_dec_frame_buffering(&self) -> u8 {
        if let Some(restriction) = self.restriction() {
            return restriction.max_dec_frame_buffering;
        }
        if self.is_intra_only() {
            return 0;
        }
        let most = self.level().map_or(MAX_REF_FRAMES, |level| level.max_dpb_frames(self.coded()));
        (most as u8).max(self.max_num_ref_frames)
    }

    fn restriction(&self) -> Option<super::BitstreamRestriction> {
        self.vui.as_ref()?.bitstream_restriction
    }

    /// The profiles that know intra pictures only.
    fn is_intra_only(&self) -> bool {
        const CONSTRAINT_SET3: u8 = 0x10;
        matches!(self.profile_idc, 44 | 86 | 100 | 110 | 122 | 244)
            && self.constraint_flags & CONSTRAINT_SET3 != 0
    }

    /// The size of the pictures as they are coded: whole macroblocks.
    pub fn coded(&self) -> Dimensions {
        Dimensions::new(self.width_in_mbs * 16, self.height_in_mbs() * 16)
    }

    /// The size of the pictures as they are shown: the coded size less the cropping, pixel shape not applied.
    pub fn display(&self) -> Dimensions {
        self.crop.unwrap_or_default().apply(self.coded(), self.crop_unit())
    }

    /// The step of cropping in pixels (7-19 to 7-22): 2x2 for 4:2:0 frames, so that odd sizes cannot be said here.
    pub fn crop_unit(&self) -> Dimensions {
        let (width, height) = match (self.chroma.format_idc, self.chroma.separate_planes) {
            (1, _) => (2, 2),
            (2, _) => (2, 1),
            _ => (1, 1),
        };
        Dimensions::new(width, height * (2 - u32::from(self.frame_mbs_only)))
    }

    /// Rows of macroblocks in a frame (`FrameHeightInMbs`).
    pub fn height_in_mbs(&self) -> u32 {
        self.height_in_map_units * (2 - u32::from(self.frame_mbs_only))
    }

    /// Macroblocks in a frame.
    pub fn frame_mbs(&self) -> u32 {
        self.width_in_mbs * self.height_in_mbs()
    }

    /// Cuts the right and the bottom so that `display` is left, rounded up to whole crop units.
    pub fn crop_to(&mut self, display: Dimensions) -> Result<(), Error> {
        self.crop = Crop::to_show(display, self.coded(), self.crop_unit(), self.crop)?;
        Ok(())
    }

    fn to_rbsp(&self) -> Vec<u8> {
        let mut writer = BitWriter::new();
        let w = &mut writer;
        w.u(8, self.profile_idc.into());
        w.u(8, self.constraint_flags.into());
        w.u(8, self.level_idc.into());
        w.ue(self.id.into());
        if has_chroma(self.profile_idc) {
            self.chroma.write(w);
        }
        w.ue(u32::from(self.log2_max_frame_num).saturating_sub(4));
        self.pic_order_cnt.write(w);
        w.ue(self.max_num_ref_frames.into());
        w.flag(self.gaps_in_frame_num_allowed);
        w.ue(self.width_in_mbs.saturating_sub(1));
        w.ue(self.height_in_map_units.saturating_sub(1));
        w.flag(self.frame_mbs_only);
        if !self.frame_mbs_only {
            w.flag(self.mb_adaptive_frame_field);
        }
        w.flag(self.direct_8x8_inference);
        optional(w, self.crop.as_ref(), |w, crop| crop.write(w));
        w.flag(self.vui.is_some());
        if let Some(vui) = &self.vui {
            vui.write(w);
        }
        writer.finish_rbsp()
    }
}

impl Chroma {
    /// `ChromaArrayType` (7.4.2.1.1).
    pub fn array_type(&self) -> u8 {
        if self.separate_planes { 0 } else { self.format_idc }
    }

    pub(super) fn count_8x8(&self) -> usize {
        if self.format_idc == 3 { 6 } else { 2 }
    }

    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        let format_idc = r.ue_u8("chroma_format_idc", 3)?;
        let mut chroma = Self {
            format_idc,
            separate_planes: format_idc == 3 && r.flag()?,
            bit_depth_luma: r.ue_u8("bit_depth_luma_minus8", 6)? + 8,
            bit_depth_chroma: r.ue_u8("bit_depth_chroma_minus8", 6)? + 8,
            lossless_at_qp_zero: r.flag()?,
            scaling: None,
        };
        if r.flag()? {
            chroma.scaling = Some(ScalingMatrix::read(r, chroma.count_8x8())?);
        }
        Ok(chroma)
    }

    fn write(&self, w: &mut BitWriter) {
        w.ue(self.format_idc.into());
        if self.format_idc == 3 {
            w.flag(self.separate_planes);
        }
        w.ue(u32::from(self.bit_depth_luma).saturating_sub(8));
        w.ue(u32::from(self.bit_depth_chroma).saturating_sub(8));
        w.flag(self.lossless_at_qp_zero);
        w.flag(self.scaling.is_some());
        if let Some(scaling) = &self.scaling {
            scaling.write(w, self.count_8x8());
        }
    }
}

impl PicOrderCnt {
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(match r.ue_max("pic_order_cnt_type", 2)? {
            0 => Self::InSlices { log2_max_lsb: r.ue_u8("log2_max_pic_order_cnt_lsb_minus4", 12)? + 4 },
            1 => {
                let always_zero = r.flag()?;
                let offset_for_non_ref_pic = r.se()?;
                let offset_for_top_to_bottom_field = r.se()?;
                let count = r.ue_max("num_ref_frames_in_pic_order_cnt_cycle", MAX_POC_CYCLE)?;
                let offsets_for_ref_frame = (0..count).map(|_| r.se()).collect::<Result<_, _>>()?;
                Self::Cycle {
                    always_zero,
                    offset_for_non_ref_pic,
                    offset_for_top_to_bottom_field,
                    offsets_for_ref_frame,
                }
            }
            _ => Self::DecodingOrder,
        })
    }

    fn write(&self, w: &mut BitWriter) {
        match self {
            Self::InSlices { log2_max_lsb } => {
                w.ue(0);
                w.ue(u32::from(*log2_max_lsb).saturating_sub(4));
            }
            Self::Cycle {
                always_zero,
                offset_for_non_ref_pic,
                offset_for_top_to_bottom_field,
                offsets_for_ref_frame,
            } => {
                w.ue(1);
                w.flag(*always_zero);
                w.se(*offset_for_non_ref_pic);
                w.se(*offset_for_top_to_bottom_field);
                w.ue(offsets_for_ref_frame.len() as u32);
                for &offset in offsets_for_ref_frame {
                    w.se(offset);
                }
            }
            Self::DecodingOrder => w.ue(2),
        }
    }
}

/// The profiles whose SPS says the chroma format (7.3.2.1.1).
pub(crate) fn has_chroma(profile_idc: u8) -> bool {
    matches!(profile_idc, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135)
}

#[cfg(test)]
mod tests;
