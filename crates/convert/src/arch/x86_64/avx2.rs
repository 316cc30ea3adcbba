use super::Pairs;
use crate::{
    RgbWeights, YuvWeights,
    arch::{blocks, lanes},
    matrix::{CHROMA_BITS, WEIGHT_BITS},
    rows::{ChromaRow, ChromaRowMut, Layout, YuvRows, YuvRowsMut},
};
use std::arch::x86_64::*;

/// Columns of a block.
const COLUMNS: usize = 32;
const HALF: usize = COLUMNS / 2;

/// Two rows of pixels of four bytes.
#[target_feature(enable = "avx2")]
pub(super) fn rgbx(weights: &YuvWeights, layout: Layout, source: [&[u8]; 2], target: YuvRowsMut<'_>) {
    rows::<{ COLUMNS * 4 }>(weights, layout, source, target, |row| {
        let (quarters, _) = row.as_chunks::<32>();
        [load(&quarters[0]), load(&quarters[1]), load(&quarters[2]), load(&quarters[3])]
    });
}

/// Two rows of pixels of three bytes.
#[target_feature(enable = "avx2")]
pub(super) fn rgb(weights: &YuvWeights, layout: Layout, source: [&[u8]; 2], target: YuvRowsMut<'_>) {
    // The second lane is loaded four bytes early, so that no load reaches beyond the pixels.
    let spread = _mm256_setr_epi8(
        0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1, //
        4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1,
    );
    rows::<{ COLUMNS * 3 }>(weights, layout, source, target, |row| {
        let (quarters, _) = row.as_chunks::<24>();
        let load = |quarter: &[u8; 24]| {
            // SAFETY: a quarter has 24 bytes, of which the first and the last 16 are read; the loads ask for no
            // alignment.
            let lanes = unsafe { _mm256_loadu2_m128i(quarter[8..].as_ptr().cast(), quarter.as_ptr().cast()) };
            _mm256_shuffle_epi8(lanes, spread)
        };
        [load(&quarters[0]), load(&quarters[1]), load(&quarters[2]), load(&quarters[3])]
    });
}

/// Two rows of 4:2:0 to packed RGB.
#[target_feature(enable = "avx2")]
pub(super) fn yuv_to_rgb(
    weights: &RgbWeights,
    layout: Layout,
    source: YuvRows<'_>,
    target: [Option<&mut [u8]>; 2],
) {
    lanes::yuv_to_rgb(weights, layout, source, target);
}

/// Chroma from one arrangement to another.
#[target_feature(enable = "avx2")]
pub(super) fn copy_chroma(source: ChromaRow<'_>, target: ChromaRowMut<'_>) {
    lanes::copy_chroma(source, target);
}

/// A row over the one before it, with the flags of its blocks.
#[target_feature(enable = "avx2")]
pub(super) fn update_row(block: usize, new: &[u8], old: &mut [u8], flags: &mut [bool]) {
    lanes::update_row(block, new, old, flags);
}

#[target_feature(enable = "avx2")]
#[inline]
fn rows<const BYTES: usize>(
    weights: &YuvWeights,
    layout: Layout,
    source: [&[u8]; 2],
    target: YuvRowsMut<'_>,
    load: impl Fn(&[u8; BYTES]) -> [__m256i; 4],
) {
    let constants = Constants::new(weights, layout);
    blocks::convert::<BYTES, COLUMNS, HALF>(
        source,
        target,
        |[top, bottom], luma, chroma| {
            let rows = [load(top), load(bottom)];
            constants.store_luma(rows, luma);
            // SAFETY: the target has the 32 bytes that are written; the store asks for no alignment.
            unsafe { _mm256_storeu_si256(chroma.as_mut_ptr().cast(), constants.chroma(rows)) };
        },
        |[top, bottom], luma, [u, v]| {
            let rows = [load(top), load(bottom)];
            constants.store_luma(rows, luma);
            // U to the first half of each lane and V to the second, then the halves of one kind together.
            let split = _mm256_setr_epi8(
                0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15, //
                0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15,
            );
            let apart =
                _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_shuffle_epi8(constants.chroma(rows), split));
            // SAFETY: each target has the 16 bytes that are written; the stores ask for no alignment.
            unsafe {
                _mm256_storeu2_m128i(v.as_mut_ptr().cast(), u.as_mut_ptr().cast(), apart);
            }
        },
    );
}

struct Constants {
    luma_outer: __m256i,
    luma_middle: __m256i,
    luma_bias: __m256i,
    chroma_outer: [__m256i; 2],
    chroma_middle: [__m256i; 2],
    chroma_bias: __m256i,
}

impl Constants {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn new(weights: &YuvWeights, layout: Layout) -> Self {
        let pairs = Pairs::new(weights, layout);
        Self {
            luma_outer: _mm256_set1_epi32(pairs.luma_outer),
            luma_middle: _mm256_set1_epi32(pairs.luma_middle),
            luma_bias: _mm256_set1_epi32(weights.y_bias),
            chroma_outer: pairs.chroma_outer.map(|of| _mm256_set1_epi32(of)),
            chroma_middle: pairs.chroma_middle.map(|of| _mm256_set1_epi32(of)),
            chroma_bias: _mm256_set1_epi32(weights.chroma_bias),
        }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn store_luma(&self, [top, bottom]: [[__m256i; 4]; 2], target: blocks::Luma<'_, COLUMNS>) {
        let [to_top, to_bottom] = target;
        // SAFETY: each target has the 32 bytes that are written; the stores ask for no alignment.
        unsafe {
            _mm256_storeu_si256(to_top.as_mut_ptr().cast(), self.luma(top));
            _mm256_storeu_si256(to_bottom.as_mut_ptr().cast(), self.luma(bottom));
        }
    }

    /// 32 samples of luma.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn luma(&self, row: [__m256i; 4]) -> __m256i {
        let [a, b, c, d] = row;
        let (a, b) = (self.luma_sums(a), self.luma_sums(b));
        let (c, d) = (self.luma_sums(c), self.luma_sums(d));
        let packed = _mm256_packus_epi16(_mm256_packus_epi32(a, b), _mm256_packus_epi32(c, d));
        _mm256_permutevar8x32_epi32(packed, transposition())
    }

    /// A sample of luma in each element of 32 bits.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn luma_sums(&self, pixels: __m256i) -> __m256i {
        let outer_mask = _mm256_set1_epi32(0x00ff_00ff);
        let middle = _mm256_setr_epi8(
            1, -1, 1, -1, 5, -1, 5, -1, 9, -1, 9, -1, 13, -1, 13, -1, //
            1, -1, 1, -1, 5, -1, 5, -1, 9, -1, 9, -1, 13, -1, 13, -1,
        );
        let outer = _mm256_madd_epi16(_mm256_and_si256(pixels, outer_mask), self.luma_outer);
        let middle = _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, middle), self.luma_middle);
        let sum = _mm256_add_epi32(_mm256_add_epi32(outer, self.luma_bias), middle);
        _mm256_srli_epi32::<{ WEIGHT_BITS.cast_signed() }>(sum)
    }

    /// 16 samples of U and V, interleaved.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn chroma(&self, [top, bottom]: [[__m256i; 4]; 2]) -> __m256i {
        let a = _mm256_add_epi16(neighbours(top[0]), neighbours(bottom[0]));
        let b = _mm256_add_epi16(neighbours(top[1]), neighbours(bottom[1]));
        let c = _mm256_add_epi16(neighbours(top[2]), neighbours(bottom[2]));
        let d = _mm256_add_epi16(neighbours(top[3]), neighbours(bottom[3]));
        let packed = _mm256_packus_epi16(self.weighted(a, b), self.weighted(c, d));
        let pairs = _mm256_setr_epi8(
            0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15, //
            0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15,
        );
        _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(packed, pairs), transposition())
    }

    /// From the sums of two registers, by lane: four samples of U and four of V as words.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn weighted(&self, a: __m256i, b: __m256i) -> __m256i {
        let (a, b) = (_mm256_castsi256_ps(a), _mm256_castsi256_ps(b));
        let outer = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(a, b));
        let middle = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(a, b));
        let (u, v) = (self.chroma_sums(0, outer, middle), self.chroma_sums(1, outer, middle));
        _mm256_packus_epi32(u, v)
    }

    /// A sample of U (0) or V (1) in each element of 32 bits.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn chroma_sums(&self, component: usize, outer: __m256i, middle: __m256i) -> __m256i {
        let outer = _mm256_madd_epi16(outer, self.chroma_outer[component]);
        let middle = _mm256_madd_epi16(middle, self.chroma_middle[component]);
        let sum = _mm256_sub_epi32(_mm256_sub_epi32(self.chroma_bias, outer), middle);
        _mm256_srai_epi32::<{ CHROMA_BITS.cast_signed() }>(sum)
    }
}

/// The sums of each two neighbours: first and third component, second component, zero.
#[target_feature(enable = "avx2")]
#[inline]
fn neighbours(pixels: __m256i) -> __m256i {
    let side_by_side = _mm256_setr_epi8(
        0, 4, 2, 6, 1, 5, -1, -1, 8, 12, 10, 14, 9, 13, -1, -1, //
        0, 4, 2, 6, 1, 5, -1, -1, 8, 12, 10, 14, 9, 13, -1, -1,
    );
    _mm256_maddubs_epi16(_mm256_shuffle_epi8(pixels, side_by_side), _mm256_set1_epi8(1))
}

/// Puts the quarters of both lanes into the order of the columns.
#[target_feature(enable = "avx2")]
#[inline]
fn transposition() -> __m256i {
    _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the array has the 32 bytes that are read; the load asks for no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}
