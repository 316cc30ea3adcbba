use super::{bodies::OCCLUDERS, mesh, mesh::FLOOR};
use crate::{Error, Gpu};
use wgpu::{
    BlendComponent, BlendFactor, BlendOperation, BlendState, CompareFunction, Face, FrontFace,
    RenderPipeline, ShaderModule, TextureFormat, VertexBufferLayout, VertexStepMode,
};

/// How each part of the scene is drawn. They share the first one's bindings.
#[derive(Debug)]
pub(super) struct Pipelines {
    pub(super) layout: wgpu::BindGroupLayout,
    pub(super) body: RenderPipeline,
    pub(super) mirrored: RenderPipeline,
    pub(super) backdrop: RenderPipeline,
    pub(super) floor: RenderPipeline,
}

pub(super) const DEPTH: TextureFormat = TextureFormat::Depth32Float;

/// A body's numbers at the shader's locations 3 to 6.
const BODY: VertexBufferLayout<'_> = VertexBufferLayout {
    array_stride: 64,
    step_mode: VertexStepMode::Instance,
    attributes: &wgpu::vertex_attr_array![3 => Float32x4, 4 => Float32x4, 5 => Float32x4, 6 => Float32x4],
};

/// What one pipeline has of its own.
struct Part<'a> {
    name: &'a str,
    buffers: &'a [Option<VertexBufferLayout<'a>>],
    front: FrontFace,
    writes_depth: bool,
    blend: Option<BlendState>,
}

/// What is drawn lies over what is there, which stays opaque.
const OVER: BlendState = BlendState {
    color: BlendComponent {
        src_factor: BlendFactor::SrcAlpha,
        dst_factor: BlendFactor::OneMinusSrcAlpha,
        operation: BlendOperation::Add,
    },
    alpha: BlendComponent {
        src_factor: BlendFactor::Zero,
        dst_factor: BlendFactor::One,
        operation: BlendOperation::Add,
    },
};

impl Pipelines {
    /// For pictures of `format` with `samples` samples for each pixel.
    pub(super) fn new(gpu: &Gpu, format: TextureFormat, samples: u32) -> Result<Self, Error> {
        let (shader, layout) = gpu.checked(|device| {
            let shader = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some("scene"),
                source: wgpu::ShaderSource::Wgsl(source().into()),
            });
            let entry = wgpu::BindGroupLayoutEntry {
                binding: 0,
                visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            };
            let layout = wgpu::BindGroupLayoutDescriptor { label: Some("scene"), entries: &[entry] };
            (shader, device.create_bind_group_layout(&layout))
        })?;
        let solid = [Some(mesh::VERTEX), Some(BODY)];
        let body =
            Part { name: "body", buffers: &solid, front: FrontFace::Ccw, writes_depth: true, blend: None };
        let mirrored = Part { name: "mirrored", front: FrontFace::Cw, ..body };
        let backdrop = Part { name: "backdrop", buffers: &[], writes_depth: false, ..body };
        let floor = Part { name: "floor", buffers: &solid[..1], blend: Some(OVER), ..backdrop };
        let make = |part: &Part<'_>| part.make(gpu, &shader, &layout, format, samples);
        Ok(Self {
            body: make(&body)?,
            mirrored: make(&mirrored)?,
            backdrop: make(&backdrop)?,
            floor: make(&floor)?,
            layout,
        })
    }
}

impl Part<'_> {
    fn make(
        &self,
        gpu: &Gpu,
        shader: &ShaderModule,
        bindings: &wgpu::BindGroupLayout,
        format: TextureFormat,
        samples: u32,
    ) -> Result<RenderPipeline, Error> {
        let (vertex, fragment) = (format!("{}_vertex", self.name), format!("{}_fragment", self.name));
        let target = wgpu::ColorTargetState { format, blend: self.blend, write_mask: wgpu::ColorWrites::ALL };
        gpu.checked(|device| {
            let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some(self.name),
                bind_group_layouts: &[Some(bindings)],
                immediate_size: 0,
            });
            device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some(self.name),
                layout: Some(&layout),
                vertex: wgpu::VertexState {
                    module: shader,
                    entry_point: Some(&vertex),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    buffers: self.buffers,
                },
                primitive: wgpu::PrimitiveState {
                    front_face: self.front,
                    cull_mode: Some(Face::Back),
                    ..wgpu::PrimitiveState::default()
                },
                depth_stencil: Some(wgpu::DepthStencilState {
                    format: DEPTH,
                    depth_write_enabled: Some(self.writes_depth),
                    depth_compare: Some(CompareFunction::LessEqual),
                    stencil: wgpu::StencilState::default(),
                    bias: wgpu::DepthBiasState::default(),
                }),
                multisample: wgpu::MultisampleState { count: samples, ..wgpu::MultisampleState::default() },
                fragment: Some(wgpu::FragmentState {
                    module: shader,
                    entry_point: Some(&fragment),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    targets: &[Some(target)],
                }),
                multiview_mask: None,
                cache: None,
            })
        })
    }
}

fn source() -> String {
    format!("const FLOOR = {FLOOR:?};\nconst OCCLUDERS = {OCCLUDERS}u;\n{}", include_str!("scene.wgsl"))
}

#[cfg(test)]
mod tests {
    use naga::{
        back::{hlsl, msl},
        valid::{Capabilities, ValidationFlags, Validator},
    };

    #[test]
    fn the_shader_translates_to_metal_and_hlsl() {
        let module = naga::front::wgsl::parse_str(&super::source()).unwrap();
        let info = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module).unwrap();
        let options = msl::Options { fake_missing_bindings: true, ..msl::Options::default() };
        msl::write_string(&module, &info, &options, &msl::PipelineOptions::default()).unwrap();
        let options = hlsl::Options { fake_missing_bindings: true, ..hlsl::Options::default() };
        hlsl::Writer::new(&mut String::new(), &options, &hlsl::PipelineOptions::default())
            .write(&module, &info, None)
            .unwrap();
    }
}
