//! A renderer without a window: the browser shows what wgpu draws off the screen, a drag orbits the camera and the wheel
//! comes closer.
//!
//! ```text
//! cargo run --release -p framewire --features wgpu-scene --example wgpu_orbit
//! ```

use framewire::{
    Frame, ServeOptions, Size,
    gpu::{
        AdapterChoice, Gpu, Texture,
        scene::{Camera, LitScene},
        wgpu::TextureFormat,
    },
    protocol::Event,
};
use std::{error::Error, thread, time::Duration};

/// Radians for each pixel.
const TURN: f64 = 0.006;
const INTERVAL: Duration = Duration::from_millis(16);

fn main() -> Result<(), Box<dyn Error>> {
    // A device of its own, on the fastest adapter of this machine.
    let gpu = Gpu::open(&AdapterChoice::Fastest)?;
    let mut scene = LitScene::new(&gpu, TextureFormat::Rgba8UnormSrgb)?;
    let mut orbit = Orbit::default();
    let mut shown = None;

    let stream = framewire::serve(ServeOptions::new().port(0))?;
    println!("open {}", stream.url());
    loop {
        for input in stream.poll_events() {
            orbit.handle(input.event.event());
        }
        // What stands still needs no new picture: viewers who come later get the last one.
        if shown != Some(orbit.camera) {
            let drawn = scene.render(Size::new(1280, 720)?, &orbit.camera, Duration::ZERO)?;
            stream.publish(Frame::from(Texture::new(&gpu, drawn)?))?;
            shown = Some(orbit.camera);
        }
        thread::sleep(INTERVAL);
    }
}

/// A camera, and where in the picture the pointer was last.
#[derive(Default)]
struct Orbit {
    camera: Camera,
    pointer: (f64, f64),
}

impl Orbit {
    fn handle(&mut self, event: &Event) {
        match event {
            Event::PointerDown(pointer) => self.pointer = (pointer.x, pointer.y),
            Event::PointerMove(pointer) if !pointer.buttons.is_empty() => {
                let (dx, dy) = (pointer.x - self.pointer.0, pointer.y - self.pointer.1);
                self.pointer = (pointer.x, pointer.y);
                self.camera.turn((-dx * TURN) as f32);
                self.camera.tilt((dy * TURN) as f32);
            }
            Event::Wheel(wheel) => self.camera.zoom((wheel.dy * 0.001).exp() as f32),
            _ => {}
        }
    }
}
