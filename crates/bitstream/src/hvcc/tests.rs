use proptest::prelude::*;

use super::*;
use crate::hevc::{
    Restriction, Tiles, Vui,
    testing::{plain_pps, plain_sps, plain_vps},
};

fn config() -> HevcDecoderConfig {
    let (vps, sps, pps) = (plain_vps(0).to_nal(), plain_sps(1280, 720).to_nal(), plain_pps(0, 0).to_nal());
    HevcDecoderConfig::from_parameter_sets(&[&vps], &[&sps], &[&pps, &pps]).unwrap()
}

fn written(config: &HevcDecoderConfig) -> Vec<u8> {
    let mut record = Vec::new();
    config.write(&mut record);
    record
}

#[test]
fn a_record_for_parameter_sets_round_trips() {
    let config = config();
    let record = written(&config);
    assert_eq!(HevcDecoderConfig::parse(&record), Ok(config.clone()));
    assert_eq!(
        record[..23],
        [1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 120, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 3]
    );
    assert_eq!(config.codec_string().as_str(), "hvc1.1.6.L120.90");
    let mut annexb = Vec::new();
    config.to_annexb(&mut annexb);
    let kinds: Vec<_> = annexb::nals(&annexb).map(|nal| nal.hevc_type()).collect();
    assert_eq!(kinds, [NalType::Vps, NalType::Sps, NalType::Pps, NalType::Pps]);
}

#[test]
fn sets_in_the_samples_too_make_another_codec_string() {
    let mut config = config();
    config.arrays[1].complete = false;
    let config = HevcDecoderConfig::parse(&written(&config)).unwrap();
    assert_eq!(config.codec_string().as_str(), "hev1.1.6.L120.90");
}

#[test]
fn messages_of_the_record_come_after_the_parameter_sets() {
    let mut config = config();
    let message = vec![NalType::PrefixSei.code() << 1, 1, 5, 1, 0xff, 0x80];
    config.arrays.insert(0, NalArray { complete: false, kind: NalType::PrefixSei, nals: vec![message] });
    assert!(config.codec_string().is_hevc());
    assert_eq!(config.codec_string().four_cc(), "hvc1");
    let mut annexb = Vec::new();
    config.to_annexb(&mut annexb);
    let kinds: Vec<_> = annexb::nals(&annexb).map(|nal| nal.hevc_type()).collect();
    assert_eq!(kinds.last(), Some(&NalType::PrefixSei));
}

#[test]
fn how_pictures_can_be_decoded_in_parallel_is_said_where_the_segmentation_is() {
    let restriction = Restriction {
        tiles_fixed_structure: false,
        motion_vectors_over_pic_boundaries: true,
        restricted_ref_pic_lists: false,
        min_spatial_segmentation_idc: 9,
        max_bytes_per_pic_denom: 2,
        max_bits_per_min_cu_denom: 1,
        log2_max_mv_length_horizontal: 15,
        log2_max_mv_length_vertical: 15,
    };
    let mut sps = plain_sps(640, 480);
    sps.vui = Some(Vui { restriction: Some(restriction), ..Vui::default() });
    let tiles = Tiles { columns: 2, rows: 1, sizes: None, loop_filter_across: true };
    let tiles = Pps { tiles: Some(tiles), ..plain_pps(0, 0) };
    let waves = Pps { entropy_coding_sync: true, ..plain_pps(1, 0) };
    let kind = |pps: &[&Pps]| {
        let nals: Vec<_> = pps.iter().map(|pps| pps.to_nal()).collect();
        let nals: Vec<_> = nals.iter().map(Vec::as_slice).collect();
        let config = HevcDecoderConfig::from_parameter_sets(&[], &[&sps.to_nal()], &nals).unwrap();
        (config.min_spatial_segmentation_idc, config.parallelism_type)
    };
    assert_eq!(kind(&[&tiles]), (9, 2));
    assert_eq!(kind(&[&waves]), (9, 3));
    assert_eq!(kind(&[&plain_pps(0, 0)]), (9, 1));
    assert_eq!(kind(&[&tiles, &waves]), (9, 0));
}

#[test]
fn every_prefix_of_a_record_is_refused() {
    let record = written(&config());
    for len in 0..record.len() {
        let error = HevcDecoderConfig::parse(&record[..len]).unwrap_err();
        assert!(matches!(error, Error::Truncated { unit: "hvcC", .. }), "{error}");
    }
    let mut other = record;
    other[0] = 2;
    assert!(HevcDecoderConfig::parse(&other).is_err());
}

#[test]
fn a_record_needs_sets_of_their_own_types_and_a_bounded_number() {
    let (sps, pps) = (plain_sps(64, 64).to_nal(), plain_pps(0, 0).to_nal());
    let make = HevcDecoderConfig::from_parameter_sets;
    assert_eq!(make(&[], &[], &[&pps]), Err(Error::NoParameterSets));
    assert!(make(&[&pps], &[&sps], &[]).is_err());
    assert!(make(&[], &[&pps], &[&sps]).is_err());
    assert!(matches!(make(&[], &[&sps], &vec![pps.as_slice(); 512]), Err(Error::Limit { .. })));
    let mut record = written(&make(&[], &[&sps], &[]).unwrap());
    record.truncate(22);
    record.extend([1, 34, 2, 1]);
    record.extend([0; 1026]);
    assert!(matches!(HevcDecoderConfig::parse(&record), Err(Error::Limit { .. })));
}

proptest! {
    #[test]
    fn random_records_are_read_or_refused(mut record in prop::collection::vec(any::<u8>(), 0..120)) {
        if let Some(version) = record.first_mut() {
            *version = 1;
        }
        if let Ok(config) = HevcDecoderConfig::parse(&record) {
            prop_assert_eq!(HevcDecoderConfig::parse(&written(&config)), Ok(config));
        }
    }
}
