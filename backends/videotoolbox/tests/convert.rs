//! Conversion by pixel transfer, over the double.
#![cfg(framewire_videotoolbox_double)]

use framewire_codec::{
    BackendError, ConverterConfig, EncoderBackend, EncoderConfig, Shape, testing::pictures,
};
use framewire_convert::Converter;
use framewire_frame::{
    Color, DeviceSurface, Picture, PictureMut, PictureRef, PixelFormat, Range, Size, Surface,
};
use framewire_videotoolbox::{
    CONVERT_VARIABLE, PixelBufferSurface, PixelTransfer, VideoToolboxEncoder, converters,
};
use framewire_videotoolbox_double::{Kind, exclusive};
use std::process::Command;

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("a size")
}

fn shape(format: PixelFormat, size: Size) -> Shape {
    Shape { format, size }
}

fn config(from: PixelFormat, to: PixelFormat, size: Size) -> ConverterConfig {
    ConverterConfig { from: shape(from, size), to: shape(to, size), color: Color::BT709 }
}

fn download(surface: &PixelBufferSurface) -> Picture {
    surface.download().expect("its pixels")
}

/// What the processor makes of `picture`.
fn by_processor(picture: PictureRef<'_>, to: PixelFormat, color: Color) -> Picture {
    let size = picture.size();
    let mut data = vec![0; to.packed_len(size)];
    let mut target = PictureMut::packed(to, size, &mut data).expect("a picture");
    let converter = Converter::new(picture.format(), to, size, color).expect("a conversion");
    converter.convert(&picture, &mut target).expect("planes");
    Picture::packed(to, size, data).expect("a picture")
}

fn most_difference(a: &Picture, b: &Picture) -> u8 {
    assert_eq!((a.format(), a.size()), (b.format(), b.size()));
    let rows = |plane| (0..a.format().rows(a.size(), plane)).map(move |y| (plane, y));
    let samples = |(plane, y)| {
        let (a, b) = (a.as_ref().plane(plane).row(y), b.as_ref().plane(plane).row(y));
        a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).collect::<Vec<_>>()
    };
    (0..a.format().plane_count()).flat_map(rows).flat_map(samples).max().unwrap_or(0)
}

#[test]
fn a_grey_picture_of_any_stride_becomes_grey_planes_of_another_size() {
    let double = exclusive();
    for format in [PixelFormat::Rgba8, PixelFormat::Bgra8, PixelFormat::Rgb8] {
        let row = format.row_bytes(size(160, 96), 0);
        for (stride, short) in [(row, false), (row + 24, false), (row + 24, true)] {
            let bytes = stride * 96 - if short { 24 } else { 0 };
            let data = vec![128; bytes];
            let picture = PictureRef::new(format, size(160, 96), &[(&data, stride)]).expect("a picture");
            for to in [size(160, 96), size(80, 48), size(320, 200)] {
                let config = ConverterConfig {
                    to: shape(PixelFormat::Nv12, to),
                    ..config(format, PixelFormat::Nv12, size(160, 96))
                };
                let mut transfer = PixelTransfer::open(&config).expect("a conversion");
                let made = download(&transfer.convert(picture).expect("planes"));
                let planes = made.as_ref();
                assert_eq!((planes.format(), planes.size()), (PixelFormat::Nv12, to));
                for y in 0..to.height() as usize {
                    assert!(planes.plane(0).row(y).iter().all(|&luma| luma.abs_diff(126) <= 1));
                }
                for y in 0..to.height() as usize / 2 {
                    assert!(planes.plane(1).row(y).iter().all(|&chroma| chroma.abs_diff(128) <= 1));
                }
            }
        }
    }
    double.assert_no_leaks();
}

#[test]
fn every_pair_of_formats_gives_the_picture_in_its_colour() {
    let double = exclusive();
    let size = size(160, 96);
    for color in [Color::BT601, Color::BT709, Color { range: Range::Full, ..Color::BT709 }] {
        let rgb = [PixelFormat::Rgba8, PixelFormat::Bgra8, PixelFormat::Rgb8];
        for from in rgb {
            let picture = pictures::picture(from, size, 7);
            let config = ConverterConfig { color, ..config(from, PixelFormat::Nv12, size) };
            let mut transfer = PixelTransfer::open(&config).expect("a conversion");
            let made = transfer.convert(pictures::with_stride(picture.as_ref(), 20).as_ref());
            let expected = by_processor(picture.as_ref(), PixelFormat::Nv12, color);
            assert!(most_difference(&download(&made.expect("planes")), &expected) <= 2, "{from} {color:?}");
        }
        let nv12 = by_processor(pictures::rgba(size, 7).as_ref(), PixelFormat::Nv12, color);
        for to in [PixelFormat::Rgba8, PixelFormat::Bgra8] {
            let config = ConverterConfig { color, ..config(PixelFormat::Nv12, to, size) };
            let mut transfer = PixelTransfer::open(&config).expect("a conversion");
            let expected = by_processor(nv12.as_ref(), to, color);
            let strided = pictures::with_stride(nv12.as_ref(), 12);
            for source in [nv12.as_ref(), strided.as_ref()] {
                let made = transfer.convert(source).expect("pixels");
                assert!(most_difference(&download(&made), &expected) <= 2, "{to} {color:?}");
            }
        }
    }
    double.assert_no_leaks();
}

#[test]
fn pixels_with_alpha_first_are_converted_and_short_ones_refused() {
    let double = exclusive();
    let size = size(160, 96);
    let rgba = pictures::rgba(size, 3);
    let stride = 160 * 4 + 16;
    let argb: Vec<u8> = (0..96)
        .flat_map(|y| {
            let row = rgba.as_ref().plane(0).row(y).as_chunks::<4>().0.to_vec();
            let mut row: Vec<u8> = row.iter().flat_map(|&[r, g, b, a]| [a, r, g, b]).collect();
            row.resize(stride, 0xa5);
            row
        })
        .collect();
    let to = shape(PixelFormat::Nv12, size);
    let mut transfer = PixelTransfer::open_argb(size, to, Color::BT709).expect("a conversion");
    let made = download(&transfer.convert_argb(&argb, stride).expect("planes"));
    let expected = by_processor(rgba.as_ref(), PixelFormat::Nv12, Color::BT709);
    assert!(most_difference(&made, &expected) <= 2);
    for (data, stride) in [(&argb[1..], stride), (&argb[..], 160 * 4 - 1), (&argb[..], usize::MAX)] {
        let refused = transfer.convert_argb(data, stride).expect_err("a refusal");
        assert!(matches!(refused, BackendError::Unsupported { .. }), "{refused}");
    }
    assert!(transfer.convert(rgba.as_ref()).is_err(), "it is open for another order");
    drop(transfer);
    double.assert_no_leaks();
}

#[test]
fn the_encoder_takes_what_the_candidate_makes() {
    let double = exclusive();
    let size = size(160, 96);
    let candidate = converters().remove(0);
    let encoder = VideoToolboxEncoder::open(&EncoderConfig::new(size)).expect("a session");
    assert_eq!(candidate.encoder, encoder.capabilities().name);
    let picture = pictures::rgba(size, 0);
    let config =
        ConverterConfig { color: Color::default(), ..config(picture.format(), PixelFormat::Nv12, size) };
    let mut converter = (candidate.open)(&config).expect("a conversion");
    let made = converter.convert(picture.as_ref()).expect("a surface");
    let Surface::Device(surface) = made else { panic!("a picture in host memory came") };
    assert!(encoder.takes(surface.as_ref()));
    drop((encoder, converter, surface));
    double.assert_no_leaks();
}

#[test]
fn pictures_that_are_kept_come_to_an_end_and_go_on_when_one_is_let_go() {
    let double = exclusive();
    let picture = pictures::rgba(size(160, 96), 0);
    let config = config(PixelFormat::Rgba8, PixelFormat::Nv12, size(160, 96));
    let mut transfer = PixelTransfer::open(&config).expect("a conversion");
    let mut kept: Vec<_> =
        (0..24).map(|_| transfer.convert(picture.as_ref()).expect("there is room")).collect();
    for _ in 0..2 {
        let full = transfer.convert(picture.as_ref()).expect_err("no room");
        assert!(matches!(full, BackendError::Failed { .. }), "{full}");
        assert!(full.to_string().contains("kCVReturnWouldExceedAllocationThreshold"), "{full}");
    }
    assert_eq!(double.ledger().live(Kind::PixelBuffer), 24);
    kept.pop();
    transfer.convert(picture.as_ref()).expect("one was let go");
    drop(transfer);
    assert_eq!(download(&kept[0]).size(), size(160, 96), "a picture outlives its conversion");
    drop(kept);
    double.assert_no_leaks();
}

#[test]
fn a_conversion_that_fails_says_so_at_open_and_later() {
    let double = exclusive();
    double.faults(|faults| faults.transfer_fails_after = Some(0));
    let open = || PixelTransfer::open(&config(PixelFormat::Bgra8, PixelFormat::Nv12, size(160, 96)));
    let refused = open().err().expect("no conversion");
    assert!(matches!(refused, BackendError::Unsupported { .. }), "{refused}");
    assert!(refused.to_string().contains("kVTPixelTransferNotSupportedErr"), "{refused}");

    double.faults(|faults| faults.transfer_fails_after = None);
    let mut transfer = open().expect("a conversion");
    double.faults(|faults| faults.transfer_fails_after = Some(0));
    let data = vec![0; 160 * 96 * 4];
    let picture = PictureRef::packed(PixelFormat::Bgra8, size(160, 96), &data).expect("a picture");
    let failed = transfer.convert(picture).expect_err("a failure");
    assert!(matches!(failed, BackendError::Failed { .. }), "{failed}");
    drop(transfer);
    double.assert_no_leaks();
}

#[test]
fn a_property_that_the_samples_depend_on_is_required_and_the_quality_of_chroma_is_not() {
    let double = exclusive();
    let open = || PixelTransfer::open(&config(PixelFormat::Bgra8, PixelFormat::Nv12, size(160, 96)));
    double.faults(|faults| faults.refuse = vec!["DownsamplingMode".to_owned()]);
    assert!(open().is_ok());
    double.faults(|faults| faults.refuse = vec!["DestinationYCbCrMatrix".to_owned()]);
    assert!(matches!(open(), Err(BackendError::Unsupported { .. })));
    double.assert_no_leaks();
}

#[test]
fn a_picture_of_another_kind_is_unsupported() {
    let double = exclusive();
    for (from, to, side) in [
        (PixelFormat::I420, PixelFormat::Nv12, 160),
        (PixelFormat::Rgba8, PixelFormat::I420, 160),
        (PixelFormat::Nv12, PixelFormat::Rgb8, 160),
        (PixelFormat::Rgba8, PixelFormat::Nv12, 161),
    ] {
        let opened = PixelTransfer::open(&config(from, to, size(side, 96)));
        assert!(matches!(opened, Err(BackendError::Unsupported { .. })), "{from} to {to}");
    }
    let config = config(PixelFormat::Bgra8, PixelFormat::Nv12, size(160, 96));
    let mut transfer = PixelTransfer::open(&config).expect("a conversion");
    let data = vec![0; 80 * 96 * 4];
    let picture = PictureRef::packed(PixelFormat::Bgra8, size(80, 96), &data).expect("a picture");
    assert!(matches!(transfer.convert(picture), Err(BackendError::Unsupported { .. })));
    drop(transfer);
    double.assert_no_leaks();
}

#[test]
fn the_variable_takes_the_converter_out_of_the_roster() {
    let name = "the_variable_takes_the_converter_out_of_the_roster";
    let open = || PixelTransfer::open(&config(PixelFormat::Bgra8, PixelFormat::Nv12, size(160, 96)));
    if std::env::var_os(CONVERT_VARIABLE).is_some() {
        // The child of below.
        assert!(converters().is_empty());
        assert!(matches!(open(), Err(BackendError::Unavailable { .. })));
        return;
    }
    let double = exclusive();
    assert!(converters().len() == 1 && open().is_ok());
    double.assert_no_leaks();
    let test = std::env::current_exe().expect("this program");
    for value in ["0", "false"] {
        let child = Command::new(&test).args([name, "--exact"]).env(CONVERT_VARIABLE, value).output();
        let child = child.expect("the program runs");
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success() && said.contains("1 passed"), "{said}");
    }
}
