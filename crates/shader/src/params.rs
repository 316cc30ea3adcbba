use framewire_convert::YuvWeights;
use framewire_frame::Color;

/// The uniform of every kernel, field by field as `Params` in `kernel.wgsl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// The weights of red, green and blue in luma, and what is added before the shift.
    pub luma: [i32; 4],
    /// The same of U.
    pub u: [i32; 4],
    /// The same of V.
    pub v: [i32; 4],
    /// In pixels.
    pub size: [u32; 2],
    /// From the start of the binding to the first pixel: in bytes where a pixel is three of them, else in words.
    pub source_offset: u32,
    /// From row to row, likewise.
    pub source_stride: u32,
    /// In bits: by how much a pixel's word is shifted to have red in its lowest byte.
    pub red_shift: u32,
    /// In bits: the same for blue.
    pub blue_shift: u32,
    /// What a pixel is: 0 for a word of four bytes, 1 for four half floats, 2 for three bytes.
    pub texel: u32,
    /// Components are looked up in the table of code values.
    pub coded: bool,
    /// Groups of 8x2 pixels in the target, across and down.
    pub groups: [u32; 2],
    /// Blocks of 16x16 pixels in a row of the target.
    pub block_columns: u32,
    /// U and V have planes of their own.
    pub planar: bool,
    /// Of what is written.
    pub target_planes: Planes,
    /// Of what `scale` reads.
    pub scaled_planes: Planes,
    /// Source columns and rows, target columns and rows, each pair divided by its greatest common divisor.
    pub luma_ratio: [u32; 4],
    /// The same of chroma.
    pub chroma_ratio: [u32; 4],
    /// Last column and row of the target's luma, and of its chroma.
    pub last: [u32; 4],
}

/// Where the rows of a 4:2:0 picture lie, in words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Planes {
    /// From row to row of luma.
    pub luma_stride: u32,
    /// From row to row of chroma.
    pub chroma_stride: u32,
    /// Where U begins, or interleaved chroma.
    pub u: u32,
    /// Where V begins; without meaning where chroma is interleaved.
    pub v: u32,
}

impl Params {
    /// With the weights of a colour.
    pub fn with_color(self, color: Color) -> Self {
        let weights = YuvWeights::new(color);
        let with_bias = |[red, green, blue]: [i32; 3], bias| [red, green, blue, bias];
        Self {
            luma: with_bias(weights.y, weights.y_bias),
            u: with_bias(weights.u, weights.chroma_bias),
            v: with_bias(weights.v, weights.chroma_bias),
            ..self
        }
    }

    /// The bytes as WGSL lays them out in a uniform: no field needs padding before it.
    pub fn bytes(&self) -> Vec<u8> {
        let signed = [self.luma, self.u, self.v].concat();
        let planes = |planes: Planes| [planes.luma_stride, planes.chroma_stride, planes.u, planes.v];
        let unsigned = [
            &self.size[..],
            &[self.source_offset, self.source_stride, self.red_shift, self.blue_shift],
            &[self.texel, u32::from(self.coded)],
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
