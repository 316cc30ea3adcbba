//! Smaller renditions are made on the device, to the processor's bytes.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use framewire_frame::{Color, PixelFormat};
use framewire_wgpu::wgpu::TextureFormat;
use support::{Random, colors, converter, each_gpu, packed, scaled_on_processor, size, surface};

#[test]
fn every_ratio_is_equal_to_the_byte() {
    let mut random = Random(11);
    each_gpu("every_ratio_is_equal_to_the_byte", |gpu| {
        for (from, to) in [
            ((64, 36), (32, 18)),
            ((64, 36), (16, 10)),
            ((67, 35), (34, 18)),
            ((67, 35), (18, 10)),
            ((100, 51), (33, 17)),
            ((7, 5), (2, 2)),
            ((2, 2), (2, 2)),
            ((33, 1), (9, 1)),
            ((1920, 1080), (960, 540)),
            ((1283, 719), (642, 360)),
        ] {
            let (from, to) = (size(from.0, from.1), size(to.0, to.1));
            let pixels = random.bytes(4 * from.pixels());
            for (format, color) in
                [(PixelFormat::Nv12, Color::default()), (PixelFormat::I420, colors().last().unwrap())]
            {
                let small = surface(gpu, TextureFormat::Rgba8Unorm, from, &pixels).scaled(to, color).unwrap();
                assert_eq!(small.size(), to);
                let made = converter(&*small, format, color).convert(&*small).unwrap();
                let expected = scaled_on_processor(&pixels, from, to, format, color);
                assert_eq!(made.picture.size(), to.padded_to_even());
                assert!(is_padded(&packed(&made.picture), &expected, format, to), "{from} to {to}, {format}");
            }
            let small = surface(gpu, TextureFormat::Rgba8Unorm, from, &pixels).scaled(to, Color::default());
            let downloaded = small.unwrap().download().unwrap();
            assert_eq!((downloaded.size(), downloaded.format()), (to, PixelFormat::Nv12));
            let expected = scaled_on_processor(&pixels, from, to, PixelFormat::Nv12, Color::default());
            assert!(packed(&downloaded) == expected, "{from} to {to}, downloaded");
        }
    });
}

/// Whether `padded` has the samples of `plain` and repeats the edge of luma beyond them.
fn is_padded(padded: &[u8], plain: &[u8], format: PixelFormat, size: framewire_frame::Size) -> bool {
    let even = size.padded_to_even();
    let luma = |x: usize, y: usize| {
        plain[y.min(size.height() as usize - 1) * size.width() as usize + x.min(size.width() as usize - 1)]
    };
    let rows = (0..even.height() as usize).flat_map(|y| (0..even.width() as usize).map(move |x| (x, y)));
    let (padded_luma, padded_chroma) = padded.split_at(even.pixels());
    assert_eq!(padded_chroma.len(), format.packed_len(size) - size.pixels());
    rows.zip(padded_luma).all(|((x, y), sample)| luma(x, y) == *sample)
        && *padded_chroma == plain[size.pixels()..]
}

#[test]
fn what_the_device_cannot_scale_is_left_to_the_processor() {
    each_gpu("what_the_device_cannot_scale_is_left_to_the_processor", |gpu| {
        let surface = surface(gpu, TextureFormat::Rgba8Unorm, size(16, 8), &[0; 512]);
        assert!(surface.scaled(size(32, 4), Color::default()).is_none(), "a side would grow");
        // Two ratios without a common divisor: sums beyond 32 bits.
        let large = size(5477, 3079);
        let surface = support::surface(gpu, TextureFormat::Rgba8Unorm, large, &vec![0; 4 * large.pixels()]);
        assert!(surface.scaled(size(2740, 1540), Color::default()).is_none());
        assert!(surface.scaled(size(5477, 1540), Color::default()).is_some());
    });
}
