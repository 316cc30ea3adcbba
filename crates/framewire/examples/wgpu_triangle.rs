//! All of it in one file: a device, a pipeline, a triangle that follows the mouse, in BT.709, drawn once a second while
//! nobody watches.
//!
//! ```text
//! cargo run --release -p framewire --features wgpu --example wgpu_triangle
//! ```

use framewire::{
    Frame, ServeOptions, Size,
    frame::Color,
    gpu::{Gpu, Texture, wgpu},
    protocol::Event,
};
use std::{error::Error, thread, time::Duration};

const SHADER: &str = "
struct Corner { @builtin(position) place: vec4f, @location(0) color: vec3f }

@group(0) @binding(0) var<uniform> mouse: vec4f;

@vertex
fn corner(@builtin(vertex_index) index: u32) -> Corner {
    let angle = 2.0944 * f32(index) + 3.0 * mouse.x;
    let place = vec4f(0.7 * sin(angle), 0.7 * cos(angle), 0.0, 1.0);
    return Corner(place, vec3f(f32(index == 0), f32(index == 1), mouse.y));
}

@fragment
fn paint(at: Corner) -> @location(0) vec4f { return vec4f(at.color, 1.0); }
";
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8UnormSrgb;
const SIZE: (u32, u32) = (1280, 720);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = instance.request_adapter(&wgpu::RequestAdapterOptions::default()).await?;
    let (device, queue) = adapter.request_device(&wgpu::DeviceDescriptor::default()).await?;
    let triangle = Triangle::new(&device);

    let gpu = Gpu::new(&device, &queue)?; // once for each device
    let texture = gpu.texture(Size::new(SIZE.0, SIZE.1)?, FORMAT)?; // any texture with COPY_SRC does
    let stream = framewire::serve(ServeOptions::new().port(0))?;
    println!("open {}", stream.url());
    let mut mouse = [0.5; 2];
    loop {
        stream.wait_for_viewer(Duration::from_secs(1));
        for input in stream.poll_events() {
            if let Event::PointerMove(pointer) = input.event.event() {
                mouse = [(pointer.x / f64::from(SIZE.0)) as f32, (pointer.y / f64::from(SIZE.1)) as f32];
            }
        }
        triangle.draw(&device, &queue, &texture, mouse);
        stream.publish(Frame { color: Color::BT709, ..Texture::new(&gpu, &texture)?.into() })?;
        thread::sleep(Duration::from_millis(16));
    }
}

struct Triangle {
    pipeline: wgpu::RenderPipeline,
    mouse: wgpu::Buffer,
    bindings: wgpu::BindGroup,
}

impl Triangle {
    fn new(device: &wgpu::Device) -> Self {
        let source = wgpu::ShaderSource::Wgsl(SHADER.into());
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source });
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("triangle"),
            layout: None,
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("corner"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[],
            },
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("paint"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                targets: &[Some(FORMAT.into())],
            }),
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            multiview_mask: None,
            cache: None,
        });
        let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
        let descriptor = wgpu::BufferDescriptor { label: None, size: 16, usage, mapped_at_creation: false };
        let mouse = device.create_buffer(&descriptor);
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: mouse.as_entire_binding() }],
        });
        Self { pipeline, mouse, bindings }
    }

    fn draw(&self, device: &wgpu::Device, queue: &wgpu::Queue, texture: &wgpu::Texture, mouse: [f32; 2]) {
        queue.write_buffer(&self.mouse, 0, &mouse.map(f32::to_ne_bytes).concat());
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color { r: 0.02, g: 0.02, b: 0.03, a: 1.0 }),
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..wgpu::RenderPassDescriptor::default()
        });
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.draw(0..3, 0..1);
        drop(pass);
        queue.submit([encoder.finish()]);
    }
}
