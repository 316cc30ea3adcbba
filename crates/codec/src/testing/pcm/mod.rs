//! A real, if wasteful, H.264 codec in two hundred lines: changed macroblocks are sent as they are (`I_PCM`), the others
//! are skipped. Its streams are valid Constrained Baseline that any decoder plays without loss.

mod bits;
mod decode;
mod encode;
mod sets;
#[cfg(test)]
mod tests;

pub(super) use decode::PcmDecoder;
pub(super) use encode::{Kind, PcmEncoder};
pub(crate) use sets::plain_sets;

use framewire_frame::Size;

/// Samples of one macroblock: 16x16 of luma and 8x8 each of U and V.
const MB_BYTES: usize = 384;

/// `log2_max_frame_num`.
const FRAME_NUM_BITS: u32 = 8;

/// A picture in whole macroblocks, one after the other, as `I_PCM` carries them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Blocks {
    columns: usize,
    samples: Vec<u8>,
}

impl Blocks {
    fn new(size: Size) -> Self {
        let in_mbs = |side: u32| side.div_ceil(16) as usize;
        let columns = in_mbs(size.width());
        Self { columns, samples: vec![128; columns * in_mbs(size.height()) * MB_BYTES] }
    }

    fn count(&self) -> usize {
        self.samples.len() / MB_BYTES
    }

    fn block(&self, index: usize) -> &[u8] {
        &self.samples[index * MB_BYTES..][..MB_BYTES]
    }

    fn block_mut(&mut self, index: usize) -> &mut [u8] {
        &mut self.samples[index * MB_BYTES..][..MB_BYTES]
    }
}

/// Where the rows of plane `plane` lie within a macroblock: the first byte, and the side of the square.
const fn plane_in_block(plane: usize) -> (usize, usize) {
    match plane {
        0 => (0, 16),
        1 => (256, 8),
        _ => (320, 8),
    }
}
