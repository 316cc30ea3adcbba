//! Parameter sets for tests.

use proptest::{option, prelude::*};

use super::*;

/// Any SPS within the ranges of the standard.
pub(crate) fn any_sps() -> impl Strategy<Value = Sps> {
    let head = (
        prop::sample::select(vec![66u8, 77, 88, 100, 110, 122, 244, 44, 83, 86, 118, 128]),
        any::<u8>(),
        prop::sample::select(vec![9u8, 10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52]),
        0u8..32,
        chroma(),
    );
    let middle = (4u8..=16, pic_order_cnt(), 0u8..=16, any::<bool>(), 1u32..=1055, 1u32..=500);
    let tail = (any::<bool>(), any::<bool>(), any::<bool>(), option::of(crop()), option::of(vui()));
    (head, middle, tail).prop_map(|(head, middle, tail)| {
        let (profile_idc, constraint_flags, level_idc, id, chroma) = head;
        let high = has_chroma(profile_idc);
        let mut sps = Sps {
            profile_idc,
            constraint_flags,
            level_idc,
            id,
            chroma: if high { chroma } else { Chroma::default() },
            log2_max_frame_num: middle.0,
            pic_order_cnt: middle.1,
            max_num_ref_frames: middle.2,
            gaps_in_frame_num_allowed: middle.3,
            width_in_mbs: middle.4,
            height_in_map_units: middle.5,
            frame_mbs_only: tail.0,
            mb_adaptive_frame_field: tail.1 && !tail.0,
            direct_8x8_inference: tail.2,
            crop: tail.3,
            vui: tail.4,
        };
        if sps.display().width == 0 || sps.display().height == 0 {
            sps.crop = None;
        }
        sps
    })
}

/// A plain SPS of 8-bit 4:2:0 frames without VUI.
pub(crate) fn plain_sps(width: u32, height: u32) -> Sps {
    Sps {
        profile_idc: 66,
        constraint_flags: 0xc0,
        level_idc: 40,
        id: 0,
        chroma: Chroma::default(),
        log2_max_frame_num: 4,
        pic_order_cnt: PicOrderCnt::DecodingOrder,
        max_num_ref_frames: 1,
        gaps_in_frame_num_allowed: false,
        width_in_mbs: width.div_ceil(16),
        height_in_map_units: height.div_ceil(16),
        frame_mbs_only: true,
        mb_adaptive_frame_field: false,
        direct_8x8_inference: true,
        crop: None,
        vui: None,
    }
}

/// A PPS of an SPS.
pub(crate) fn plain_pps(id: u8, sps_id: u8) -> Pps {
    Pps {
        id,
        sps_id,
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
    }
}

fn chroma() -> impl Strategy<Value = Chroma> {
    (0u8..=3, any::<bool>(), 8u8..=14, 8u8..=14, any::<bool>(), option::of((lists::<16>(), lists::<64>())))
        .prop_map(|(format_idc, separate, bit_depth_luma, bit_depth_chroma, lossless_at_qp_zero, lists)| {
            Chroma {
                format_idc,
                separate_planes: separate && format_idc == 3,
                bit_depth_luma,
                bit_depth_chroma,
                lossless_at_qp_zero,
                scaling: lists.map(|(lists_4x4, mut lists_8x8)| {
                    if format_idc != 3 {
                        lists_8x8[2..].fill(ScalingList::Absent);
                    }
                    ScalingMatrix { lists_4x4, lists_8x8 }
                }),
            }
        })
}

/// Six lists; many of them end in a run of equal factors.
fn lists<const N: usize>() -> impl Strategy<Value = [ScalingList<N>; 6]> {
    let factors = (prop::collection::vec(1u8.., N), 1usize..=N).prop_map(|(factors, varied)| {
        let mut list = [factors[varied - 1]; N];
        list[..varied].copy_from_slice(&factors[..varied]);
        ScalingList::Explicit(list)
    });
    let list = prop_oneof![Just(ScalingList::Absent), Just(ScalingList::UseDefault), factors];
    [list.clone(), list.clone(), list.clone(), list.clone(), list.clone(), list].prop_map(|lists| lists)
}

fn pic_order_cnt() -> impl Strategy<Value = PicOrderCnt> {
    let offset = || -100_000..100_000i32;
    prop_oneof![
        (4u8..=16).prop_map(|log2_max_lsb| PicOrderCnt::InSlices { log2_max_lsb }),
        (any::<bool>(), offset(), offset(), prop::collection::vec(offset(), 0..=255)).prop_map(
            |(always_zero, offset_for_non_ref_pic, offset_for_top_to_bottom_field, offsets_for_ref_frame)| {
                PicOrderCnt::Cycle {
                    always_zero,
                    offset_for_non_ref_pic,
                    offset_for_top_to_bottom_field,
                    offsets_for_ref_frame,
                }
            }
        ),
        Just(PicOrderCnt::DecodingOrder),
    ]
}

fn crop() -> impl Strategy<Value = Crop> {
    (0u32..8, 0u32..8, 0u32..8, 0u32..8).prop_map(|(left, right, top, bottom)| Crop {
        left,
        right,
        top,
        bottom,
    })
}

fn vui() -> impl Strategy<Value = Vui> {
    let ratio = prop_oneof![
        (0u8..255).prop_map(AspectRatio::Indexed),
        any::<(u16, u16)>().prop_map(|(width, height)| AspectRatio::Extended { width, height }),
    ];
    let color = any::<(u8, u8, u8)>().prop_map(|(primaries, transfer, matrix)| ColorDescription {
        primaries,
        transfer,
        matrix,
    });
    let signal = (0u8..8, any::<bool>(), option::of(color))
        .prop_map(|(format, full_range, color)| VideoSignal { format, full_range, color });
    let location =
        (0u8..6, 0u8..6).prop_map(|(top_field, bottom_field)| ChromaLocation { top_field, bottom_field });
    let timing = any::<(u32, u32, bool)>().prop_map(|(units_in_tick, time_scale, fixed_frame_rate)| Timing {
        units_in_tick,
        time_scale,
        fixed_frame_rate,
    });
    let restriction = (any::<bool>(), 0u8..=16, 0u8..=16, 0u8..=16, 0u8..=16, 0u8..=16, 0u8..=16).prop_map(
        |(vectors, bytes, bits, horizontal, vertical, reorder, buffering)| BitstreamRestriction {
            motion_vectors_over_pic_boundaries: vectors,
            max_bytes_per_pic_denom: bytes,
            max_bits_per_mb_denom: bits,
            log2_max_mv_length_horizontal: horizontal,
            log2_max_mv_length_vertical: vertical,
            max_num_reorder_frames: reorder,
            max_dec_frame_buffering: buffering,
        },
    );
    let first = (option::of(ratio), option::of(any::<bool>()), option::of(signal), option::of(location));
    let second = (option::of(timing), option::of(hrd()), option::of(hrd()), any::<bool>(), any::<bool>());
    (first, second, option::of(restriction)).prop_map(|(first, second, bitstream_restriction)| Vui {
        aspect_ratio: first.0,
        overscan_appropriate: first.1,
        video_signal: first.2,
        chroma_location: first.3,
        timing: second.0,
        low_delay_hrd: second.3 && (second.1.is_some() || second.2.is_some()),
        nal_hrd: second.1,
        vcl_hrd: second.2,
        pic_struct_present: second.4,
        bitstream_restriction,
    })
}

fn hrd() -> impl Strategy<Value = Hrd> {
    let cpb = (0..u32::MAX, 0..u32::MAX, any::<bool>()).prop_map(
        |(bit_rate_value_minus1, cpb_size_value_minus1, cbr)| Cpb {
            bit_rate_value_minus1,
            cpb_size_value_minus1,
            cbr,
        },
    );
    (0u8..16, 0u8..16, prop::collection::vec(cpb, 1..=32), 0u8..32, 0u8..32, 0u8..32, 0u8..32).prop_map(
        |(bit_rate_scale, cpb_size_scale, cpbs, initial, removal, output, time_offset_length)| Hrd {
            bit_rate_scale,
            cpb_size_scale,
            cpbs,
            initial_cpb_removal_delay_length_minus1: initial,
            cpb_removal_delay_length_minus1: removal,
            dpb_output_delay_length_minus1: output,
            time_offset_length,
        },
    )
}
