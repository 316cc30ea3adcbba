use proptest::prelude::*;

use super::*;
use crate::h264::testing::{plain_pps, plain_sps};

fn sets(profile_idc: u8) -> (Vec<u8>, Vec<u8>) {
    let sps = Sps { profile_idc, ..plain_sps(1280, 720) };
    (sps.to_nal(), plain_pps(0, 0).to_nal(&sps))
}

#[test]
fn several_sets_and_the_high_extension_round_trip() {
    let (sps, pps) = sets(100);
    let config = AvcDecoderConfig::from_parameter_sets(&[&sps, &sps], &[&pps, &pps, &pps]).unwrap();
    let mut record = Vec::new();
    config.write(&mut record);
    assert_eq!(AvcDecoderConfig::parse(&record), Ok(config.clone()));
    let high = config.high.clone().unwrap();
    assert_eq!((high.chroma_format, high.bit_depth_luma, high.bit_depth_chroma), (1, 8, 8));
    assert_eq!(config.codec_string().as_str(), "avc1.64C028");
    let mut annexb = Vec::new();
    config.to_annexb(&mut annexb);
    assert_eq!(crate::annexb::nals(&annexb).count(), 5);
}

#[test]
fn a_high_record_without_its_extension_is_read() {
    let (sps, pps) = sets(100);
    let mut config = AvcDecoderConfig::from_parameter_sets(&[&sps], &[&pps]).unwrap();
    config.high = None;
    let mut record = Vec::new();
    config.write(&mut record);
    assert_eq!(AvcDecoderConfig::parse(&record), Ok(config));
}

#[test]
fn a_baseline_record_has_no_extension() {
    let (sps, pps) = sets(66);
    let config = AvcDecoderConfig::from_parameter_sets(&[&sps], &[&pps]).unwrap();
    assert_eq!(config.high, None);
    let mut record = Vec::new();
    config.write(&mut record);
    assert_eq!(record[..6], [1, 66, 0xc0, 40, 0xff, 0xe1]);
    assert_eq!(record.len(), 6 + 2 + sps.len() + 1 + 2 + pps.len());
}

#[test]
fn every_prefix_of_a_record_is_refused_or_lacks_only_the_extension() {
    let (sps, pps) = sets(100);
    let config = AvcDecoderConfig::from_parameter_sets(&[&sps], &[&pps]).unwrap();
    let mut record = Vec::new();
    config.write(&mut record);
    for len in 0..record.len() {
        match AvcDecoderConfig::parse(&record[..len]) {
            Ok(short) => assert_eq!((len, short.high), (record.len() - 4, None)),
            Err(error) => assert!(matches!(error, Error::Truncated { unit: "avcC", .. }), "{error}"),
        }
    }
}

#[test]
fn a_record_needs_an_sps_of_its_own_type() {
    let (sps, pps) = sets(66);
    assert_eq!(AvcDecoderConfig::from_parameter_sets(&[], &[&pps]), Err(Error::NoParameterSets));
    assert!(AvcDecoderConfig::from_parameter_sets(&[&pps], &[&sps]).is_err());
    assert!(AvcDecoderConfig::from_parameter_sets(&[sps.as_slice(); 32], &[&pps]).is_err());
}

proptest! {
    #[test]
    fn random_records_are_read_or_refused(mut record in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Some(version) = record.first_mut() {
            *version = 1;
        }
        if let Ok(config) = AvcDecoderConfig::parse(&record) {
            let mut written = Vec::new();
            config.write(&mut written);
            prop_assert_eq!(AvcDecoderConfig::parse(&written), Ok(config));
        }
    }
}
