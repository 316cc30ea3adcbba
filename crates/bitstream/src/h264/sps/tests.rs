use proptest::prelude::*;

use super::*;
use crate::h264::testing::{any_sps, plain_pps, plain_sps};
use crate::h264::{Pps, SliceGroups, SliceHeader, SliceKind, SliceStart, Transform8x8};

proptest! {
    #[test]
    fn what_is_written_is_read(sps in any_sps()) {
        let nal = sps.to_nal();
        prop_assert_eq!(&Sps::parse(&nal)?, &sps);
        prop_assert_eq!(Sps::parse(&nal)?.to_nal(), nal);
    }

    #[test]
    fn any_prefix_and_any_flipped_bit_is_read_or_refused(sps in any_sps(), bit in any::<prop::sample::Index>()) {
        let mut nal = sps.to_nal();
        for len in 0..nal.len() {
            let _ = Sps::parse(&nal[..len]);
        }
        let bit = bit.index(nal.len() * 8);
        nal[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = Sps::parse(&nal) {
            prop_assert_eq!(Sps::parse(&other.to_nal()), Ok(other));
        }
    }

    #[test]
    fn random_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let mut nal = vec![0x67];
        nal.extend_from_slice(&bytes);
        if let Ok(sps) = Sps::parse(&nal) {
            prop_assert_eq!(Sps::parse(&sps.to_nal()), Ok(sps));
        }
        nal[0] = 0x68;
        let sps = plain_sps(64, 64);
        if let Ok(pps) = Pps::parse(&nal, &sps) {
            prop_assert_eq!(Pps::parse(&pps.to_nal(&sps), &sps), Ok(pps));
        }
        nal[0] = 0x65;
        let _ = SliceHeader::parse(&nal, &sps);
    }

    #[test]
    fn cropping_leaves_the_picture_rounded_up_to_crop_units(
        mut sps in any_sps(), width in 1u32..17_000, height in 1u32..17_000,
    ) {
        sps.crop = None;
        let (coded, unit) = (sps.coded(), sps.crop_unit());
        let fits = width.next_multiple_of(unit.width) <= coded.width
            && height.next_multiple_of(unit.height) <= coded.height;
        let display = Dimensions::new(width, height);
        match sps.crop_to(display) {
            Ok(()) => {
                prop_assert!(fits);
                prop_assert_eq!(sps.display().width, width.next_multiple_of(unit.width));
                prop_assert_eq!(sps.display().height, height.next_multiple_of(unit.height));
            }
            Err(error) => {
                prop_assert!(!fits);
                prop_assert_eq!(error, Error::Crop { coded, display });
            }
        }
    }
}

#[test]
fn a_real_sps_says_what_it_is() {
    // libx264, 1280x720 at 30 fps, High, 4 reference frames, written by FFmpeg.
    let nal = [
        0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10,
        0x00, 0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x19, 0x60,
    ];
    let sps = Sps::parse(&nal).unwrap();
    assert_eq!(sps.codec_string().as_str(), "avc1.64001F");
    assert_eq!(sps.level().unwrap().name(), "3.1");
    assert_eq!(sps.coded(), Dimensions::new(1280, 720));
    assert_eq!(sps.display(), Dimensions::new(1280, 720));
    assert_eq!(sps.max_num_ref_frames, 4);
    let vui = sps.vui.as_ref().unwrap();
    assert_eq!(vui.timing.unwrap().frame_rate(), Some((60, 2)));
    let restriction = vui.bitstream_restriction.unwrap();
    assert_eq!((restriction.max_num_reorder_frames, restriction.max_dec_frame_buffering), (2, 4));
    assert_eq!(sps.to_nal(), nal);
}

#[test]
fn full_hd_is_1088_rows_cropped_to_1080() {
    let mut sps = plain_sps(1920, 1080);
    assert_eq!(sps.coded(), Dimensions::new(1920, 1088));
    sps.crop_to(Dimensions::new(1920, 1080)).unwrap();
    assert_eq!(sps.crop, Some(Crop { bottom: 4, ..Crop::default() }));
    assert_eq!(sps.display(), Dimensions::new(1920, 1080));
    sps.crop_to(sps.coded()).unwrap();
    assert_eq!(sps.crop, None);
}

#[test]
fn odd_sides_are_rounded_up_in_4_2_0() {
    let mut sps = plain_sps(7, 5);
    sps.crop_to(Dimensions::new(7, 5)).unwrap();
    assert_eq!(sps.display(), Dimensions::new(8, 6));
}

#[test]
fn cropping_away_everything_is_refused() {
    let mut sps = plain_sps(16, 16);
    for crop in
        [Crop { left: 8, ..Crop::default() }, Crop { top: u32::MAX - 1, bottom: 7, ..Crop::default() }]
    {
        sps.crop = Some(crop);
        assert!(matches!(Sps::parse(&sps.to_nal()), Err(Error::Crop { .. })), "{crop:?}");
    }
    assert!(sps.crop_to(Dimensions::new(0, 1)).is_err());
}

#[test]
fn other_units_are_refused() {
    assert_eq!(Sps::parse(&[]), Err(Error::NoNal(0)));
    assert!(matches!(Sps::parse(&[0x68, 1, 2, 3]), Err(Error::Invalid { field: "nal_unit_type", .. })));
    assert!(matches!(Sps::parse(&[0x67, 66, 0]), Err(Error::Truncated { .. })));
}

#[test]
fn every_picture_parameter_set_round_trips() {
    let sps = plain_sps(64, 64);
    let groups = [
        None,
        Some(SliceGroups::Interleaved(vec![3, 9, 200])),
        Some(SliceGroups::Dispersed(8)),
        Some(SliceGroups::Foreground(vec![(0, 3), (4, 9)])),
        Some(SliceGroups::Changing { map_type: 4, direction: true, rate_minus1: 7 }),
        Some(SliceGroups::Explicit { groups: 3, ids: vec![0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2] }),
    ];
    for slice_groups in groups {
        for second in [None, Some(-12), Some(5)] {
            let transform_8x8 = second.map(|second_chroma_qp_index_offset| Transform8x8 {
                enabled: second_chroma_qp_index_offset > 0,
                scaling: Some(crate::h264::ScalingMatrix::default()),
                second_chroma_qp_index_offset,
            });
            let pps = Pps {
                slice_groups: slice_groups.clone(),
                transform_8x8,
                pic_init_qp_minus26: -26,
                ..plain_pps(255, 31)
            };
            let nal = pps.to_nal(&sps);
            assert_eq!(Pps::parse(&nal, &sps), Ok(pps));
            assert_eq!(Pps::ids(&nal), Ok((255, 31)));
            for len in 0..nal.len() {
                let _ = Pps::parse(&nal[..len], &sps);
            }
        }
    }
}

#[test]
fn a_slice_header_is_read_behind_its_emulation_prevention() {
    let sps = plain_sps(64, 64);
    let mut w = BitWriter::new();
    w.ue(0);
    w.ue(7);
    w.ue(0);
    w.u(4, 0);
    w.ue(65_535);
    let mut nal = vec![0x65];
    rbsp::escape_into(&w.finish_rbsp(), &mut nal);
    let header = SliceHeader::parse(&nal, &sps).unwrap();
    assert_eq!(SliceStart::parse(&nal), Ok(header.start));
    assert_eq!(header.start.kind, SliceKind::I);
    assert!(header.start.idr);
    assert_eq!(
        (header.frame_num, header.idr_pic_id, header.field, header.pic_order_cnt_lsb),
        (0, Some(65_535), None, None)
    );
    for len in 0..nal.len() {
        assert!(SliceHeader::parse(&nal[..len], &sps).is_err());
    }
}
