//! The compute kernels, and what they are told.

use crate::{
    Error, Gpu,
    gpu::{checked, filled_buffer},
};
use framewire_shader::{BINDINGS, CONVERT, Codes, PACK, Params, SCALE, WGSL, WORKGROUP};
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindGroupLayout, BindGroupLayoutDescriptor,
    BindGroupLayoutEntry, BindingResource, BindingType, Buffer, BufferBindingType, BufferUsages,
    CommandEncoder, ComputePassDescriptor, ComputePipeline, ComputePipelineDescriptor, Device,
    PipelineLayoutDescriptor, Queue, ShaderModuleDescriptor, ShaderSource, ShaderStages,
};

/// All but the uniform.
const STORAGE_BUFFERS: u32 = BINDINGS - 1;

/// The kernels of a device.
#[derive(Debug)]
pub(crate) struct Kernels {
    layout: BindGroupLayout,
    pub(crate) convert: ComputePipeline,
    pub(crate) scale: ComputePipeline,
    pub(crate) pack: ComputePipeline,
    pub(crate) tables: Tables,
}

/// Tables of code values.
#[derive(Debug)]
pub(crate) struct Tables {
    buffers: [(Codes, Buffer); Codes::ALL.len()],
}

/// The buffers of one dispatch, in the order of their bindings.
pub(crate) struct Bindings<'a> {
    pub(crate) params: &'a Buffer,
    pub(crate) source: BindingResource<'a>,
    pub(crate) codes: &'a Buffer,
    pub(crate) target: &'a Buffer,
    pub(crate) changes: &'a Buffer,
}

impl Kernels {
    pub(crate) fn new(device: &Device, queue: &Queue, name: &str) -> Result<Self, Error> {
        let limits = device.limits();
        if limits.max_compute_invocations_per_workgroup < WORKGROUP * WORKGROUP
            || limits.max_storage_buffers_per_shader_stage < STORAGE_BUFFERS
        {
            return Err(Error::Unsupported {
                what: format!("a frame of {name} with these limits"),
                instead: format!(
                    "max_compute_invocations_per_workgroup has to be {} and max_storage_buffers_per_shader_stage \
                     {STORAGE_BUFFERS} when the device is made",
                    WORKGROUP * WORKGROUP
                ),
            });
        }
        checked(device, name, |device| Self::make(device, queue))
    }

    fn make(device: &Device, queue: &Queue) -> Self {
        let storage = |read_only| BufferBindingType::Storage { read_only };
        let types =
            [BufferBindingType::Uniform, storage(true), storage(true), storage(false), storage(false)];
        let entries: Vec<BindGroupLayoutEntry> = (0..)
            .zip(types)
            .map(|(binding, ty)| BindGroupLayoutEntry {
                binding,
                visibility: ShaderStages::COMPUTE,
                ty: BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
                count: None,
            })
            .collect();
        let layout = device.create_bind_group_layout(&BindGroupLayoutDescriptor {
            label: Some("framewire"),
            entries: &entries,
        });
        let pipeline_layout = device.create_pipeline_layout(&PipelineLayoutDescriptor {
            label: Some("framewire"),
            bind_group_layouts: &[Some(&layout)],
            ..PipelineLayoutDescriptor::default()
        });
        let module = device.create_shader_module(ShaderModuleDescriptor {
            label: Some("framewire"),
            source: ShaderSource::Wgsl(WGSL.into()),
        });
        let pipeline = |entry_point| {
            device.create_compute_pipeline(&ComputePipelineDescriptor {
                label: Some(entry_point),
                layout: Some(&pipeline_layout),
                module: &module,
                entry_point: Some(entry_point),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        };
        Self {
            convert: pipeline(CONVERT),
            scale: pipeline(SCALE),
            pack: pipeline(PACK),
            tables: Tables::new(device, queue),
            layout,
        }
    }

    pub(crate) fn bind(&self, device: &Device, bindings: Bindings<'_>) -> BindGroup {
        let resources = [
            bindings.params.as_entire_binding(),
            bindings.source,
            bindings.codes.as_entire_binding(),
            bindings.target.as_entire_binding(),
            bindings.changes.as_entire_binding(),
        ];
        let entries: Vec<BindGroupEntry<'_>> =
            (0..).zip(resources).map(|(binding, resource)| BindGroupEntry { binding, resource }).collect();
        device.create_bind_group(&BindGroupDescriptor {
            label: Some("framewire"),
            layout: &self.layout,
            entries: &entries,
        })
    }
}

impl Tables {
    fn new(device: &Device, queue: &Queue) -> Self {
        let table = |codes: Codes| {
            let usage = BufferUsages::STORAGE;
            (codes, filled_buffer(device, queue, "framewire codes", usage, &codes.table()))
        };
        Self { buffers: Codes::ALL.map(table) }
    }

    pub(crate) fn get(&self, wanted: Codes) -> &Buffer {
        let found = self.buffers.iter().find(|(codes, _)| *codes == wanted);
        &found.expect("there is one for each").1
    }
}

/// A uniform that holds what the kernels are told.
pub(crate) fn params_buffer(gpu: &Gpu, params: &Params) -> Result<Buffer, Error> {
    gpu.filled_buffer("framewire params", BufferUsages::UNIFORM, &params.bytes())
}

/// Records a dispatch that covers `grid` invocations.
pub(crate) fn dispatch(
    encoder: &mut CommandEncoder,
    pipeline: &ComputePipeline,
    group: &BindGroup,
    grid: [u32; 2],
) {
    let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor::default());
    pass.set_pipeline(pipeline);
    pass.set_bind_group(0, group, &[]);
    let [columns, rows] = grid.map(|side| side.div_ceil(WORKGROUP));
    pass.dispatch_workgroups(columns, rows, 1);
}
