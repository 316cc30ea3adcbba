//! Every level that this machine has gives the bytes of the scalar twin, on every format, size and layout in memory.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use framewire_convert::{ChangeMap, Converter, Error, Level};
use framewire_frame::{PixelFormat, Size};
use support::{Canvas, Random, Shape, colors, size};

/// Stamps the runner on one level.
macro_rules! level {
    ($name:ident, $level:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn equals_the_scalar_twin_at_every_small_size() {
                run($level, (1..=70).flat_map(|width| (1..=3).map(move |height| size(width, height))));
                run($level, (1..=9).flat_map(|width| (4..=8).map(move |height| size(width, height))));
                run($level, [17, 34, 63, 66].map(|width| size(width, 35 + width % 8)));
            }

            #[test]
            fn equals_the_scalar_twin_at_sizes_of_screens_and_odd_ones() {
                run(
                    $level,
                    [(127, 33), (129, 31), (255, 17), (641, 5), (1366, 2), (1920, 4)]
                        .map(|(w, h)| size(w, h)),
                );
            }
        }
    };
}

level!(scalar, Level::Scalar);
level!(sse41, Level::Sse41);
level!(avx2, Level::Avx2);
level!(avx512, Level::Avx512);
level!(neon, Level::Neon);

fn run(level: Level, sizes: impl IntoIterator<Item = Size>) {
    if !level.is_available() {
        println!("SKIPPED levels::{level}: this machine lacks it");
        return;
    }
    let mut random = Random(0x5eed_0001);
    let shapes = [(0, 0), (1, 3), (7, 1), (16, 64)].map(|(lead, padding)| Shape { lead, padding });
    for size in sizes {
        for (source, target) in pairs() {
            let shape = shapes[usize::from(random.byte() % 4)];
            let picture = Canvas::random(source, size, shape, &mut random);
            for color in colors() {
                let Ok(converter) = Converter::new(source, target, size, color) else { continue };
                let context = format!("{source} to {target}, {size}, {level}, {color:?}, {shape:?}");
                compare(&converter, level, &picture, target, &mut random, &context);
            }
        }
    }
}

fn pairs() -> impl Iterator<Item = (PixelFormat, PixelFormat)> {
    PixelFormat::ALL.into_iter().flat_map(|source| PixelFormat::ALL.map(|target| (source, target)))
}

fn compare(
    converter: &Converter,
    level: Level,
    picture: &Canvas,
    target: PixelFormat,
    random: &mut Random,
    context: &str,
) {
    let scalar = converter.clone().with_level(Level::Scalar).unwrap();
    let converter = converter.clone().with_level(level).unwrap();
    assert_eq!(converter.level(), level);
    let mut sizes = vec![picture.size];
    if target.is_yuv() && !picture.size.is_even() {
        sizes.push(picture.size.padded_to_even());
    }
    for size in sizes {
        let shape = Shape { lead: usize::from(random.byte() % 5), padding: usize::from(random.byte() % 9) };
        let (mut expected, mut actual) = (Canvas::new(target, size, shape), Canvas::new(target, size, shape));
        scalar.convert(&picture.as_ref(), &mut expected.as_mut()).unwrap();
        converter.convert(&picture.as_ref(), &mut actual.as_mut()).unwrap();
        actual.assert_guards(context);
        assert!(actual.samples() == expected.samples(), "{context} into {size}");

        // What is converted over is the result with a few other samples here and there.
        let mut tracked = expected.clone();
        tracked.each_row(|row| {
            for _ in 0..random.byte() % 3 {
                let column = usize::from(random.byte()) * 7 % row.len();
                row[column] = random.byte();
            }
        });
        let differences = tracked.differences(&expected);
        let mut changes = ChangeMap::new(size);
        converter.convert_tracking(&picture.as_ref(), &mut tracked.as_mut(), &mut changes).unwrap();
        tracked.assert_guards(context);
        assert!(tracked.samples() == expected.samples(), "{context} into {size}, tracked");
        assert_eq!(changes.flags(), differences, "{context} into {size}");
    }
}

#[test]
fn a_level_that_the_machine_lacks_is_none() {
    let converter =
        Converter::new(PixelFormat::Rgba8, PixelFormat::Nv12, size(8, 8), support::colors().next().unwrap());
    let converter = converter.unwrap();
    for level in Level::ALL {
        assert_eq!(converter.clone().with_level(level).is_some(), level.is_available(), "{level}");
    }
    assert_eq!(converter.level(), Level::detect());
}

#[test]
fn only_different_formats_of_rgb_are_refused() {
    for (source, target) in pairs() {
        let converter = Converter::new(source, target, size(3, 3), support::colors().next().unwrap());
        let refused = !source.is_yuv() && !target.is_yuv() && source != target;
        match converter {
            Err(error) => {
                assert!(refused);
                assert_eq!(error, Error::UnsupportedPair { source_format: source, target_format: target });
                assert_eq!(error.to_string(), format!("there is no conversion from {source} to {target}"));
            }
            Ok(_) => assert!(!refused),
        }
    }
}
