//! The scaler against its own formula, term by term.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use framewire_convert::{Error, Scaler};
use framewire_frame::{PixelFormat, Size};
use proptest::prelude::*;
use support::{Canvas, Random, Shape, size};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_sample_is_the_rounded_mean_of_what_it_covers(
        source in (1_u32..60, 1_u32..40),
        shrink in (1_u32..60, 1_u32..40),
        seed in 1_u64..,
    ) {
        let target = size(shrink.0.min(source.0), shrink.1.min(source.1));
        check(size(source.0, source.1), target, seed);
    }
}

#[test]
fn usual_ratios_of_screens() {
    for (from, to) in
        [((192, 108), (96, 54)), ((192, 108), (128, 72)), ((160, 90), (120, 68)), ((683, 6), (342, 4))]
    {
        check(size(from.0, from.1), size(to.0, to.1), 42);
    }
}

#[test]
fn halving_is_the_mean_of_four() {
    let mut source = Canvas::new(PixelFormat::I420, size(4, 2), Shape { lead: 0, padding: 0 });
    let rows: [&[u8]; 4] = [&[10, 11, 0, 255], &[10, 11, 255, 255], &[7, 8], &[9, 9]];
    let mut next = rows.into_iter();
    source.each_row(|row| row.copy_from_slice(next.next().unwrap()));
    let mut target = Canvas::new(PixelFormat::I420, size(2, 1), Shape { lead: 0, padding: 0 });
    let scaler = Scaler::new(PixelFormat::I420, source.size, target.size).unwrap();
    scaler.scale(&source.as_ref(), &mut target.as_mut()).unwrap();
    assert_eq!(target.samples(), [11, 191, 8, 9], "10.5 rounds up, 191.25 down, 7.5 up");
}

#[test]
fn what_cannot_be_scaled_is_named() {
    let (small, large) = (size(2, 2), size(4, 2));
    let error = Scaler::new(PixelFormat::I420, small, large).unwrap_err();
    assert_eq!(error, Error::NotSmaller { source_size: small, target_size: large });
    let error = Scaler::new(PixelFormat::Rgb8, large, small).unwrap_err();
    assert_eq!(error.to_string(), "rgb pictures cannot be scaled: i420 and nv12 can");
    let scaler = Scaler::new(PixelFormat::Nv12, large, small).unwrap();
    assert_eq!(scaler.target_size(), small);
    let canvas = |format, size| Canvas::new(format, size, Shape { lead: 0, padding: 0 });
    let refused = scaler
        .scale(&canvas(PixelFormat::Nv12, small).as_ref(), &mut canvas(PixelFormat::Nv12, small).as_mut());
    assert_eq!(refused, Err(Error::SourceSize { expected: large, actual: small }));
}

#[test]
fn the_largest_picture_shrinks_to_one_pixel() {
    let large = size(Size::MAX_SIDE, 64);
    let mut source = Canvas::new(PixelFormat::I420, large, Shape { lead: 0, padding: 0 });
    source.each_row(|row| row.fill(255));
    let mut target = Canvas::new(PixelFormat::I420, size(1, 1), Shape { lead: 0, padding: 0 });
    let scaler = Scaler::new(PixelFormat::I420, large, target.size).unwrap();
    scaler.scale(&source.as_ref(), &mut target.as_mut()).unwrap();
    assert_eq!(target.samples(), [255; 3]);
}

fn check(from: Size, to: Size, seed: u64) {
    let mut random = Random(seed);
    for format in [PixelFormat::I420, PixelFormat::Nv12] {
        let source = Canvas::random(format, from, Shape { lead: 1, padding: 5 }, &mut random);
        let mut target = Canvas::new(format, to, Shape { lead: 3, padding: 2 });
        let scaler = Scaler::new(format, from, to).unwrap();
        scaler.scale(&source.as_ref(), &mut target.as_mut()).unwrap();
        target.assert_guards("scaled");
        for plane in 0..format.plane_count() {
            let (from, to) = if plane == 0 { (from, to) } else { (from.chroma(), to.chroma()) };
            let components = if format == PixelFormat::Nv12 && plane == 1 { 2 } else { 1 };
            let (source, target) = (source.as_ref().plane(plane), target.as_ref().plane(plane));
            for y in 0..to.height() {
                for x in 0..to.width() {
                    for component in 0..components {
                        let at = |column: u32| column as usize * components + component;
                        let sample = |column, row: u32| source.row(row as usize)[at(column)];
                        let expected = mean(from, to, x, y, sample);
                        assert_eq!(target.row(y as usize)[at(x)], expected, "{format} {from} to {to}");
                    }
                }
            }
        }
    }
}

/// The documented sum without any reduction of the ratios.
fn mean(from: Size, to: Size, x: u32, y: u32, sample: impl Fn(u32, u32) -> u8) -> u8 {
    let mut sum = 0;
    for (row, height) in overlaps(y, from.height(), to.height()) {
        for (column, width) in overlaps(x, from.width(), to.width()) {
            sum += width * height * u64::from(sample(column, row));
        }
    }
    let whole = u64::from(from.width()) * u64::from(from.height());
    u8::try_from((sum + whole / 2) / whole).unwrap()
}

/// The source samples that target sample `index` covers, and how much of them.
fn overlaps(index: u32, from: u32, to: u32) -> impl Iterator<Item = (u32, u64)> {
    let overlap = move |other: u32| {
        ((index + 1) * from).min((other + 1) * to).saturating_sub((index * from).max(other * to))
    };
    (0..from).map(move |other| (other, u64::from(overlap(other)))).filter(|&(_, overlap)| overlap > 0)
}
