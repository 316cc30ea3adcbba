use crate::{
    Error, Gpu,
    kernel::{Bindings, dispatch, params_buffer},
};
use framewire_frame::Size;
use framewire_shader::{Codes, YuvLayout};
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
        let pass = framewire_shader::Scaling::new(source, size);
        let (full, usage) = (pass.full(), BufferUsages::STORAGE);
        Ok(Self {
            full,
            target: *target,
            params: params_buffer(gpu, &target.params(pass.params()))?,
            picture: gpu.buffer("framewire full picture", usage, full.len() as u64)?,
            changes: gpu.buffer("framewire full changes", usage, full.changes_len() as u64)?,
        })
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
            codes: kernels.tables.get(Codes::LinearBytes),
            target: picture,
            changes,
        };
        let group = kernels.bind(gpu.device(), bindings);
        dispatch(encoder, &kernels.scale, &group, self.target.groups());
    }
}
