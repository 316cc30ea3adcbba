//! The golden vectors, which every backend is held to.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;
#[path = "../../../crates/convert/tests/support/vectors.rs"]
mod vectors;

use framewire_frame::{Color, PixelFormat};
use framewire_wgpu::wgpu::TextureFormat;
use support::{converter, each_gpu, packed, surface};

#[test]
fn pictures_are_converted_as_the_vectors_say() {
    each_gpu("pictures_are_converted_as_the_vectors_say", |gpu| {
        for vector in vectors::conversions() {
            let surface = surface(gpu, TextureFormat::Rgba8Unorm, vector.size, &vector.rgba);
            for (to, expected) in [(PixelFormat::Nv12, &vector.nv12), (PixelFormat::I420, &vector.i420)] {
                let made = converter(&*surface, to, vector.color).convert(&*surface).unwrap();
                assert_eq!(packed(&made.picture), *expected, "{} {:?} to {to}", vector.size, vector.color);
            }
        }
    });
}

#[test]
fn pictures_are_scaled_as_the_vectors_say() {
    each_gpu("pictures_are_scaled_as_the_vectors_say", |gpu| {
        for vector in vectors::scalings() {
            let surface = surface(gpu, TextureFormat::Rgba8Unorm, vector.size, &vector.rgba);
            let small = surface.scaled(vector.target, Color::default()).unwrap();
            let made = converter(&*small, PixelFormat::I420, Color::default()).convert(&*small).unwrap();
            if vector.target.is_even() {
                assert_eq!(packed(&made.picture), vector.i420, "{} to {}", vector.size, vector.target);
            }
            // The same samples as NV12, without padding.
            let downloaded = small.download().unwrap();
            let luma = vector.target.pixels();
            let (u, v) = vector.i420[luma..].split_at(vector.target.chroma().pixels());
            let interleaved: Vec<u8> = u.iter().zip(v).flat_map(|(u, v)| [*u, *v]).collect();
            assert_eq!(packed(&downloaded), [&vector.i420[..luma], &interleaved].concat());
        }
    });
}

#[test]
fn blocks_change_as_the_vectors_say() {
    each_gpu("blocks_change_as_the_vectors_say", |gpu| {
        let (size, mut rgba, steps) = vectors::changes();
        let first = surface(gpu, TextureFormat::Rgba8Unorm, size, &rgba);
        let converter = converter(&*first, PixelFormat::Nv12, Color::default());
        converter.convert(&*first).unwrap();
        for step in steps {
            rgba[step.byte] ^= step.xor;
            let surface = surface(gpu, TextureFormat::Rgba8Unorm, size, &rgba);
            let changes = converter.convert(&*surface).unwrap().changes;
            let blocks: Vec<usize> =
                (0..changes.flags().len()).filter(|block| changes.flags()[*block]).collect();
            assert_eq!(blocks, step.blocks);
        }
    });
}
