//! Conversion by pixel transfer, over the double.
#![cfg(framewire_videotoolbox_double)]

use framewire_codec::BackendError;
use framewire_frame::{Color, PictureRef, PixelFormat, Size};
use framewire_videotoolbox::PixelTransfer;
use framewire_videotoolbox_double::exclusive;

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("a size")
}

#[test]
fn a_grey_picture_of_any_stride_becomes_grey_planes_of_another_size() {
    let double = exclusive();
    for format in [PixelFormat::Rgba8, PixelFormat::Bgra8] {
        for (stride, short) in [(160 * 4, false), (160 * 4 + 24, false), (160 * 4 + 24, true)] {
            let bytes = stride * 96 - if short { 24 } else { 0 };
            let data = vec![128; bytes];
            let picture = PictureRef::new(format, size(160, 96), &[(&data, stride)]).expect("a picture");
            for to in [size(160, 96), size(80, 48)] {
                let mut transfer =
                    PixelTransfer::open(format, size(160, 96), to, Color::BT709).expect("a conversion");
                let check = |planes: PictureRef<'_>| {
                    assert_eq!((planes.format(), planes.size()), (PixelFormat::Nv12, to));
                    for y in 0..to.height() as usize {
                        assert!(planes.plane(0).row(y).iter().all(|&luma| luma.abs_diff(126) <= 1));
                    }
                    for y in 0..to.height() as usize / 2 {
                        assert!(planes.plane(1).row(y).iter().all(|&chroma| chroma.abs_diff(128) <= 1));
                    }
                };
                transfer.convert(picture, check).expect("planes");
            }
        }
    }
    double.assert_no_leaks();
}

#[test]
fn a_conversion_that_fails_says_so_at_open_and_later() {
    let double = exclusive();
    double.faults(|faults| faults.transfer_fails_after = Some(0));
    let open = || PixelTransfer::open(PixelFormat::Bgra8, size(160, 96), size(160, 96), Color::BT601);
    let refused = open().err().expect("no conversion");
    assert!(matches!(refused, BackendError::Unsupported { .. }), "{refused}");
    assert!(refused.to_string().contains("kVTPixelTransferNotSupportedErr"), "{refused}");

    double.faults(|faults| faults.transfer_fails_after = None);
    let mut transfer = open().expect("a conversion");
    double.faults(|faults| faults.transfer_fails_after = Some(0));
    let data = vec![0; 160 * 96 * 4];
    let picture = PictureRef::packed(PixelFormat::Bgra8, size(160, 96), &data).expect("a picture");
    let failed = transfer.convert(picture, |_| ()).expect_err("a failure");
    assert!(matches!(failed, BackendError::Failed { .. }), "{failed}");
    drop(transfer);
    double.assert_no_leaks();
}

#[test]
fn a_picture_of_another_kind_is_unsupported() {
    let double = exclusive();
    let nv12 = PixelTransfer::open(PixelFormat::Nv12, size(160, 96), size(160, 96), Color::BT601);
    assert!(matches!(nv12, Err(BackendError::Unsupported { .. })));
    let mut transfer = PixelTransfer::open(PixelFormat::Bgra8, size(160, 96), size(160, 96), Color::BT601)
        .expect("a conversion");
    let data = vec![0; 80 * 96 * 4];
    let picture = PictureRef::packed(PixelFormat::Bgra8, size(80, 96), &data).expect("a picture");
    assert!(matches!(transfer.convert(picture, |_| ()), Err(BackendError::Unsupported { .. })));
    drop(transfer);
    double.assert_no_leaks();
}
