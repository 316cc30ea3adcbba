use crate::{
    Error, Gpu, Light,
    pixels::Pixels,
    source::{Memory, Source, check_limits, texel_of},
};
use framewire_frame::{DeviceSurface, Frame, Size, Surface};
use framewire_shader::{SourceLayout, Texel};
use std::sync::Arc;
use wgpu::{
    COPY_BYTES_PER_ROW_ALIGNMENT, Extent3d, Origin3d, TexelCopyBufferInfo, TexelCopyBufferLayout,
    TexelCopyTextureInfo, TextureAspect, TextureDimension, TextureUsages,
};

/// A frame with the picture that a texture holds.
///
/// Textures of `Rgba8Unorm`, `Bgra8Unorm`, both with or without `Srgb`, and `Rgba16Float` are taken, with one sample for
/// each pixel and the usage `COPY_SRC`; of several levels or layers the first.
///
/// ```no_run
/// # fn publish(
/// #     stream: &impl Fn(framewire_frame::Frame),
/// #     device: &wgpu::Device, queue: &wgpu::Queue, texture: &wgpu::Texture,
/// # ) -> Result<(), framewire_wgpu::Error> {
/// let gpu = framewire_wgpu::Gpu::new(device, queue)?; // once
/// // Draw into `texture` and submit; then, for each frame:
/// stream(framewire_wgpu::Texture::new(&gpu, texture)?.into());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Texture {
    pixels: Pixels,
}

impl Texture {
    /// Takes what was drawn into `texture` by all that has been submitted to the queue, and by nothing that is submitted
    /// later: the texture may be drawn into again at once. The copy is made on the device, behind what is submitted; nothing
    /// waits for it.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a texture that is not as said above, [`Error::TooLarge`] for one that the device's limits
    /// keep from being read by a kernel, [`Error::OutOfMemory`]; [`Error::Lost`] once the device is known to be, and
    /// [`Error::Failed`] for what wgpu objects to, such as a texture of another device.
    pub fn new(gpu: &Gpu, texture: &wgpu::Texture) -> Result<Self, Error> {
        let texel = check(texture)?;
        let size = Size::new(texture.width(), texture.height()).map_err(|error| Error::Unsupported {
            what: format!("a texture of {}x{}", texture.width(), texture.height()),
            instead: error.to_string(),
        })?;
        let stride = (texel.bytes() * size.width()).next_multiple_of(COPY_BYTES_PER_ROW_ALIGNMENT);
        let layout = SourceLayout { stride, ..SourceLayout::packed(size, texel) };
        check_limits(&layout, gpu)?;
        let lent = gpu.snapshots().take(gpu, layout.len())?;
        gpu.submit(|_, encoder| {
            encoder.copy_texture_to_buffer(
                TexelCopyTextureInfo {
                    texture,
                    mip_level: 0,
                    origin: Origin3d::ZERO,
                    aspect: TextureAspect::All,
                },
                TexelCopyBufferInfo {
                    buffer: lent.buffer(),
                    layout: TexelCopyBufferLayout {
                        offset: 0,
                        bytes_per_row: Some(stride),
                        rows_per_image: None,
                    },
                },
                Extent3d { width: size.width(), height: size.height(), depth_or_array_layers: 1 },
            );
        })?;
        Ok(Self { pixels: Pixels::new(Source::new(gpu, layout, Memory::Snapshot(lent))) })
    }

    /// The same with what its numbers are said, instead of concluded from the format: code values for the formats of 8 bits,
    /// light for `Rgba16Float`.
    #[must_use]
    pub fn with_light(self, light: Light) -> Self {
        Self { pixels: self.pixels.with_light(light) }
    }

    /// The size in pixels.
    pub fn size(&self) -> Size {
        self.pixels.source.layout.size
    }

    /// The surface, for who fetches or converts it without a stream.
    pub fn surface(&self) -> Arc<dyn DeviceSurface> {
        Arc::new(self.pixels.clone())
    }
}

fn check(texture: &wgpu::Texture) -> Result<Texel, Error> {
    let unsupported = |what: String, instead: &str| Error::Unsupported { what, instead: instead.to_owned() };
    if texture.dimension() != TextureDimension::D2 {
        return Err(unsupported(
            format!("a texture of dimension {:?}", texture.dimension()),
            "one of dimension D2 can",
        ));
    }
    if texture.sample_count() != 1 {
        return Err(unsupported(
            format!("a texture of {} samples for each pixel", texture.sample_count()),
            "resolve it into one of one sample",
        ));
    }
    if !texture.usage().contains(TextureUsages::COPY_SRC) {
        return Err(unsupported(
            "a texture without the usage COPY_SRC".to_owned(),
            "add it where the texture is made",
        ));
    }
    texel_of(texture.format()).ok_or_else(|| {
        unsupported(
            format!("a texture of {:?}", texture.format()),
            "Rgba8Unorm, Bgra8Unorm, both also with Srgb, and Rgba16Float can",
        )
    })
}

impl From<Texture> for Surface {
    fn from(texture: Texture) -> Self {
        Self::Device(texture.surface())
    }
}

impl From<Texture> for Frame {
    fn from(texture: Texture) -> Self {
        Self::new(texture)
    }
}
