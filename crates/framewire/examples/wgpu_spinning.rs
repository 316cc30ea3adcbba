//! A lit scene that spins, drawn by wgpu into a texture and shown in the browser.
//!
//! ```text
//! cargo run --release -p framewire --features wgpu-scene --example wgpu_spinning [PICTURES]
//! ```
//!
//! With a number it ends after so many pictures.

use framewire::{
    Frame, ServeOptions, Size,
    gpu::{
        Gpu, Texture,
        scene::{Camera, LitScene},
        wgpu::{DeviceDescriptor, Instance, InstanceDescriptor, RequestAdapterOptions, TextureFormat},
    },
};
use std::{env, error::Error, thread, time::Duration, time::Instant};

const INTERVAL: Duration = Duration::from_millis(33);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pictures = env::args().nth(1).map_or(Ok(u64::MAX), |count| count.parse())?;

    // What a program that draws with wgpu has anyway; no window is needed.
    let instance = Instance::new(InstanceDescriptor::new_without_display_handle());
    let adapter = instance.request_adapter(&RequestAdapterOptions::default()).await?;
    let (device, queue) = adapter.request_device(&DeviceDescriptor::default()).await?;

    // Once for each device: what framewire keeps on it.
    let gpu = Gpu::new(&device, &queue)?;
    let mut scene = LitScene::new(&gpu, TextureFormat::Rgba8UnormSrgb)?;

    let stream = framewire::serve(ServeOptions::new().port(0))?;
    println!("open {}", stream.url());
    let begin = Instant::now();
    for _ in 0..pictures {
        let drawn = scene.render(Size::new(1280, 720)?, &Camera::default(), begin.elapsed())?;
        // A copy on the queue: the scene may be drawn anew at once, and nothing waits for the GPU here.
        stream.publish(Frame::from(Texture::new(&gpu, drawn)?))?;
        thread::sleep(INTERVAL);
    }
    println!("{pictures} pictures by {}", gpu.name());
    Ok(())
}
