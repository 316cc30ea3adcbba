use super::{Level, native};
use crate::{
    RgbWeights, YuvWeights,
    rows::{ChromaRow, ChromaRowMut, Layout, YuvRows, YuvRowsMut},
    scalar,
};

/// A function that converts two rows of packed RGB to 4:2:0. It may be called only on a machine that has its level.
///
/// The rows of the source have `layout.bytes` bytes per column of luma.
pub(super) type RgbToYuvFn = unsafe fn(&YuvWeights, Layout, [&[u8]; 2], YuvRowsMut<'_>);

/// A function that converts two rows of 4:2:0 to packed RGB. It may be called only on a machine that has its level.
pub(super) type YuvToRgbFn = unsafe fn(&RgbWeights, Layout, YuvRows<'_>, [Option<&mut [u8]>; 2]);

/// The functions that only move bytes. They may be called only on a machine that has their level.
#[derive(Clone, Copy, Debug)]
pub(super) struct MoveFns {
    /// As [`scalar::copy_chroma`].
    pub(super) copy_chroma: unsafe fn(ChromaRow<'_>, ChromaRowMut<'_>),
    /// As [`scalar::update_row`].
    pub(super) update_row: unsafe fn(usize, &[u8], &mut [u8], &mut [bool]),
}

/// A kernel from packed RGB to 4:2:0.
pub(crate) type RgbToYuv = Kernel<RgbToYuvFn>;

/// A kernel from 4:2:0 to packed RGB.
pub(crate) type YuvToRgb = Kernel<YuvToRgbFn>;

/// The kernel for one layout of packed RGB at one level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernel<F> {
    layout: Layout,
    /// `None` is the scalar twin. Otherwise this machine has the function's level: `new` has asked it.
    function: Option<F>,
}

impl<F: Copy> Kernel<F> {
    /// The kernel that every machine has.
    pub(crate) fn scalar(layout: Layout) -> Self {
        Self { layout, function: None }
    }

    /// The layout of the packed RGB.
    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }
}

impl RgbToYuv {
    /// The kernel of a level; `None` where this machine lacks the level.
    pub(crate) fn new(layout: Layout, level: Level) -> Option<Self> {
        level.is_available().then(|| Self { layout, function: native::rgb_to_yuv(layout, level) })
    }

    /// Converts two rows of pixels.
    pub(crate) fn run(&self, weights: &YuvWeights, source: [&[u8]; 2], mut target: YuvRowsMut<'_>) {
        let Some(function) = self.function else {
            return scalar::rgb_to_yuv(weights, self.layout, source, target);
        };
        // SAFETY: `new` took the function only after `is_available` had found its level on this machine.
        unsafe { function(weights, self.layout, source, target.reborrow()) };
        #[cfg(feature = "verify-kernels")]
        super::verify::rgb_to_yuv(weights, self.layout, source, &mut target);
    }
}

impl YuvToRgb {
    /// The kernel of a level; `None` where this machine lacks the level.
    pub(crate) fn new(layout: Layout, level: Level) -> Option<Self> {
        level.is_available().then(|| Self { layout, function: native::yuv_to_rgb(level) })
    }

    /// Converts two rows of samples.
    pub(crate) fn run(&self, weights: &RgbWeights, source: YuvRows<'_>, mut target: [Option<&mut [u8]>; 2]) {
        let Some(function) = self.function else {
            return scalar::yuv_to_rgb(weights, self.layout, source, target);
        };
        let rows = target.each_mut().map(|row| row.as_deref_mut());
        // SAFETY: `new` took the function only after `is_available` had found its level on this machine.
        unsafe { function(weights, self.layout, source, rows) };
        #[cfg(feature = "verify-kernels")]
        super::verify::yuv_to_rgb(weights, self.layout, source, target.each_ref().map(|row| row.as_deref()));
    }
}

/// The kernels of one level that only move bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moves {
    /// `None` stands for the scalar twins. Otherwise this machine has the functions' level: `new` has asked it.
    functions: Option<MoveFns>,
}

impl Moves {
    /// The kernels of a level; the scalar twins where this machine lacks the level.
    pub(crate) fn new(level: Level) -> Self {
        Self { functions: native::moves(level).filter(|_| level.is_available()) }
    }

    /// Copies a row of chroma from one arrangement to another.
    pub(crate) fn copy_chroma(self, source: ChromaRow<'_>, mut target: ChromaRowMut<'_>) {
        let Some(functions) = self.functions else {
            return scalar::copy_chroma(source, target);
        };
        // SAFETY: `new` took the function only after `is_available` had found its level on this machine.
        unsafe { (functions.copy_chroma)(source, target.reborrow()) };
        #[cfg(feature = "verify-kernels")]
        super::verify::copy_chroma(source, &target);
    }

    /// Copies `new` over `old` and raises the flags of the blocks of `block` bytes in which the two differ.
    pub(crate) fn update_row(self, block: usize, new: &[u8], old: &mut [u8], flags: &mut [bool]) {
        let Some(functions) = self.functions else {
            return scalar::update_row(block, new, old, flags);
        };
        #[cfg(feature = "verify-kernels")]
        let twin = super::verify::UpdatedRow::new(block, new, old, flags);
        // SAFETY: `new` took the function only after `is_available` had found its level on this machine.
        unsafe { (functions.update_row)(block, new, old, flags) };
        #[cfg(feature = "verify-kernels")]
        twin.compare(old, flags);
    }
}
