//! The kernels as Metal is given them.

use framewire_shader::BINDINGS;

/// The kernels of `framewire_shader`, translated. Buffers have the numbers of their bindings.
pub(super) const SOURCE: &str = include_str!("kernel.metal");

/// The number of the buffer that says how many bytes each of the arrays has: those of the bindings from 1 on, in words of 32
/// bits.
pub(super) const LENGTHS: u32 = BINDINGS;

/// How many arrays there are.
pub(super) const ARRAYS: usize = BINDINGS as usize - 1;

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_shader::{CONVERT, PACK, SCALE, WORKGROUP};

    /// The arguments of a kernel and the numbers of their buffers.
    fn buffers(kernel: &str) -> Vec<(&str, u32)> {
        let start = SOURCE.find(&format!("kernel void {kernel}(")).expect("the kernel is there");
        let arguments = &SOURCE[start..start + SOURCE[start..].find("\n)").expect("its arguments end")];
        let buffers = arguments.lines().filter_map(|line| {
            let (argument, rest) = line.split_once(" [[buffer(")?;
            let name = argument.rsplit(' ').next()?;
            Some((name, rest.split(')').next()?.parse().expect("a number")))
        });
        buffers.collect()
    }

    #[test]
    fn buffers_have_the_numbers_of_their_bindings() {
        let all = [("params", 0), ("source", 1), ("codes", 2), ("yuv", 3), ("changes", 4)];
        for (kernel, unused) in [(CONVERT, None), (SCALE, Some("codes")), (PACK, Some("changes"))] {
            let mut expected: Vec<_> = all.into_iter().filter(|(name, _)| Some(*name) != unused).collect();
            expected.push(("_buffer_sizes", LENGTHS));
            assert_eq!(buffers(kernel), expected, "{kernel}");
        }
    }

    #[test]
    fn the_lengths_are_those_of_the_arrays_in_the_order_of_their_bindings() {
        let start = SOURCE.find("struct _mslBufferSizes {").expect("the lengths are there");
        let fields: Vec<&str> = SOURCE[start..].lines().skip(1).take_while(|line| *line != "};").collect();
        let expected: Vec<String> = (1..=ARRAYS).map(|binding| format!("    uint size{binding};")).collect();
        assert_eq!(fields, expected);
        for (name, binding) in [("source", 1), ("codes", 2), ("yuv", 3), ("changes", 4)] {
            let index = format!("{name}[");
            let lines: Vec<&str> = SOURCE.lines().filter(|line| line.contains(&index)).collect();
            assert!(!lines.is_empty());
            for line in lines {
                assert!(line.contains(&format!("_buffer_sizes.size{binding} ")), "{line}");
            }
        }
    }

    #[test]
    fn a_threadgroup_has_as_many_threads_as_are_dispatched() {
        let limit = format!("[[max_total_threads_per_threadgroup({})]]", WORKGROUP * WORKGROUP);
        assert_eq!(SOURCE.matches(&limit).count(), 3);
    }
}
