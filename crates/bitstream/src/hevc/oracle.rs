//! Comparison with `scuffle-h265`, which was written by others.

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use scuffle_h265::SpsNALUnit;

use super::{
    Blocks, LongTermRefPic, ProfileTierLevel, ShortTermRefPics, Sps, SubLayerOrdering, SubLayerProfile, Vui,
    testing::{any_sps, plain_sps},
};

/// The same set within what the other parser accepts: it checks more than the syntax, and breaks on some of what it
/// does not check.
fn tamed(sps: Sps) -> Sps {
    let plain = plain_sps(64, 64);
    let blocks = Blocks { max_depth_inter: 1, max_depth_intra: 2, ..plain.blocks };
    let mut highest = plain.ordering.highest();
    highest.max_dec_pic_buffering_minus1 = 15;
    highest.max_num_reorder_pics = sps.ordering.highest().max_num_reorder_pics;
    let timing = |vui: Vui| {
        let timing = vui.timing.filter(|timing| timing.picture_rate().is_some());
        Vui { timing, restriction: vui.restriction, ..Vui::default() }
    };
    Sps {
        temporal_id_nesting: true,
        profile: ProfileTierLevel { level_idc: sps.profile.level_idc.min(254), ..sps.profile },
        sub_layer_profiles: vec![SubLayerProfile::default(); sps.sub_layer_profiles.len()],
        ordering: SubLayerOrdering { each: false, layers: vec![highest] },
        blocks,
        pcm: None,
        vui: sps.vui.map(timing),
        extension: None,
        ..sps
    }
}

fn assert_same(ours: &Sps, theirs: &scuffle_h265::SpsRbsp) {
    assert_eq!(ours.vps_id, theirs.sps_video_parameter_set_id);
    assert_eq!(ours.max_sub_layers, theirs.sps_max_sub_layers_minus1 + 1);
    let profile = &theirs.profile_tier_level.general_profile;
    assert_eq!(ours.profile.profile_space, profile.profile_space);
    assert_eq!(ours.profile.high_tier, profile.tier_flag);
    assert_eq!(ours.profile.profile_idc, profile.profile_idc);
    assert_eq!(ours.profile.compatibility, profile.profile_compatibility_flag.bits());
    assert_eq!(Some(ours.profile.level_idc), profile.level_idc);
    assert_eq!(u64::from(ours.id), theirs.sps_seq_parameter_set_id);
    assert_eq!(ours.chroma_format_idc, theirs.chroma_format_idc);
    assert_eq!(ours.separate_planes, theirs.separate_colour_plane_flag);
    assert_eq!(u64::from(ours.coded.width), theirs.pic_width_in_luma_samples.get());
    assert_eq!(u64::from(ours.coded.height), theirs.pic_height_in_luma_samples.get());
    assert_eq!(u64::from(ours.display().height), theirs.cropped_height());
    assert_eq!(u64::from(ours.display().width), theirs.cropped_width());
    assert_eq!((ours.bit_depth_luma, ours.bit_depth_chroma), (theirs.bit_depth_y(), theirs.bit_depth_c()));
    assert_eq!(1 << ours.log2_max_poc_lsb, theirs.max_pic_order_cnt_lsb());
    let highest = ours.ordering.highest();
    let ordering = &theirs.sub_layer_ordering_info;
    assert_eq!(Some(&u64::from(highest.max_num_reorder_pics)), ordering.sps_max_num_reorder_pics.last());
    assert_eq!(ours.asymmetric_partitions, theirs.amp_enabled_flag);
    assert_eq!(ours.sample_adaptive_offset, theirs.sample_adaptive_offset_enabled_flag);
    let sets = &theirs.short_term_ref_pic_sets;
    let both = sets.delta_poc_s0.iter().zip(&sets.delta_poc_s1);
    // It fills the lists of predicted sets up with zeros.
    let list =
        |list: &Vec<i64>| list.iter().map(|&poc| poc as i32).filter(|&poc| poc != 0).collect::<Vec<_>>();
    let distances: Vec<_> = both.map(|(before, after)| [list(before), list(after)]).collect();
    assert_eq!(ShortTermRefPics::distances(&ours.short_term_ref_pics), distances);
    let long_term = theirs.long_term_ref_pics.as_ref().map(|pictures| {
        let both = pictures.lt_ref_pic_poc_lsb_sps.iter().zip(&pictures.used_by_curr_pic_lt_sps_flag);
        both.map(|(&lsb, &used)| LongTermRefPic { poc_lsb: lsb as u16, used }).collect::<Vec<_>>()
    });
    assert_eq!(ours.long_term_ref_pics, long_term);
    assert_eq!(ours.temporal_mvp, theirs.sps_temporal_mvp_enabled_flag);
    assert_eq!(ours.strong_intra_smoothing, theirs.strong_intra_smoothing_enabled_flag);
    assert_eq!(ours.vui.is_some(), theirs.vui_parameters.is_some());
    let (Some(vui), Some(other)) = (&ours.vui, &theirs.vui_parameters) else { return };
    let clock = other.vui_timing_info.as_ref();
    assert_eq!(
        vui.timing.and_then(super::Timing::picture_rate),
        clock.map(|clock| (clock.time_scale.get(), clock.num_units_in_tick.get()))
    );
    assert_eq!(vui.field_seq, other.field_seq_flag);
    assert_eq!(ours.min_spatial_segmentation_idc(), other.bitstream_restriction.min_spatial_segmentation_idc);
}

#[test]
fn another_parser_reads_what_is_written() {
    let mut runner = TestRunner::deterministic();
    let mut compared = 0;
    for _ in 0..400 {
        let sps = tamed(any_sps().new_tree(&mut runner).unwrap().current());
        // It refuses what breaks further limits, which some of these do.
        if let Ok(theirs) = SpsNALUnit::parse(sps.to_nal().as_slice()) {
            assert_same(&sps, &theirs.rbsp);
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared} parameter sets");
}
