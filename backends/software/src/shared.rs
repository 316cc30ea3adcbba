//! What the video encoders share: macroblocks, threads, and constant quality.

use framewire_codec::Quality;
use framewire_frame::Size;
use std::{num::NonZeroUsize, thread};

/// The finest quantizer of a stream that aims at a bitrate: beyond it bits grow, nobody sees a difference, and a resting
/// picture would never come to rest.
pub(crate) const FINEST: u8 = 18;
/// Slices beyond this gain nothing at any size.
const MAX_THREADS: usize = 4;

/// How many macroblocks cover a picture of `size`.
pub(crate) fn macroblocks(size: Size) -> u32 {
    size.width().div_ceil(16) * size.height().div_ceil(16)
}

/// As many threads as pay off for pictures of `size` where each has a slice of its own, and as the machine has; a wish
/// is kept up to the number that gains something.
pub(crate) fn slice_threads(wanted: Option<NonZeroUsize>, size: Size) -> usize {
    let by_size = match size.pixels() {
        0..230_400 => 1,
        230_400..=2_088_960 => 2,
        _ => MAX_THREADS,
    };
    let threads = wanted.map_or_else(
        || thread::available_parallelism().map_or(1, NonZeroUsize::get).min(by_size),
        NonZeroUsize::get,
    );
    threads.min(MAX_THREADS)
}

/// The quantizer of H.264 for a constant quality: 51 for 0, 23 for 70, and 11 for 100, beyond which nobody sees a
/// difference.
pub(crate) fn quantizer(quality: Quality) -> u8 {
    (255 - 2 * u16::from(quality.percent())).div_ceil(5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).unwrap()
    }

    #[test]
    fn the_quantizer_falls_with_the_quality() {
        let at = |percent| quantizer(Quality::new(percent).unwrap());
        assert_eq!([0, 50, 70, 80, 100].map(at), [51, 31, 23, 19, 11]);
        assert!((1..=100).all(|percent| at(percent) <= at(percent - 1)));
    }

    #[test]
    fn a_wish_for_threads_is_kept_as_far_as_they_gain() {
        assert_eq!(slice_threads(NonZeroUsize::new(2), size(64, 64)), 2);
        assert_eq!(slice_threads(NonZeroUsize::new(64), size(1920, 1080)), 4);
        assert_eq!(slice_threads(None, size(320, 240)), 1);
    }
}
