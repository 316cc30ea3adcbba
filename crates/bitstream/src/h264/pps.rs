use super::{NalType, ScalingMatrix, Sps};
use crate::{
    Error,
    bits::{BitReader, BitWriter},
    limits::MAX_SIDE_IN_MBS,
    rbsp,
};

/// A picture parameter set (7.3.2.2). Parsed, written and parsed again it is equal to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pps {
    /// `pic_parameter_set_id`, 0 to 255.
    pub id: u8,
    /// `seq_parameter_set_id` of the SPS that it refers to, 0 to 31.
    pub sps_id: u8,
    /// `entropy_coding_mode_flag`: CABAC, else CAVLC.
    pub cabac: bool,
    /// `bottom_field_pic_order_in_frame_present_flag`.
    pub bottom_field_pic_order_present: bool,
    /// Slice groups, where there is more than one.
    pub slice_groups: Option<SliceGroups>,
    /// `num_ref_idx_l0_default_active_minus1`, 0 to 31.
    pub num_ref_idx_l0_default_minus1: u8,
    /// `num_ref_idx_l1_default_active_minus1`, 0 to 31.
    pub num_ref_idx_l1_default_minus1: u8,
    /// `weighted_pred_flag`.
    pub weighted_pred: bool,
    /// `weighted_bipred_idc`, 0 to 2.
    pub weighted_bipred_idc: u8,
    /// `pic_init_qp_minus26`.
    pub pic_init_qp_minus26: i8,
    /// `pic_init_qs_minus26`.
    pub pic_init_qs_minus26: i8,
    /// `chroma_qp_index_offset`, -12 to 12.
    pub chroma_qp_index_offset: i8,
    /// `deblocking_filter_control_present_flag`.
    pub deblocking_filter_control_present: bool,
    /// `constrained_intra_pred_flag`.
    pub constrained_intra_pred: bool,
    /// `redundant_pic_cnt_present_flag`.
    pub redundant_pic_cnt_present: bool,
    /// What the High profiles add.
    pub transform_8x8: Option<Transform8x8>,
}

/// The tail of a PPS in the High profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transform8x8 {
    /// `transform_8x8_mode_flag`.
    pub enabled: bool,
    /// Scaling lists that replace those of the SPS.
    pub scaling: Option<ScalingMatrix>,
    /// `second_chroma_qp_index_offset`, -12 to 12.
    pub second_chroma_qp_index_offset: i8,
}

/// How macroblocks are spread over slice groups (flexible macroblock ordering).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SliceGroups {
    /// Type 0: `run_length_minus1` of each of 2 to 8 groups.
    Interleaved(Vec<u32>),
    /// Type 1: scattered over this many groups.
    Dispersed(u8),
    /// Type 2: `top_left` and `bottom_right` of all groups but the last.
    Foreground(Vec<(u32, u32)>),
    /// Types 3 to 5: two groups that change from picture to picture.
    Changing {
        /// `slice_group_map_type`.
        map_type: u8,
        /// `slice_group_change_direction_flag`.
        direction: bool,
        /// `slice_group_change_rate_minus1`.
        rate_minus1: u32,
    },
    /// Type 6: the group of each map unit.
    Explicit {
        /// Number of groups, 2 to 8.
        groups: u8,
        /// `slice_group_id` of each map unit.
        ids: Vec<u8>,
    },
}

impl Pps {
    /// Reads a whole NAL unit of type 8. The chroma format of its SPS decides how many scaling lists there are.
    pub fn parse(nal: &[u8], sps: &Sps) -> Result<Self, Error> {
        let rbsp = rbsp::unescape(payload(nal)?);
        let mut reader = BitReader::new("PPS", &rbsp);
        let r = &mut reader;
        let (id, sps_id) = read_ids(r)?;
        let cabac = r.flag()?;
        let bottom_field_pic_order_present = r.flag()?;
        let slice_groups = SliceGroups::read(r)?;
        let num_ref_idx_l0_default_minus1 = r.ue_u8("num_ref_idx_l0_default_active_minus1", 31)?;
        let num_ref_idx_l1_default_minus1 = r.ue_u8("num_ref_idx_l1_default_active_minus1", 31)?;
        let weighted_pred = r.flag()?;
        let weighted_bipred_idc = r.u8(2)?;
        // The lower bound is -(26 + QpBdOffset), which is -62 for 14 bits.
        let pic_init_qp_minus26 = r.se_in("pic_init_qp_minus26", -62..=25)? as i8;
        let pic_init_qs_minus26 = r.se_in("pic_init_qs_minus26", -26..=25)? as i8;
        let chroma_qp_index_offset = r.se_in("chroma_qp_index_offset", -12..=12)? as i8;
        let deblocking_filter_control_present = r.flag()?;
        let constrained_intra_pred = r.flag()?;
        let redundant_pic_cnt_present = r.flag()?;
        let transform_8x8 = if r.more_rbsp_data() { Some(Transform8x8::read(r, sps)?) } else { None };
        Ok(Self {
            id,
            sps_id,
            cabac,
            bottom_field_pic_order_present,
            slice_groups,
            num_ref_idx_l0_default_minus1,
            num_ref_idx_l1_default_minus1,
            weighted_pred,
            weighted_bipred_idc,
            pic_init_qp_minus26,
            pic_init_qs_minus26,
            chroma_qp_index_offset,
            deblocking_filter_control_present,
            constrained_intra_pred,
            redundant_pic_cnt_present,
            transform_8x8,
        })
    }

    /// The identifiers `(pic_parameter_set_id, seq_parameter_set_id)` of a PPS, which need no SPS.
    pub fn ids(nal: &[u8]) -> Result<(u8, u8), Error> {
        let mut buffer = [0; 8];
        let rbsp = rbsp::unescape_prefix(payload(nal)?, &mut buffer);
        read_ids(&mut BitReader::new("PPS", rbsp))
    }

    /// The NAL unit, with the highest `nal_ref_idc` and emulation prevention, without a start code.
    pub fn to_nal(&self, sps: &Sps) -> Vec<u8> {
        let mut writer = BitWriter::new();
        let w = &mut writer;
        w.ue(self.id.into());
        w.ue(self.sps_id.into());
        w.flag(self.cabac);
        w.flag(self.bottom_field_pic_order_present);
        match &self.slice_groups {
            Some(groups) => groups.write(w),
            None => w.ue(0),
        }
        w.ue(self.num_ref_idx_l0_default_minus1.into());
        w.ue(self.num_ref_idx_l1_default_minus1.into());
        w.flag(self.weighted_pred);
        w.u(2, self.weighted_bipred_idc.into());
        w.se(self.pic_init_qp_minus26.into());
        w.se(self.pic_init_qs_minus26.into());
        w.se(self.chroma_qp_index_offset.into());
        w.flag(self.deblocking_filter_control_present);
        w.flag(self.constrained_intra_pred);
        w.flag(self.redundant_pic_cnt_present);
        if let Some(transform) = &self.transform_8x8 {
            transform.write(w, sps);
        }
        let mut nal = vec![0x68];
        rbsp::escape_into(&writer.finish_rbsp(), &mut nal);
        nal
    }
}

fn payload(nal: &[u8]) -> Result<&[u8], Error> {
    let (&header, payload) = nal.split_first().ok_or(Error::NoNal(0))?;
    if NalType::from_header(header) != NalType::Pps {
        return Err(Error::Invalid { unit: "PPS", field: "nal_unit_type", value: (header & 0x1f).into() });
    }
    Ok(payload)
}

fn read_ids(r: &mut BitReader<'_>) -> Result<(u8, u8), Error> {
    Ok((r.ue_u8("pic_parameter_set_id", 255)?, r.ue_u8("seq_parameter_set_id", 31)?))
}

impl Transform8x8 {
    fn read(r: &mut BitReader<'_>, sps: &Sps) -> Result<Self, Error> {
        let enabled = r.flag()?;
        let scaling = if r.flag()? { Some(ScalingMatrix::read(r, count_8x8(enabled, sps))?) } else { None };
        let second_chroma_qp_index_offset = r.se_in("second_chroma_qp_index_offset", -12..=12)? as i8;
        Ok(Self { enabled, scaling, second_chroma_qp_index_offset })
    }

    fn write(&self, w: &mut BitWriter, sps: &Sps) {
        w.flag(self.enabled);
        w.flag(self.scaling.is_some());
        if let Some(scaling) = &self.scaling {
            scaling.write(w, count_8x8(self.enabled, sps));
        }
        w.se(self.second_chroma_qp_index_offset.into());
    }
}

fn count_8x8(enabled: bool, sps: &Sps) -> usize {
    if enabled { sps.chroma.count_8x8() } else { 0 }
}

impl SliceGroups {
    fn read(r: &mut BitReader<'_>) -> Result<Option<Self>, Error> {
        let groups = r.ue_u8("num_slice_groups_minus1", 7)? + 1;
        if groups == 1 {
            return Ok(None);
        }
        let map_type = r.ue_u8("slice_group_map_type", 6)?;
        Ok(Some(match map_type {
            0 => Self::Interleaved((0..groups).map(|_| r.ue()).collect::<Result<_, _>>()?),
            1 => Self::Dispersed(groups),
            2 => Self::Foreground((1..groups).map(|_| Ok((r.ue()?, r.ue()?))).collect::<Result<_, Error>>()?),
            3..=5 => Self::Changing { map_type, direction: r.flag()?, rate_minus1: r.ue()? },
            _ => {
                let units =
                    r.ue_max("pic_size_in_map_units_minus1", MAX_SIDE_IN_MBS * MAX_SIDE_IN_MBS - 1)? + 1;
                let bits = id_bits(groups);
                // The units grow as they are read: a large count without the bits for it allocates nothing.
                let mut ids = Vec::new();
                for _ in 0..units {
                    ids.push(r.u8(bits)?);
                }
                Self::Explicit { groups, ids }
            }
        }))
    }

    fn write(&self, w: &mut BitWriter) {
        match self {
            Self::Interleaved(runs) => {
                header(w, runs.len() as u32, 0);
                runs.iter().for_each(|&run| w.ue(run));
            }
            Self::Dispersed(groups) => header(w, (*groups).into(), 1),
            Self::Foreground(rectangles) => {
                header(w, rectangles.len() as u32 + 1, 2);
                for &(top_left, bottom_right) in rectangles {
                    w.ue(top_left);
                    w.ue(bottom_right);
                }
            }
            Self::Changing { map_type, direction, rate_minus1 } => {
                header(w, 2, (*map_type).into());
                w.flag(*direction);
                w.ue(*rate_minus1);
            }
            Self::Explicit { groups, ids } => {
                header(w, (*groups).into(), 6);
                w.ue((ids.len() as u32).saturating_sub(1));
                ids.iter().for_each(|&id| w.u(id_bits(*groups), id.into()));
            }
        }

        fn header(w: &mut BitWriter, groups: u32, map_type: u32) {
            w.ue(groups.saturating_sub(1));
            w.ue(map_type);
        }
    }
}

/// `Ceil(Log2(groups))` bits code one `slice_group_id`.
fn id_bits(groups: u8) -> u32 {
    u8::BITS - groups.saturating_sub(1).leading_zeros()
}
