use super::*;
use crate::testing::pictures;
use encode::Kind;
use framewire_frame::PixelFormat;

const DELTA: Kind = Kind { key: false, disposable: false, parameter_sets: true };

#[test]
fn every_picture_comes_back_as_it_went_in() {
    for size in ["2x2", "16x16", "18x34", "64x48"] {
        let size = size.parse().unwrap();
        let mut encoder = PcmEncoder::new(size);
        let mut decoder = PcmDecoder::default();
        for index in 0..6 {
            let source = pictures::picture(PixelFormat::I420, size, index);
            let mut unit = Vec::new();
            encoder.encode(source.as_ref(), Kind { key: index == 3, ..DELTA }, &mut unit);
            let mut expected = vec![0; PixelFormat::I420.packed_len(size)];
            source.as_ref().copy_packed_to(&mut expected);
            assert_eq!(decoder.decode(&unit), Ok((size, expected)), "{size} {index}");
        }
    }
}

#[test]
fn a_picture_that_rests_costs_a_few_bytes() {
    let size = "640x360".parse().unwrap();
    let mut encoder = PcmEncoder::new(size);
    let source = pictures::picture(PixelFormat::I420, size, 0);
    encoder.encode(source.as_ref(), DELTA, &mut Vec::new());
    let mut unit = Vec::new();
    encoder.encode(source.as_ref(), DELTA, &mut unit);
    assert!(unit.len() < 20, "{} bytes", unit.len());
}

#[test]
fn pictures_after_a_disposable_one_decode_without_it() {
    let size = "32x32".parse().unwrap();
    let mut encoder = PcmEncoder::new(size);
    let mut decoder = PcmDecoder::default();
    for index in 0..5 {
        let source = pictures::picture(PixelFormat::I420, size, index);
        let mut unit = Vec::new();
        let disposable = index % 2 == 1;
        encoder.encode(source.as_ref(), Kind { disposable, ..DELTA }, &mut unit);
        if !disposable {
            let mut expected = vec![0; PixelFormat::I420.packed_len(size)];
            source.as_ref().copy_packed_to(&mut expected);
            assert_eq!(decoder.decode(&unit), Ok((size, expected)));
        }
    }
}

#[test]
fn units_without_their_reference_or_cut_off_are_errors() {
    let size = "32x32".parse().unwrap();
    let mut encoder = PcmEncoder::new(size);
    let source = pictures::picture(PixelFormat::I420, size, 0);
    let mut key = Vec::new();
    encoder.encode(source.as_ref(), DELTA, &mut key);
    let mut delta = Vec::new();
    encoder.encode(source.as_ref(), DELTA, &mut delta);
    assert!(PcmDecoder::default().decode(&delta).is_err());
    assert!(PcmDecoder::default().decode(&key[..key.len() / 2]).is_err());
    assert!(PcmDecoder::default().decode(&[]).is_err());
}
