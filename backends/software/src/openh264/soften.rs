//! Pictures with less detail, for when the coarsest quantizer still takes too many bits.

use framewire_frame::{PictureRef, PixelFormat};

/// Writes `picture`, an I420 one, to `target` without padding, each square of `block` by `block` samples as its mean.
/// `block` is 2, 4 or 8.
pub(super) fn soften(picture: PictureRef<'_>, block: usize, target: &mut Vec<u8>) {
    target.clear();
    match block {
        2 => soften_by::<2>(picture, target),
        4 => soften_by::<4>(picture, target),
        _ => soften_by::<8>(picture, target),
    }
}

fn soften_by<const BLOCK: usize>(picture: PictureRef<'_>, target: &mut Vec<u8>) {
    for index in 0..3 {
        let plane = picture.plane(index);
        let rows = PixelFormat::I420.rows(picture.size(), index);
        let width = PixelFormat::I420.row_bytes(picture.size(), index);
        let mut sums = vec![0_u16; width.div_ceil(BLOCK)];
        for top in (0..rows).step_by(BLOCK) {
            let height = BLOCK.min(rows - top);
            sums.fill(0);
            for y in top..top + height {
                let (squares, rest) = plane.row(y).as_chunks::<BLOCK>();
                let (whole, part) = sums.split_at_mut(squares.len());
                for (sum, samples) in whole.iter_mut().zip(squares) {
                    *sum += samples.iter().map(|&sample| u16::from(sample)).sum::<u16>();
                }
                if let Some(sum) = part.first_mut() {
                    *sum += rest.iter().map(|&sample| u16::from(sample)).sum::<u16>();
                }
            }
            let start = target.len();
            target.resize(start + width, 0);
            let (squares, rest) = target[start..].as_chunks_mut::<BLOCK>();
            let (whole, part) = sums.split_at(squares.len());
            for (square, sum) in squares.iter_mut().zip(whole) {
                *square = [mean(*sum, BLOCK * height); BLOCK];
            }
            if let Some(sum) = part.first() {
                let count = rest.len() * height;
                rest.fill(mean(*sum, count));
            }
            for _ in 1..height {
                target.extend_from_within(start..start + width);
            }
        }
    }
}

/// Rounded to nearest. At most 64 samples make a sum, which fits in 16 bits.
#[expect(clippy::cast_possible_truncation, reason = "the mean of bytes is a byte")]
fn mean(sum: u16, count: usize) -> u8 {
    let count = count as u16;
    ((sum + count / 2) / count) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_frame::Size;

    #[test]
    fn every_square_becomes_its_mean_also_at_the_edges() {
        let size = Size::new(6, 2).unwrap();
        let data = [0, 10, 20, 30, 40, 50, 2, 12, 22, 32, 42, 52, 1, 2, 3, 9, 8, 7];
        let mut target = Vec::new();
        soften(PictureRef::packed(PixelFormat::I420, size, &data).unwrap(), 4, &mut target);
        assert_eq!(target, [16, 16, 16, 16, 46, 46, 16, 16, 16, 16, 46, 46, 2, 2, 2, 8, 8, 8]);
    }
}
