use crate::{Params, YuvLayout};
use framewire_frame::Size;

/// The second of two passes: from the picture at full size, planar, to a smaller one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scaling {
    full: YuvLayout,
    params: Params,
}

impl Scaling {
    /// From pictures of `source` to ones of `size`; where its target lies has to be [told](YuvLayout::params) besides.
    pub fn new(source: Size, size: Size) -> Self {
        let full = YuvLayout::i420(source);
        let last = |size: Size| [size.width() - 1, size.height() - 1];
        let params = Params {
            scaled_planes: full.in_words(),
            luma_ratio: ratio(source, size),
            chroma_ratio: ratio(source.chroma(), size.chroma()),
            last: [last(size), last(size.chroma())].as_flattened().try_into().expect("two pairs are four"),
            ..Params::default()
        };
        Self { full, params }
    }

    /// Whether the kernel scales so: to a size that is not larger, and in sums of 32 bits.
    pub fn is_possible(source: Size, size: Size) -> bool {
        let smaller = size.width() <= source.width() && size.height() <= source.height();
        smaller && fits_sums(ratio(source, size)) && fits_sums(ratio(source.chroma(), size.chroma()))
    }

    /// The picture at full size, which [`CONVERT`](crate::CONVERT) makes.
    pub fn full(&self) -> YuvLayout {
        self.full
    }

    /// What the kernel is told, but where its target lies.
    pub fn params(&self) -> Params {
        self.params
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
