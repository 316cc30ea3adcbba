//! The canonical arithmetic against the standards' formulas in `f64`, and against an independent implementation.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test may panic"
)]

mod support;

use dcv_color_primitives as dcp;
use framewire_convert::{Converter, RgbWeights, YuvWeights};
use framewire_frame::{Color, Matrix, PictureMut, PictureRef, PixelFormat, Range, Size};
use support::{Random, colors, convert, size};

/// How far the integers are from the real numbers before rounding, in code values: what the front page states.
const LUMA_ERROR: f64 = 0.0034;
const CHROMA_ERROR: f64 = 0.0051;
const RGB_ERROR: f64 = 0.005;

#[test]
fn the_weights_are_those_of_the_front_page() {
    let limited = |matrix| YuvWeights::new(color(matrix, Range::Limited));
    let full = |matrix| YuvWeights::new(color(matrix, Range::Full));
    for (weights, y, u, v) in [
        (limited(Matrix::Bt601), [16829, 33039, 6416], [-9714, -19070, 28784], [28784, -24103, -4681]),
        (full(Matrix::Bt601), [19595, 38470, 7471], [-11058, -21710, 32768], [32768, -27439, -5329]),
        (limited(Matrix::Bt709), [11966, 40254, 4064], [-6596, -22188, 28784], [28784, -26145, -2639]),
        (full(Matrix::Bt709), [13933, 46871, 4732], [-7509, -25259, 32768], [32768, -29763, -3005]),
    ] {
        assert_eq!((weights.y, weights.u, weights.v), (y, u, v));
        assert_eq!(weights.chroma_bias, 33_685_504);
    }
    assert_eq!(limited(Matrix::Bt601).y_bias, 1_081_344);
    assert_eq!(full(Matrix::Bt601).y_bias, 32_768);

    for (matrix, range, numbers) in [
        (Matrix::Bt601, Range::Limited, [16, 76309, 104_597, -25675, -53279, 132_201]),
        (Matrix::Bt601, Range::Full, [0, 65536, 91881, -22553, -46802, 116_130]),
        (Matrix::Bt709, Range::Limited, [16, 76309, 117_489, -13975, -34925, 138_438]),
        (Matrix::Bt709, Range::Full, [0, 65536, 103_206, -12276, -30679, 121_609]),
    ] {
        let RgbWeights { black, y, v_red, u_green, v_green, u_blue, bias } =
            RgbWeights::new(color(matrix, range));
        assert_eq!([black, y, v_red, u_green, v_green, u_blue], numbers);
        assert_eq!(bias, 32_768);
    }
}

#[test]
fn luma_and_chroma_are_the_nearest_to_the_formula() {
    // Steps of 5 reach both ends; 128 and its neighbours lie between.
    let steps: Vec<u8> = (0..=255).filter(|value| value % 5 == 0 || (126..=130).contains(value)).collect();
    compare_flat_colors(&steps);
}

#[test]
#[ignore = "slow without optimisation: run with --release -- --ignored"]
fn luma_and_chroma_are_the_nearest_to_the_formula_for_every_color() {
    compare_flat_colors(&(0..=255).collect::<Vec<u8>>());
}

/// Each colour as a row of 2x2 squares of one colour.
fn compare_flat_colors(steps: &[u8]) {
    let size = size(2 * steps.len() as u32, 2);
    for color in colors() {
        let converter = Converter::new(PixelFormat::Rgb8, PixelFormat::I420, size, color).unwrap();
        for &red in steps {
            for &green in steps {
                let row: Vec<u8> =
                    steps.iter().flat_map(|&blue| [red, green, blue, red, green, blue]).collect();
                let yuv = convert(&converter, &[row.clone(), row].concat());
                let (luma, chroma) = yuv.split_at(size.pixels());
                let (u, v) = chroma.split_at(steps.len());
                for (index, &blue) in steps.iter().enumerate() {
                    let real = yuv_of(color, [red, green, blue].map(f64::from));
                    for x in [2 * index, 2 * index + 1] {
                        assert_near(luma[x], real[0], LUMA_ERROR);
                        assert_eq!(luma[x], luma[size.width() as usize + x]);
                    }
                    assert_near(u[index], real[1], CHROMA_ERROR);
                    assert_near(v[index], real[2], CHROMA_ERROR);
                }
            }
        }
    }
}

#[test]
fn chroma_comes_from_the_unrounded_mean_of_four_pixels() {
    let (size, mut random) = (size(512, 64), Random(7));
    let mut pixels = vec![0; PixelFormat::Rgba8.packed_len(size)];
    random.pixels(&mut pixels);
    for color in colors() {
        let converter = Converter::new(PixelFormat::Rgba8, PixelFormat::Nv12, size, color).unwrap();
        let yuv = convert(&converter, &pixels);
        let width = size.width() as usize;
        for y in 0..size.height() as usize / 2 {
            for x in 0..width / 2 {
                let mean = [0, 1, 2].map(|component| {
                    let at = |x: usize, y: usize| f64::from(pixels[(y * width + x) * 4 + component]);
                    (at(2 * x, 2 * y)
                        + at(2 * x + 1, 2 * y)
                        + at(2 * x, 2 * y + 1)
                        + at(2 * x + 1, 2 * y + 1))
                        / 4.0
                });
                let real = yuv_of(color, mean);
                let at = size.pixels() + y * width + 2 * x;
                assert_near(yuv[at], real[1], CHROMA_ERROR);
                assert_near(yuv[at + 1], real[2], CHROMA_ERROR);
            }
        }
    }
}

#[test]
fn greys_have_no_color_and_come_back_unchanged_in_full_range() {
    let size = size(512, 2);
    let row: Vec<u8> = (0..=255_u8).flat_map(|grey| [grey; 6]).collect();
    let picture = [row.clone(), row].concat();
    for color in colors() {
        let yuv =
            convert(&Converter::new(PixelFormat::Rgb8, PixelFormat::Nv12, size, color).unwrap(), &picture);
        assert!(yuv[size.pixels()..].iter().all(|&chroma| chroma == 128));
        let back = convert(&Converter::new(PixelFormat::Nv12, PixelFormat::Rgb8, size, color).unwrap(), &yuv);
        let tolerance = if color.range.is_full() { 0 } else { 1 };
        assert!(back.iter().zip(&picture).all(|(&a, &b)| a.abs_diff(b) <= tolerance));
    }
}

#[test]
fn edge_pixels_are_repeated_at_odd_sizes() {
    let size = size(3, 3);
    let mut random = Random(3);
    let mut pixels = vec![0; PixelFormat::Rgb8.packed_len(size)];
    random.pixels(&mut pixels);
    // The same picture with its last column and row doubled by hand.
    let wide: Vec<u8> = pixels.chunks(9).flat_map(|row| [row, &row[6..]].concat()).collect();
    let wide = [&wide[..], &wide[24..]].concat();
    let even = size.padded_to_even();
    for target in [PixelFormat::Nv12, PixelFormat::I420] {
        let by_hand =
            convert(&Converter::new(PixelFormat::Rgb8, target, even, Color::default()).unwrap(), &wide);
        let converter = Converter::new(PixelFormat::Rgb8, target, size, Color::default()).unwrap();
        let mut padded = vec![0; target.packed_len(even)];
        let source = PictureRef::packed(PixelFormat::Rgb8, size, &pixels).unwrap();
        converter.convert(&source, &mut PictureMut::packed(target, even, &mut padded).unwrap()).unwrap();
        assert_eq!(padded, by_hand);
        let odd = convert(&converter, &pixels);
        assert_eq!(odd[9..], by_hand[16..], "the chroma of an odd picture is that of the padded one");
        assert_eq!(odd[..3], by_hand[..3]);
    }
}

#[test]
fn yuv_becomes_rgb_with_the_nearest_chroma_and_clamps() {
    let steps: Vec<u8> = (0..=255).filter(|value| value % 15 == 0 || (126..=130).contains(value)).collect();
    let size = size(2 * steps.len() as u32, 2);
    for color in colors() {
        let converter = Converter::new(PixelFormat::I420, PixelFormat::Rgb8, size, color).unwrap();
        for &u in &steps {
            for &v in &steps {
                let row: Vec<u8> = steps.iter().flat_map(|&y| [y, y]).collect();
                let yuv = [row.clone(), row, vec![u; steps.len()], vec![v; steps.len()]].concat();
                let rgb = convert(&converter, &yuv);
                for (index, &y) in steps.iter().enumerate() {
                    let real = rgb_of(color, [y, u, v].map(f64::from));
                    for (component, real) in real.into_iter().enumerate() {
                        assert_near(rgb[index * 6 + component], real, RGB_ERROR);
                    }
                }
            }
        }
    }
}

#[test]
fn alpha_is_ignored_and_comes_out_opaque() {
    let size = size(3, 1);
    let to_yuv = Converter::new(PixelFormat::Bgra8, PixelFormat::I420, size, Color::default()).unwrap();
    let opaque = convert(&to_yuv, &[10, 20, 30, 255, 40, 50, 60, 255, 70, 80, 90, 255]);
    assert_eq!(convert(&to_yuv, &[10, 20, 30, 0, 40, 50, 60, 7, 70, 80, 90, 128]), opaque);
    let to_rgb = Converter::new(PixelFormat::I420, PixelFormat::Rgba8, size, Color::default()).unwrap();
    let rgba = convert(&to_rgb, &opaque);
    assert_eq!([rgba[3], rgba[7], rgba[11]], [255; 3]);
}

#[test]
fn nv12_to_i420_and_back_changes_nothing() {
    for size in [size(1, 1), size(7, 5), size(64, 48)] {
        let mut nv12 = vec![0; PixelFormat::Nv12.packed_len(size)];
        Random(11).pixels(&mut nv12);
        let there = Converter::new(PixelFormat::Nv12, PixelFormat::I420, size, Color::default()).unwrap();
        let back = Converter::new(PixelFormat::I420, PixelFormat::Nv12, size, Color::default()).unwrap();
        assert_eq!(convert(&back, &convert(&there, &nv12)), nv12);
    }
}

#[test]
fn an_independent_implementation_agrees_within_one() {
    let (size, mut random) = (size(254, 130), Random(99));
    let mut bgra = vec![0; PixelFormat::Bgra8.packed_len(size)];
    random.pixels(&mut bgra);
    for color in colors() {
        let converter = Converter::new(PixelFormat::Bgra8, PixelFormat::Nv12, size, color).unwrap();
        let ours = convert(&converter, &bgra);
        let theirs = by_dcp(color, size, &bgra);
        let furthest = ours.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(furthest <= Some(1), "{furthest:?} in {color:?}");
    }
}

fn by_dcp(color: Color, size: Size, bgra: &[u8]) -> Vec<u8> {
    let space = match (color.matrix, color.range) {
        (Matrix::Bt601, Range::Limited) => dcp::ColorSpace::Bt601,
        (Matrix::Bt601, Range::Full) => dcp::ColorSpace::Bt601FR,
        (Matrix::Bt709, Range::Limited) => dcp::ColorSpace::Bt709,
        (Matrix::Bt709, Range::Full) => dcp::ColorSpace::Bt709FR,
    };
    let source = dcp::ImageFormat {
        pixel_format: dcp::PixelFormat::Bgra,
        color_space: dcp::ColorSpace::Rgb,
        num_planes: 1,
    };
    let target = dcp::ImageFormat { pixel_format: dcp::PixelFormat::Nv12, color_space: space, num_planes: 2 };
    let (mut luma, mut chroma) = (vec![0; size.pixels()], vec![0; size.pixels() / 2]);
    let mut planes = [&mut luma[..], &mut chroma[..]];
    dcp::convert_image(size.width(), size.height(), &source, None, &[bgra], &target, None, &mut planes)
        .unwrap();
    [luma, chroma].concat()
}

fn color(matrix: Matrix, range: Range) -> Color {
    Color { matrix, range, ..Color::default() }
}

/// ITU-R BT.601-7, 2.5.1 to 2.5.3, and BT.709-6, 3.2 to 3.4, scaled to 8 bits.
fn yuv_of(color: Color, [red, green, blue]: [f64; 3]) -> [f64; 3] {
    let [kr, kg, kb] = luma_weights(color);
    let y = kr * red + kg * green + kb * blue;
    let (pb, pr) = ((blue - y) / (2.0 - 2.0 * kb), (red - y) / (2.0 - 2.0 * kr));
    match color.range {
        Range::Limited => [16.0 + y * 219.0 / 255.0, 128.0 + pb * 224.0 / 255.0, 128.0 + pr * 224.0 / 255.0],
        Range::Full => [y, 128.0 + pb, 128.0 + pr],
    }
}

fn rgb_of(color: Color, [y, u, v]: [f64; 3]) -> [f64; 3] {
    let [kr, kg, kb] = luma_weights(color);
    let (y, pb, pr) = match color.range {
        Range::Limited => {
            ((y - 16.0) * 255.0 / 219.0, (u - 128.0) * 255.0 / 224.0, (v - 128.0) * 255.0 / 224.0)
        }
        Range::Full => (y, u - 128.0, v - 128.0),
    };
    let (red, blue) = (y + pr * (2.0 - 2.0 * kr), y + pb * (2.0 - 2.0 * kb));
    [red, (y - kr * red - kb * blue) / kg, blue]
}

fn luma_weights(color: Color) -> [f64; 3] {
    match color.matrix {
        Matrix::Bt601 => [0.299, 0.587, 0.114],
        Matrix::Bt709 => [0.2126, 0.7152, 0.0722],
    }
}

/// The rounded and clamped `real`, but that a tie within `error` may fall on either side.
fn assert_near(actual: u8, real: f64, error: f64) {
    let distance = (f64::from(actual) - real.clamp(0.0, 255.0)).abs();
    assert!(distance <= 0.5 + error, "{actual} for {real}");
}
