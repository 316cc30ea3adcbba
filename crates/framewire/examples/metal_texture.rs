//! A texture of Metal as a stream: the GPU fills it with the colour that the mouse points at, and its pixels never come to
//! host memory before they are encoded.
//!
//! ```text
//! cargo run --release -p framewire --example metal_texture
//! ```

#[cfg(target_os = "macos")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    metal::run()
}

#[cfg(not(target_os = "macos"))]
fn main() {
    eprintln!("Metal is a part of macOS");
}

#[cfg(target_os = "macos")]
mod metal {
    use framewire::{
        ServeOptions,
        apple::{MetalQueue, MetalSurface},
        protocol::Event,
    };
    use objc2::{
        rc::{Retained, autoreleasepool},
        runtime::ProtocolObject,
    };
    use objc2_metal::{
        MTLClearColor, MTLCommandBuffer, MTLCommandEncoder, MTLCommandQueue, MTLCreateSystemDefaultDevice,
        MTLDevice, MTLLoadAction, MTLPixelFormat, MTLRenderPassDescriptor, MTLStoreAction, MTLTexture,
        MTLTextureDescriptor, MTLTextureUsage,
    };
    use std::{error::Error, thread, time::Duration};

    const SIZE: (usize, usize) = (1280, 720);

    pub(super) fn run() -> Result<(), Box<dyn Error>> {
        let device = MTLCreateSystemDefaultDevice().ok_or("there is no device of Metal")?;
        let queue = device.newCommandQueue().ok_or("the device has no queue")?;
        let texture = texture(&device).ok_or("the device has no memory left")?;

        let published = MetalQueue::new(&queue)?; // once for each queue
        let stream = framewire::serve(ServeOptions::new().port(0))?;
        println!("open {}", stream.url());
        let mut mouse = [0.5; 2];
        loop {
            stream.wait_for_viewer(Duration::from_secs(1));
            for input in stream.poll_events() {
                if let Event::PointerMove(pointer) = input.event.event() {
                    mouse = [pointer.x / SIZE.0 as f64, pointer.y / SIZE.1 as f64];
                }
            }
            fill(&queue, &texture, mouse).ok_or("the queue gives no command buffer")?;
            stream.publish(MetalSurface::from_texture(&published, &texture)?)?;
            thread::sleep(Duration::from_millis(16));
        }
    }

    fn texture(device: &ProtocolObject<dyn MTLDevice>) -> Option<Retained<ProtocolObject<dyn MTLTexture>>> {
        let format = MTLPixelFormat::BGRA8Unorm_sRGB;
        // SAFETY: the sides are neither zero nor more than any device of Metal takes.
        let descriptor = unsafe {
            MTLTextureDescriptor::texture2DDescriptorWithPixelFormat_width_height_mipmapped(
                format, SIZE.0, SIZE.1, false,
            )
        };
        descriptor.setUsage(MTLTextureUsage::RenderTarget);
        device.newTextureWithDescriptor(&descriptor)
    }

    /// What a program does that draws: a pass into the texture, committed.
    fn fill(
        queue: &ProtocolObject<dyn MTLCommandQueue>,
        texture: &ProtocolObject<dyn MTLTexture>,
        [red, green]: [f64; 2],
    ) -> Option<()> {
        autoreleasepool(|_| {
            let pass = MTLRenderPassDescriptor::renderPassDescriptor();
            // SAFETY: a pass has an attachment 0.
            let attachment = unsafe { pass.colorAttachments().objectAtIndexedSubscript(0) };
            attachment.setTexture(Some(texture));
            attachment.setLoadAction(MTLLoadAction::Clear);
            attachment.setStoreAction(MTLStoreAction::Store);
            attachment.setClearColor(MTLClearColor { red, green, blue: 0.5, alpha: 1.0 });
            let commands = queue.commandBuffer()?;
            commands.renderCommandEncoderWithDescriptor(&pass)?.endEncoding();
            commands.commit();
            Some(())
        })
    }
}
