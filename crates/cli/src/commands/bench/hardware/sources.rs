//! Where the frames of a row are drawn.

use crate::args::BenchEncode;
use framewire::frame::{Frame, PixelFormat, Size};
use framewire_pattern::Pattern;

/// Why something was not measured.
pub type Trouble = Box<dyn std::error::Error>;

/// Draws frames, the same one for the same number.
pub trait Renderer {
    /// For people.
    fn name(&self) -> String;
    /// Frame `index`.
    fn render(&mut self, index: u64) -> Result<Frame, Trouble>;
}

/// The processor, each GPU that converts what it has drawn, and on macOS frames of Metal, which the encoder has converted.
pub fn all(size: Size, args: &BenchEncode) -> Result<Vec<Box<dyn Renderer>>, Trouble> {
    let pattern = args.patterns.first().copied().unwrap_or(Pattern::Gradient);
    let processor = Box::new(Processor { pattern, size });
    #[cfg(feature = "wgpu")]
    let gpus = gpu::all(pattern, size)?;
    #[cfg(not(feature = "wgpu"))]
    let gpus = Vec::new();
    #[cfg(target_os = "macos")]
    let metal = metal::open(pattern, size);
    #[cfg(not(target_os = "macos"))]
    let metal = None;
    Ok(std::iter::once(processor as Box<dyn Renderer>).chain(gpus).chain(metal).collect())
}

struct Processor {
    pattern: Pattern,
    size: Size,
}

impl Renderer for Processor {
    fn name(&self) -> String {
        "processor".to_owned()
    }

    fn render(&mut self, index: u64) -> Result<Frame, Trouble> {
        let picture = self.pattern.picture(index, PixelFormat::Rgba8, self.size)?;
        Ok(Frame::new(picture))
    }
}

#[cfg(feature = "wgpu")]
mod gpu {
    use super::{Frame, Pattern, PixelFormat, Renderer, Size, Trouble};
    use crate::gpu::Canvas;
    use framewire::{
        frame::Surface,
        gpu::{Gpu, adapters},
    };

    /// One for each GPU that is no emulation on the processor.
    pub(super) fn all(pattern: Pattern, size: Size) -> Result<Vec<Box<dyn Renderer>>, Trouble> {
        let real = adapters().into_iter().filter(|adapter| !adapter.is_emulated());
        real.map(|adapter| {
            let gpu = adapter.open()?;
            Ok(Box::new(Texture { gpu, pattern, size }) as Box<dyn Renderer>)
        })
        .collect()
    }

    /// Pictures that are written into a texture, as drawing would leave them.
    struct Texture {
        gpu: Gpu,
        pattern: Pattern,
        size: Size,
    }

    impl Renderer for Texture {
        fn name(&self) -> String {
            format!("gpu {}", self.gpu.name())
        }

        fn render(&mut self, index: u64) -> Result<Frame, Trouble> {
            let picture = self.pattern.picture(index, PixelFormat::Bgra8, self.size)?;
            let canvas = Canvas::new(&self.gpu, self.size, PixelFormat::Bgra8)
                .ok_or("it has no textures of BGRA")??;
            canvas.write(picture.as_ref().plane(0).data());
            Ok(Frame::new(Surface::Device(canvas.publish()?)))
        }
    }
}

#[cfg(target_os = "macos")]
mod metal {
    use super::{Frame, Pattern, PixelFormat, Renderer, Size, Trouble};
    use framewire::apple::{MetalQueue, MetalSurface};

    /// On the device that the system prefers. One that cannot be opened is left out, with a warning.
    pub(super) fn open(pattern: Pattern, size: Size) -> Option<Box<dyn Renderer>> {
        match MetalQueue::system() {
            Ok(queue) => Some(Box::new(Pixels { queue, pattern, size })),
            Err(error) => {
                tracing::warn!("frames of Metal are left out: {}", error.in_full());
                None
            }
        }
    }

    /// Pictures in memory that the processor and the device share.
    struct Pixels {
        queue: MetalQueue,
        pattern: Pattern,
        size: Size,
    }

    impl Renderer for Pixels {
        fn name(&self) -> String {
            format!("metal, {}", self.queue.name())
        }

        fn render(&mut self, index: u64) -> Result<Frame, Trouble> {
            let picture = self.pattern.picture(index, PixelFormat::Bgra8, self.size)?;
            Ok(Frame::from(MetalSurface::from_host(&self.queue, picture.as_ref())?))
        }
    }
}
