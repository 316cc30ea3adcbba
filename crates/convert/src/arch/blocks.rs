//! Two rows of pixels cut into the blocks that a kernel works on. A kernel only ever sees whole blocks: the columns
//! that are left over at the end of a row are converted in a buffer, where the last pixel is repeated.

use crate::rows::{ChromaRowMut, YuvRowsMut};

/// One block of two rows of source pixels.
pub(super) type Pixels<'a, const BYTES: usize> = [&'a [u8; BYTES]; 2];

/// Where a block of two rows of luma goes.
pub(super) type Luma<'a, const COLUMNS: usize> = [&'a mut [u8; COLUMNS]; 2];

/// Converts all columns with `interleaved` or `planar`, whichever the target asks for. `COLUMNS` is even, `HALF` half
/// of it, and `BYTES` what `COLUMNS` pixels take.
///
/// Always inlined, so that the closures are compiled for the processor features of the function that they stand in.
#[inline(always)]
pub(super) fn convert<const BYTES: usize, const COLUMNS: usize, const HALF: usize>(
    source: [&[u8]; 2],
    target: YuvRowsMut<'_>,
    interleaved: impl Fn(Pixels<'_, BYTES>, Luma<'_, COLUMNS>, &mut [u8; COLUMNS]),
    planar: impl Fn(Pixels<'_, BYTES>, Luma<'_, COLUMNS>, [&mut [u8; HALF]; 2]),
) {
    let YuvRowsMut { luma_top, luma_bottom, chroma } = target;
    // The last row of an odd height stands for both; what would be the second row of luma goes nowhere.
    let mut unused = Vec::new();
    let luma_bottom = luma_bottom.unwrap_or_else(|| {
        unused.resize(luma_top.len(), 0);
        &mut unused
    });
    let (top, top_rest) = source[0].as_chunks::<BYTES>();
    let (bottom, bottom_rest) = source[1].as_chunks::<BYTES>();
    let (luma_top, luma_top_rest) = luma_top.as_chunks_mut::<COLUMNS>();
    let (luma_bottom, luma_bottom_rest) = luma_bottom.as_chunks_mut::<COLUMNS>();
    let blocks = luma_top.len();
    // Memory is slower than the arithmetic. What is asked for now is there when the next two rows are converted.
    let pair_bytes = 2 * source[1].as_ptr().addr().wrapping_sub(source[0].as_ptr().addr());
    let pixels = top.iter().zip(bottom).map(|(top, bottom)| {
        super::prefetch_behind(top, pair_bytes);
        super::prefetch_behind(bottom, pair_bytes);
        [top, bottom]
    });
    let luma = luma_top.iter_mut().zip(luma_bottom).map(|(top, bottom)| [top, bottom]);

    // The left-over columns are one more turn of the same loop: with a single place that calls it, a kernel is inlined.
    let last = luma_top_rest.len();
    let rest = [top_rest, bottom_rest].map(|row| repeat_edge::<BYTES, COLUMNS>(row, last));
    let mut luma_rest = [[0; COLUMNS]; 2];
    let [luma_rest_top, luma_rest_bottom] = &mut luma_rest;
    let pixels = pixels.chain((last > 0).then_some(rest.each_ref()));
    let luma = luma.chain((last > 0).then_some([luma_rest_top, luma_rest_bottom]));
    match chroma {
        ChromaRowMut::Interleaved(row) => {
            // An odd width has one more sample of chroma than whole pairs of columns, so that a count of whole blocks
            // of chroma could be larger than that of luma.
            let (chroma, chroma_rest) = row.split_at_mut(blocks * COLUMNS);
            let mut buffer = [0; COLUMNS];
            let chroma = chroma.as_chunks_mut().0.iter_mut().chain([&mut buffer]);
            for ((pixels, luma), chroma) in pixels.zip(luma).zip(chroma) {
                interleaved(pixels, luma, chroma);
            }
            chroma_rest.copy_from_slice(&buffer[..chroma_rest.len()]);
        }
        ChromaRowMut::Planar { u, v } => {
            let (u, u_rest) = u.split_at_mut(blocks * HALF);
            let (v, v_rest) = v.split_at_mut(blocks * HALF);
            let mut buffers = [[0; HALF]; 2];
            let [u_buffer, v_buffer] = &mut buffers;
            let u = u.as_chunks_mut().0.iter_mut().chain([u_buffer]);
            let v = v.as_chunks_mut().0.iter_mut().chain([v_buffer]);
            for ((pixels, luma), (u, v)) in pixels.zip(luma).zip(u.zip(v)) {
                planar(pixels, luma, [u, v]);
            }
            u_rest.copy_from_slice(&buffers[0][..u_rest.len()]);
            v_rest.copy_from_slice(&buffers[1][..v_rest.len()]);
        }
    }
    luma_top_rest.copy_from_slice(&luma_rest[0][..last]);
    luma_bottom_rest.copy_from_slice(&luma_rest[1][..last]);
}

/// A block that begins with the `columns` pixels of `row` and repeats the last of them once, which is all that the
/// chroma of an odd width asks for.
#[inline(always)]
fn repeat_edge<const BYTES: usize, const COLUMNS: usize>(row: &[u8], columns: usize) -> [u8; BYTES] {
    let mut block = [0; BYTES];
    block[..row.len()].copy_from_slice(row);
    if !columns.is_multiple_of(2) {
        let pixel = BYTES / COLUMNS;
        block.copy_within(row.len() - pixel..row.len(), row.len());
    }
    block
}
