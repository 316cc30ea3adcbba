//! Runs the scalar twin after a kernel and compares.

use crate::{
    RgbWeights, YuvWeights,
    rows::{ChromaRow, ChromaRowMut, Layout, YuvRows, YuvRowsMut},
    scalar,
};

/// # Panics
/// When `target` is not what the scalar twin makes of `source`.
pub(super) fn rgb_to_yuv(
    weights: &YuvWeights,
    layout: Layout,
    source: [&[u8]; 2],
    target: &mut YuvRowsMut<'_>,
) {
    let mut top = vec![0; target.luma_top.len()];
    let mut bottom = target.luma_bottom.as_deref().map(|row| vec![0; row.len()]);
    let [first, second]: [&[u8]; 2] = match &target.chroma {
        ChromaRowMut::Interleaved(row) => [row, &[]],
        ChromaRowMut::Planar { u, v } => [u, v],
    };
    let (mut u, mut v) = (vec![0; first.len()], vec![0; second.len()]);
    let twin = YuvRowsMut {
        luma_top: &mut top,
        luma_bottom: bottom.as_deref_mut(),
        chroma: match &target.chroma {
            ChromaRowMut::Interleaved(_) => ChromaRowMut::Interleaved(&mut u),
            ChromaRowMut::Planar { .. } => ChromaRowMut::Planar { u: &mut u, v: &mut v },
        },
    };
    scalar::rgb_to_yuv(weights, layout, source, twin);
    assert!(*target.luma_top == *top, "the kernel's first row of luma differs from the scalar twin's");
    assert!(
        target.luma_bottom.as_deref() == bottom.as_deref(),
        "the kernel's second row of luma differs from the scalar twin's"
    );
    assert!(*first == *u && *second == *v, "the kernel's chroma differs from the scalar twin's");
}

/// # Panics
/// When `target` is not what the scalar twin makes of `source`.
pub(super) fn yuv_to_rgb(
    weights: &RgbWeights,
    layout: Layout,
    source: YuvRows<'_>,
    target: [Option<&[u8]>; 2],
) {
    let [mut top, mut bottom] = target.map(|row| row.map(|row| vec![0; row.len()]));
    scalar::yuv_to_rgb(weights, layout, source, [top.as_deref_mut(), bottom.as_deref_mut()]);
    assert!(
        target == [top.as_deref(), bottom.as_deref()],
        "the kernel's pixels differ from the scalar twin's"
    );
}

/// # Panics
/// When `target` is not what the scalar twin makes of `source`.
pub(super) fn copy_chroma(source: ChromaRow<'_>, target: &ChromaRowMut<'_>) {
    match target {
        ChromaRowMut::Interleaved(row) => {
            let mut twin = vec![0; row.len()];
            scalar::copy_chroma(source, ChromaRowMut::Interleaved(&mut twin));
            assert!(**row == *twin, "the kernel's chroma differs from the scalar twin's");
        }
        ChromaRowMut::Planar { u, v } => {
            let (mut twin_u, mut twin_v) = (vec![0; u.len()], vec![0; v.len()]);
            scalar::copy_chroma(source, ChromaRowMut::Planar { u: &mut twin_u, v: &mut twin_v });
            assert!(**u == *twin_u && **v == *twin_v, "the kernel's chroma differs from the scalar twin's");
        }
    }
}

/// What the scalar twin makes of a row that is brought up to date.
pub(super) struct UpdatedRow {
    row: Vec<u8>,
    flags: Vec<bool>,
}

impl UpdatedRow {
    /// What it is to be, before it is so.
    pub(super) fn new(block: usize, new: &[u8], old: &[u8], flags: &[bool]) -> Self {
        let (mut row, mut flags) = (old.to_vec(), flags.to_vec());
        scalar::update_row(block, new, &mut row, &mut flags);
        Self { row, flags }
    }

    /// # Panics
    /// When the kernel made something else.
    pub(super) fn compare(&self, row: &[u8], flags: &[bool]) {
        assert!(*row == *self.row, "the kernel's row differs from the scalar twin's");
        assert!(*flags == *self.flags, "the kernel's flags differ from the scalar twin's");
    }
}
