//! A lit scene that spins, drawn by wgpu: for demos, examples and tests what `framewire_pattern` is for processors.
//!
//! A knot and balls over a floor that mirrors them. It has no clock: time and camera are arguments.

mod bodies;
mod camera;
mod mesh;
mod pipelines;

pub use camera::Camera;

use crate::{Error, Gpu};
use bodies::{OCCLUDERS, SATELLITES};
use framewire_frame::Size;
use mesh::Mesh;
use pipelines::Pipelines;
use std::time::Duration;
use wgpu::{
    BindGroup, Buffer, BufferUsages, LoadOp, Operations, StoreOp, TextureFormat, TextureUsages, TextureView,
};

/// The scene on a device, and the texture that it is drawn into.
#[derive(Debug)]
pub struct LitScene {
    gpu: Gpu,
    format: TextureFormat,
    /// Samples for each pixel: 4, or 1 on the processor, which they would keep busy three times as long.
    samples: u32,
    pipelines: Pipelines,
    knot: Mesh,
    ball: Mesh,
    floor: Mesh,
    /// The shader's `Scene`.
    scene: Buffer,
    bindings: BindGroup,
    /// The knot, then its satellites.
    bodies: Buffer,
    targets: Option<Targets>,
}

/// What one size is drawn into.
#[derive(Debug)]
struct Targets {
    size: Size,
    texture: wgpu::Texture,
    color: TextureView,
    depth: TextureView,
    multisampled: Option<TextureView>,
}

impl LitScene {
    /// The scene for textures of `format`, one of `Rgba8Unorm`, `Rgba8UnormSrgb`, `Bgra8Unorm`, `Bgra8UnormSrgb` (all of
    /// which hold sRGB) and `Rgba16Float` (linear).
    ///
    /// # Errors
    /// [`Error::Unsupported`] for other formats, and what the device says.
    pub fn new(gpu: &Gpu, format: TextureFormat) -> Result<Self, Error> {
        let of_frames =
            [TextureFormat::Rgba8UnormSrgb, TextureFormat::Bgra8UnormSrgb, TextureFormat::Rgba16Float];
        if !of_frames.contains(&format.add_srgb_suffix()) {
            return Err(Error::Unsupported {
                what: format!("a scene in {format:?}"),
                instead: "draw it in Rgba8Unorm, Bgra8Unorm, their Srgb kinds or Rgba16Float".to_owned(),
            });
        }
        let samples = if gpu.is_emulated() { 1 } else { 4 };
        let pipelines = Pipelines::new(gpu, format.add_srgb_suffix(), samples)?;
        let (scene, bodies, bindings) = gpu.checked(|device| {
            let buffer = |label, size, usage| {
                device.create_buffer(&wgpu::BufferDescriptor {
                    label: Some(label),
                    size,
                    usage: usage | BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                })
            };
            let scene = buffer("scene", 128 + 16 * u64::from(OCCLUDERS), BufferUsages::UNIFORM);
            let bodies = buffer("bodies", 64 * u64::from(1 + SATELLITES), BufferUsages::VERTEX);
            let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("scene"),
                layout: &pipelines.layout,
                entries: &[wgpu::BindGroupEntry { binding: 0, resource: scene.as_entire_binding() }],
            });
            (scene, bodies, bindings)
        })?;
        Ok(Self {
            gpu: gpu.clone(),
            format,
            samples,
            pipelines,
            knot: Mesh::new(gpu, &mesh::KNOT)?,
            ball: Mesh::new(gpu, &mesh::BALL)?,
            floor: Mesh::new(gpu, &mesh::DISC)?,
            scene,
            bindings,
            bodies,
            targets: None,
        })
    }

    /// Draws the scene as it is `time` after its begin. The work is on the queue when this comes back, and the texture, which
    /// can be copied from, is drawn into again by the next call.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a size that the device has no textures of, and what the device says.
    pub fn render(&mut self, size: Size, camera: &Camera, time: Duration) -> Result<&wgpu::Texture, Error> {
        let targets = match self.targets.take() {
            Some(targets) if targets.size == size => targets,
            _ => Targets::new(&self.gpu, size, self.format, self.samples)?,
        };
        let numbers = scene_numbers(size, camera, time);
        let bodies = std::iter::once(bodies::knot(time)).chain(bodies::satellites(time));
        let bodies = mesh::bytes(bodies.flat_map(|body| body.numbers()));
        self.gpu.checked(|device| {
            let queue = self.gpu.queue();
            queue.write_buffer(&self.scene, 0, &mesh::bytes(numbers));
            queue.write_buffer(&self.bodies, 0, &bodies);
            let mut encoder =
                device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("scene") });
            self.draw(&mut encoder, &targets);
            queue.submit([encoder.finish()]);
        })?;
        Ok(&self.targets.insert(targets).texture)
    }

    fn draw(&self, encoder: &mut wgpu::CommandEncoder, targets: &Targets) {
        let (view, resolve_target) = match &targets.multisampled {
            Some(multisampled) => (multisampled, Some(&targets.color)),
            None => (&targets.color, None),
        };
        let store = if resolve_target.is_some() { StoreOp::Discard } else { StoreOp::Store };
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("scene"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view,
                depth_slice: None,
                resolve_target,
                ops: Operations { load: LoadOp::Clear(wgpu::Color::BLACK), store },
            })],
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &targets.depth,
                depth_ops: Some(Operations { load: LoadOp::Clear(1.0), store: StoreOp::Discard }),
                stencil_ops: None,
            }),
            ..wgpu::RenderPassDescriptor::default()
        });
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.set_vertex_buffer(1, self.bodies.slice(..));
        // What lies in front comes first and hides the rest; the floor comes last, over what it mirrors.
        for pipeline in [&self.pipelines.body, &self.pipelines.mirrored] {
            pass.set_pipeline(pipeline);
            self.knot.draw(&mut pass, 0..1);
            self.ball.draw(&mut pass, 1..1 + SATELLITES);
        }
        pass.set_pipeline(&self.pipelines.backdrop);
        pass.draw(0..3, 0..1);
        pass.set_pipeline(&self.pipelines.floor);
        self.floor.draw(&mut pass, 0..1);
    }
}

impl Targets {
    fn new(gpu: &Gpu, size: Size, format: TextureFormat, samples: u32) -> Result<Self, Error> {
        let most = gpu.device().limits().max_texture_dimension_2d;
        if size.width().max(size.height()) > most {
            return Err(Error::Unsupported {
                what: format!("a scene of {size}"),
                instead: format!("a side of this device's textures has at most {most} pixels"),
            });
        }
        let drawn = format.add_srgb_suffix();
        gpu.checked(|device| {
            let texture = |format, sample_count, usage| {
                device.create_texture(&wgpu::TextureDescriptor {
                    label: Some("scene"),
                    size: wgpu::Extent3d {
                        width: size.width(),
                        height: size.height(),
                        depth_or_array_layers: 1,
                    },
                    mip_level_count: 1,
                    sample_count,
                    dimension: wgpu::TextureDimension::D2,
                    format,
                    usage: usage | TextureUsages::RENDER_ATTACHMENT,
                    view_formats: &[format.add_srgb_suffix()],
                })
            };
            let view = |texture: &wgpu::Texture, format| {
                let of = wgpu::TextureViewDescriptor {
                    format: Some(format),
                    ..wgpu::TextureViewDescriptor::default()
                };
                texture.create_view(&of)
            };
            let picture = texture(format, 1, TextureUsages::COPY_SRC);
            Self {
                size,
                color: view(&picture, drawn),
                depth: view(&texture(pipelines::DEPTH, samples, TextureUsages::empty()), pipelines::DEPTH),
                multisampled: (samples > 1)
                    .then(|| view(&texture(drawn, samples, TextureUsages::empty()), drawn)),
                texture: picture,
            }
        })
    }
}

/// The shader's `Scene`.
fn scene_numbers(size: Size, camera: &Camera, time: Duration) -> Vec<f32> {
    let view = camera.view(size.width() as f32 / size.height() as f32);
    let vectors = [view.eye, view.forward, view.right, view.up];
    let mut numbers = view.projection.to_cols_array().to_vec();
    numbers.extend(vectors.iter().flat_map(|vector| vector.extend(0.0).to_array()));
    numbers.extend(bodies::occluders(time).flat_map(|occluder| occluder.numbers()));
    numbers
}
