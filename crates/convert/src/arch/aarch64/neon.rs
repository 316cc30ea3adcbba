use crate::{
    RgbWeights, YuvWeights,
    arch::{blocks, lanes},
    matrix::{CHROMA_BITS, WEIGHT_BITS},
    rows::{ChromaRow, ChromaRowMut, Layout, YuvRows, YuvRowsMut},
};
use std::arch::aarch64::*;

/// Columns of a block.
const COLUMNS: usize = 16;
const HALF: usize = COLUMNS / 2;

/// Two rows of pixels of four bytes.
#[target_feature(enable = "neon")]
pub(super) fn rgbx(weights: &YuvWeights, layout: Layout, source: [&[u8]; 2], target: YuvRowsMut<'_>) {
    rows::<{ COLUMNS * 4 }>(weights, layout, source, target, |row| {
        // SAFETY: the row has the 64 bytes that are read; the load asks for no alignment.
        let uint8x16x4_t(first, second, third, _) = unsafe { vld4q_u8(row.as_ptr()) };
        [first, second, third]
    });
}

/// Two rows of pixels of three bytes.
#[target_feature(enable = "neon")]
pub(super) fn rgb(weights: &YuvWeights, layout: Layout, source: [&[u8]; 2], target: YuvRowsMut<'_>) {
    rows::<{ COLUMNS * 3 }>(weights, layout, source, target, |row| {
        // SAFETY: the row has the 48 bytes that are read; the load asks for no alignment.
        let uint8x16x3_t(first, second, third) = unsafe { vld3q_u8(row.as_ptr()) };
        [first, second, third]
    });
}

/// Two rows of 4:2:0 to packed RGB.
#[target_feature(enable = "neon")]
pub(super) fn yuv_to_rgb(
    weights: &RgbWeights,
    layout: Layout,
    source: YuvRows<'_>,
    target: [Option<&mut [u8]>; 2],
) {
    lanes::yuv_to_rgb(weights, layout, source, target);
}

/// Chroma from one arrangement to another.
#[target_feature(enable = "neon")]
pub(super) fn copy_chroma(source: ChromaRow<'_>, target: ChromaRowMut<'_>) {
    lanes::copy_chroma(source, target);
}

/// A row over the one before it, with the flags of its blocks.
#[target_feature(enable = "neon")]
pub(super) fn update_row(block: usize, new: &[u8], old: &mut [u8], flags: &mut [bool]) {
    lanes::update_row(block, new, old, flags);
}

/// `load` gives the components in the order in which they lie in memory.
#[target_feature(enable = "neon")]
#[inline]
fn rows<const BYTES: usize>(
    weights: &YuvWeights,
    layout: Layout,
    source: [&[u8]; 2],
    target: YuvRowsMut<'_>,
    load: impl Fn(&[u8; BYTES]) -> [uint8x16_t; 3],
) {
    let constants = Constants::new(weights, layout);
    blocks::convert::<BYTES, COLUMNS, HALF>(
        source,
        target,
        |[top, bottom], luma, chroma| {
            let rows = [load(top), load(bottom)];
            constants.store_luma(rows, luma);
            let [u, v] = constants.chroma(rows);
            // SAFETY: the target has the 16 bytes that are written; the store asks for no alignment.
            unsafe { vst2_u8(chroma.as_mut_ptr(), uint8x8x2_t(u, v)) };
        },
        |[top, bottom], luma, [to_u, to_v]| {
            let rows = [load(top), load(bottom)];
            constants.store_luma(rows, luma);
            let [u, v] = constants.chroma(rows);
            // SAFETY: each target has the 8 bytes that are written; the stores ask for no alignment.
            unsafe {
                vst1_u8(to_u.as_mut_ptr(), u);
                vst1_u8(to_v.as_mut_ptr(), v);
            }
        },
    );
}

/// Weights by the place of the components in memory.
struct Constants {
    luma: [u16; 3],
    luma_bias: uint32x4_t,
    /// Of U and V, negated and subtracted: 0.5 is 32,768, which no word holds, while -32,768 is a word.
    chroma: [[i16; 3]; 2],
    chroma_bias: int32x4_t,
}

impl Constants {
    #[target_feature(enable = "neon")]
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`YuvWeights` states the ranges"
    )]
    fn new(weights: &YuvWeights, layout: Layout) -> Self {
        let placed = |weights: [i32; 3]| {
            let mut placed = [0; 3];
            for (offset, weight) in layout.offsets.into_iter().zip(weights) {
                placed[offset] = weight;
            }
            placed
        };
        Self {
            luma: placed(weights.y).map(|weight| weight as u16),
            luma_bias: vdupq_n_u32(weights.y_bias as u32),
            chroma: [weights.u, weights.v].map(|of| placed(of).map(|weight| -weight as i16)),
            chroma_bias: vdupq_n_s32(weights.chroma_bias),
        }
    }

    #[target_feature(enable = "neon")]
    #[inline]
    fn store_luma(&self, [top, bottom]: [[uint8x16_t; 3]; 2], target: blocks::Luma<'_, COLUMNS>) {
        let [to_top, to_bottom] = target;
        // SAFETY: each target has the 16 bytes that are written; the stores ask for no alignment.
        unsafe {
            vst1q_u8(to_top.as_mut_ptr(), self.luma(top));
            vst1q_u8(to_bottom.as_mut_ptr(), self.luma(bottom));
        }
    }

    /// 16 samples of luma.
    #[target_feature(enable = "neon")]
    #[inline]
    fn luma(&self, [first, second, third]: [uint8x16_t; 3]) -> uint8x16_t {
        let low = self.luma_words([
            vmovl_u8(vget_low_u8(first)),
            vmovl_u8(vget_low_u8(second)),
            vmovl_u8(vget_low_u8(third)),
        ]);
        let high = self.luma_words([vmovl_high_u8(first), vmovl_high_u8(second), vmovl_high_u8(third)]);
        vcombine_u8(vmovn_u16(low), vmovn_u16(high))
    }

    /// 8 samples of luma, none above 255.
    #[target_feature(enable = "neon")]
    #[inline]
    fn luma_words(&self, [first, second, third]: [uint16x8_t; 3]) -> uint16x8_t {
        let mut low = vmlal_n_u16(self.luma_bias, vget_low_u16(first), self.luma[0]);
        low = vmlal_n_u16(low, vget_low_u16(second), self.luma[1]);
        low = vmlal_n_u16(low, vget_low_u16(third), self.luma[2]);
        let mut high = vmlal_high_n_u16(self.luma_bias, first, self.luma[0]);
        high = vmlal_high_n_u16(high, second, self.luma[1]);
        high = vmlal_high_n_u16(high, third, self.luma[2]);
        let shifted = vshrn_n_u32::<{ WEIGHT_BITS.cast_signed() }>(low);
        vshrn_high_n_u32::<{ WEIGHT_BITS.cast_signed() }>(shifted, high)
    }

    /// 8 samples of U and 8 of V.
    #[target_feature(enable = "neon")]
    #[inline]
    fn chroma(&self, [top, bottom]: [[uint8x16_t; 3]; 2]) -> [uint8x8_t; 2] {
        let sums = [four(top[0], bottom[0]), four(top[1], bottom[1]), four(top[2], bottom[2])];
        [self.weighted(self.chroma[0], sums), self.weighted(self.chroma[1], sums)]
    }

    #[target_feature(enable = "neon")]
    #[inline]
    fn weighted(&self, weights: [i16; 3], [first, second, third]: [int16x8_t; 3]) -> uint8x8_t {
        let mut low = vmlsl_n_s16(self.chroma_bias, vget_low_s16(first), weights[0]);
        low = vmlsl_n_s16(low, vget_low_s16(second), weights[1]);
        low = vmlsl_n_s16(low, vget_low_s16(third), weights[2]);
        let mut high = vmlsl_high_n_s16(self.chroma_bias, first, weights[0]);
        high = vmlsl_high_n_s16(high, second, weights[1]);
        high = vmlsl_high_n_s16(high, third, weights[2]);
        let (low, high) = (
            vshrq_n_s32::<{ CHROMA_BITS.cast_signed() }>(low),
            vshrq_n_s32::<{ CHROMA_BITS.cast_signed() }>(high),
        );
        vqmovun_s16(vcombine_s16(vmovn_s32(low), vmovn_s32(high)))
    }
}

/// The sums of 2x2 samples.
#[target_feature(enable = "neon")]
#[inline]
fn four(top: uint8x16_t, bottom: uint8x16_t) -> int16x8_t {
    vreinterpretq_s16_u16(vpadalq_u8(vpaddlq_u8(top), bottom))
}
