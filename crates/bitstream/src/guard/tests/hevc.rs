use proptest::prelude::*;

use super::*;
use crate::hevc::{
    NalType, Pps, ProfileTierLevel, Sps, Timing, Vps, Vui,
    testing::{any_sps, plain_pps, plain_sps, plain_vps, slice},
};

const DELIMITER: &[u8] = &[0x46, 1, 0x50];
const FILLER: &[u8] = &[0x4c, 1, 0xff, 0x80];
const SEI: &[u8] = &[0x4e, 1, 5, 1, 0xff, 0x80];
const END_OF_SEQUENCE: &[u8] = &[0x48, 1];

const B: u32 = 0;
const P: u32 = 1;
const I: u32 = 2;

fn new_guard(config: GuardConfig) -> Guard {
    Guard::new(Codec::Hevc, config)
}

fn good_sps(width: u32, height: u32) -> Sps {
    let mut sps = plain_sps(width, height);
    sps.ordering.forbid_reordering();
    sps
}

fn good_vps() -> Vec<u8> {
    let mut vps = plain_vps(0);
    vps.ordering.forbid_reordering();
    vps.to_nal()
}

fn pps() -> Vec<u8> {
    plain_pps(0, 0).to_nal()
}

fn idr() -> Vec<u8> {
    slice(NalType::IdrNLp, 0, 0, I, 0)
}

fn delta(poc_lsb: u32) -> Vec<u8> {
    slice(NalType::TrailR, 0, 0, P, poc_lsb)
}

#[test]
fn a_unit_that_needs_nothing_comes_out_as_it_went_in() {
    let mut guard = new_guard(GuardConfig::default());
    let key = unit(&[&good_vps(), &good_sps(64, 64).to_nal(), &pps(), SEI, &idr()]);
    for _ in 0..2 {
        let mut out = vec![7];
        guard.process(&key, &mut out).unwrap();
        assert_eq!(out[1..], key);
        out.clear();
        let delta = unit(&[&delta(1)]);
        guard.process(&delta, &mut out).unwrap();
        assert_eq!(out, delta);
    }
}

#[test]
fn reordering_is_forbidden_in_both_sets_and_the_buffer_is_kept() {
    let mut guard = new_guard(GuardConfig::default());
    let (mut vps, mut sps) = (plain_vps(0), plain_sps(64, 64));
    for ordering in [&mut vps.ordering, &mut sps.ordering] {
        ordering.layers[0].max_num_reorder_pics = 2;
        ordering.layers[0].max_latency_increase_plus1 = 5;
    }
    let (_, out) = process(&mut guard, &[&vps.to_nal(), &sps.to_nal(), &pps(), &idr()]);
    let highest = [Vps::parse(&out[0]).unwrap().ordering, Sps::parse(&out[1]).unwrap().ordering];
    for ordering in highest.map(|ordering| ordering.highest()) {
        assert_eq!((ordering.max_num_reorder_pics, ordering.max_latency_increase_plus1), (0, 1));
        assert_eq!(ordering.max_dec_pic_buffering_minus1, 2);
    }
}

#[test]
fn colour_and_cropping_are_written_into_the_sps() {
    let config =
        GuardConfig { color: Some(BT709), display: Some(Dimensions::new(61, 33)), ..GuardConfig::default() };
    let mut guard = new_guard(config);
    let (facts, out) = process(&mut guard, &[&good_vps(), &plain_sps(64, 48).to_nal(), &pps(), &idr()]);
    assert_eq!((facts.coded, facts.display), (Dimensions::new(64, 48), Dimensions::new(62, 34)));
    let sps = Sps::parse(&out[1]).unwrap();
    let signal = sps.vui.as_ref().unwrap().video_signal.unwrap();
    assert_eq!(signal.color.map(|c| (c.primaries, c.transfer, c.matrix)), Some((1, 1, 1)));
    assert_eq!(sps.display(), facts.display);
    assert_eq!(facts.codec.as_str(), "hvc1.1.6.L120.90");

    let mut guard =
        new_guard(GuardConfig { display: Some(Dimensions::new(65, 48)), ..GuardConfig::default() });
    let mut out = Vec::new();
    let unit = unit(&[&good_vps(), &plain_sps(64, 48).to_nal(), &pps(), &idr()]);
    assert!(matches!(guard.process(&unit, &mut out), Err(Error::Crop { .. })));
    assert!(out.is_empty());
}

#[test]
fn a_level_too_low_is_raised_in_both_sets() {
    for (written, rate, expected) in [(30, None, 120), (30, Some(60), 123), (150, None, 150), (0, None, 120)]
    {
        let mut guard = new_guard(GuardConfig::default());
        let mut sps = plain_sps(1920, 1080);
        sps.profile.level_idc = written;
        sps.vui = rate.map(|time_scale| {
            let timing = Timing { units_in_tick: 1, time_scale, ticks_of_one_poc_minus1: Some(0) };
            Vui { timing: Some(timing), ..Vui::default() }
        });
        let profile = ProfileTierLevel { level_idc: written, ..sps.profile };
        let vps = Vps { profile, ..plain_vps(0) };
        let (facts, out) = process(&mut guard, &[&vps.to_nal(), &sps.to_nal(), &pps(), &idr()]);
        assert_eq!(Sps::parse(&out[1]).unwrap().profile.level_idc, expected, "{written}");
        assert_eq!(Vps::parse(&out[0]).unwrap().profile.level_idc, expected, "{written}");
        assert_eq!(facts.level, crate::hevc::Level::from_idc(expected).map(crate::hevc::Level::name));
    }
}

#[test]
fn parameter_sets_that_the_encoder_leaves_out_are_inserted_before_key_frames_only() {
    let mut guard = new_guard(GuardConfig::default());
    let (vps, sps) = (good_vps(), good_sps(64, 64).to_nal());
    let second = plain_pps(1, 0).to_nal();
    process(&mut guard, &[&vps, &sps, &pps(), &second, &idr()]);
    let (facts, out) = process(&mut guard, &[SEI, &idr()]);
    assert_eq!(out, [&vps[..], &sps, &pps(), &second, SEI, &idr()]);
    assert!(facts.key && !facts.parameter_sets_changed);
    let (_, out) = process(&mut guard, &[&vps, &second, &idr()]);
    assert_eq!(out, [&vps[..], &sps, &second, &pps(), &idr()]);
    let cra = slice(NalType::Cra, 0, 0, I, 9);
    let (facts, out) = process(&mut guard, &[&cra]);
    assert_eq!(out, [&vps[..], &sps, &pps(), &second, &cra]);
    assert!(facts.key);
    let (facts, out) = process(&mut guard, &[&delta(10)]);
    assert_eq!(out, [delta(10)]);
    assert!(!facts.key);
}

#[test]
fn parameter_sets_that_come_alone_go_out_with_the_next_picture() {
    let mut guard = new_guard(GuardConfig { repeat_parameter_sets: false, ..GuardConfig::default() });
    let sets = [&good_vps()[..], &good_sps(64, 64).to_nal(), &pps()].map(<[u8]>::to_vec);
    let (facts, out) = process(&mut guard, &[&sets[0], &sets[1], &sets[2]]);
    assert_eq!((facts.slices, facts.key, out.len()), (0, false, 0));
    let (facts, out) = process(&mut guard, &[&idr()]);
    assert_eq!(out, [&sets[0][..], &sets[1], &sets[2], &idr()]);
    assert!(facts.parameter_sets_changed);
    assert_eq!(process(&mut guard, &[&idr()]).1, [idr()]);
}

#[test]
fn sets_that_are_due_go_out_before_the_picture_whatever_stands_behind_it() {
    let mut guard = new_guard(GuardConfig::default());
    let sets = [&good_vps()[..], &good_sps(64, 64).to_nal(), &pps()].map(<[u8]>::to_vec);
    process(&mut guard, &[&sets[0], &sets[1], &sets[2]]);
    let (facts, out) = process(&mut guard, &[&idr(), &sets[0]]);
    assert_eq!(out, [&sets[0][..], &sets[1], &sets[2], &idr(), &sets[0]]);
    assert!(facts.key && facts.parameter_sets_changed);
    let (_, out) = process(&mut guard, &[&sets[0], &idr(), &sets[1], &sets[2]]);
    assert_eq!(out, [&sets[0][..], &sets[1], &sets[2], &idr(), &sets[1], &sets[2]]);
}

#[test]
fn a_new_configuration_holds_from_the_next_idr_picture_on() {
    let mut guard = new_guard(GuardConfig::default());
    process(&mut guard, &[&good_vps(), &good_sps(64, 64).to_nal(), &pps(), &idr()]);
    guard.set_config(GuardConfig { display: Some(Dimensions::new(60, 58)), ..GuardConfig::default() });
    assert_eq!(process(&mut guard, &[&delta(1)]).0.display, Dimensions::new(64, 64));
    // A CRA picture goes on with the sequence, whose sets cannot change.
    let cra = slice(NalType::Cra, 0, 0, I, 2);
    assert_eq!(process(&mut guard, &[&cra]).0.display, Dimensions::new(64, 64));
    let (facts, out) = process(&mut guard, &[&idr()]);
    assert_eq!(facts.display, Dimensions::new(60, 58));
    assert_eq!(Sps::parse(&out[1]).unwrap().display(), Dimensions::new(60, 58));
}

#[test]
fn delimiters_and_filler_are_dropped() {
    let mut guard = new_guard(GuardConfig::default());
    let (vps, sps) = (good_vps(), good_sps(64, 64).to_nal());
    let (_, out) = process(&mut guard, &[DELIMITER, &vps, &sps, &pps(), &idr(), FILLER]);
    assert_eq!(out, [&vps[..], &sps, &pps(), &idr()]);
}

#[test]
fn bidirectional_pictures_in_decoding_order_are_not_reordered() {
    let mut guard = new_guard(GuardConfig::default());
    let sets = [&good_vps()[..], &good_sps(64, 64).to_nal(), &pps()].map(<[u8]>::to_vec);
    let (facts, _) = process(&mut guard, &[&sets[0], &sets[1], &sets[2], &idr()]);
    assert!(!facts.reordered && !facts.bidirectional);
    // The count wraps at 256 and goes on.
    for poc in 1..600 {
        let (facts, _) = process(&mut guard, &[&slice(NalType::TrailR, 0, 0, B, poc % 256)]);
        assert!(facts.bidirectional && !facts.reordered, "{poc}");
    }
    let late = process(&mut guard, &[&slice(NalType::TrailR, 0, 0, B, 608 % 256)]).0;
    assert!(!late.reordered);
    let early = process(&mut guard, &[&slice(NalType::TrailN, 0, 0, B, 604 % 256)]).0;
    assert!(early.reordered && early.disposable);
    // A new sequence counts anew, after an IDR picture as after the end of one.
    assert!(!process(&mut guard, &[&idr()]).0.reordered);
    process(&mut guard, &[&delta(90), END_OF_SEQUENCE]);
    assert!(!process(&mut guard, &[&slice(NalType::Cra, 0, 0, I, 5)]).0.reordered);
    assert!(process(&mut guard, &[&delta(4)]).0.reordered);
}

#[test]
fn only_pictures_of_the_highest_sub_layer_can_be_dropped_alone() {
    let mut guard = new_guard(GuardConfig::default());
    let sps = Sps {
        max_sub_layers: 2,
        sub_layer_profiles: vec![crate::hevc::SubLayerProfile::default()],
        ..good_sps(64, 64)
    };
    let mut sps_nal =
        Sps { ordering: crate::hevc::SubLayerOrdering { each: false, ..sps.ordering.clone() }, ..sps }
            .to_nal();
    process(&mut guard, &[&good_vps(), &sps_nal, &pps(), &idr()]);
    let disposable = |guard: &mut Guard, kind, temporal_id, poc| {
        process(guard, &[&slice(kind, temporal_id, 0, P, poc)]).0.disposable
    };
    assert!(disposable(&mut guard, NalType::TsaN, 1, 1));
    assert!(!disposable(&mut guard, NalType::TsaR, 1, 2));
    assert!(!disposable(&mut guard, NalType::TrailN, 0, 3));
    assert!(!disposable(&mut guard, NalType::TrailR, 0, 4));
    sps_nal = good_sps(64, 64).to_nal();
    process(&mut guard, &[&good_vps(), &sps_nal, &pps(), &idr()]);
    assert!(disposable(&mut guard, NalType::TrailN, 0, 1));
}

#[test]
fn units_of_further_layers_go_through_as_they_are() {
    let mut guard = new_guard(GuardConfig::default());
    let (vps, sps) = (good_vps(), good_sps(64, 64).to_nal());
    let mut other_sps = plain_sps(32, 32).to_nal();
    other_sps[1] = 0x09;
    let mut other_slice = idr();
    other_slice[1] = 0x09;
    let (facts, out) = process(&mut guard, &[&vps, &sps, &other_sps, &pps(), &idr(), &other_slice]);
    assert_eq!(out, [&vps[..], &sps, &other_sps, &pps(), &idr(), &other_slice]);
    assert_eq!((facts.slices, facts.coded), (1, Dimensions::new(64, 64)));
}

#[test]
fn a_picture_without_its_parameter_sets_is_an_error() {
    let mut guard = new_guard(GuardConfig::default());
    let mut out = Vec::new();
    assert_eq!(guard.process(&unit(&[&delta(1)]), &mut out), Err(Error::NoParameterSets));
    guard.process(&unit(&[&good_vps(), &good_sps(64, 64).to_nal()]), &mut out).unwrap();
    let error = guard.process(&unit(&[&delta(1)]), &mut out).unwrap_err();
    assert_eq!(error, Error::UnknownParameterSet { kind: "PPS", id: 0 });
    guard.process(&unit(&[&Pps { sps_id: 9, ..plain_pps(0, 0) }.to_nal()]), &mut out).unwrap();
    let error = guard.process(&unit(&[&delta(1)]), &mut out).unwrap_err();
    assert_eq!(error, Error::UnknownParameterSet { kind: "SPS", id: 9 });
    assert!(out.is_empty());
}

proptest! {
    #[test]
    fn any_sps_comes_out_with_all_guarantees_and_a_second_guard_changes_nothing(sps in any_sps()) {
        let config = GuardConfig { color: Some(BT709), ..GuardConfig::default() };
        let vps = plain_vps(sps.vps_id).to_nal();
        let key = unit(&[&vps, &sps.to_nal(), &plain_pps(0, sps.id).to_nal(), &idr()]);
        let mut first = Vec::new();
        let Ok(facts) = new_guard(config.clone()).process(&key, &mut first) else {
            // With colour it may be longer than what is kept.
            prop_assert!(sps.to_nal().len() > crate::limits::MAX_PARAMETER_SET_BYTES / 2);
            return Ok(());
        };
        let nals: Vec<_> = annexb::nals(&first).map(Nal::bytes).collect();
        let out = Sps::parse(nals[1])?;
        for layer in &out.ordering.layers {
            prop_assert_eq!((layer.max_num_reorder_pics, layer.max_latency_increase_plus1), (0, 1));
        }
        prop_assert_eq!(facts.display, sps.display());
        prop_assert_eq!(facts.codec, out.codec_string());
        prop_assert_eq!(Vps::parse(nals[0])?.profile.level_idc, out.profile.level_idc.max(120));
        let mut second = Vec::new();
        new_guard(config).process(&first, &mut second)?;
        prop_assert_eq!(first, second);
    }

    #[test]
    fn random_units_never_panic_and_errors_leave_the_output_alone(units in any_units()) {
        let mut guard = new_guard(GuardConfig { display: Some(Dimensions::new(16, 16)), ..GuardConfig::default() });
        guard.process(&unit(&[&good_vps(), &good_sps(64, 64).to_nal(), &pps(), &idr()]), &mut Vec::new())?;
        let nal = |(header, payload): (u8, Vec<u8>)| [&[header, 1][..], &payload].concat();
        let units = units.into_iter().map(|nals| nals.into_iter().map(nal).collect());
        assert_errors_leave_the_output_alone(guard, units);
    }
}
