//! Kernels for x86-64. The three levels run one algorithm on registers of 16, 32 and 64 bytes:
//!
//! - Four registers hold one row of a block. Red and blue are masked out as words, green is shuffled out twice; each
//!   pair is weighted and added up by `pmaddwd`. Green needs two words because its weight takes 17 bits with sign.
//! - The sums of the 2x2 pixels are made by a shuffle that puts the same components of neighbours side by side and
//!   `pmaddubsw` with ones, then added over the two rows.
//! - The weights of chroma are negated and the result subtracted, because 0.5 is 32,768, which no word holds, while
//!   -32,768 is a word.
//! - Packs work within lanes of 16 bytes. Four registers packed into one leave the columns in the order of a 4x4
//!   transposition, which one permutation undoes.

mod avx2;
mod avx512;
mod sse41;

use super::{
    Level,
    kernel::{MoveFns, RgbToYuvFn, YuvToRgbFn},
};
use crate::{YuvWeights, rows::Layout};
use std::arch::{
    is_x86_feature_detected,
    x86_64::{_MM_HINT_T0, _mm_prefetch},
};

/// Whether this machine has a level.
pub(super) fn has(level: Level) -> bool {
    match level {
        Level::Scalar => true,
        Level::Sse41 => is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("ssse3"),
        Level::Avx2 => has(Level::Sse41) && is_x86_feature_detected!("avx2"),
        Level::Avx512 => {
            has(Level::Avx2)
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vbmi")
        }
        Level::Neon => false,
    }
}

/// The kernel of a level for pixels of three or four bytes. It may be called only where [`has`] says so.
pub(super) fn rgb_to_yuv(layout: Layout, level: Level) -> Option<RgbToYuvFn> {
    let four_bytes = layout.bytes == 4;
    match level {
        Level::Sse41 if four_bytes => Some(sse41::rgbx),
        Level::Sse41 => Some(sse41::rgb),
        Level::Avx2 if four_bytes => Some(avx2::rgbx),
        Level::Avx2 => Some(avx2::rgb),
        Level::Avx512 if four_bytes => Some(avx512::rgbx),
        Level::Avx512 => Some(avx512::rgb),
        Level::Scalar | Level::Neon => None,
    }
}

/// The kernel of a level for the way back. It may be called only where [`has`] says so.
pub(super) fn yuv_to_rgb(level: Level) -> Option<YuvToRgbFn> {
    match level {
        Level::Sse41 => Some(sse41::yuv_to_rgb),
        // The memory decides, not the width of the registers.
        Level::Avx2 | Level::Avx512 => Some(avx2::yuv_to_rgb),
        Level::Scalar | Level::Neon => None,
    }
}

/// The kernels of a level that only move bytes. They may be called only where [`has`] says so.
pub(super) fn moves(level: Level) -> Option<MoveFns> {
    match level {
        Level::Sse41 => Some(MoveFns { copy_chroma: sse41::copy_chroma, update_row: sse41::update_row }),
        Level::Avx2 | Level::Avx512 => {
            Some(MoveFns { copy_chroma: avx2::copy_chroma, update_row: avx2::update_row })
        }
        Level::Scalar | Level::Neon => None,
    }
}

/// Asks for the cache line at `address`, which may be any.
#[inline(always)]
pub(super) fn prefetch(address: *const u8) {
    // SAFETY: SSE is part of x86-64, and a prefetch reads nothing that the program sees: an address outside of the
    // process's memory is no fault.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
}

/// The weights as the pairs of words that `pmaddwd` takes, by the place of the components in memory.
struct Pairs {
    /// Of the first and the third component.
    luma_outer: i32,
    /// Of the second component, which fills both words.
    luma_middle: i32,
    /// Of U and V, negated.
    chroma_outer: [i32; 2],
    /// Of U and V, negated; the second word is zero.
    chroma_middle: [i32; 2],
}

impl Pairs {
    fn new(weights: &YuvWeights, layout: Layout) -> Self {
        let placed = |weights: [i32; 3]| {
            let mut placed = [0; 3];
            for (offset, weight) in layout.offsets.into_iter().zip(weights) {
                placed[offset] = weight;
            }
            placed
        };
        let y = placed(weights.y);
        let chroma = [weights.u, weights.v].map(|of| placed(of).map(|weight| -weight));
        Self {
            luma_outer: pair(y[0], y[2]),
            luma_middle: pair(y[1] / 2, y[1] - y[1] / 2),
            chroma_outer: chroma.map(|of| pair(of[0], of[2])),
            chroma_middle: chroma.map(|of| pair(of[1], 0)),
        }
    }
}

/// Two words in one register element. Every weight fits: see [`YuvWeights`] and the notes above.
fn pair(low: i32, high: i32) -> i32 {
    (low & 0xffff) | (high << 16)
}
