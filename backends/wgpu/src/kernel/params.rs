use crate::{Error, Gpu};
use framewire_convert::YuvWeights;
use wgpu::{Buffer, BufferUsages};

/// The uniform of every kernel, field by field as `Params` in `kernel.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params {
    pub(crate) luma: [i32; 4],
    pub(crate) u: [i32; 4],
    pub(crate) v: [i32; 4],
    /// In pixels.
    pub(crate) size: [u32; 2],
    /// In words.
    pub(crate) source_offset: u32,
    /// In words.
    pub(crate) source_stride: u32,
    /// In bits.
    pub(crate) red_shift: u32,
    /// In bits.
    pub(crate) blue_shift: u32,
    pub(crate) half: bool,
    pub(crate) coded: bool,
    /// Of 8x2 pixels.
    pub(crate) groups: [u32; 2],
    /// Of 16x16 pixels.
    pub(crate) block_columns: u32,
    pub(crate) planar: bool,
    pub(crate) target_planes: Planes,
    pub(crate) scaled_planes: Planes,
    /// Source columns and rows, target columns and rows, each pair divided by its greatest common divisor.
    pub(crate) luma_ratio: [u32; 4],
    pub(crate) chroma_ratio: [u32; 4],
    /// Last column and row of luma, and of chroma.
    pub(crate) last: [u32; 4],
}

/// Where the rows of a 4:2:0 picture lie, in words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Planes {
    pub(crate) luma_stride: u32,
    pub(crate) chroma_stride: u32,
    pub(crate) u: u32,
    pub(crate) v: u32,
}

impl Params {
    /// With the weights of a colour.
    pub(crate) fn with_weights(self, weights: &YuvWeights) -> Self {
        let with_bias = |[red, green, blue]: [i32; 3], bias| [red, green, blue, bias];
        Self {
            luma: with_bias(weights.y, weights.y_bias),
            u: with_bias(weights.u, weights.chroma_bias),
            v: with_bias(weights.v, weights.chroma_bias),
            ..self
        }
    }

    /// A uniform that holds them.
    pub(crate) fn buffer(&self, gpu: &Gpu) -> Result<Buffer, Error> {
        gpu.filled_buffer("framewire params", BufferUsages::UNIFORM, &self.bytes())
    }

    /// The bytes as WGSL lays them out in a uniform: no field needs padding before it.
    fn bytes(&self) -> Vec<u8> {
        let signed = [self.luma, self.u, self.v].concat();
        let planes = |planes: Planes| [planes.luma_stride, planes.chroma_stride, planes.u, planes.v];
        let unsigned = [
            &self.size[..],
            &[self.source_offset, self.source_stride, self.red_shift, self.blue_shift],
            &[u32::from(self.half), u32::from(self.coded)],
            &self.groups,
            &[self.block_columns, u32::from(self.planar)],
            &planes(self.target_planes),
            &planes(self.scaled_planes),
            &self.luma_ratio,
            &self.chroma_ratio,
            &self.last,
        ]
        .concat();
        let signed = signed.into_iter().flat_map(i32::to_ne_bytes);
        signed.chain(unsigned.into_iter().flat_map(u32::to_ne_bytes)).collect()
    }
}
