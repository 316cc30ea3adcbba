//! Tries every GPU for real: two frames are drawn into its memory and converted there.

use super::{Row, Status};
use framewire::{
    convert::Converter,
    frame::{Color, Frame, Picture, PictureMut, PixelFormat, Size, Surface},
    wgpu::{
        AdapterChoice, Conversion, Gpu, Texture,
        wgpu::{
            self, AdapterInfo, DeviceType, Extent3d, Origin3d, TexelCopyBufferLayout, TexelCopyTextureInfo,
            TextureAspect, TextureDescriptor, TextureDimension, TextureFormat, TextureUsages,
        },
    },
};
use framewire_pattern::Pattern;
use std::time::Instant;

const NO_ADAPTER: &str = "no adapter: frames of GPUs need Vulkan, Metal or DirectX 12 and a driver (on Debian, \
                          mesa-vulkan-drivers has those of Intel and AMD, and an emulation)";

/// One row for each adapter, or one that says that there is none.
pub(super) fn adapters() -> Vec<Row> {
    let rows: Vec<Row> = framewire::wgpu::adapters().iter().map(adapter).collect();
    if rows.is_empty() { vec![Row::new("gpu", Status::Missing, NO_ADAPTER)] } else { rows }
}

fn adapter(info: &AdapterInfo) -> Row {
    let component = format!("gpu ({})", info.backend);
    let name = format!("{}: {}", framewire::wgpu::describe(info), kind(info.device_type));
    match convert_two(&info.name) {
        Ok(tried) if info.device_type == DeviceType::Cpu => Row::new(
            component,
            Status::Warn,
            format!(
                "{name}; {tried}, so that frames are fetched and converted by the processor's own kernels"
            ),
        ),
        Ok(tried) => Row::new(component, Status::Ok, format!("{name}; {tried}")),
        Err(why) => Row::new(component, Status::Missing, format!("{name}; {why}")),
    }
}

fn kind(device_type: DeviceType) -> &'static str {
    match device_type {
        DeviceType::DiscreteGpu => "a card of its own",
        DeviceType::IntegratedGpu => "shares the processor's memory",
        DeviceType::VirtualGpu => "virtual",
        DeviceType::Cpu => "an emulation on the processor",
        DeviceType::Other => "of unknown kind",
    }
}

fn convert_two(name: &str) -> Result<String, String> {
    let gpu = Gpu::open(&AdapterChoice::Named(name.to_owned())).map_err(|error| error.to_string())?;
    let gpu = gpu.with_conversion(Conversion::OnDevice);
    let texture = gpu.device().create_texture(&TextureDescriptor {
        label: Some("doctor"),
        size: Extent3d { width: size().width(), height: size().height(), depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: TextureDimension::D2,
        format: TextureFormat::Rgba8Unorm,
        usage: TextureUsages::COPY_SRC | TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let mut converter = None;
    let start = Instant::now();
    for index in 0..2 {
        let drawn = Pattern::Gradient
            .picture(index, PixelFormat::Rgba8, size())
            .map_err(|error| error.to_string())?;
        draw(&gpu, &texture, &drawn);
        let published = Texture::new(&gpu, &texture).map_err(|error| error.to_string())?;
        let Surface::Device(surface) = Frame::from(published).surface else {
            return Err("it gave a frame that is not on it".to_owned());
        };
        let converter = match &converter {
            Some(converter) => converter,
            None => converter.insert(
                surface
                    .converter(PixelFormat::Nv12, Color::default())
                    .ok_or("it does not convert")?
                    .map_err(|error| error.to_string())?,
            ),
        };
        let made = converter.convert(&*surface).map_err(|error| error.to_string())?;
        if packed(&made.picture) != on_processor(&drawn)? {
            return Err("it converts with other results than the processor: report it".to_owned());
        }
    }
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    Ok(format!("two {} frames to NV12 in {milliseconds:.1} ms, equal to the processor's", size()))
}

fn draw(gpu: &Gpu, texture: &wgpu::Texture, picture: &Picture) {
    gpu.queue().write_texture(
        TexelCopyTextureInfo { texture, mip_level: 0, origin: Origin3d::ZERO, aspect: TextureAspect::All },
        picture.as_ref().plane(0).data(),
        TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(4 * texture.width()), rows_per_image: None },
        texture.size(),
    );
}

fn on_processor(drawn: &Picture) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; PixelFormat::Nv12.packed_len(size())];
    let mut target =
        PictureMut::packed(PixelFormat::Nv12, size(), &mut bytes).map_err(|error| error.to_string())?;
    Converter::new(PixelFormat::Rgba8, PixelFormat::Nv12, size(), Color::default())
        .and_then(|converter| converter.convert(&drawn.as_ref(), &mut target))
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn packed(picture: &Picture) -> Vec<u8> {
    let mut bytes = vec![0; picture.format().packed_len(picture.size())];
    picture.as_ref().copy_packed_to(&mut bytes);
    bytes
}

fn size() -> Size {
    super::probe::size()
}
