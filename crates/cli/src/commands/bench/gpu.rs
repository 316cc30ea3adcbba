//! Pixel formats on the GPUs of this machine: frames born there, and frames that would have to go there first.

use super::{
    convert::Row,
    figures::{Summary, Times},
};
use crate::{args::BenchConvert, exit::Failure};
use framewire::{
    convert::Converter,
    frame::{
        Color, DeviceConverter, DeviceSurface, Frame, Picture, PictureMut, PictureRef, PixelFormat, Size,
        Surface,
    },
    wgpu::{
        AdapterChoice, Conversion, Gpu, Texture, adapters,
        wgpu::{
            self, Extent3d, Origin3d, PollType, TexelCopyBufferLayout, TexelCopyTextureInfo, TextureAspect,
            TextureDescriptor, TextureDimension, TextureFormat, TextureUsages,
        },
    },
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// A GPU that is slow at it is measured for so long, and not for all frames.
const LONG_ENOUGH: Duration = Duration::from_secs(3);
/// But for as many frames at least.
const FEWEST: usize = 5;

/// What is measured, each from a moment at which the GPU has nothing to do.
const WAYS: [&str; 3] =
    ["born there, converted there", "born there, converted here", "born here, converted there"];

/// The GPUs that are measured.
pub struct Gpus(Vec<Gpu>);

impl Gpus {
    /// Those of this machine that were asked for.
    pub fn open(args: &BenchConvert) -> Self {
        let wanted = |name: &str| {
            args.adapter.as_ref().is_none_or(|part| name.to_lowercase().contains(&part.to_lowercase()))
        };
        let names = adapters().into_iter().map(|info| info.name).filter(|name| wanted(name));
        let opened = names.filter_map(|name| {
            Gpu::open(&AdapterChoice::Named(name)).inspect_err(|error| tracing::warn!("{error}")).ok()
        });
        Self(opened.map(|gpu| gpu.with_conversion(Conversion::OnDevice)).collect())
    }

    /// What the rows call them, and what they are.
    pub fn legend(&self) -> impl Iterator<Item = String> {
        (1..).zip(&self.0).map(|(number, gpu)| format!("gpu {number}: {}", gpu.name()))
    }

    /// Rows for each of them, where they convert so.
    pub fn measure(
        &self,
        size: Size,
        from: PixelFormat,
        args: &BenchConvert,
        memcpy: Summary,
    ) -> Result<Vec<Row>, Failure> {
        let format = match from {
            PixelFormat::Rgba8 => TextureFormat::Rgba8Unorm,
            PixelFormat::Bgra8 => TextureFormat::Bgra8Unorm,
            PixelFormat::Rgb8 | PixelFormat::Nv12 | PixelFormat::I420 => return Ok(Vec::new()),
        };
        if !matches!(args.to, PixelFormat::Nv12 | PixelFormat::I420) {
            return Ok(Vec::new());
        }
        let mut rows = Vec::new();
        for (number, gpu) in (1..).zip(&self.0) {
            let mut bench = Bench::new(gpu, size, (from, format), args.to)?;
            for (way, times) in WAYS.iter().zip(bench.run(args.frames.get())?) {
                let time = times.summary();
                rows.push(Row {
                    size: size.to_string(),
                    from: from.name(),
                    to: args.to.name(),
                    what: format!("gpu {number}: {way}"),
                    adapter: Some(gpu.name().to_owned()),
                    time,
                    times_memcpy: time.median_ms / memcpy.median_ms,
                });
            }
        }
        Ok(rows)
    }
}

/// One size and format on one GPU.
struct Bench<'a> {
    gpu: &'a Gpu,
    size: Size,
    texture: wgpu::Texture,
    pixels: Vec<u8>,
    to: PixelFormat,
    on_gpu: Arc<dyn DeviceConverter>,
    on_processor: Converter,
    converted: Vec<u8>,
}

impl<'a> Bench<'a> {
    fn new(
        gpu: &'a Gpu,
        size: Size,
        (from, format): (PixelFormat, TextureFormat),
        to: PixelFormat,
    ) -> Result<Self, Failure> {
        let texture = gpu.device().create_texture(&TextureDescriptor {
            label: Some("bench"),
            size: Extent3d { width: size.width(), height: size.height(), depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: TextureDimension::D2,
            format,
            usage: TextureUsages::COPY_SRC | TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let surface = publish(gpu, &texture)?;
        let on_gpu = surface
            .converter(to, Color::default())
            .ok_or_else(|| Failure::Failed(format!("{} does not convert", gpu.name())))?
            .map_err(|error| failed(&error))?;
        Ok(Self {
            gpu,
            size,
            texture,
            pixels: super::convert::picture(from, size, 0),
            to,
            on_gpu,
            on_processor: Converter::new(from, to, size, Color::default()).map_err(|error| failed(&error))?,
            converted: vec![0; to.packed_len(size)],
        })
    }

    /// The times of each of [`WAYS`].
    fn run(&mut self, frames: usize) -> Result<[Times; 3], Failure> {
        let mut times = WAYS.map(|_| Times::default());
        let [there, fetched, uploaded] = &mut times;
        let begin = Instant::now();
        for frame in 0..frames {
            if frame >= FEWEST && begin.elapsed() > LONG_ENOUGH {
                break;
            }
            self.upload();
            self.idle()?;
            let made = there.measure(|| self.convert())?;
            self.idle()?;
            fetched.measure(|| self.fetch())?;
            self.check(&made)?;
            self.idle()?;
            uploaded.measure(|| {
                self.upload();
                self.convert()
            })?;
        }
        Ok(times)
    }

    fn convert(&self) -> Result<Picture, Failure> {
        let surface = publish(self.gpu, &self.texture)?;
        Ok(self.on_gpu.convert(&*surface).map_err(|error| failed(&error))?.picture)
    }

    fn fetch(&mut self) -> Result<(), Failure> {
        let picture = publish(self.gpu, &self.texture)?.download().map_err(|error| failed(&error))?;
        let mut target = PictureMut::packed(self.to, self.size, &mut self.converted)
            .expect("the buffer has the packed length");
        self.on_processor.convert(&picture.as_ref(), &mut target).map_err(|error| failed(&error))
    }

    fn upload(&self) {
        self.gpu.queue().write_texture(
            TexelCopyTextureInfo {
                texture: &self.texture,
                mip_level: 0,
                origin: Origin3d::ZERO,
                aspect: TextureAspect::All,
            },
            &self.pixels,
            TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(4 * self.size.width()),
                rows_per_image: None,
            },
            self.texture.size(),
        );
    }

    /// Waits until the GPU has nothing to do.
    fn idle(&self) -> Result<(), Failure> {
        self.gpu.queue().submit([]);
        self.gpu.device().poll(PollType::wait_indefinitely()).map(drop).map_err(|error| failed(&error))
    }

    /// Both have to give the same bytes.
    fn check(&self, made: &Picture) -> Result<(), Failure> {
        let expected = PictureRef::packed(self.to, self.size, &self.converted)
            .expect("the buffer has the packed length");
        let rows = |plane| self.to.rows(self.size, plane);
        let same = (0..self.to.plane_count()).all(|plane| {
            let made = made.as_ref();
            let bytes = self.to.row_bytes(self.size, plane);
            (0..rows(plane)).all(|y| made.plane(plane).row(y)[..bytes] == *expected.plane(plane).row(y))
        });
        if same {
            Ok(())
        } else {
            Err(Failure::Failed(format!(
                "{} and the processor convert {} differently",
                self.gpu.name(),
                self.size
            )))
        }
    }
}

fn publish(gpu: &Gpu, texture: &wgpu::Texture) -> Result<Arc<dyn DeviceSurface>, Failure> {
    match Frame::from(Texture::new(gpu, texture).map_err(|error| failed(&error))?).surface {
        Surface::Device(surface) => Ok(surface),
        Surface::Host(_) => Err(Failure::Failed("a texture is not in host memory".to_owned())),
    }
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::Failed(error.to_string())
}
