//! Every adapter of this machine, frames in its memory, and what the processor makes of the same pixels.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test file uses a part")]

use framewire_convert::{Converter, Scaler};
use framewire_frame::{
    Color, DeviceConverter, DeviceSurface, Matrix, Picture, PictureMut, PictureRef, PixelFormat, Range, Size,
};
use framewire_wgpu::{
    Conversion, Gpu, Texture, adapters,
    wgpu::{Origin3d, TexelCopyBufferLayout, TexelCopyTextureInfo, TextureAspect, TextureFormat},
};
use std::sync::Arc;

/// Runs a test on each adapter of this machine, Mesa's lavapipe where there is no GPU, with the conversion on it also where
/// the processor would be faster.
pub fn each_gpu(test: &str, mut run: impl FnMut(&Gpu)) {
    let adapters = adapters();
    if adapters.is_empty() {
        println!("SKIPPED {test}: no adapter (Debian has a software one in mesa-vulkan-drivers)");
    }
    for adapter in adapters {
        println!("{test} on {}", adapter.description());
        run(&adapter.open().unwrap().with_conversion(Conversion::OnDevice));
    }
}

/// Another device of the same adapter.
pub fn another(gpu: &Gpu) -> Gpu {
    with_limits(gpu, |_| {})
}

/// Another device of the same adapter, with the usual limits but for what is changed.
pub fn with_limits(gpu: &Gpu, change: impl FnOnce(&mut wgpu::Limits)) -> Gpu {
    let mut limits = wgpu::Limits::default();
    change(&mut limits);
    let (device, queue) = open_device(&adapter_of(gpu), limits);
    Gpu::new(&device, &queue).unwrap().with_conversion(Conversion::OnDevice)
}

pub fn open_device(adapter: &wgpu::Adapter, required_limits: wgpu::Limits) -> (wgpu::Device, wgpu::Queue) {
    let descriptor = wgpu::DeviceDescriptor { required_limits, ..wgpu::DeviceDescriptor::default() };
    pollster::block_on(adapter.request_device(&descriptor)).unwrap()
}

/// The same adapter, of another instance.
pub fn adapter_of(gpu: &Gpu) -> wgpu::Adapter {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let name = gpu.device().adapter_info().name;
    adapters.into_iter().find(|adapter| adapter.get_info().name == name).unwrap()
}

/// xorshift64*: enough for pixels.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    }

    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

pub fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).unwrap()
}

/// All colours that the arithmetic tells apart.
pub fn colors() -> impl Iterator<Item = Color> {
    [Matrix::Bt601, Matrix::Bt709].into_iter().flat_map(|matrix| {
        [Range::Limited, Range::Full].map(|range| Color { matrix, range, ..Color::default() })
    })
}

/// A texture with these pixels, rows following each other.
pub fn texture(gpu: &Gpu, format: TextureFormat, size: Size, pixels: &[u8]) -> wgpu::Texture {
    let texture = blank_texture(gpu, format, size);
    write(gpu, &texture, pixels);
    texture
}

pub fn blank_texture(gpu: &Gpu, format: TextureFormat, size: Size) -> wgpu::Texture {
    gpu.texture(size, format).unwrap()
}

/// Overwrites the pixels of a texture, as drawing into it would.
pub fn write(gpu: &Gpu, texture: &wgpu::Texture, pixels: &[u8]) {
    let texel = texture.format().block_copy_size(None).unwrap();
    gpu.queue().write_texture(
        TexelCopyTextureInfo { texture, mip_level: 0, origin: Origin3d::ZERO, aspect: TextureAspect::All },
        pixels,
        TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(texel * texture.width()),
            rows_per_image: None,
        },
        texture.size(),
    );
}

/// The surface of a frame with these pixels.
pub fn surface(gpu: &Gpu, format: TextureFormat, size: Size, pixels: &[u8]) -> Arc<dyn DeviceSurface> {
    Texture::new(gpu, &texture(gpu, format, size, pixels)).unwrap().surface()
}

pub fn converter(surface: &dyn DeviceSurface, to: PixelFormat, color: Color) -> Arc<dyn DeviceConverter> {
    surface.converter(to, color).unwrap().unwrap()
}

/// What the processor makes of packed pixels: a picture padded to even sides.
pub fn on_processor(from: PixelFormat, pixels: &[u8], size: Size, to: PixelFormat, color: Color) -> Vec<u8> {
    let padded = size.padded_to_even();
    let mut bytes = vec![0; to.packed_len(padded)];
    Converter::new(from, to, size, color)
        .unwrap()
        .convert(
            &PictureRef::packed(from, size, pixels).unwrap(),
            &mut PictureMut::packed(to, padded, &mut bytes).unwrap(),
        )
        .unwrap();
    bytes
}

/// What the processor makes of packed RGBA at a smaller size, without padding.
pub fn scaled_on_processor(
    pixels: &[u8],
    from: Size,
    to: Size,
    format: PixelFormat,
    color: Color,
) -> Vec<u8> {
    let converter = Converter::new(PixelFormat::Rgba8, format, from, color).unwrap();
    let mut full = vec![0; format.packed_len(from)];
    converter
        .convert(
            &PictureRef::packed(PixelFormat::Rgba8, from, pixels).unwrap(),
            &mut PictureMut::packed(format, from, &mut full).unwrap(),
        )
        .unwrap();
    let mut small = vec![0; format.packed_len(to)];
    Scaler::new(format, from, to)
        .unwrap()
        .scale(
            &PictureRef::packed(format, from, &full).unwrap(),
            &mut PictureMut::packed(format, to, &mut small).unwrap(),
        )
        .unwrap();
    small
}

/// The samples of a picture, without anything between them.
pub fn packed(picture: &Picture) -> Vec<u8> {
    let mut bytes = vec![0; picture.format().packed_len(picture.size())];
    picture.as_ref().copy_packed_to(&mut bytes);
    bytes
}
