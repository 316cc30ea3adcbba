use proptest::prelude::*;

use super::*;
use crate::hevc::{
    Pps, SliceHeader, SliceKind, SliceStart, Vps,
    testing::{any_pps, any_sps, any_vps, plain_pps, plain_sps, slice},
};

proptest! {
    #[test]
    fn any_sps_is_written_and_read_again(sps in any_sps()) {
        let nal = sps.to_nal();
        let read = Sps::parse(&nal);
        if nal.len() > crate::limits::MAX_PARAMETER_SET_BYTES {
            let refused = matches!(read, Err(Error::Limit { .. }));
            prop_assert!(refused);
        } else {
            prop_assert_eq!(read, Ok(sps.clone()));
        }
        let string = sps.codec_string();
        prop_assert_eq!(string.as_str().parse::<CodecString>(), Ok(string));
    }

    #[test]
    fn any_vps_is_written_and_read_again(vps in any_vps()) {
        let nal = vps.to_nal();
        prop_assert_eq!(Vps::id_of(&nal), Ok(vps.id));
        prop_assert_eq!(Vps::parse(&nal), Ok(vps));
    }

    #[test]
    fn any_pps_is_written_and_read_again(pps in any_pps()) {
        let nal = pps.to_nal();
        prop_assert_eq!(Pps::ids(&nal), Ok((pps.id, pps.sps_id)));
        prop_assert_eq!(Pps::parse(&nal), Ok(pps));
    }

    #[test]
    fn random_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        if let Ok(sps) = Sps::parse(&[&[0x42, 0x01], bytes.as_slice()].concat()) {
            prop_assert_eq!(Sps::parse(&sps.to_nal()), Ok(sps));
        }
        if let Ok(vps) = Vps::parse(&[&[0x40, 0x01], bytes.as_slice()].concat()) {
            prop_assert_eq!(Vps::parse(&vps.to_nal()), Ok(vps));
        }
        if let Ok(pps) = Pps::parse(&[&[0x44, 0x01], bytes.as_slice()].concat()) {
            prop_assert_eq!(Pps::parse(&pps.to_nal()), Ok(pps));
        }
    }

    #[test]
    fn what_a_prefix_says_is_refused_or_no_more_than_the_whole(sps in any_sps(), cut in any::<prop::sample::Index>()) {
        let nal = sps.to_nal();
        if let Ok(short) = Sps::parse(&nal[..cut.index(nal.len())]) {
            // Only the opaque bits at the end can be fewer.
            prop_assert_eq!(Sps { extension: None, ..short }, Sps { extension: None, ..sps });
        }
    }
}

#[test]
fn the_window_is_cut_in_units_of_chroma() {
    let mut sps = plain_sps(1920, 1080);
    assert_eq!(sps.coded, Dimensions::new(1920, 1088));
    sps.crop_to(Dimensions::new(1919, 1079)).unwrap();
    assert_eq!(sps.window, Some(Crop { bottom: 4, ..Crop::default() }));
    assert_eq!(sps.display(), Dimensions::new(1920, 1080));
    sps.chroma_format_idc = 3;
    sps.crop_to(Dimensions::new(1919, 1079)).unwrap();
    assert_eq!(sps.display(), Dimensions::new(1919, 1079));
    sps.window = Some(Crop { left: 1920, ..Crop::default() });
    assert!(matches!(Sps::parse(&sps.to_nal()), Err(Error::Crop { .. })));
}

#[test]
fn sets_of_other_types_and_layers_are_refused() {
    let nal = plain_sps(64, 64).to_nal();
    let with_header = |header: [u8; 2]| [&header[..], &nal[2..]].concat();
    assert!(matches!(
        Sps::parse(&with_header([0x40, 1])),
        Err(Error::Invalid { field: "nal_unit_type", .. })
    ));
    assert!(matches!(Sps::parse(&with_header([0x42, 9])), Err(Error::Invalid { field: "nuh_layer_id", .. })));
    assert!(matches!(
        Sps::parse(&with_header([0x42, 0])),
        Err(Error::Invalid { field: "nuh_temporal_id_plus1", .. })
    ));
    assert_eq!(Sps::parse(&[0x42]), Err(Error::NoNal(1)));
    let mut long = nal;
    long.resize(crate::limits::MAX_PARAMETER_SET_BYTES + 1, 0xff);
    assert!(matches!(Sps::parse(&long), Err(Error::Limit { .. })));
}

#[test]
fn every_prefix_of_a_set_is_refused() {
    let nal = plain_sps(64, 64).to_nal();
    for len in 0..nal.len() {
        assert!(Sps::parse(&nal[..len]).is_err(), "{len}");
    }
}

#[test]
fn a_slice_header_is_read() {
    let (sps, pps) = (plain_sps(640, 480), plain_pps(5, 0));
    let nal = slice(NalType::TsaR, 1, 5, 1, 77);
    let header = SliceHeader::parse(&nal, &sps, &pps).unwrap();
    assert_eq!(SliceStart::parse(&nal), Ok(header.start));
    assert_eq!((header.start.nal.temporal_id, header.start.nal.kind), (1, NalType::TsaR));
    assert!(header.start.first_in_picture);
    let independent = header.independent.unwrap();
    assert_eq!((independent.kind, independent.poc_lsb, independent.output), (SliceKind::P, 77, true));
    let key = slice(NalType::IdrNLp, 0, 5, 2, 0);
    let header = SliceHeader::parse(&key, &sps, &pps).unwrap();
    assert_eq!(header.start.no_output_of_prior_pics, Some(false));
    assert_eq!(header.independent.unwrap().poc_lsb, 0);
    assert!(SliceStart::parse(&plain_sps(64, 64).to_nal()).is_err());
    for len in 0..4 {
        assert!(SliceHeader::parse(&nal[..len], &sps, &pps).is_err());
    }
}

#[test]
fn a_dependent_slice_segment_says_where_it_is_and_no_more() {
    let sps = plain_sps(640, 480);
    let pps = Pps { dependent_slice_segments: true, ..plain_pps(0, 0) };
    // 10 x 8 tree blocks, so that an address has seven bits.
    let mut w = BitWriter::new();
    w.flag(false);
    w.ue(0);
    w.flag(true);
    w.u(7, 79);
    let mut nal = vec![NalType::TrailR.code() << 1, 1];
    rbsp::escape_into(&w.finish_rbsp(), &mut nal);
    let header = SliceHeader::parse(&nal, &sps, &pps).unwrap();
    assert_eq!((header.address, header.independent), (79, None));
    let small = plain_sps(640, 448);
    assert!(matches!(
        SliceHeader::parse(&nal, &small, &pps),
        Err(Error::Invalid { field: "slice_segment_address", .. })
    ));
}
