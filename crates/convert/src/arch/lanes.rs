//! Loops over short arrays, which the compiler turns into the SIMD of the function that they are inlined into.

use crate::{
    RgbWeights,
    matrix::WEIGHT_BITS,
    rows::{ChromaRow, ChromaRowMut, Layout, YuvRows},
    scalar,
};

/// Columns of a block, and the samples of chroma that belong to them.
const COLUMNS: usize = 32;
const HALF: usize = COLUMNS / 2;

/// Two rows of luma and one of chroma to two rows of packed RGB. Alpha becomes 255.
#[inline(always)]
pub(super) fn yuv_to_rgb(
    weights: &RgbWeights,
    layout: Layout,
    source: YuvRows<'_>,
    [top, bottom]: [Option<&mut [u8]>; 2],
) {
    if let Some(target) = top {
        row(weights, layout, source.luma[0], source.chroma, target);
    }
    if let Some(target) = bottom {
        row(weights, layout, source.luma[1], source.chroma, target);
    }
}

/// Chroma from one arrangement to another.
#[inline(always)]
pub(super) fn copy_chroma(source: ChromaRow<'_>, target: ChromaRowMut<'_>) {
    scalar::copy_chroma(source, target);
}

/// Bytes of a row that are compared at once.
const STRIP: usize = 64;

/// Copies `new` over `old` and raises the flags of the blocks in which the two differ. Each `block` bytes belong to one
/// flag; a strip holds whole blocks, or is a whole part of one. Strips that are equal are not written, so that a
/// picture that rests costs no memory traffic.
#[inline(always)]
pub(super) fn update_row(block: usize, new: &[u8], old: &mut [u8], flags: &mut [bool]) {
    match block {
        8 => update_blocks::<8>(new, old, flags),
        16 => update_blocks::<16>(new, old, flags),
        64 => update_blocks::<64>(new, old, flags),
        _ => scalar::update_row(block, new, old, flags),
    }
}

#[inline(always)]
fn update_blocks<const BLOCK: usize>(new: &[u8], old: &mut [u8], flags: &mut [bool]) {
    let (new, new_rest) = new.as_chunks::<STRIP>();
    let (old, old_rest) = old.as_chunks_mut::<STRIP>();
    let per_strip = STRIP / BLOCK;
    let (whole, rest) = flags.split_at_mut(new.len() * per_strip);
    for ((new, old), flags) in new.iter().zip(old).zip(whole.chunks_exact_mut(per_strip)) {
        // What is known to have changed is not compared again.
        if flags.iter().all(|changed| *changed) {
            *old = *new;
            continue;
        }
        if new == old {
            continue;
        }
        let blocks = new.as_chunks::<BLOCK>().0.iter().zip(old.as_chunks::<BLOCK>().0);
        for ((new, old), flag) in blocks.zip(flags) {
            *flag |= new != old;
        }
        *old = *new;
    }
    scalar::update_row(BLOCK, new_rest, old_rest, rest);
}

#[inline(always)]
fn row(weights: &RgbWeights, layout: Layout, luma: &[u8], chroma: ChromaRow<'_>, target: &mut [u8]) {
    let targets = target.chunks_mut(COLUMNS * layout.bytes);
    for (index, (luma, target)) in luma.chunks(COLUMNS).zip(targets).enumerate() {
        let (mut y, mut u, mut v) = ([0; COLUMNS], [0; HALF], [0; HALF]);
        y[..luma.len()].copy_from_slice(luma);
        let samples = index * HALF..index * HALF + luma.len().div_ceil(2);
        match chroma {
            ChromaRow::Interleaved(row) => {
                let pairs = &row.as_chunks::<2>().0[samples];
                for ((u, v), pair) in u.iter_mut().zip(&mut v).zip(pairs) {
                    [*u, *v] = *pair;
                }
            }
            ChromaRow::Planar { u: from_u, v: from_v } => {
                u[..samples.len()].copy_from_slice(&from_u[samples.clone()]);
                v[..samples.len()].copy_from_slice(&from_v[samples]);
            }
        }
        let pixels = block(weights, layout, &y, &u, &v);
        if layout.bytes == 4 {
            for (pixel, from) in target.as_chunks_mut::<4>().0.iter_mut().zip(pixels) {
                *pixel = from.to_le_bytes();
            }
        } else {
            for (pixel, from) in target.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
                let [first, second, third, _] = from.to_le_bytes();
                *pixel = [first, second, third];
            }
        }
    }
}

/// Pixels of four bytes, the first in memory in the lowest bits.
#[inline(always)]
fn block(
    weights: &RgbWeights,
    layout: Layout,
    luma: &[u8; COLUMNS],
    u: &[u8; HALF],
    v: &[u8; HALF],
) -> [u32; COLUMNS] {
    let [red_shift, green_shift, blue_shift] = layout.offsets.map(|offset| 8 * offset);
    let mut pixels = [0; COLUMNS];
    for i in 0..HALF {
        let (u, v) = (i32::from(u[i]) - 128, i32::from(v[i]) - 128);
        let red = weights.v_red * v + weights.bias;
        let green = weights.u_green * u + weights.v_green * v + weights.bias;
        let blue = weights.u_blue * u + weights.bias;
        for x in [2 * i, 2 * i + 1] {
            let y = weights.y * (i32::from(luma[x]) - weights.black);
            pixels[x] = (sample(y + red) << red_shift)
                | (sample(y + green) << green_shift)
                | (sample(y + blue) << blue_shift)
                | 0xff00_0000;
        }
    }
    pixels
}

#[inline(always)]
fn sample(sum: i32) -> u32 {
    (sum >> WEIGHT_BITS).clamp(0, 255).cast_unsigned()
}
