//! What the video encoders share: the size that is coded, the padding up to it, threads, and constant quality.

use framewire_codec::{BackendError, Quality};
use framewire_frame::{PictureRef, PixelFormat, Size};
use std::{num::NonZeroUsize, thread};

/// No encoder here takes a smaller picture than one macroblock; smaller ones are padded.
const MIN_SIDE: u32 = 16;
/// Slices beyond this gain nothing at any size.
const MAX_THREADS: usize = 4;

/// The size to code for pictures of `size`: even, and at least one macroblock.
pub(crate) fn coded_size(size: Size) -> Result<Size, BackendError> {
    let even = size.padded_to_even();
    Size::new(even.width().max(MIN_SIDE), even.height().max(MIN_SIDE))
        .map_err(|error| BackendError::unsupported(error.to_string()))
}

/// How many macroblocks cover a picture of `size`.
pub(crate) fn macroblocks(size: Size) -> u32 {
    size.width().div_ceil(16) * size.height().div_ceil(16)
}

/// The picture at the size that is coded, where that is larger than the picture.
#[derive(Debug, Default)]
pub(crate) struct Padding {
    buffer: Vec<u8>,
}

impl Padding {
    /// `picture` itself where it has the size `coded`; otherwise a packed copy of that size with it in the upper left
    /// corner and its last columns and rows repeated.
    pub(crate) fn fit<'a>(
        &'a mut self,
        picture: PictureRef<'a>,
        coded: Size,
    ) -> Result<PictureRef<'a>, BackendError> {
        if picture.size() == coded {
            return Ok(picture);
        }
        pad(picture, coded, &mut self.buffer);
        packed(picture.format(), coded, &self.buffer)
    }
}

/// A picture in a buffer that was made for it.
pub(crate) fn packed(format: PixelFormat, size: Size, data: &[u8]) -> Result<PictureRef<'_>, BackendError> {
    PictureRef::packed(format, size, data)
        .map_err(|error| BackendError::failed_with("a prepared picture is too short", error))
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

fn pad(picture: PictureRef<'_>, coded: Size, target: &mut Vec<u8>) {
    let format = picture.format();
    target.clear();
    for index in 0..format.plane_count() {
        let plane = picture.plane(index);
        let rows = format.rows(picture.size(), index);
        let width = format.row_bytes(coded, index);
        // U and V of one column lie side by side.
        let column = if format == PixelFormat::Nv12 && index == 1 { 2 } else { 1 };
        for y in 0..format.rows(coded, index) {
            let row = plane.row(y.min(rows - 1));
            target.extend_from_slice(row);
            let (_, last) = row.split_at(row.len() - column);
            target.extend(last.iter().cycle().take(width - row.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).unwrap()
    }

    #[test]
    fn a_size_below_a_macroblock_is_coded_as_one() {
        assert_eq!(coded_size(size(2, 2)).unwrap(), size(16, 16));
        assert_eq!(coded_size(size(640, 2)).unwrap(), size(640, 16));
        assert_eq!(coded_size(size(640, 361)).unwrap(), size(640, 362));
    }

    #[test]
    fn padding_repeats_the_last_column_and_row_of_every_component() {
        let i420 = [1, 2, 3, 4, 5, 6];
        let nv12 = PictureRef::packed(PixelFormat::Nv12, size(2, 2), &i420).unwrap();
        let mut padding = Padding::default();
        let padded = padding.fit(nv12, size(6, 4)).unwrap();
        assert_eq!(padded.plane(0).row(0), [1, 2, 2, 2, 2, 2]);
        assert_eq!(padded.plane(0).row(3), [3, 4, 4, 4, 4, 4]);
        assert_eq!(padded.plane(1).row(1), [5, 6, 5, 6, 5, 6]);
        let planar = PictureRef::packed(PixelFormat::I420, size(2, 2), &i420).unwrap();
        let padded = padding.fit(planar, size(4, 4)).unwrap();
        assert_eq!((padded.plane(1).row(1), padded.plane(2).row(0)), (&[5, 5][..], &[6, 6][..]));
        assert!(std::ptr::eq(
            padding.fit(planar, size(2, 2)).unwrap().plane(0).data(),
            planar.plane(0).data()
        ));
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
