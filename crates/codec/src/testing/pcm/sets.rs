use super::FRAME_NUM_BITS;
use framewire_bitstream::h264::{Chroma, PicOrderCnt, Pps, Sps};

/// Parameter sets of progressive 4:2:0 in Constrained Baseline, of level 4, without cropping and VUI.
pub(crate) fn plain_sets(width_in_mbs: u32, height_in_mbs: u32) -> (Sps, Pps) {
    let sps = Sps {
        profile_idc: 66,
        constraint_flags: 0xc0,
        level_idc: 40,
        id: 0,
        chroma: Chroma::default(),
        log2_max_frame_num: FRAME_NUM_BITS as u8,
        pic_order_cnt: PicOrderCnt::DecodingOrder,
        max_num_ref_frames: 1,
        gaps_in_frame_num_allowed: false,
        width_in_mbs,
        height_in_map_units: height_in_mbs,
        frame_mbs_only: true,
        mb_adaptive_frame_field: false,
        direct_8x8_inference: true,
        crop: None,
        vui: None,
    };
    let pps = Pps {
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
        deblocking_filter_control_present: true,
        constrained_intra_pred: false,
        redundant_pic_cnt_present: false,
        transform_8x8: None,
    };
    (sps, pps)
}
