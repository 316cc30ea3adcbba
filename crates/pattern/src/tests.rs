use crate::{Pattern, PatternError};
use framewire_frame::{Picture, PictureMut, PixelFormat, Size};

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).unwrap()
}

fn rgb(pattern: Pattern, seq: u64, size: Size) -> Picture {
    pattern.picture(seq, PixelFormat::Rgb8, size).unwrap()
}

fn at(picture: &Picture, x: usize, y: usize) -> [u8; 3] {
    picture.as_ref().plane(0).row(y)[x * 3..][..3].try_into().unwrap()
}

#[test]
fn the_box_starts_at_the_top_left_and_moves_seven_and_five_pixels_a_frame() {
    let (background, color) = ([16, 16, 24], [240, 80, 40]);
    // The side is max(8, 48 / 8) = 8.
    let first = rgb(Pattern::BouncingBox, 0, size(64, 48));
    assert_eq!(at(&first, 0, 0), color);
    assert_eq!(at(&first, 7, 7), color);
    assert_eq!(at(&first, 8, 7), background);
    assert_eq!(at(&first, 7, 8), background);
    let third = rgb(Pattern::BouncingBox, 2, size(64, 48));
    assert_eq!(at(&third, 14, 10), color);
    assert_eq!(at(&third, 21, 17), color);
    assert_eq!(at(&third, 13, 10), background);
    assert_eq!(at(&third, 22, 17), background);
}

#[test]
fn the_box_turns_round_at_the_edges() {
    // Left edges go up to 64 - 8 = 56, reached at frame 8; tops up to 40, also reached at frame 8. Frame 10 is two
    // steps back: 42 and 30.
    let picture = rgb(Pattern::BouncingBox, 10, size(64, 48));
    assert_eq!(at(&picture, 42, 30), [240, 80, 40]);
    assert_eq!(at(&picture, 41, 30), [16, 16, 24]);
    assert_eq!(at(&picture, 42, 29), [16, 16, 24]);
    assert_eq!(at(&picture, 49, 37), [240, 80, 40]);
}

#[test]
fn the_box_is_an_eighth_of_the_smaller_side() {
    let picture = rgb(Pattern::BouncingBox, 0, size(640, 240));
    assert_eq!(at(&picture, 29, 29), [240, 80, 40]);
    assert_eq!(at(&picture, 30, 0), [16, 16, 24]);
    assert_eq!(at(&picture, 0, 30), [16, 16, 24]);
}

#[test]
fn the_quadrants_of_the_test_card_take_turns() {
    let palette = [[220, 40, 40], [40, 200, 40], [40, 40, 220], [220, 200, 40]];
    for seq in 0..6 {
        // Odd sides split at 2 and 1: the right and lower quadrants get the rest.
        let picture = rgb(Pattern::TestCard, seq, size(5, 3));
        let shown = [at(&picture, 1, 0), at(&picture, 2, 0), at(&picture, 1, 1), at(&picture, 2, 1)];
        let start = usize::try_from(seq).unwrap();
        assert_eq!(shown, std::array::from_fn(|quadrant| palette[(quadrant + start) % 4]));
    }
}

#[test]
fn the_gradient_wraps_at_256() {
    let picture = rgb(Pattern::Gradient, 63, size(300, 2));
    assert_eq!(at(&picture, 0, 0), [252, 3, 126]);
    assert_eq!(at(&picture, 3, 1), [255, 0, 126]);
    assert_eq!(at(&picture, 4, 1), [0, 255, 126]);
    assert_eq!(at(&picture, 299, 0), [39, 216, 126]);
}

#[test]
fn the_counter_shows_the_frame_number_in_bits() {
    // 320 / 32 = 10 pixels a cell; 5 = 0b101.
    let picture = rgb(Pattern::Counter, 5, size(320, 20));
    assert_eq!(at(&picture, 0, 0), [255; 3]);
    assert_eq!(at(&picture, 9, 9), [255; 3]);
    assert_eq!(at(&picture, 10, 0), [15, 25, 35]);
    assert_eq!(at(&picture, 20, 0), [255; 3]);
    assert_eq!(at(&picture, 0, 10), [15, 25, 35]);
    let top_bit = rgb(Pattern::Counter, 1 << 31, size(320, 20));
    assert_eq!(at(&top_bit, 310, 0), [255; 3]);
    assert_eq!(at(&top_bit, 309, 0), [0; 3]);
}

#[test]
fn the_checkerboard_moves_by_a_pixel_a_frame() {
    let first = rgb(Pattern::Checkerboard, 0, size(40, 40));
    assert_eq!(at(&first, 15, 15), [20; 3]);
    assert_eq!(at(&first, 16, 15), [235; 3]);
    assert_eq!(at(&first, 15, 16), [235; 3]);
    assert_eq!(at(&first, 16, 16), [20; 3]);
    let next = rgb(Pattern::Checkerboard, 1, size(40, 40));
    assert_eq!(at(&next, 14, 0), [20; 3]);
    assert_eq!(at(&next, 15, 0), [235; 3]);
}

#[test]
fn a_solid_picture_has_the_palettes_colours_in_turn() {
    assert_eq!(at(&rgb(Pattern::Solid, 0, size(3, 3)), 2, 2), [220, 40, 40]);
    assert_eq!(at(&rgb(Pattern::Solid, 7, size(3, 3)), 2, 2), [220, 200, 40]);
}

#[test]
fn noise_is_different_in_every_row_and_frame_and_the_same_when_repeated() {
    let picture = rgb(Pattern::Noise, 1, size(33, 4));
    let rows: Vec<&[u8]> = (0..4).map(|y| picture.as_ref().plane(0).row(y)).collect();
    assert!(rows.windows(2).all(|pair| pair[0] != pair[1]));
    let other = rgb(Pattern::Noise, 2, size(33, 4));
    assert_ne!(rows[0], other.as_ref().plane(0).row(0));
    assert_eq!(rows[3], rgb(Pattern::Noise, 1, size(33, 4)).as_ref().plane(0).row(3));
    let mean = |bytes: &[u8]| bytes.iter().map(|&b| u32::from(b)).sum::<u32>() / bytes.len() as u32;
    let big = rgb(Pattern::Noise, 3, size(256, 64));
    let all: Vec<u8> = (0..64).flat_map(|y| big.as_ref().plane(0).row(y).to_vec()).collect();
    assert!((120..=135).contains(&mean(&all)), "uniform bytes have a mean of 127.5, not {}", mean(&all));
}

#[test]
fn every_format_shows_the_same_colours() {
    for pattern in Pattern::ALL {
        let expected = rgb(pattern, 9, size(35, 21));
        for (format, order) in [(PixelFormat::Rgba8, [0, 1, 2]), (PixelFormat::Bgra8, [2, 1, 0])] {
            let picture = pattern.picture(9, format, size(35, 21)).unwrap();
            for y in 0..21 {
                for (x, pixel) in picture.as_ref().plane(0).row(y).chunks(4).enumerate() {
                    assert_eq!(order.map(|i| pixel[i]), at(&expected, x, y), "{pattern} {format} {x} {y}");
                    assert_eq!(pixel[3], 255);
                }
            }
        }
    }
}

#[test]
fn padding_behind_the_rows_is_left_alone() {
    let mut bytes = vec![7; 40 * 2];
    let mut target =
        PictureMut::new(PixelFormat::Rgb8, size(10, 2), vec![(bytes.as_mut_slice(), 40)]).unwrap();
    Pattern::Solid.draw(0, &mut target).unwrap();
    assert_eq!(&bytes[27..30], [220, 40, 40]);
    assert_eq!(&bytes[30..40], [7; 10]);
    assert_eq!(&bytes[40..43], [220, 40, 40]);
    assert_eq!(&bytes[70..80], [7; 10]);
}

#[test]
fn one_pixel_and_the_last_frame_number_are_drawn() {
    for pattern in Pattern::ALL {
        for size in [size(1, 1), size(1, 40), size(40, 1), size(8, 8)] {
            pattern.picture(u64::MAX, PixelFormat::Rgba8, size).unwrap();
        }
    }
}

#[test]
fn names_are_read_with_dashes_and_underscores() {
    for pattern in Pattern::ALL {
        assert_eq!(pattern.to_string().parse(), Ok(pattern));
        assert_eq!(pattern.name().replace('-', "_").parse(), Ok(pattern));
    }
    assert_eq!("plaid".parse::<Pattern>(), Err(PatternError::UnknownName("plaid".into())));
}

#[test]
fn yuv_and_short_buffers_are_refused() {
    assert_eq!(
        Pattern::Solid.picture(0, PixelFormat::Nv12, size(4, 4)).unwrap_err(),
        PatternError::Format(PixelFormat::Nv12)
    );
    let error = Pattern::Solid.draw_packed(0, PixelFormat::Rgb8, size(4, 4), &mut [0; 47]).unwrap_err();
    assert!(matches!(error, PatternError::Picture(_)));
}
