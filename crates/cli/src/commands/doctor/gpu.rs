//! Tries every GPU for real: two frames are put into its memory, converted there, and compared with what the processor makes.

use super::{Row, Status, probe};
use crate::gpu::Canvas;
use framewire::{
    convert::Converter,
    frame::{Color, Picture, PictureMut, PixelFormat},
    gpu::{Adapter, Conversion, Gpu, wgpu::DeviceType},
};
use framewire_pattern::Pattern;
use serde::Serialize;
use std::time::{Duration, Instant};

const NO_ADAPTER: &str = "no adapter: frames of GPUs need Vulkan, Metal or DirectX 12 and a driver (on Debian, \
                          mesa-vulkan-drivers has those of Intel and AMD, and an emulation)";

/// What an adapter is.
#[derive(Debug, Serialize)]
pub(super) struct Facts {
    name: String,
    backend: String,
    driver: String,
    emulated: bool,
}

type Trouble = Box<dyn std::error::Error>;

/// One row for each adapter, or one that says that there is none.
pub(super) fn adapters() -> Vec<Row> {
    let rows: Vec<Row> = framewire::gpu::adapters().iter().map(row).collect();
    if rows.is_empty() { vec![Row::new("gpu", Status::Missing, NO_ADAPTER)] } else { rows }
}

fn row(adapter: &Adapter) -> Row {
    let (kind, status, note) = match adapter.info().device_type {
        DeviceType::DiscreteGpu => ("a card of its own", Status::Ok, ""),
        DeviceType::IntegratedGpu => ("shares the processor's memory", Status::Ok, ""),
        DeviceType::VirtualGpu => ("virtual", Status::Ok, ""),
        DeviceType::Other => ("of unknown kind", Status::Ok, ""),
        DeviceType::Cpu => {
            ("an emulation", Status::Warn, "; its frames are converted by the processor's own kernels")
        }
    };
    let (status, tried) = match convert_two(adapter) {
        Ok(tried) => (status, tried + note),
        Err(why) => (Status::Warn, format!("cannot be used: {why}")),
    };
    let info = adapter.info();
    let facts = Facts {
        backend: info.backend.to_string(),
        driver: [info.driver, info.driver_info].join(" "),
        name: info.name,
        emulated: adapter.is_emulated(),
    };
    let row = Row::new("gpu", status, format!("{}: {kind}; {tried}", adapter.description()));
    Row { adapter: Some(facts), ..row }
}

fn convert_two(adapter: &Adapter) -> Result<String, Trouble> {
    let gpu = adapter.open()?.with_conversion(Conversion::OnDevice);
    let canvas =
        Canvas::new(&gpu, probe::size(), PixelFormat::Rgba8).ok_or("it has no textures of RGBA")??;
    let mut converter = None;
    let mut elapsed = Duration::ZERO;
    for index in 0..2 {
        let drawn = Pattern::Gradient.picture(index, PixelFormat::Rgba8, probe::size())?;
        canvas.write(drawn.as_ref().plane(0).data());
        let start = Instant::now();
        let surface = canvas.publish()?;
        let converter = match &converter {
            Some(converter) => converter,
            None => {
                let made = surface.converter(PixelFormat::Nv12, Color::default());
                converter.insert(made.ok_or("it does not convert")??)
            }
        };
        let made = converter.convert(&*surface)?.picture;
        elapsed += start.elapsed();
        check(&gpu, &made, &drawn)?;
    }
    let milliseconds = elapsed.as_secs_f64() * 1e3;
    Ok(format!("two {} frames to NV12 in {milliseconds:.1} ms", probe::size()))
}

fn check(gpu: &Gpu, made: &Picture, drawn: &Picture) -> Result<(), Trouble> {
    let size = probe::size();
    let mut expected = vec![0; PixelFormat::Nv12.packed_len(size)];
    let mut target = PictureMut::packed(PixelFormat::Nv12, size, &mut expected)?;
    let converter = Converter::new(PixelFormat::Rgba8, PixelFormat::Nv12, size, Color::default())?;
    converter.convert(&drawn.as_ref(), &mut target)?;
    let mut bytes = vec![0; PixelFormat::Nv12.packed_len(made.size())];
    made.as_ref().copy_packed_to(&mut bytes);
    if bytes == expected {
        Ok(())
    } else {
        Err(format!("{} converts with other results than the processor: report it", gpu.name()).into())
    }
}
