//! A texture to try a GPU with.

use framewire::{
    frame::{DeviceSurface, PixelFormat, Size},
    gpu::{
        Error, Gpu, Texture,
        wgpu::{self, Origin3d, TexelCopyBufferLayout, TexelCopyTextureInfo, TextureAspect, TextureFormat},
    },
};
use std::sync::Arc;

/// A texture into which pixels are written, as drawing would leave them, and which is published.
pub struct Canvas<'a> {
    gpu: &'a Gpu,
    texture: wgpu::Texture,
}

impl<'a> Canvas<'a> {
    /// Of RGBA or BGRA; `None` for other formats, of which no GPU has textures.
    pub fn new(gpu: &'a Gpu, size: Size, format: PixelFormat) -> Option<Result<Self, Error>> {
        let format = match format {
            PixelFormat::Rgba8 => TextureFormat::Rgba8Unorm,
            PixelFormat::Bgra8 => TextureFormat::Bgra8Unorm,
            PixelFormat::Rgb8 | PixelFormat::Nv12 | PixelFormat::I420 => return None,
        };
        Some(gpu.texture(size, format).map(|texture| Self { gpu, texture }))
    }

    /// Replaces the picture by packed pixels.
    pub fn write(&self, pixels: &[u8]) {
        self.gpu.queue().write_texture(
            TexelCopyTextureInfo {
                texture: &self.texture,
                mip_level: 0,
                origin: Origin3d::ZERO,
                aspect: TextureAspect::All,
            },
            pixels,
            TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(4 * self.texture.width()),
                rows_per_image: None,
            },
            self.texture.size(),
        );
    }

    /// A frame of what it shows.
    pub fn publish(&self) -> Result<Arc<dyn DeviceSurface>, Error> {
        Ok(Texture::new(self.gpu, &self.texture)?.surface())
    }
}
