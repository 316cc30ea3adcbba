//! What `convert_tracking` says about a picture and the one before it, and what a plan refuses.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use framewire_convert::{ChangeMap, Converter, Error};
use framewire_frame::{Color, PixelFormat};
use support::{Canvas, Random, Shape, size};

const PLAIN: Shape = Shape { lead: 0, padding: 0 };

/// Column and row of the blocks that have changed.
fn changed(changes: &ChangeMap) -> Vec<(usize, usize)> {
    let blocks = (0..).zip(changes.flags()).filter(|(_, changed)| **changed);
    blocks.map(|(index, _)| (index % changes.columns(), index / changes.columns())).collect()
}

#[test]
fn the_same_picture_changes_nothing_and_one_pixel_its_block() {
    let size = size(83, 51);
    for target in PixelFormat::ALL {
        for source in PixelFormat::ALL {
            let Ok(converter) = Converter::new(source, target, size, Color::default()) else { continue };
            let context = format!("{source} to {target}");
            let mut picture = Canvas::new(source, size, PLAIN);
            picture.each_row(|row| row.fill(100));
            let mut last = Canvas::new(target, size, PLAIN);
            let mut changes = ChangeMap::default();
            converter.convert_tracking(&picture.as_ref(), &mut last.as_mut(), &mut changes).unwrap();
            assert_eq!((changes.columns(), changes.rows(), changes.count()), (6, 4, 24), "{context}");

            changes.clear();
            converter.convert_tracking(&picture.as_ref(), &mut last.as_mut(), &mut changes).unwrap();
            assert!(!changes.any(), "{context}");

            // A pixel of the last column but one, in the 35th row.
            let mut y = 0;
            picture.each_row(|row| {
                if y == 34 {
                    let pixel = row.len() * 81 / 83;
                    row[pixel] = 200;
                }
                y += 1;
            });
            converter.convert_tracking(&picture.as_ref(), &mut last.as_mut(), &mut changes).unwrap();
            assert_eq!(changed(&changes), [(5, 2)], "{context}");
            converter.convert_tracking(&picture.as_ref(), &mut last.as_mut(), &mut changes).unwrap();
            assert_eq!(changed(&changes), [(5, 2)], "{context}: marks stay");
        }
    }
}

#[test]
fn a_change_of_color_alone_is_a_change() {
    let size = size(64, 32);
    for format in [PixelFormat::Nv12, PixelFormat::I420] {
        let converter = Converter::new(format, PixelFormat::I420, size, Color::default()).unwrap();
        let mut picture = Canvas::random(format, size, PLAIN, &mut Random(5));
        let mut last = Canvas::new(PixelFormat::I420, size, PLAIN);
        let mut changes = ChangeMap::new(size);
        converter.convert(&picture.as_ref(), &mut last.as_mut()).unwrap();
        let mut rows = 0;
        picture.each_row(|row| {
            // The second block row's first row of (the first plane of) chroma, at its last sample.
            if rows == 32 + 8 {
                *row.last_mut().unwrap() ^= 1;
            }
            rows += 1;
        });
        converter.convert_tracking(&picture.as_ref(), &mut last.as_mut(), &mut changes).unwrap();
        assert_eq!(changed(&changes), [(3, 1)], "{format}");
    }
}

#[test]
fn pictures_that_were_not_planned_for_are_refused_and_left_alone() {
    let (planned, other) = (size(8, 6), size(8, 4));
    let converter = Converter::new(PixelFormat::Rgba8, PixelFormat::Nv12, planned, Color::default()).unwrap();
    let canvas = |format, size| Canvas::new(format, size, PLAIN);
    let (good_source, good_target) =
        (canvas(PixelFormat::Rgba8, planned), canvas(PixelFormat::Nv12, planned));
    for (source, target, expected) in [
        (
            canvas(PixelFormat::Bgra8, planned),
            good_target.clone(),
            Error::SourceFormat { expected: PixelFormat::Rgba8, actual: PixelFormat::Bgra8 },
        ),
        (
            canvas(PixelFormat::Rgba8, other),
            good_target.clone(),
            Error::SourceSize { expected: planned, actual: other },
        ),
        (
            good_source.clone(),
            canvas(PixelFormat::I420, planned),
            Error::TargetFormat { expected: PixelFormat::Nv12, actual: PixelFormat::I420 },
        ),
        (
            good_source.clone(),
            canvas(PixelFormat::Nv12, other),
            Error::TargetSize { expected: planned, actual: other },
        ),
    ] {
        let mut target = target;
        let before = target.samples();
        let mut changes = ChangeMap::default();
        assert_eq!(converter.convert(&source.as_ref(), &mut target.as_mut()), Err(expected.clone()));
        assert_eq!(
            converter.convert_tracking(&source.as_ref(), &mut target.as_mut(), &mut changes),
            Err(expected)
        );
        assert_eq!(target.samples(), before);
        assert_eq!(changes, ChangeMap::default());
    }
}
