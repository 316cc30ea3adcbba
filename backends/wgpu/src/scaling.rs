use crate::{
    Error, Gpu,
    kernel::{Bindings, Params, dispatch},
    yuv::YuvLayout,
};
use framewire_frame::{PixelFormat, Size};
use wgpu::{Buffer, BufferUsages, CommandEncoder};

/// The second of two passes: from the picture at full size, planar, to a smaller one.
#[derive(Debug)]
pub(crate) struct Scaling {
    full: YuvLayout,
    target: YuvLayout,
    params: Buffer,
    /// At full size.
    pub(crate) picture: Buffer,
    /// What has changed at full size, which nobody asks for.
    pub(crate) changes: Buffer,
}

impl Scaling {
    /// From pictures of `source` to ones of `size`, which `target` pads to even sides.
    pub(crate) fn new(gpu: &Gpu, source: Size, target: &YuvLayout, size: Size) -> Result<Self, Error> {
        let full = YuvLayout::new(PixelFormat::I420, source);
        let last = |size: Size| [size.width() - 1, size.height() - 1];
        let params = target.params(Params {
            scaled_planes: full.in_words(),
            luma_ratio: ratio(source, size),
            chroma_ratio: ratio(source.chroma(), size.chroma()),
            last: [last(size), last(size.chroma())].as_flattened().try_into().expect("two pairs are four"),
            ..Params::default()
        });
        let usage = BufferUsages::STORAGE;
        Ok(Self {
            full,
            target: *target,
            params: params.buffer(gpu)?,
            picture: gpu.buffer("framewire full picture", usage, full.len() as u64)?,
            changes: gpu.buffer("framewire full changes", usage, full.changes_len() as u64)?,
        })
    }

    /// Whether the kernel scales so: to a size that is not larger, and in sums of 32 bits.
    pub(crate) fn is_possible(source: Size, size: Size) -> bool {
        let smaller = size.width() <= source.width() && size.height() <= source.height();
        smaller && fits_sums(ratio(source, size)) && fits_sums(ratio(source.chroma(), size.chroma()))
    }

    /// The picture at full size.
    pub(crate) fn full(&self) -> YuvLayout {
        self.full
    }

    pub(crate) fn record(&self, gpu: &Gpu, encoder: &mut CommandEncoder, picture: &Buffer, changes: &Buffer) {
        let kernels = gpu.kernels();
        let bindings = Bindings {
            params: &self.params,
            source: self.picture.as_entire_binding(),
            codes: kernels.tables.bytes(),
            target: picture,
            changes,
        };
        let group = kernels.bind(gpu.device(), bindings);
        dispatch(encoder, &kernels.scale, &group, self.target.groups());
    }
}

/// Columns and rows of source and of target, divided by what they have in common.
fn ratio(source: Size, target: Size) -> [u32; 4] {
    let (across, down) = (gcd(source.width(), target.width()), gcd(source.height(), target.height()));
    [source.width() / across, source.height() / down, target.width() / across, target.height() / down]
}

/// Whether the sum of all that one sample covers, and one half, stays below 2^32.
fn fits_sums([columns, rows, ..]: [u32; 4]) -> bool {
    let whole = u64::from(columns) * u64::from(rows);
    whole * 255 + whole / 2 <= u64::from(u32::MAX)
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> Size {
        text.parse().unwrap()
    }

    #[test]
    fn what_sums_of_32_bits_cannot_hold_is_left_to_the_processor() {
        assert!(Scaling::is_possible(size("7680x4320"), size("3840x2160")));
        assert!(Scaling::is_possible(size("3839x2159"), size("1920x1080")));
        assert!(!Scaling::is_possible(size("8191x4319"), size("4096x2160")));
        assert!(!Scaling::is_possible(size("64x64"), size("128x32")));
    }
}
