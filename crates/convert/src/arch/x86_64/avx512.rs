use super::Pairs;
use crate::{
    YuvWeights,
    arch::blocks,
    matrix::{CHROMA_BITS, WEIGHT_BITS},
    rows::{Layout, YuvRowsMut},
};
use std::arch::x86_64::*;

/// Columns of a block.
const COLUMNS: usize = 64;
const HALF: usize = COLUMNS / 2;

/// Two rows of pixels of four bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(super) fn rgbx(weights: &YuvWeights, layout: Layout, source: [&[u8]; 2], target: YuvRowsMut<'_>) {
    rows::<{ COLUMNS * 4 }>(weights, layout, source, target, |row| {
        let (quarters, _) = row.as_chunks::<64>();
        [load(&quarters[0]), load(&quarters[1]), load(&quarters[2]), load(&quarters[3])]
    });
}

/// Two rows of pixels of three bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
pub(super) fn rgb(weights: &YuvWeights, layout: Layout, source: [&[u8]; 2], target: YuvRowsMut<'_>) {
    // Byte 3 of each pixel has the weight zero, so that it may be anything.
    let spread = bytes(|i| i / 4 * 3 + (i % 4).min(2));
    rows::<{ COLUMNS * 3 }>(weights, layout, source, target, |row| {
        let (quarters, _) = row.as_chunks::<48>();
        let load = |quarter: &[u8; 48]| {
            // SAFETY: a quarter has the 48 bytes that the mask lets the load read; it asks for no alignment.
            let pixels = unsafe { _mm512_maskz_loadu_epi8((1 << 48) - 1, quarter.as_ptr().cast()) };
            _mm512_permutexvar_epi8(spread, pixels)
        };
        [load(&quarters[0]), load(&quarters[1]), load(&quarters[2]), load(&quarters[3])]
    });
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
fn rows<const BYTES: usize>(
    weights: &YuvWeights,
    layout: Layout,
    source: [&[u8]; 2],
    target: YuvRowsMut<'_>,
    load: impl Fn(&[u8; BYTES]) -> [__m512i; 4],
) {
    let constants = Constants::new(weights, layout);
    blocks::convert::<BYTES, COLUMNS, HALF>(
        source,
        target,
        |[top, bottom], luma, chroma| {
            let rows = [load(top), load(bottom)];
            constants.store_luma(rows, luma);
            // SAFETY: the target has the 64 bytes that are written; the store asks for no alignment.
            unsafe { _mm512_storeu_si512(chroma.as_mut_ptr().cast(), constants.chroma(rows)) };
        },
        |[top, bottom], luma, [u, v]| {
            let rows = [load(top), load(bottom)];
            constants.store_luma(rows, luma);
            let apart = _mm512_permutexvar_epi8(bytes(|i| i % 32 * 2 + i / 32), constants.chroma(rows));
            // SAFETY: each target has the 32 bytes that are written; the stores ask for no alignment.
            unsafe {
                _mm256_storeu_si256(u.as_mut_ptr().cast(), _mm512_castsi512_si256(apart));
                _mm256_storeu_si256(v.as_mut_ptr().cast(), _mm512_extracti64x4_epi64::<1>(apart));
            }
        },
    );
}

struct Constants {
    luma_outer: __m512i,
    luma_middle: __m512i,
    luma_bias: __m512i,
    chroma_outer: [__m512i; 2],
    chroma_middle: [__m512i; 2],
    chroma_bias: __m512i,
}

impl Constants {
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    #[inline]
    fn new(weights: &YuvWeights, layout: Layout) -> Self {
        let pairs = Pairs::new(weights, layout);
        Self {
            luma_outer: _mm512_set1_epi32(pairs.luma_outer),
            luma_middle: _mm512_set1_epi32(pairs.luma_middle),
            luma_bias: _mm512_set1_epi32(weights.y_bias),
            chroma_outer: pairs.chroma_outer.map(|of| _mm512_set1_epi32(of)),
            chroma_middle: pairs.chroma_middle.map(|of| _mm512_set1_epi32(of)),
            chroma_bias: _mm512_set1_epi32(weights.chroma_bias),
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    #[inline]
    fn store_luma(&self, [top, bottom]: [[__m512i; 4]; 2], target: blocks::Luma<'_, COLUMNS>) {
        let [to_top, to_bottom] = target;
        // SAFETY: each target has the 64 bytes that are written; the stores ask for no alignment.
        unsafe {
            _mm512_storeu_si512(to_top.as_mut_ptr().cast(), self.luma(top));
            _mm512_storeu_si512(to_bottom.as_mut_ptr().cast(), self.luma(bottom));
        }
    }

    /// 64 samples of luma.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    #[inline]
    fn luma(&self, row: [__m512i; 4]) -> __m512i {
        let [a, b, c, d] = row;
        let (a, b) = (self.luma_sums(a), self.luma_sums(b));
        let (c, d) = (self.luma_sums(c), self.luma_sums(d));
        let packed = _mm512_packus_epi16(_mm512_packus_epi32(a, b), _mm512_packus_epi32(c, d));
        _mm512_permutexvar_epi8(bytes(|i| i / 4 % 4 * 16 + i / 16 * 4 + i % 4), packed)
    }

    /// A sample of luma in each element of 32 bits.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    #[inline]
    fn luma_sums(&self, pixels: __m512i) -> __m512i {
        let outer_mask = _mm512_set1_epi32(0x00ff_00ff);
        let middle = lanes([1, -1, 1, -1, 5, -1, 5, -1, 9, -1, 9, -1, 13, -1, 13, -1]);
        let outer = _mm512_madd_epi16(_mm512_and_si512(pixels, outer_mask), self.luma_outer);
        let middle = _mm512_madd_epi16(_mm512_shuffle_epi8(pixels, middle), self.luma_middle);
        let sum = _mm512_add_epi32(_mm512_add_epi32(outer, self.luma_bias), middle);
        _mm512_srli_epi32::<{ WEIGHT_BITS }>(sum)
    }

    /// 32 samples of U and V, interleaved.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    #[inline]
    fn chroma(&self, [top, bottom]: [[__m512i; 4]; 2]) -> __m512i {
        let a = _mm512_add_epi16(neighbours(top[0]), neighbours(bottom[0]));
        let b = _mm512_add_epi16(neighbours(top[1]), neighbours(bottom[1]));
        let c = _mm512_add_epi16(neighbours(top[2]), neighbours(bottom[2]));
        let d = _mm512_add_epi16(neighbours(top[3]), neighbours(bottom[3]));
        let packed = _mm512_packus_epi16(self.weighted(a, b), self.weighted(c, d));
        // Byte 0 of a pair is U, four bytes before V.
        _mm512_permutexvar_epi8(
            bytes(|i| i / 4 % 4 * 16 + i / 32 * 8 + i / 16 % 2 * 2 + i % 2 * 4 + i / 2 % 2),
            packed,
        )
    }

    /// From the sums of two registers, by lane: four samples of U and four of V as words.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    #[inline]
    fn weighted(&self, a: __m512i, b: __m512i) -> __m512i {
        let (a, b) = (_mm512_castsi512_ps(a), _mm512_castsi512_ps(b));
        let outer = _mm512_castps_si512(_mm512_shuffle_ps::<0b10_00_10_00>(a, b));
        let middle = _mm512_castps_si512(_mm512_shuffle_ps::<0b11_01_11_01>(a, b));
        let (u, v) = (self.chroma_sums(0, outer, middle), self.chroma_sums(1, outer, middle));
        _mm512_packus_epi32(u, v)
    }

    /// A sample of U (0) or V (1) in each element of 32 bits.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    #[inline]
    fn chroma_sums(&self, component: usize, outer: __m512i, middle: __m512i) -> __m512i {
        let outer = _mm512_madd_epi16(outer, self.chroma_outer[component]);
        let middle = _mm512_madd_epi16(middle, self.chroma_middle[component]);
        let sum = _mm512_sub_epi32(_mm512_sub_epi32(self.chroma_bias, outer), middle);
        _mm512_srai_epi32::<{ CHROMA_BITS }>(sum)
    }
}

/// The sums of each two neighbours: first and third component, second component, zero.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
fn neighbours(pixels: __m512i) -> __m512i {
    let side_by_side = lanes([0, 4, 2, 6, 1, 5, -1, -1, 8, 12, 10, 14, 9, 13, -1, -1]);
    _mm512_maddubs_epi16(_mm512_shuffle_epi8(pixels, side_by_side), _mm512_set1_epi8(1))
}

/// The same pattern of bytes in each lane.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
fn lanes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]: [i8; 16]) -> __m512i {
    _mm512_broadcast_i32x4(_mm_setr_epi8(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p))
}

/// The indices of a permutation of 64 bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
fn bytes(index: impl Fn(u8) -> u8) -> __m512i {
    let mut position = 0;
    let indices: [u8; 64] = std::array::from_fn(|_| {
        position += 1;
        index(position - 1)
    });
    // SAFETY: the array has the 64 bytes that are read; the load asks for no alignment.
    unsafe { _mm512_loadu_si512(indices.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
#[inline]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the array has the 64 bytes that are read; the load asks for no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}
