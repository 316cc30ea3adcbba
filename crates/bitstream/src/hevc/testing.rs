//! Parameter sets and slices for tests.

use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::{Dimensions, bits::BitWriter, rbsp};

/// A plain SPS of 8-bit 4:2:0 pictures without VUI.
pub(crate) fn plain_sps(width: u32, height: u32) -> Sps {
    Sps {
        vps_id: 0,
        max_sub_layers: 1,
        temporal_id_nesting: true,
        profile: ProfileTierLevel {
            profile_idc: 1,
            compatibility: 0x6000_0000,
            constraints: [0x90, 0, 0, 0, 0, 0],
            level_idc: 120,
            ..ProfileTierLevel::default()
        },
        sub_layer_profiles: Vec::new(),
        id: 0,
        chroma_format_idc: 1,
        separate_planes: false,
        coded: Dimensions::new(width.next_multiple_of(16), height.next_multiple_of(16)),
        window: None,
        bit_depth_luma: 8,
        bit_depth_chroma: 8,
        log2_max_poc_lsb: 8,
        ordering: plain_ordering(),
        blocks: Blocks {
            log2_min_coding: 3,
            log2_coding_range: 3,
            log2_min_transform: 2,
            log2_transform_range: 3,
            max_depth_inter: 0,
            max_depth_intra: 0,
        },
        scaling: None,
        asymmetric_partitions: false,
        sample_adaptive_offset: true,
        pcm: None,
        short_term_ref_pics: Vec::new(),
        long_term_ref_pics: None,
        temporal_mvp: true,
        strong_intra_smoothing: false,
        vui: None,
        extension: None,
    }
}

/// A VPS for [`plain_sps`].
pub(crate) fn plain_vps(id: u8) -> Vps {
    Vps {
        id,
        base_layer_internal: true,
        base_layer_available: true,
        max_layers: 1,
        max_sub_layers: 1,
        temporal_id_nesting: true,
        reserved: 0xffff,
        profile: plain_sps(16, 16).profile,
        sub_layer_profiles: Vec::new(),
        ordering: plain_ordering(),
        max_layer_id: 0,
        layer_sets: Vec::new(),
        timing: None,
        extension: None,
    }
}

/// A PPS of an SPS.
pub(crate) fn plain_pps(id: u8, sps_id: u8) -> Pps {
    Pps {
        id,
        sps_id,
        dependent_slice_segments: false,
        output_flag_present: false,
        extra_slice_header_bits: 0,
        sign_data_hiding: true,
        cabac_init_present: false,
        num_ref_idx_l0_default_minus1: 0,
        num_ref_idx_l1_default_minus1: 0,
        init_qp_minus26: 0,
        constrained_intra_pred: false,
        transform_skip: false,
        cu_qp_delta_depth: Some(0),
        cb_qp_offset: 0,
        cr_qp_offset: 0,
        slice_chroma_qp_offsets_present: false,
        weighted_pred: false,
        weighted_bipred: false,
        transquant_bypass: false,
        tiles: None,
        entropy_coding_sync: false,
        loop_filter_across_slices: true,
        deblocking: None,
        scaling: None,
        lists_modification_present: false,
        log2_parallel_merge_level: 2,
        slice_header_extension_present: false,
        extension: None,
    }
}

fn plain_ordering() -> SubLayerOrdering {
    let highest = Ordering { max_dec_pic_buffering_minus1: 2, ..Ordering::default() };
    SubLayerOrdering { each: true, layers: vec![highest] }
}

/// The first slice of a picture, for [`plain_sps`] and [`plain_pps`].
pub(crate) fn slice(kind: NalType, temporal_id: u8, pps_id: u8, slice_type: u32, poc_lsb: u32) -> Vec<u8> {
    let mut w = BitWriter::new();
    w.flag(true);
    if kind.is_irap() {
        w.flag(false);
    }
    w.ue(pps_id.into());
    w.ue(slice_type);
    if !kind.is_idr() {
        w.u(8, poc_lsb);
    }
    w.u(16, 0xabcd);
    let mut nal = vec![kind.code() << 1, temporal_id + 1];
    rbsp::escape_into(&w.finish_rbsp(), &mut nal);
    nal
}

/// Any SPS within the ranges of the standard.
pub(crate) fn any_sps() -> impl Strategy<Value = Sps> {
    (1u8..=7, 0u8..=3, 4u8..=16).prop_flat_map(|(sub_layers, chroma_format_idc, log2_max_poc_lsb)| {
        let head =
            (0u8..16, any::<bool>(), profile(), sub_layer_profiles(sub_layers), 0u8..16, any::<bool>());
        let size = (128u32..=8192, 128u32..=4320, option::of(window()), 8u8..=16, 8u8..=16);
        let coding = (ordering(sub_layers), blocks(), option::of(scaling()), option::of(pcm()));
        let refs = (short_term(), option::of(vec(long_term(log2_max_poc_lsb), 0..=32)));
        let tail = (any::<[bool; 4]>(), option::of(vui(sub_layers)), option::of(raw_bits()));
        (head, size, coding, refs, tail).prop_map(move |(head, size, coding, refs, tail)| Sps {
            vps_id: head.0,
            max_sub_layers: sub_layers,
            temporal_id_nesting: head.1,
            profile: head.2,
            sub_layer_profiles: head.3,
            id: head.4,
            chroma_format_idc,
            separate_planes: head.5 && chroma_format_idc == 3,
            coded: Dimensions::new(size.0, size.1),
            window: size.2,
            bit_depth_luma: size.3,
            bit_depth_chroma: size.4,
            log2_max_poc_lsb,
            ordering: coding.0,
            blocks: coding.1,
            scaling: coding.2,
            asymmetric_partitions: tail.0[0],
            sample_adaptive_offset: tail.0[1],
            pcm: coding.3,
            short_term_ref_pics: refs.0,
            long_term_ref_pics: refs.1,
            temporal_mvp: tail.0[2],
            strong_intra_smoothing: tail.0[3],
            vui: tail.1,
            extension: tail.2,
        })
    })
}

/// Any VPS within the ranges of the standard.
pub(crate) fn any_vps() -> impl Strategy<Value = Vps> {
    (1u8..=7, 0u8..=63).prop_flat_map(|(sub_layers, max_layer_id)| {
        let head = (0u8..16, any::<[bool; 3]>(), 1u8..=64, any::<u16>());
        let middle = (profile(), sub_layer_profiles(sub_layers), ordering(sub_layers));
        let tail = (
            vec(any::<u64>().prop_map(move |set| set & u64::MAX >> (63 - max_layer_id)), 0..5),
            option::of((timing(), vec((0u32..=1, hrd(sub_layers)), 0..=1))),
            option::of(raw_bits()),
        );
        (head, middle, tail).prop_map(move |(head, middle, (layer_sets, timing, extension))| Vps {
            id: head.0,
            base_layer_internal: head.1[0],
            base_layer_available: head.1[1],
            max_layers: head.2,
            max_sub_layers: sub_layers,
            temporal_id_nesting: head.1[2],
            reserved: head.3,
            profile: middle.0,
            sub_layer_profiles: middle.1,
            ordering: middle.2,
            max_layer_id,
            timing: timing.map(|(clock, hrds)| {
                let layer_set = |set: u32| set.min(layer_sets.len() as u32);
                VpsTiming {
                    clock,
                    // The second takes what is common from the first.
                    hrds: hrds
                        .into_iter()
                        .flat_map(|(set, hrd)| {
                            let second = Hrd { common: None, ..hrd.clone() };
                            let first = VpsHrd { layer_set: layer_set(set), hrd };
                            let second = VpsHrd { layer_set: layer_set(set + 1), hrd: second };
                            [first, second].into_iter().take(layer_sets.len() + 1)
                        })
                        .collect(),
                }
            }),
            layer_sets,
            extension,
        })
    })
}

/// Any PPS within the ranges of the standard.
pub(crate) fn any_pps() -> impl Strategy<Value = Pps> {
    let head = (0u8..64, 0u8..16, any::<[bool; 4]>(), 0u8..8, 0u8..15, 0u8..15, -74i8..=25);
    let middle =
        (any::<[bool; 8]>(), option::of(0u8..=3), -12i8..=12, -12i8..=12, option::of(tiles()), any::<bool>());
    let deblocking = (any::<bool>(), option::of((-6i8..=6, -6i8..=6)))
        .prop_map(|(override_enabled, offsets)| Deblocking { override_enabled, offsets });
    let tail = (option::of(deblocking), option::of(scaling_lists()), 2u8..=6, option::of(raw_bits()));
    (head, middle, tail).prop_map(|(head, middle, tail)| Pps {
        id: head.0,
        sps_id: head.1,
        dependent_slice_segments: head.2[0],
        output_flag_present: head.2[1],
        extra_slice_header_bits: head.3,
        sign_data_hiding: head.2[2],
        cabac_init_present: head.2[3],
        num_ref_idx_l0_default_minus1: head.4,
        num_ref_idx_l1_default_minus1: head.5,
        init_qp_minus26: head.6,
        constrained_intra_pred: middle.0[0],
        transform_skip: middle.0[1],
        cu_qp_delta_depth: middle.1,
        cb_qp_offset: middle.2,
        cr_qp_offset: middle.3,
        slice_chroma_qp_offsets_present: middle.0[2],
        weighted_pred: middle.0[3],
        weighted_bipred: middle.0[4],
        transquant_bypass: middle.0[5],
        tiles: middle.4,
        entropy_coding_sync: middle.5,
        loop_filter_across_slices: middle.0[6],
        deblocking: tail.0,
        scaling: tail.1,
        lists_modification_present: middle.0[7],
        log2_parallel_merge_level: tail.2,
        slice_header_extension_present: head.2[3],
        extension: tail.3,
    })
}

fn profile() -> impl Strategy<Value = ProfileTierLevel> {
    (0u8..4, any::<bool>(), 0u8..32, any::<u32>(), any::<[u8; 6]>(), any::<u8>()).prop_map(
        |(profile_space, high_tier, profile_idc, compatibility, constraints, level_idc)| ProfileTierLevel {
            profile_space,
            high_tier,
            profile_idc,
            compatibility,
            constraints,
            level_idc,
        },
    )
}

fn sub_layer_profiles(sub_layers: u8) -> impl Strategy<Value = Vec<SubLayerProfile>> {
    let layer = (option::of(any::<[u8; 11]>()), option::of(any::<u8>()))
        .prop_map(|(profile, level_idc)| SubLayerProfile { profile, level_idc });
    vec(layer, usize::from(sub_layers) - 1)
}

fn window() -> impl Strategy<Value = Crop> {
    (0u32..16, 0u32..16, 0u32..16, 0u32..16).prop_map(|(left, right, top, bottom)| Crop {
        left,
        right,
        top,
        bottom,
    })
}

fn ordering(sub_layers: u8) -> impl Strategy<Value = SubLayerOrdering> {
    any::<bool>().prop_flat_map(move |each| {
        let layer = (0u8..16)
            .prop_flat_map(|buffering| (Just(buffering), 0..=buffering, 0..u32::MAX))
            .prop_map(|(max_dec_pic_buffering_minus1, max_num_reorder_pics, max_latency_increase_plus1)| {
                Ordering { max_dec_pic_buffering_minus1, max_num_reorder_pics, max_latency_increase_plus1 }
            });
        vec(layer, if each { usize::from(sub_layers) } else { 1 })
            .prop_map(move |layers| SubLayerOrdering { each, layers })
    })
}

fn blocks() -> impl Strategy<Value = Blocks> {
    let coding = (3u8..=6).prop_flat_map(|min| (Just(min), 0..=6 - min));
    (coding, 2u8..=5, 0u8..=3, 0u8..=4, 0u8..=4).prop_map(
        |(
            (log2_min_coding, log2_coding_range),
            log2_min_transform,
            log2_transform_range,
            max_depth_inter,
            max_depth_intra,
        )| {
            Blocks {
                log2_min_coding,
                log2_coding_range,
                log2_min_transform,
                log2_transform_range,
                max_depth_inter,
                max_depth_intra,
            }
        },
    )
}

fn scaling() -> impl Strategy<Value = Scaling> {
    prop_oneof![Just(Scaling::Default), scaling_lists().prop_map(Scaling::Lists)]
}

fn scaling_lists() -> impl Strategy<Value = ScalingLists> {
    let list = |size: u32, index: u8| {
        let explicit = (1u8.., vec(any::<u8>(), if size == 0 { 16 } else { 64 }))
            .prop_map(move |(dc, factors)| ScalingList::Explicit { dc: (size > 1).then_some(dc), factors });
        prop_oneof![(0..=index).prop_map(ScalingList::Predicted), explicit]
    };
    let all: Vec<_> =
        (0..4).flat_map(|size| (0..if size == 3 { 2 } else { 6 }).map(move |i| list(size, i))).collect();
    all.prop_map(ScalingLists)
}

fn pcm() -> impl Strategy<Value = Pcm> {
    (1u8..=16, 1u8..=16, 3u8..=5, 0u8..=2, any::<bool>()).prop_map(
        |(bit_depth_luma, bit_depth_chroma, log2_min_size, log2_size_range, loop_filter_disabled)| Pcm {
            bit_depth_luma,
            bit_depth_chroma,
            log2_min_size,
            log2_size_range,
            loop_filter_disabled,
        },
    )
}

/// Explicit sets, and behind each a predicted one that says something of every picture of it.
fn short_term() -> impl Strategy<Value = Vec<ShortTermRefPics>> {
    let pictures = || {
        let picture = (0u16..40, any::<bool>());
        vec(picture.prop_map(|(delta_poc_minus1, used)| RefPic { delta_poc_minus1, used }), 0..=7)
    };
    let explicit = (pictures(), pictures());
    let fate = prop::sample::select(vec![
        PredictedRefPic::Used,
        PredictedRefPic::Kept,
        PredictedRefPic::Dropped,
        PredictedRefPic::Dropped,
    ]);
    let predicted = option::of((any::<bool>(), 0u16..40, vec(fate, 15)));
    vec((explicit, predicted), 0..=20).prop_map(|sets| {
        let mut all = Vec::new();
        for ((before, after), predicted) in sets {
            all.push(ShortTermRefPics::Explicit { before, after });
            if let Some((negative, abs_delta_minus1, mut pictures)) = predicted {
                let previous = ShortTermRefPics::distances(&all).pop().unwrap_or_default();
                pictures.truncate(previous.concat().len() + 1);
                all.push(ShortTermRefPics::Predicted { negative, abs_delta_minus1, pictures });
            }
        }
        all
    })
}

fn long_term(log2_max_poc_lsb: u8) -> impl Strategy<Value = LongTermRefPic> {
    (any::<u16>(), any::<bool>())
        .prop_map(move |(lsb, used)| LongTermRefPic { poc_lsb: lsb >> (16 - log2_max_poc_lsb), used })
}

fn vui(sub_layers: u8) -> impl Strategy<Value = Vui> {
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
    let restriction = (any::<[bool; 3]>(), 0u16..4096, 0u8..=16, 0u8..=16, 0u8..=16, 0u8..=16).prop_map(
        |(flags, segmentation, bytes, bits, horizontal, vertical)| Restriction {
            tiles_fixed_structure: flags[0],
            motion_vectors_over_pic_boundaries: flags[1],
            restricted_ref_pic_lists: flags[2],
            min_spatial_segmentation_idc: segmentation,
            max_bytes_per_pic_denom: bytes,
            max_bits_per_min_cu_denom: bits,
            log2_max_mv_length_horizontal: horizontal,
            log2_max_mv_length_vertical: vertical,
        },
    );
    let first = (option::of(ratio), option::of(any::<bool>()), option::of(signal), option::of(location));
    let second =
        (any::<[bool; 3]>(), option::of(window()), option::of((timing(), option::of(hrd(sub_layers)))));
    (first, second, option::of(restriction)).prop_map(|(first, second, restriction)| {
        let (timing, hrd) = second.2.map_or((None, None), |(timing, hrd)| (Some(timing), hrd));
        Vui {
            aspect_ratio: first.0,
            overscan_appropriate: first.1,
            video_signal: first.2,
            chroma_location: first.3,
            neutral_chroma: second.0[0],
            field_seq: second.0[1],
            frame_field_info_present: second.0[2],
            default_display_window: second.1,
            timing,
            hrd,
            restriction,
        }
    })
}

fn timing() -> impl Strategy<Value = Timing> {
    (any::<u32>(), any::<u32>(), option::of(0..u32::MAX)).prop_map(
        |(units_in_tick, time_scale, ticks_of_one_poc_minus1)| Timing {
            units_in_tick,
            time_scale,
            ticks_of_one_poc_minus1,
        },
    )
}

fn hrd(sub_layers: u8) -> impl Strategy<Value = Hrd> {
    let sub_picture = (any::<u8>(), 0u8..32, any::<bool>(), 0u8..32, 0u8..16).prop_map(
        |(tick_divisor_minus2, increment, in_pic_timing_sei, output, cpb_size_scale)| HrdSubPicture {
            tick_divisor_minus2,
            removal_delay_increment_length_minus1: increment,
            in_pic_timing_sei,
            output_delay_length_minus1: output,
            cpb_size_scale,
        },
    );
    let common = (any::<bool>(), any::<bool>(), option::of(sub_picture), 0u8..16, 0u8..16, 0u8..32, 0u8..32)
        .prop_map(|(nal, vcl, sub_picture, bit_rate_scale, cpb_size_scale, initial, other)| {
            if !nal && !vcl {
                return HrdCommon::default();
            }
            HrdCommon {
                nal,
                vcl,
                sub_picture,
                bit_rate_scale,
                cpb_size_scale,
                initial_cpb_removal_delay_length_minus1: initial,
                au_cpb_removal_delay_length_minus1: other,
                dpb_output_delay_length_minus1: 31 - other,
            }
        });
    common.prop_flat_map(move |common| {
        vec(hrd_sub_layer(common), usize::from(sub_layers))
            .prop_map(move |sub_layers| Hrd { common: Some(common), sub_layers })
    })
}

fn hrd_sub_layer(common: HrdCommon) -> impl Strategy<Value = HrdSubLayer> {
    let buffer = (0..u32::MAX, 0..u32::MAX, 0..u32::MAX, any::<bool>()).prop_map(
        move |(bit_rate_value_minus1, cpb_size_value_minus1, du, cbr)| HrdBuffer {
            bit_rate_value_minus1,
            cpb_size_value_minus1,
            sub_picture: common.sub_picture.map(|_| (du, cpb_size_value_minus1)),
            cbr,
        },
    );
    (any::<[bool; 3]>(), 0u32..2048, 0u8..4, vec(buffer, 4)).prop_map(
        move |([general, within, low_delay], duration, count, buffers)| {
            let fixed_rate_within_cvs = general || within;
            let low_delay = low_delay && !fixed_rate_within_cvs;
            let cpb_count_minus1 = if low_delay { 0 } else { count };
            let list = |present: bool| {
                let count = if present { usize::from(cpb_count_minus1) + 1 } else { 0 };
                buffers.iter().copied().take(count).collect()
            };
            HrdSubLayer {
                fixed_rate_general: general,
                fixed_rate_within_cvs,
                elemental_duration_minus1: if fixed_rate_within_cvs { duration } else { 0 },
                low_delay,
                cpb_count_minus1,
                nal: list(common.nal),
                vcl: list(common.vcl),
            }
        },
    )
}

fn tiles() -> impl Strategy<Value = Tiles> {
    (1u8..=20, 1u8..=22).prop_flat_map(|(columns, rows)| {
        let list = |count: u8| vec(0u16..300, usize::from(count) - 1);
        let sizes = (list(columns), list(rows))
            .prop_map(|(widths_minus1, heights_minus1)| TileSizes { widths_minus1, heights_minus1 });
        (option::of(sizes), any::<bool>()).prop_map(move |(sizes, loop_filter_across)| Tiles {
            columns,
            rows,
            sizes,
            loop_filter_across,
        })
    })
}

fn raw_bits() -> impl Strategy<Value = RawBits> {
    vec(any::<bool>(), 0..40).prop_map(RawBits::from_iter)
}
