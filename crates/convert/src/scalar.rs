//! The canonical arithmetic, one pixel at a time. Every kernel gives the same bytes as these functions.

use crate::{
    RgbWeights, YuvWeights,
    matrix::{CHROMA_BITS, WEIGHT_BITS},
    rows::{ChromaRow, ChromaRowMut, Layout, YuvRows, YuvRowsMut},
};

/// Two rows of packed RGB to two rows of luma and one of chroma.
pub(crate) fn rgb_to_yuv(weights: &YuvWeights, layout: Layout, source: [&[u8]; 2], target: YuvRowsMut<'_>) {
    let YuvRowsMut { luma_top, luma_bottom, mut chroma } = target;
    let width = luma_top.len();
    let pixel = |row: usize, x: usize| layout.pixel(source[row], x);

    for (x, sample) in luma_top.iter_mut().enumerate() {
        *sample = luma(weights, pixel(0, x));
    }
    for (x, sample) in luma_bottom.into_iter().flatten().enumerate() {
        *sample = luma(weights, pixel(1, x));
    }
    for x in 0..width.div_ceil(2) {
        let (left, right) = (2 * x, (2 * x + 1).min(width - 1));
        let four = [pixel(0, left), pixel(0, right), pixel(1, left), pixel(1, right)];
        let sum = [0, 1, 2].map(|component| four.iter().map(|pixel| pixel[component]).sum::<i32>());
        chroma.set(x, [weights.u, weights.v].map(|of| chroma_sample(of, weights.chroma_bias, sum)));
    }
}

/// Two rows of luma and one of chroma to two rows of packed RGB. Alpha becomes 255.
pub(crate) fn yuv_to_rgb(
    weights: &RgbWeights,
    layout: Layout,
    source: YuvRows<'_>,
    target: [Option<&mut [u8]>; 2],
) {
    for (luma, row) in source.luma.into_iter().zip(target) {
        let Some(row) = row else { continue };
        for (x, (&y, pixel)) in luma.iter().zip(row.chunks_exact_mut(layout.bytes)).enumerate() {
            let [u, v] = source.chroma.get(x / 2);
            layout.set(pixel, rgb_pixel(weights, y, u, v));
        }
    }
}

/// U and V side by side to U and V apart, and all other ways.
///
/// Always inlined, so that it is compiled for the processor features of the function that it stands in.
#[inline(always)]
pub(crate) fn copy_chroma(source: ChromaRow<'_>, target: ChromaRowMut<'_>) {
    match (source, target) {
        (ChromaRow::Interleaved(from), ChromaRowMut::Interleaved(to)) => to.copy_from_slice(from),
        (ChromaRow::Planar { u: from_u, v: from_v }, ChromaRowMut::Planar { u, v }) => {
            u.copy_from_slice(from_u);
            v.copy_from_slice(from_v);
        }
        (ChromaRow::Planar { u, v }, ChromaRowMut::Interleaved(to)) => {
            for ((pair, &u), &v) in to.as_chunks_mut().0.iter_mut().zip(u).zip(v) {
                *pair = [u, v];
            }
        }
        (ChromaRow::Interleaved(from), ChromaRowMut::Planar { u, v }) => {
            for ((&[from_u, from_v], u), v) in from.as_chunks().0.iter().zip(u).zip(v) {
                (*u, *v) = (from_u, from_v);
            }
        }
    }
}

/// Copies `new` over `old`, where each `block` bytes belong to one flag, and raises the flags of the blocks in which the
/// two differ.
pub(crate) fn update_row(block: usize, new: &[u8], old: &mut [u8], flags: &mut [bool]) {
    for ((new, old), flag) in new.chunks(block).zip(old.chunks_mut(block)).zip(flags) {
        if new != old {
            old.copy_from_slice(new);
            *flag = true;
        }
    }
}

fn luma(weights: &YuvWeights, pixel: [i32; 3]) -> u8 {
    clamp((dot(weights.y, pixel) + weights.y_bias) >> WEIGHT_BITS)
}

fn chroma_sample(weights: [i32; 3], bias: i32, sum: [i32; 3]) -> u8 {
    clamp((dot(weights, sum) + bias) >> CHROMA_BITS)
}

fn rgb_pixel(weights: &RgbWeights, y: u8, u: u8, v: u8) -> [u8; 3] {
    let y = weights.y * (i32::from(y) - weights.black) + weights.bias;
    let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
    [
        clamp((y + weights.v_red * v) >> WEIGHT_BITS),
        clamp((y + weights.u_green * u + weights.v_green * v) >> WEIGHT_BITS),
        clamp((y + weights.u_blue * u) >> WEIGHT_BITS),
    ]
}

fn dot(weights: [i32; 3], [red, green, blue]: [i32; 3]) -> i32 {
    weights[0] * red + weights[1] * green + weights[2] * blue
}

fn clamp(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}
