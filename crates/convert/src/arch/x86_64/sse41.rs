use super::Pairs;
use crate::{
    RgbWeights, YuvWeights,
    arch::{blocks, lanes},
    matrix::{CHROMA_BITS, WEIGHT_BITS},
    rows::{ChromaRow, ChromaRowMut, Layout, YuvRows, YuvRowsMut},
};
use std::arch::x86_64::*;

/// Columns of a block.
const COLUMNS: usize = 16;
const HALF: usize = COLUMNS / 2;

/// Two rows of pixels of four bytes.
#[target_feature(enable = "ssse3,sse4.1")]
pub(super) fn rgbx(weights: &YuvWeights, layout: Layout, source: [&[u8]; 2], target: YuvRowsMut<'_>) {
    rows::<{ COLUMNS * 4 }>(weights, layout, source, target, |row| {
        let (quarters, _) = row.as_chunks::<16>();
        [load(&quarters[0]), load(&quarters[1]), load(&quarters[2]), load(&quarters[3])]
    });
}

/// Two rows of pixels of three bytes.
#[target_feature(enable = "ssse3,sse4.1")]
pub(super) fn rgb(weights: &YuvWeights, layout: Layout, source: [&[u8]; 2], target: YuvRowsMut<'_>) {
    let spread = _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1);
    // The last register is loaded four bytes early, so that no load reaches beyond the pixels.
    let spread_late = _mm_setr_epi8(4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1);
    rows::<{ COLUMNS * 3 }>(weights, layout, source, target, |row| {
        let load = |offset: usize| {
            let bytes = &row[offset..][..16];
            // SAFETY: the slice has the 16 bytes that are read; the load asks for no alignment.
            unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
        };
        [
            _mm_shuffle_epi8(load(0), spread),
            _mm_shuffle_epi8(load(12), spread),
            _mm_shuffle_epi8(load(24), spread),
            _mm_shuffle_epi8(load(32), spread_late),
        ]
    });
}

/// Two rows of 4:2:0 to packed RGB.
#[target_feature(enable = "ssse3,sse4.1")]
pub(super) fn yuv_to_rgb(
    weights: &RgbWeights,
    layout: Layout,
    source: YuvRows<'_>,
    target: [Option<&mut [u8]>; 2],
) {
    lanes::yuv_to_rgb(weights, layout, source, target);
}

/// Chroma from one arrangement to another.
#[target_feature(enable = "ssse3,sse4.1")]
pub(super) fn copy_chroma(source: ChromaRow<'_>, target: ChromaRowMut<'_>) {
    lanes::copy_chroma(source, target);
}

/// A row over the one before it, with the flags of its blocks.
#[target_feature(enable = "ssse3,sse4.1")]
pub(super) fn update_row(block: usize, new: &[u8], old: &mut [u8], flags: &mut [bool]) {
    lanes::update_row(block, new, old, flags);
}

#[target_feature(enable = "ssse3,sse4.1")]
#[inline]
fn rows<const BYTES: usize>(
    weights: &YuvWeights,
    layout: Layout,
    source: [&[u8]; 2],
    target: YuvRowsMut<'_>,
    load: impl Fn(&[u8; BYTES]) -> [__m128i; 4],
) {
    let constants = Constants::new(weights, layout);
    blocks::convert::<BYTES, COLUMNS, HALF>(
        source,
        target,
        |[top, bottom], luma, chroma| {
            let rows = [load(top), load(bottom)];
            constants.store_luma(rows, luma);
            // SAFETY: the target has the 16 bytes that are written; the store asks for no alignment.
            unsafe { _mm_storeu_si128(chroma.as_mut_ptr().cast(), constants.chroma(rows)) };
        },
        |[top, bottom], luma, [u, v]| {
            let rows = [load(top), load(bottom)];
            constants.store_luma(rows, luma);
            let chroma = constants.chroma(rows);
            let split = _mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
            let apart = _mm_shuffle_epi8(chroma, split);
            // SAFETY: each target has the 8 bytes that are written; the stores ask for no alignment.
            unsafe {
                _mm_storel_epi64(u.as_mut_ptr().cast(), apart);
                _mm_storel_epi64(v.as_mut_ptr().cast(), _mm_unpackhi_epi64(apart, apart));
            }
        },
    );
}

struct Constants {
    luma_outer: __m128i,
    luma_middle: __m128i,
    luma_bias: __m128i,
    chroma_outer: [__m128i; 2],
    chroma_middle: [__m128i; 2],
    chroma_bias: __m128i,
}

impl Constants {
    #[target_feature(enable = "ssse3,sse4.1")]
    #[inline]
    fn new(weights: &YuvWeights, layout: Layout) -> Self {
        let pairs = Pairs::new(weights, layout);
        Self {
            luma_outer: _mm_set1_epi32(pairs.luma_outer),
            luma_middle: _mm_set1_epi32(pairs.luma_middle),
            luma_bias: _mm_set1_epi32(weights.y_bias),
            chroma_outer: pairs.chroma_outer.map(|of| _mm_set1_epi32(of)),
            chroma_middle: pairs.chroma_middle.map(|of| _mm_set1_epi32(of)),
            chroma_bias: _mm_set1_epi32(weights.chroma_bias),
        }
    }

    #[target_feature(enable = "ssse3,sse4.1")]
    #[inline]
    fn store_luma(&self, [top, bottom]: [[__m128i; 4]; 2], target: blocks::Luma<'_, COLUMNS>) {
        let [to_top, to_bottom] = target;
        // SAFETY: each target has the 16 bytes that are written; the stores ask for no alignment.
        unsafe {
            _mm_storeu_si128(to_top.as_mut_ptr().cast(), self.luma(top));
            _mm_storeu_si128(to_bottom.as_mut_ptr().cast(), self.luma(bottom));
        }
    }

    /// 16 samples of luma.
    #[target_feature(enable = "ssse3,sse4.1")]
    #[inline]
    fn luma(&self, row: [__m128i; 4]) -> __m128i {
        let [a, b, c, d] = row;
        let (a, b) = (self.luma_sums(a), self.luma_sums(b));
        let (c, d) = (self.luma_sums(c), self.luma_sums(d));
        _mm_packus_epi16(_mm_packus_epi32(a, b), _mm_packus_epi32(c, d))
    }

    /// A sample of luma in each element of 32 bits.
    #[target_feature(enable = "ssse3,sse4.1")]
    #[inline]
    fn luma_sums(&self, pixels: __m128i) -> __m128i {
        let outer_mask = _mm_set1_epi32(0x00ff_00ff);
        let middle = _mm_setr_epi8(1, -1, 1, -1, 5, -1, 5, -1, 9, -1, 9, -1, 13, -1, 13, -1);
        let outer = _mm_madd_epi16(_mm_and_si128(pixels, outer_mask), self.luma_outer);
        let middle = _mm_madd_epi16(_mm_shuffle_epi8(pixels, middle), self.luma_middle);
        let sum = _mm_add_epi32(_mm_add_epi32(outer, self.luma_bias), middle);
        _mm_srli_epi32::<{ WEIGHT_BITS.cast_signed() }>(sum)
    }

    /// 8 samples of U and V, interleaved.
    #[target_feature(enable = "ssse3,sse4.1")]
    #[inline]
    fn chroma(&self, [top, bottom]: [[__m128i; 4]; 2]) -> __m128i {
        let a = _mm_add_epi16(neighbours(top[0]), neighbours(bottom[0]));
        let b = _mm_add_epi16(neighbours(top[1]), neighbours(bottom[1]));
        let c = _mm_add_epi16(neighbours(top[2]), neighbours(bottom[2]));
        let d = _mm_add_epi16(neighbours(top[3]), neighbours(bottom[3]));
        let packed = _mm_packus_epi16(self.weighted(a, b), self.weighted(c, d));
        let pairs = _mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
        _mm_shuffle_epi8(packed, pairs)
    }

    /// From the sums of two registers: four samples of U and four of V as words.
    #[target_feature(enable = "ssse3,sse4.1")]
    #[inline]
    fn weighted(&self, a: __m128i, b: __m128i) -> __m128i {
        let (a, b) = (_mm_castsi128_ps(a), _mm_castsi128_ps(b));
        let outer = _mm_castps_si128(_mm_shuffle_ps::<0b10_00_10_00>(a, b));
        let middle = _mm_castps_si128(_mm_shuffle_ps::<0b11_01_11_01>(a, b));
        let (u, v) = (self.chroma_sums(0, outer, middle), self.chroma_sums(1, outer, middle));
        _mm_packus_epi32(u, v)
    }

    /// A sample of U (0) or V (1) in each element of 32 bits.
    #[target_feature(enable = "ssse3,sse4.1")]
    #[inline]
    fn chroma_sums(&self, component: usize, outer: __m128i, middle: __m128i) -> __m128i {
        let outer = _mm_madd_epi16(outer, self.chroma_outer[component]);
        let middle = _mm_madd_epi16(middle, self.chroma_middle[component]);
        let sum = _mm_sub_epi32(_mm_sub_epi32(self.chroma_bias, outer), middle);
        _mm_srai_epi32::<{ CHROMA_BITS.cast_signed() }>(sum)
    }
}

/// The sums of each two neighbours: first and third component, second component, zero.
#[target_feature(enable = "ssse3,sse4.1")]
#[inline]
fn neighbours(pixels: __m128i) -> __m128i {
    let side_by_side = _mm_setr_epi8(0, 4, 2, 6, 1, 5, -1, -1, 8, 12, 10, 14, 9, 13, -1, -1);
    _mm_maddubs_epi16(_mm_shuffle_epi8(pixels, side_by_side), _mm_set1_epi8(1))
}

#[target_feature(enable = "ssse3,sse4.1")]
#[inline]
fn load(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the array has the 16 bytes that are read; the load asks for no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}
