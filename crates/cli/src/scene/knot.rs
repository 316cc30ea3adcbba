use super::{
    Input, Moment, Scene,
    drags::{Drags, wheel_factor},
};
use framewire::{
    frame::{Frame, Size},
    gpu::{
        AdapterChoice, Error, Gpu, Texture,
        scene::{Camera, LitScene},
        wgpu::TextureFormat,
    },
};

/// The lit scene of `framewire::gpu`, on a device that it opens for itself.
pub struct Knot {
    gpu: Gpu,
    scene: LitScene,
    camera: Camera,
    drags: Drags,
}

/// Radians for each pixel of a drag.
const TURN: f32 = 0.006;

impl Knot {
    /// The scene on the fastest adapter.
    pub fn open() -> Result<Self, Error> {
        let gpu = Gpu::open(&AdapterChoice::Fastest)?;
        tracing::info!("the knot is drawn by {}", gpu.name());
        let scene = LitScene::new(&gpu, TextureFormat::Rgba8UnormSrgb)?;
        Ok(Self { gpu, scene, camera: Camera::default(), drags: Drags::default() })
    }
}

impl Scene for Knot {
    fn frame(&mut self, moment: Moment, size: Size) -> Result<Frame, String> {
        let drawn = self.scene.render(size, &self.camera, moment.time);
        let texture = drawn.and_then(|texture| Texture::new(&self.gpu, texture));
        texture.map(Frame::from).map_err(|error| error.to_string())
    }

    fn on_input(&mut self, input: &Input) {
        if let Some((dx, dy)) = self.drags.read(input) {
            self.camera.turn(-dx * TURN);
            self.camera.tilt(dy * TURN);
        }
        if let Input::Wheel { amount } = *input {
            self.camera.zoom(wheel_factor(amount));
        }
    }
}
