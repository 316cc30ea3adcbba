//! Kernels by processor: a folder per architecture, a file per instruction set.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod blocks;
mod kernel;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod lanes;
mod level;
#[cfg(feature = "verify-kernels")]
mod verify;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
use aarch64 as native;
#[cfg(target_arch = "x86_64")]
use x86_64 as native;

pub(crate) use kernel::{Moves, RgbToYuv, YuvToRgb};
pub use level::{Level, UnknownLevel};

/// Asks for the bytes that lie `distance` bytes behind those of `row`, whether there are such or not.
#[inline(always)]
pub(crate) fn prefetch_behind(row: &[u8], distance: usize) {
    for line in (0..row.len()).step_by(CACHE_LINE) {
        native::prefetch(row.as_ptr().wrapping_add(distance + line));
    }
}

const CACHE_LINE: usize = 64;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod native {
    use super::{
        Level,
        kernel::{MoveFns, RgbToYuvFn, YuvToRgbFn},
    };
    use crate::rows::Layout;

    pub(super) fn has(level: Level) -> bool {
        level == Level::Scalar
    }

    pub(super) fn rgb_to_yuv(_: Layout, _: Level) -> Option<RgbToYuvFn> {
        None
    }

    pub(super) fn yuv_to_rgb(_: Level) -> Option<YuvToRgbFn> {
        None
    }

    pub(super) fn moves(_: Level) -> Option<MoveFns> {
        None
    }

    pub(super) fn prefetch(_: *const u8) {}
}
