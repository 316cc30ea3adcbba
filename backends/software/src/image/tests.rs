use super::candidates;
use framewire_codec::{ImageBackend, ImageFormat};
use framewire_frame::{Color, Matrix, PictureRef, PixelFormat, Range, Size};
use std::io::Cursor;

/// Every shape that a strip, a unit or a chroma sample could trip over.
const SIZES: [(u32, u32); 9] =
    [(1, 1), (2, 2), (17, 33), (16, 128), (33, 257), (640, 255), (640, 258), (129, 513), (1, 300)];

fn backends(format: ImageFormat) -> Vec<(&'static str, Box<dyn ImageBackend>)> {
    let rows = candidates().into_iter().filter(|row| row.format == format);
    rows.map(|row| (row.name, (row.open)().unwrap())).collect()
}

/// A smooth picture in RGB.
fn picture(size: Size) -> Vec<u8> {
    let (width, height) = (size.width(), size.height());
    let slope = |at: u32, side: u32| at * 200 / side.max(200);
    let pixel = |x, y| [slope(x, width), slope(y, height), slope(x + y, width + height)];
    (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).map(|value| value as u8).collect()
}

fn four_bytes(rgb: &[u8], order: [usize; 3]) -> Vec<u8> {
    rgb.chunks(3).flat_map(|pixel| [pixel[order[0]], pixel[order[1]], pixel[order[2]], 7]).collect()
}

fn psnr(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let squares: f64 = a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 * a.len() as f64 / squares.max(1e-9)).log10()
}

fn decode_png(bytes: &[u8]) -> Vec<u8> {
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

fn decode_webp(bytes: &[u8]) -> Vec<u8> {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).unwrap();
    let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut pixels).unwrap();
    pixels
}

fn decode_jpeg(bytes: &[u8]) -> Vec<u8> {
    zune_jpeg::JpegDecoder::new(zune_jpeg::zune_core::bytestream::ZCursor::new(bytes)).decode().unwrap()
}

#[test]
fn lossless_images_give_back_the_same_pixels_from_every_packed_format() {
    for (width, height) in SIZES {
        let size = Size::new(width, height).unwrap();
        let rgb = picture(size);
        let (rgba, bgra) = (four_bytes(&rgb, [0, 1, 2]), four_bytes(&rgb, [2, 1, 0]));
        let sources = [(PixelFormat::Rgb8, &rgb), (PixelFormat::Rgba8, &rgba), (PixelFormat::Bgra8, &bgra)];
        for (format, data) in sources {
            let source = PictureRef::packed(format, size, data).unwrap();
            for (name, mut backend) in backends(ImageFormat::Png) {
                let mut out = vec![1, 2, 3];
                backend.encode(source, Color::default(), 80, &mut out).unwrap();
                assert!(decode_png(&out[3..]) == rgb, "{name} {size} {format}");
            }
            for (name, mut backend) in backends(ImageFormat::Webp) {
                let mut out = vec![1, 2, 3];
                backend.encode(source, Color::default(), 80, &mut out).unwrap();
                assert!(decode_webp(&out[3..]) == rgb, "{name} {size} {format}");
            }
        }
    }
}

#[test]
fn a_jpeg_of_strips_decodes_to_the_picture_at_every_size() {
    for (name, mut backend) in backends(ImageFormat::Jpeg) {
        for (width, height) in SIZES {
            let size = Size::new(width, height).unwrap();
            let rgb = picture(size);
            let mut out = vec![1, 2, 3];
            let source = PictureRef::packed(PixelFormat::Rgb8, size, &rgb).unwrap();
            backend.encode(source, Color::default(), 95, &mut out).unwrap();
            let psnr = psnr(&decode_jpeg(&out[3..]), &rgb);
            assert!(psnr > 30.0, "{name} {size}: {psnr:.1} dB");
        }
    }
}

#[test]
fn yuv_pictures_of_every_colour_become_the_rgb_that_they_mean() {
    let size = Size::new(64, 300).unwrap();
    let rgb = picture(size);
    let source = PictureRef::packed(PixelFormat::Rgb8, size, &rgb).unwrap();
    for format in [PixelFormat::Nv12, PixelFormat::I420] {
        for matrix in [Matrix::Bt601, Matrix::Bt709] {
            for range in [Range::Limited, Range::Full] {
                let color = Color { matrix, range, ..Color::default() };
                let mut yuv = Vec::new();
                super::rgb::convert(source, format, size, color, &mut yuv).unwrap();
                let picture = PictureRef::packed(format, size, &yuv).unwrap();
                for image in ImageFormat::ALL {
                    for (name, mut backend) in backends(image) {
                        let mut out = Vec::new();
                        backend.encode(picture, color, 95, &mut out).unwrap();
                        let decoded = match image {
                            ImageFormat::Jpeg => decode_jpeg(&out),
                            ImageFormat::Png => decode_png(&out),
                            ImageFormat::Webp => decode_webp(&out),
                        };
                        let psnr = psnr(&decoded, &rgb);
                        assert!(psnr > 30.0, "{name} {format} {color:?}: {psnr:.1} dB");
                    }
                }
            }
        }
    }
}

#[test]
fn padding_between_rows_and_alpha_are_never_seen() {
    let size = Size::new(50, 260).unwrap();
    let rgb = picture(size);
    let stride = 50 * 4 + 12;
    let mut padded = vec![0xee; stride * 260];
    for (row, source) in padded.chunks_mut(stride).zip(four_bytes(&rgb, [2, 1, 0]).chunks(200)) {
        row[..200].copy_from_slice(source);
    }
    let picture = PictureRef::new(PixelFormat::Bgra8, size, &[(&padded, stride)]).unwrap();
    for (_, mut backend) in backends(ImageFormat::Png) {
        let mut out = Vec::new();
        backend.encode(picture, Color::default(), 1, &mut out).unwrap();
        assert!(decode_png(&out) == rgb);
    }
    for (name, mut backend) in backends(ImageFormat::Jpeg) {
        let mut out = Vec::new();
        backend.encode(picture, Color::default(), 95, &mut out).unwrap();
        assert!(psnr(&decode_jpeg(&out), &rgb) > 30.0, "{name}");
    }
}

#[test]
fn quality_changes_the_size_of_a_jpeg_and_any_number_is_taken() {
    let size = Size::new(320, 240).unwrap();
    let mut noise = picture(size);
    noise
        .iter_mut()
        .enumerate()
        .for_each(|(index, value)| *value ^= ((index * 2_654_435_761) >> 7) as u8 & 63);
    let picture = PictureRef::packed(PixelFormat::Rgb8, size, &noise).unwrap();
    for (name, mut backend) in backends(ImageFormat::Jpeg) {
        let sizes = [0, 1, 50, 80, 100, 255].map(|quality| {
            let mut out = Vec::new();
            backend.encode(picture, Color::default(), quality, &mut out).unwrap();
            out.len()
        });
        assert!(sizes.is_sorted(), "{name}: {sizes:?}");
        assert!(sizes[1] < sizes[2] && sizes[2] < sizes[4], "{name}: {sizes:?}");
    }
}
