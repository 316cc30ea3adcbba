use super::{NalType, ScalingLists, payload};
use crate::{
    Error,
    bits::{BitReader, BitWriter, RawBits},
    limits::{MAX_SIDE_IN_MBS, MAX_TILES_PER_SIDE},
    rbsp,
    vui::optional,
};

/// A picture parameter set of the base layer (7.3.2.3.1). Parsed, written and parsed again it is equal to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pps {
    /// `pps_pic_parameter_set_id`, 0 to 63.
    pub id: u8,
    /// `pps_seq_parameter_set_id` of the SPS that it refers to, 0 to 15.
    pub sps_id: u8,
    /// `dependent_slice_segments_enabled_flag`.
    pub dependent_slice_segments: bool,
    /// `output_flag_present_flag`.
    pub output_flag_present: bool,
    /// `num_extra_slice_header_bits`, 0 to 7.
    pub extra_slice_header_bits: u8,
    /// `sign_data_hiding_enabled_flag`.
    pub sign_data_hiding: bool,
    /// `cabac_init_present_flag`.
    pub cabac_init_present: bool,
    /// `num_ref_idx_l0_default_active_minus1`, 0 to 14.
    pub num_ref_idx_l0_default_minus1: u8,
    /// `num_ref_idx_l1_default_active_minus1`, 0 to 14.
    pub num_ref_idx_l1_default_minus1: u8,
    /// `init_qp_minus26`.
    pub init_qp_minus26: i8,
    /// `constrained_intra_pred_flag`.
    pub constrained_intra_pred: bool,
    /// `transform_skip_enabled_flag`.
    pub transform_skip: bool,
    /// `diff_cu_qp_delta_depth`, where coding units have quantizers of their own.
    pub cu_qp_delta_depth: Option<u8>,
    /// `pps_cb_qp_offset`, -12 to 12.
    pub cb_qp_offset: i8,
    /// `pps_cr_qp_offset`, -12 to 12.
    pub cr_qp_offset: i8,
    /// `pps_slice_chroma_qp_offsets_present_flag`.
    pub slice_chroma_qp_offsets_present: bool,
    /// `weighted_pred_flag`.
    pub weighted_pred: bool,
    /// `weighted_bipred_flag`.
    pub weighted_bipred: bool,
    /// `transquant_bypass_enabled_flag`.
    pub transquant_bypass: bool,
    /// Tiles, where they are enabled.
    pub tiles: Option<Tiles>,
    /// `entropy_coding_sync_enabled_flag`: wavefronts.
    pub entropy_coding_sync: bool,
    /// `pps_loop_filter_across_slices_enabled_flag`.
    pub loop_filter_across_slices: bool,
    /// Deblocking, where its control is present.
    pub deblocking: Option<Deblocking>,
    /// Scaling lists that replace those of the SPS.
    pub scaling: Option<ScalingLists>,
    /// `lists_modification_present_flag`.
    pub lists_modification_present: bool,
    /// `log2_parallel_merge_level_minus2 + 2`, 2 to 6.
    pub log2_parallel_merge_level: u8,
    /// `slice_segment_header_extension_present_flag`.
    pub slice_header_extension_present: bool,
    /// The extensions with their flags, as they are.
    pub extension: Option<RawBits>,
}

/// How a picture is divided into tiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiles {
    /// `num_tile_columns_minus1 + 1`.
    pub columns: u8,
    /// `num_tile_rows_minus1 + 1`.
    pub rows: u8,
    /// The sizes where they are not uniform.
    pub sizes: Option<TileSizes>,
    /// `loop_filter_across_tiles_enabled_flag`.
    pub loop_filter_across: bool,
}

/// The sizes of all tiles but the last ones, in coding tree blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileSizes {
    /// `column_width_minus1`, one less than there are columns.
    pub widths_minus1: Vec<u16>,
    /// `row_height_minus1`, one less than there are rows.
    pub heights_minus1: Vec<u16>,
}

/// The control of deblocking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deblocking {
    /// `deblocking_filter_override_enabled_flag`.
    pub override_enabled: bool,
    /// `pps_beta_offset_div2` and `pps_tc_offset_div2`, -6 to 6; `None` where it is disabled.
    pub offsets: Option<(i8, i8)>,
}

impl Pps {
    /// Reads a whole NAL unit of type 34, header and emulation prevention included.
    pub fn parse(nal: &[u8]) -> Result<Self, Error> {
        let rbsp = rbsp::unescape(payload(nal, NalType::Pps, UNIT)?);
        let mut reader = BitReader::new(UNIT, &rbsp);
        let r = &mut reader;
        let (id, sps_id) = read_ids(r)?;
        let dependent_slice_segments = r.flag()?;
        let output_flag_present = r.flag()?;
        let extra_slice_header_bits = r.u8(3)?;
        let sign_data_hiding = r.flag()?;
        let cabac_init_present = r.flag()?;
        let num_ref_idx_l0_default_minus1 = r.ue_u8("num_ref_idx_l0_default_active_minus1", 14)?;
        let num_ref_idx_l1_default_minus1 = r.ue_u8("num_ref_idx_l1_default_active_minus1", 14)?;
        // The lower bound is -(26 + QpBdOffset), which is -74 for 16 bits.
        let init_qp_minus26 = r.se_in("init_qp_minus26", -74..=25)? as i8;
        let constrained_intra_pred = r.flag()?;
        let transform_skip = r.flag()?;
        let cu_qp_delta_depth = if r.flag()? { Some(r.ue_u8("diff_cu_qp_delta_depth", 3)?) } else { None };
        let cb_qp_offset = r.se_in("pps_cb_qp_offset", -12..=12)? as i8;
        let cr_qp_offset = r.se_in("pps_cr_qp_offset", -12..=12)? as i8;
        let slice_chroma_qp_offsets_present = r.flag()?;
        let weighted_pred = r.flag()?;
        let weighted_bipred = r.flag()?;
        let transquant_bypass = r.flag()?;
        let tiles_enabled = r.flag()?;
        let entropy_coding_sync = r.flag()?;
        Ok(Self {
            id,
            sps_id,
            dependent_slice_segments,
            output_flag_present,
            extra_slice_header_bits,
            sign_data_hiding,
            cabac_init_present,
            num_ref_idx_l0_default_minus1,
            num_ref_idx_l1_default_minus1,
            init_qp_minus26,
            constrained_intra_pred,
            transform_skip,
            cu_qp_delta_depth,
            cb_qp_offset,
            cr_qp_offset,
            slice_chroma_qp_offsets_present,
            weighted_pred,
            weighted_bipred,
            transquant_bypass,
            tiles: if tiles_enabled { Some(Tiles::read(r)?) } else { None },
            entropy_coding_sync,
            loop_filter_across_slices: r.flag()?,
            deblocking: if r.flag()? { Some(Deblocking::read(r)?) } else { None },
            scaling: if r.flag()? { Some(ScalingLists::read(r)?) } else { None },
            lists_modification_present: r.flag()?,
            log2_parallel_merge_level: r.ue_u8("log2_parallel_merge_level_minus2", 4)? + 2,
            slice_header_extension_present: r.flag()?,
            extension: if r.flag()? { Some(RawBits::read(r)?) } else { None },
        })
    }

    /// The identifiers `(pps_pic_parameter_set_id, pps_seq_parameter_set_id)` of a PPS.
    pub fn ids(nal: &[u8]) -> Result<(u8, u8), Error> {
        let mut buffer = [0; 8];
        let rbsp = rbsp::unescape_prefix(payload(nal, NalType::Pps, UNIT)?, &mut buffer);
        read_ids(&mut BitReader::new(UNIT, rbsp))
    }

    /// The NAL unit with emulation prevention, without a start code.
    ///
    /// Fields outside their documented range are written with their lower bits.
    pub fn to_nal(&self) -> Vec<u8> {
        let mut writer = BitWriter::new();
        let w = &mut writer;
        w.ue(self.id.into());
        w.ue(self.sps_id.into());
        w.flag(self.dependent_slice_segments);
        w.flag(self.output_flag_present);
        w.u(3, self.extra_slice_header_bits.into());
        w.flag(self.sign_data_hiding);
        w.flag(self.cabac_init_present);
        w.ue(self.num_ref_idx_l0_default_minus1.into());
        w.ue(self.num_ref_idx_l1_default_minus1.into());
        w.se(self.init_qp_minus26.into());
        w.flag(self.constrained_intra_pred);
        w.flag(self.transform_skip);
        optional(w, self.cu_qp_delta_depth.as_ref(), |w, depth| w.ue((*depth).into()));
        w.se(self.cb_qp_offset.into());
        w.se(self.cr_qp_offset.into());
        w.flag(self.slice_chroma_qp_offsets_present);
        w.flag(self.weighted_pred);
        w.flag(self.weighted_bipred);
        w.flag(self.transquant_bypass);
        w.flag(self.tiles.is_some());
        w.flag(self.entropy_coding_sync);
        if let Some(tiles) = &self.tiles {
            tiles.write(w);
        }
        w.flag(self.loop_filter_across_slices);
        optional(w, self.deblocking.as_ref(), |w, deblocking| deblocking.write(w));
        optional(w, self.scaling.as_ref(), |w, scaling| scaling.write(w));
        w.flag(self.lists_modification_present);
        w.ue(u32::from(self.log2_parallel_merge_level).saturating_sub(2));
        w.flag(self.slice_header_extension_present);
        optional(w, self.extension.as_ref(), |w, bits| bits.write(w));
        let mut nal = vec![NalType::Pps.code() << 1, 1];
        rbsp::escape_into(&writer.finish_rbsp(), &mut nal);
        nal
    }
}

const UNIT: &str = "HEVC PPS";

fn read_ids(r: &mut BitReader<'_>) -> Result<(u8, u8), Error> {
    Ok((r.ue_u8("pps_pic_parameter_set_id", 63)?, r.ue_u8("pps_seq_parameter_set_id", 15)?))
}

impl Tiles {
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        let columns = r.ue_max("num_tile_columns_minus1", MAX_TILES_PER_SIDE - 1)? as u8 + 1;
        let rows = r.ue_max("num_tile_rows_minus1", MAX_TILES_PER_SIDE - 1)? as u8 + 1;
        let uniform = r.flag()?;
        let sizes = if uniform {
            None
        } else {
            let mut list = |field, count: u8| {
                // Coding tree blocks have at least 8 pixels, so that a picture has at most two for each macroblock.
                (1..count)
                    .map(|_| Ok(r.ue_max(field, 2 * MAX_SIDE_IN_MBS)? as u16))
                    .collect::<Result<_, Error>>()
            };
            Some(TileSizes {
                widths_minus1: list("column_width_minus1", columns)?,
                heights_minus1: list("row_height_minus1", rows)?,
            })
        };
        Ok(Self { columns, rows, sizes, loop_filter_across: r.flag()? })
    }

    fn write(&self, w: &mut BitWriter) {
        w.ue(u32::from(self.columns).saturating_sub(1));
        w.ue(u32::from(self.rows).saturating_sub(1));
        w.flag(self.sizes.is_none());
        if let Some(sizes) = &self.sizes {
            sizes.widths_minus1.iter().chain(&sizes.heights_minus1).for_each(|&size| w.ue(size.into()));
        }
        w.flag(self.loop_filter_across);
    }
}

impl Deblocking {
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        let override_enabled = r.flag()?;
        let disabled = r.flag()?;
        let offsets = if disabled {
            None
        } else {
            let beta = r.se_in("pps_beta_offset_div2", -6..=6)? as i8;
            Some((beta, r.se_in("pps_tc_offset_div2", -6..=6)? as i8))
        };
        Ok(Self { override_enabled, offsets })
    }

    fn write(self, w: &mut BitWriter) {
        w.flag(self.override_enabled);
        w.flag(self.offsets.is_none());
        if let Some((beta, tc)) = self.offsets {
            w.se(beta.into());
            w.se(tc.into());
        }
    }
}
