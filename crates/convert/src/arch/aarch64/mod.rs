//! Kernels for 64-bit Arm.

mod neon;

use super::{
    Level,
    kernel::{MoveFns, RgbToYuvFn, YuvToRgbFn},
};
use crate::rows::Layout;
use std::arch::is_aarch64_feature_detected;

/// Whether this machine has a level.
pub(super) fn has(level: Level) -> bool {
    match level {
        Level::Scalar => true,
        Level::Neon => is_aarch64_feature_detected!("neon"),
        Level::Sse41 | Level::Avx2 | Level::Avx512 => false,
    }
}

/// The kernel of a level for pixels of three or four bytes. It may be called only where [`has`] says so.
pub(super) fn rgb_to_yuv(layout: Layout, level: Level) -> Option<RgbToYuvFn> {
    match level {
        Level::Neon if layout.bytes == 4 => Some(neon::rgbx),
        Level::Neon => Some(neon::rgb),
        Level::Scalar | Level::Sse41 | Level::Avx2 | Level::Avx512 => None,
    }
}

/// The kernel of a level for the way back. It may be called only where [`has`] says so.
pub(super) fn yuv_to_rgb(level: Level) -> Option<YuvToRgbFn> {
    match level {
        Level::Neon => Some(neon::yuv_to_rgb),
        Level::Scalar | Level::Sse41 | Level::Avx2 | Level::Avx512 => None,
    }
}

/// The kernels of a level that only move bytes. They may be called only where [`has`] says so.
pub(super) fn moves(level: Level) -> Option<MoveFns> {
    match level {
        Level::Neon => Some(MoveFns { copy_chroma: neon::copy_chroma, update_row: neon::update_row }),
        Level::Scalar | Level::Sse41 | Level::Avx2 | Level::Avx512 => None,
    }
}

/// Nothing: the language has no stable prefetch for this architecture.
#[inline(always)]
pub(super) fn prefetch(_: *const u8) {}
