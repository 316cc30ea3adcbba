//! Every level gives the golden vectors, as every backend has to.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use framewire_convert::{ChangeMap, Converter, Level, Scaler};
use framewire_frame::{Color, PictureMut, PictureRef, PixelFormat};
use support::vectors;

#[test]
fn every_level_converts_as_the_vectors_say() {
    for vector in vectors::conversions() {
        for level in Level::available() {
            for (to, expected) in [(PixelFormat::Nv12, &vector.nv12), (PixelFormat::I420, &vector.i420)] {
                let converter = Converter::new(PixelFormat::Rgba8, to, vector.size, vector.color).unwrap();
                let mut made = vec![0; to.packed_len(vector.size.padded_to_even())];
                let source = PictureRef::packed(PixelFormat::Rgba8, vector.size, &vector.rgba).unwrap();
                let mut target = PictureMut::packed(to, vector.size.padded_to_even(), &mut made).unwrap();
                converter.with_level(level).unwrap().convert(&source, &mut target).unwrap();
                assert_eq!(made, *expected, "{} {:?} to {to}, {level}", vector.size, vector.color);
            }
        }
    }
}

#[test]
fn pictures_are_scaled_as_the_vectors_say() {
    for vector in vectors::scalings() {
        let format = PixelFormat::I420;
        let converter = Converter::new(PixelFormat::Rgba8, format, vector.size, Color::default()).unwrap();
        let full = support::convert(&converter, &vector.rgba);
        let mut made = vec![0; format.packed_len(vector.target)];
        Scaler::new(format, vector.size, vector.target)
            .unwrap()
            .scale(
                &PictureRef::packed(format, vector.size, &full).unwrap(),
                &mut PictureMut::packed(format, vector.target, &mut made).unwrap(),
            )
            .unwrap();
        assert_eq!(made, vector.i420, "{} to {}", vector.size, vector.target);
    }
}

#[test]
fn blocks_change_as_the_vectors_say() {
    let (size, mut rgba, steps) = vectors::changes();
    let padded = size.padded_to_even();
    for level in Level::available() {
        let converter =
            Converter::new(PixelFormat::Rgba8, PixelFormat::Nv12, size, Color::default()).unwrap();
        let converter = converter.with_level(level).unwrap();
        let mut nv12 = vec![0; PixelFormat::Nv12.packed_len(padded)];
        let mut convert = |rgba: &[u8]| {
            let mut map = ChangeMap::new(padded);
            let source = PictureRef::packed(PixelFormat::Rgba8, size, rgba).unwrap();
            let mut target = PictureMut::packed(PixelFormat::Nv12, padded, &mut nv12).unwrap();
            converter.convert_tracking(&source, &mut target, &mut map).unwrap();
            (0..map.flags().len()).filter(|block| map.flags()[*block]).collect::<Vec<_>>()
        };
        convert(&rgba);
        for step in &steps {
            rgba[step.byte] ^= step.xor;
            assert_eq!(convert(&rgba), step.blocks, "{level}");
        }
        steps.iter().for_each(|step| rgba[step.byte] ^= step.xor);
    }
}
