use proptest::prelude::*;

use super::*;
use crate::h264::{
    BitstreamRestriction, Sps, Vui,
    testing::{any_sps, plain_pps, plain_sps},
};

const IDR: &[u8] = &[0x65, 0x88, 0x84, 0x00, 0x33];
const DELTA: &[u8] = &[0x41, 0x9a, 0x02, 0x11];
const DISPOSABLE: &[u8] = &[0x01, 0x9a, 0x02, 0x11];
const SEI: &[u8] = &[0x06, 0x05, 0x01, 0xff, 0x80];
const DELIMITER: &[u8] = &[0x09, 0xf0];
const FILLER: &[u8] = &[0x0c, 0xff, 0xff, 0x80];

/// A slice of PPS `id` that begins a picture.
fn slice(header: u8, pps_id: u8) -> Vec<u8> {
    let mut w = crate::bits::BitWriter::new();
    w.ue(0);
    w.ue(7);
    w.ue(pps_id.into());
    w.u(16, 0xabcd);
    let mut nal = vec![header];
    crate::rbsp::escape_into(&w.finish_rbsp(), &mut nal);
    nal
}

fn new_guard(config: GuardConfig) -> Guard {
    Guard::new(Codec::H264, config)
}

fn pps() -> Vec<u8> {
    plain_pps(0, 0).to_nal(&plain_sps(64, 64))
}

fn good_sps(width: u32, height: u32) -> Sps {
    let restriction = BitstreamRestriction::without_reordering(1);
    Sps {
        vui: Some(Vui { bitstream_restriction: Some(restriction), ..Vui::default() }),
        ..plain_sps(width, height)
    }
}

#[test]
fn a_unit_that_needs_nothing_comes_out_as_it_went_in() {
    let mut guard = new_guard(GuardConfig::default());
    let key = unit(&[&good_sps(64, 64).to_nal(), &pps(), SEI, IDR]);
    let delta = unit(&[DELTA, DELTA]);
    for _ in 0..2 {
        let mut out = vec![7];
        guard.process(&key, &mut out).unwrap();
        assert_eq!(out[1..], key);
        out.clear();
        guard.process(&delta, &mut out).unwrap();
        assert_eq!(out, delta);
    }
}

#[test]
fn the_sps_is_given_zero_reordering_and_the_true_buffering() {
    let mut guard = new_guard(GuardConfig::default());
    let sps = Sps { max_num_ref_frames: 3, ..plain_sps(64, 64) };
    let (_, out) = process(&mut guard, &[&sps.to_nal(), &pps(), IDR]);
    let restriction = Sps::parse(&out[0]).unwrap().vui.unwrap().bitstream_restriction.unwrap();
    assert_eq!(restriction, BitstreamRestriction::without_reordering(3));

    let mut wrong = good_sps(64, 64);
    let vui = wrong.vui.as_mut().unwrap();
    vui.pic_struct_present = true;
    let restriction = vui.bitstream_restriction.as_mut().unwrap();
    restriction.max_num_reorder_frames = 2;
    restriction.max_dec_frame_buffering = 4;
    restriction.log2_max_mv_length_vertical = 9;
    let (facts, out) = process(&mut guard, &[&wrong.to_nal(), &pps(), IDR]);
    let vui = Sps::parse(&out[0]).unwrap().vui.unwrap();
    let restriction = vui.bitstream_restriction.unwrap();
    assert_eq!((restriction.max_num_reorder_frames, restriction.max_dec_frame_buffering), (0, 1));
    assert_eq!(restriction.log2_max_mv_length_vertical, 9);
    assert!(vui.pic_struct_present && facts.parameter_sets_changed);
}

#[test]
fn colour_cropping_and_header_are_written_into_the_sps() {
    let config =
        GuardConfig { color: Some(BT709), display: Some(Dimensions::new(61, 33)), ..GuardConfig::default() };
    let mut guard = new_guard(config);
    let mut sps = plain_sps(64, 48).to_nal();
    sps[0] = 0x27;
    let (facts, out) = process(&mut guard, &[&sps, &pps(), IDR]);
    assert_eq!(facts.coded, Dimensions::new(64, 48));
    assert_eq!(facts.display, Dimensions::new(62, 34));
    assert_eq!(out[0][0], 0x27);
    let signal = Sps::parse(&out[0]).unwrap().vui.unwrap().video_signal.unwrap();
    assert_eq!(signal.color.map(|c| (c.primaries, c.transfer, c.matrix)), Some((1, 1, 1)));
    assert!(!signal.full_range);
}

#[test]
fn a_picture_larger_than_what_is_coded_is_an_error() {
    let mut guard =
        new_guard(GuardConfig { display: Some(Dimensions::new(65, 48)), ..GuardConfig::default() });
    let mut out = Vec::new();
    let error = guard.process(&unit(&[&plain_sps(64, 48).to_nal(), &pps(), IDR]), &mut out).unwrap_err();
    assert_eq!(error.to_string(), "a coded picture of 64x48 cannot be cropped to 65x48");
    assert!(out.is_empty());
}

#[test]
fn a_level_too_low_is_raised_and_a_higher_one_is_kept() {
    for (written, expected) in [(10, "4.0"), (40, "4.0"), (52, "5.2"), (7, "4.0")] {
        let mut guard = new_guard(GuardConfig::default());
        let sps = Sps { level_idc: written, ..plain_sps(1920, 1080) };
        let (facts, _) = process(&mut guard, &[&sps.to_nal(), &pps(), IDR]);
        assert_eq!(facts.level.unwrap(), expected, "{written}");
    }
    let mut guard = new_guard(GuardConfig::default());
    let sps = Sps { level_idc: 11, constraint_flags: 0xd0, ..plain_sps(352, 288) };
    let (facts, _) = process(&mut guard, &[&sps.to_nal(), &pps(), IDR]);
    assert_eq!((facts.level.unwrap(), facts.codec.as_str()), ("1.1", "avc1.42C00B"));
}

#[test]
fn parameter_sets_that_the_encoder_leaves_out_are_inserted_before_key_frames_only() {
    let mut guard = new_guard(GuardConfig::default());
    let (sps, second_pps) = (good_sps(64, 64).to_nal(), plain_pps(1, 0).to_nal(&plain_sps(64, 64)));
    process(&mut guard, &[&sps, &pps(), &second_pps, IDR]);
    let (facts, out) = process(&mut guard, &[SEI, IDR]);
    assert_eq!(out, [&sps[..], &pps(), &second_pps, SEI, IDR]);
    assert!(facts.key && !facts.parameter_sets_changed);
    let (_, out) = process(&mut guard, &[&second_pps, IDR]);
    assert_eq!(out, [&sps[..], &second_pps, &pps(), IDR]);
    let (facts, out) = process(&mut guard, &[DELTA]);
    assert_eq!(out, [DELTA]);
    assert!(!facts.key && !facts.parameter_sets_changed);

    let mut guard = new_guard(GuardConfig { repeat_parameter_sets: false, ..GuardConfig::default() });
    process(&mut guard, &[&sps, &pps(), IDR]);
    assert_eq!(process(&mut guard, &[IDR]).1, [IDR]);
}

#[test]
fn parameter_sets_that_come_alone_go_out_with_the_next_picture() {
    let mut guard = new_guard(GuardConfig { repeat_parameter_sets: false, ..GuardConfig::default() });
    let sps = good_sps(64, 64).to_nal();
    let (facts, out) = process(&mut guard, &[&sps, &pps()]);
    assert_eq!((facts.slices, facts.key, out.len()), (0, false, 0));
    assert_eq!(facts.codec.as_str(), "avc1.42C028");
    let (facts, out) = process(&mut guard, &[IDR]);
    assert_eq!(out, [&sps[..], &pps(), IDR]);
    assert!(facts.parameter_sets_changed);
    let (facts, out) = process(&mut guard, &[IDR]);
    assert_eq!(out, [IDR]);
    assert!(!facts.parameter_sets_changed);
}

#[test]
fn a_new_configuration_holds_from_the_next_key_frame_on() {
    let mut guard = new_guard(GuardConfig::default());
    process(&mut guard, &[&good_sps(64, 64).to_nal(), &pps(), IDR]);
    let config = GuardConfig { display: Some(Dimensions::new(60, 58)), ..GuardConfig::default() };
    guard.set_config(config.clone());
    let (facts, out) = process(&mut guard, &[DELTA]);
    assert_eq!((facts.display, out.len()), (Dimensions::new(64, 64), 1));
    let (facts, out) = process(&mut guard, &[IDR]);
    assert_eq!(facts.display, Dimensions::new(60, 58));
    assert_eq!(Sps::parse(&out[0]).unwrap().display(), Dimensions::new(60, 58));
    assert!(facts.parameter_sets_changed);
    guard.set_config(config);
    assert!(!process(&mut guard, &[IDR]).0.parameter_sets_changed);
    guard.set_config(GuardConfig { display: Some(Dimensions::new(99, 99)), ..GuardConfig::default() });
    let (facts, _) = process(&mut guard, &[&good_sps(112, 112).to_nal(), &pps(), IDR]);
    assert_eq!((facts.coded, facts.display), (Dimensions::new(112, 112), Dimensions::new(100, 100)));
}

#[test]
fn a_set_of_the_size_before_is_not_inserted_again() {
    let mut guard = new_guard(GuardConfig::default());
    let small = good_sps(64, 64);
    let spare = plain_pps(1, 0).to_nal(&small);
    process(&mut guard, &[&small.to_nal(), &pps(), &spare, IDR]);
    let large = good_sps(128, 128).to_nal();
    let (facts, out) = process(&mut guard, &[&large, &pps(), IDR]);
    assert_eq!(out, [&large[..], &pps(), IDR]);
    assert_eq!(facts.coded, Dimensions::new(128, 128));
    assert!(facts.parameter_sets_changed);
    assert_eq!(process(&mut guard, &[IDR]).1, [&large[..], &pps(), IDR]);
}

#[test]
fn changing_identifiers_are_followed() {
    let mut guard = new_guard(GuardConfig::default());
    for id in 0..32 {
        let sps = Sps { id, ..good_sps(64, 64 + 16 * u32::from(id)) };
        let pps = plain_pps(200 + id, id).to_nal(&sps);
        let idr = slice(0x65, 200 + id);
        let (facts, out) = process(&mut guard, &[&sps.to_nal(), &pps, &idr]);
        assert_eq!(out, [&sps.to_nal()[..], &pps, &idr]);
        assert_eq!(facts.coded.height, 64 + 16 * u32::from(id));
    }
    let (facts, out) = process(&mut guard, &[&slice(0x65, 203)]);
    assert_eq!(out.len(), 3);
    assert_eq!(facts.coded.height, 64 + 48);
}

#[test]
fn delimiters_and_filler_are_dropped_and_start_codes_lengthened() {
    let mut guard = new_guard(GuardConfig::default());
    let sps = good_sps(64, 64).to_nal();
    let bytes = [
        &[0, 0, 1][..],
        DELIMITER,
        &[0, 0, 0, 1],
        &sps,
        &[0, 0, 1],
        &pps(),
        &[0, 0, 1],
        IDR,
        &[0, 0, 0, 0, 1],
        FILLER,
    ];
    let mut out = Vec::new();
    guard.process(&bytes.concat(), &mut out).unwrap();
    assert_eq!(out, unit(&[&sps, &pps(), IDR]));
}

#[test]
fn the_facts_come_from_the_units() {
    let mut guard = new_guard(GuardConfig::default());
    assert_eq!(guard.codec_string(), None);
    let (facts, _) = process(&mut guard, &[&good_sps(64, 64).to_nal(), &pps(), IDR]);
    assert!(facts.key && !facts.disposable && !facts.bidirectional);
    assert_eq!(guard.codec_string(), Some(&facts.codec));
    assert!(process(&mut guard, &[DISPOSABLE, DISPOSABLE]).0.disposable);
    assert!(!process(&mut guard, &[DISPOSABLE, DELTA]).0.disposable);
    assert!(process(&mut guard, &[&[0x41, 0b1010_1000, 0x80]]).0.bidirectional);
}

#[test]
fn a_picture_before_its_parameter_sets_is_an_error_that_says_so() {
    let mut guard = new_guard(GuardConfig::default());
    let mut out = Vec::new();
    assert_eq!(guard.process(&unit(&[DELTA]), &mut out), Err(Error::NoParameterSets));
    assert_eq!(guard.process(&unit(&[SEI]), &mut out), Err(Error::NoParameterSets));
    assert_eq!(guard.process(&[], &mut out), Err(Error::NoNal(0)));
    guard.process(&unit(&[&good_sps(64, 64).to_nal()]), &mut out).unwrap();
    let error = guard.process(&unit(&[DELTA]), &mut out).unwrap_err();
    assert_eq!(error, Error::UnknownParameterSet { kind: "PPS", id: 0 });
    guard.process(&unit(&[&plain_pps(0, 9).to_nal(&plain_sps(64, 64))]), &mut out).unwrap();
    let error = guard.process(&unit(&[DELTA]), &mut out).unwrap_err();
    assert_eq!(error, Error::UnknownParameterSet { kind: "SPS", id: 9 });
    assert!(out.is_empty());
}

#[test]
fn too_many_units_and_too_large_sets_are_refused() {
    let mut guard = new_guard(GuardConfig::default());
    let mut out = Vec::new();
    let many = unit(&vec![SEI; MAX_NALS_PER_UNIT + 1]);
    assert!(matches!(guard.process(&many, &mut out), Err(Error::Limit { .. })));
    for header in [0x67, 0x68] {
        let mut large = vec![header];
        large.resize(crate::limits::MAX_PARAMETER_SET_BYTES + 1, 0xff);
        assert!(matches!(guard.process(&unit(&[&large]), &mut out), Err(Error::Limit { .. })));
    }
}

#[test]
fn sets_that_are_due_go_out_before_the_picture_whatever_stands_behind_it() {
    let mut guard = new_guard(GuardConfig::default());
    let (sps, second) = (good_sps(64, 64).to_nal(), plain_pps(1, 0).to_nal(&plain_sps(64, 64)));
    process(&mut guard, &[&sps, &pps()]);
    let (facts, out) = process(&mut guard, &[IDR, &sps]);
    assert_eq!(out, [&sps[..], &pps(), IDR, &sps]);
    assert!(facts.key && facts.parameter_sets_changed);
    let (_, out) = process(&mut guard, &[&sps, SEI, IDR, &pps(), &second]);
    assert_eq!(out, [&sps[..], &pps(), &second, SEI, IDR, &pps(), &second]);
    assert_eq!(process(&mut guard, &[DELTA, &sps]).1, [DELTA, &sps]);
}

proptest! {
    #[test]
    fn any_sps_comes_out_with_all_guarantees_and_a_second_guard_changes_nothing(sps in any_sps()) {
        let config = GuardConfig { color: Some(BT709), ..GuardConfig::default() };
        let key = unit(&[&sps.to_nal(), &plain_pps(0, sps.id).to_nal(&sps), IDR]);
        let mut first = Vec::new();
        let facts = new_guard(config.clone()).process(&key, &mut first)?;
        let out = annexb::nals(&first).next().map(|nal| Sps::parse(nal.bytes())).expect("an SPS")?;
        let vui = out.vui.as_ref().expect("a VUI");
        let restriction = vui.bitstream_restriction.expect("a restriction");
        prop_assert_eq!(restriction.max_num_reorder_frames, 0);
        prop_assert_eq!(restriction.max_dec_frame_buffering, sps.max_num_ref_frames.max(1));
        prop_assert_eq!(facts.display, sps.display());
        prop_assert_eq!(facts.codec, out.codec_string());
        let mut second = Vec::new();
        new_guard(config).process(&first, &mut second)?;
        prop_assert_eq!(first, second);
    }

    #[test]
    fn random_units_never_panic_and_errors_leave_the_output_alone(units in any_units()) {
        let mut guard = new_guard(GuardConfig { display: Some(Dimensions::new(16, 16)), ..GuardConfig::default() });
        guard.process(&unit(&[&good_sps(64, 64).to_nal(), &pps(), IDR]), &mut Vec::new())?;
        let nal = |(header, payload): (u8, Vec<u8>)| [&[header][..], &payload].concat();
        let units = units.into_iter().map(|nals| nals.into_iter().map(nal).collect());
        assert_errors_leave_the_output_alone(guard, units);
    }
}
