//! Pixel formats on the GPUs of this machine: frames born there, and frames that would have to go there first.

use super::{
    convert::Row,
    figures::{Summary, Times},
};
use crate::{args::BenchConvert, exit::Failure, gpu::Canvas};
use framewire::{
    convert::Converter,
    frame::{Color, DeviceConverter, Picture, PictureMut, PictureRef, PixelFormat, Size},
    gpu::{Adapter, Conversion, Gpu, adapters, wgpu::PollType},
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
    ["drawn and converted there", "drawn there, converted here", "drawn here, converted there"];

/// The GPUs that are measured.
pub struct Gpus(Vec<Gpu>);

impl Gpus {
    /// Those of this machine that were asked for. One that cannot be opened is left out, with a warning.
    pub fn open(args: &BenchConvert) -> Result<Self, Failure> {
        let all = adapters();
        let wanted: Vec<&Adapter> = match &args.adapter {
            None => all.iter().collect(),
            Some(part) => {
                let part = part.to_lowercase();
                all.iter().filter(|adapter| adapter.info().name.to_lowercase().contains(&part)).collect()
            }
        };
        if let (Some(part), true) = (&args.adapter, wanted.is_empty()) {
            let names: Vec<String> = all.iter().map(Adapter::description).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Failure::Input(format!(
                "no GPU has \"{part}\" in its name; of this machine are: {names}"
            )));
        }
        let opened = wanted.into_iter().filter_map(|adapter| {
            adapter.open().inspect_err(|error| tracing::warn!("a GPU is left out: {error}")).ok()
        });
        Ok(Self(opened.map(|gpu| gpu.with_conversion(Conversion::OnDevice)).collect()))
    }

    /// What the rows call them, and what they are.
    pub fn legend(&self) -> impl Iterator<Item = String> {
        (1..).zip(&self.0).map(|(number, gpu)| {
            let kind = if gpu.is_emulated() { "; an emulation on this processor" } else { "" };
            format!("gpu {number}: {}{kind}", gpu.name())
        })
    }

    /// What the rows of the largest size come to, for each of them.
    pub fn verdicts(&self, rows: &[Row]) -> Vec<String> {
        let median = |number: usize, way: &str| {
            let what = format!("gpu {number}: {way}");
            rows.iter().rfind(|row| row.what == what).map(|row| (row.time.median_ms, row.size.as_str()))
        };
        let verdict = |number| {
            let ((there, size), (here, _)) = (median(number, WAYS[0])?, median(number, WAYS[1])?);
            let (place, factor) = if there < here {
                ("there, as framewire does", here / there)
            } else if self.0[number - 1].is_emulated() {
                ("here, as framewire does", there / here)
            } else {
                ("here, which Conversion::OnProcessor asks for", there / here)
            };
            Some(format!(
                "gpu {number}: what it draws at {size} is converted {factor:.1} times as fast {place}; what is drawn \
                 here never goes there."
            ))
        };
        (1..=self.0.len()).filter_map(verdict).collect()
    }

    /// Rows for each of them that converts so. One that fails is left out, with a warning.
    pub fn measure(&self, size: Size, from: PixelFormat, args: &BenchConvert, memcpy: Summary) -> Vec<Row> {
        let mut rows = Vec::new();
        for (number, gpu) in (1..).zip(&self.0) {
            let measured = Bench::new(gpu, size, from, args.to)
                .transpose()
                .and_then(|bench| bench.map(|mut bench| bench.run(args.frames.get())).transpose());
            let ways = match measured {
                Ok(Some(ways)) => ways,
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!("gpu {number} is left out for {size}: {error}");
                    continue;
                }
            };
            rows.extend(WAYS.iter().zip(ways).map(|(way, times)| {
                let time = times.summary();
                Row {
                    size: size.to_string(),
                    from: from.name(),
                    to: args.to.name(),
                    what: format!("gpu {number}: {way}"),
                    adapter: Some(gpu.name().to_owned()),
                    frames: times.count(),
                    time,
                    times_memcpy: time.median_ms / memcpy.median_ms,
                }
            }));
        }
        rows
    }
}

/// One size and format on one GPU.
struct Bench<'a> {
    gpu: &'a Gpu,
    size: Size,
    canvas: Canvas<'a>,
    pixels: Vec<u8>,
    to: PixelFormat,
    on_gpu: Arc<dyn DeviceConverter>,
    on_processor: Converter,
    converted: Vec<u8>,
}

/// Why one of them was not measured.
type Trouble = Box<dyn std::error::Error>;

impl<'a> Bench<'a> {
    /// `None` where GPUs do not convert so.
    fn new(gpu: &'a Gpu, size: Size, from: PixelFormat, to: PixelFormat) -> Option<Result<Self, Trouble>> {
        let canvas = Canvas::new(gpu, size, from).filter(|_| to.is_yuv())?;
        let make = |canvas: Canvas<'a>| -> Result<Self, Trouble> {
            let converter = canvas.publish()?.converter(to, Color::default()).ok_or("it does not convert")?;
            Ok(Self {
                gpu,
                size,
                canvas,
                pixels: super::convert::picture(from, size, 0),
                to,
                on_gpu: converter?,
                on_processor: Converter::new(from, to, size, Color::default())?,
                converted: vec![0; to.packed_len(size)],
            })
        };
        Some(canvas.map_err(Trouble::from).and_then(make))
    }

    /// The times of each of [`WAYS`].
    fn run(&mut self, frames: usize) -> Result<[Times; 3], Trouble> {
        let mut times = WAYS.map(|_| Times::default());
        let [there, fetched, uploaded] = &mut times;
        let begin = Instant::now();
        for frame in 0..frames {
            if frame >= FEWEST && begin.elapsed() > LONG_ENOUGH {
                break;
            }
            self.canvas.write(&self.pixels);
            self.idle()?;
            let made = there.measure(|| self.convert())?;
            self.idle()?;
            fetched.measure(|| self.fetch())?;
            self.check(&made)?;
            self.idle()?;
            uploaded.measure(|| {
                self.canvas.write(&self.pixels);
                self.convert()
            })?;
        }
        Ok(times)
    }

    fn convert(&self) -> Result<Picture, Trouble> {
        Ok(self.on_gpu.convert(&*self.canvas.publish()?)?.picture)
    }

    fn fetch(&mut self) -> Result<(), Trouble> {
        let picture = self.canvas.publish()?.download()?;
        let mut target = PictureMut::packed(self.to, self.size, &mut self.converted)?;
        Ok(self.on_processor.convert(&picture.as_ref(), &mut target)?)
    }

    /// Waits until the GPU has nothing to do.
    fn idle(&self) -> Result<(), Trouble> {
        self.gpu.queue().submit([]);
        self.gpu.device().poll(PollType::wait_indefinitely())?;
        Ok(())
    }

    /// Both have to give the same samples; those of the GPU are padded to even sides.
    fn check(&self, made: &Picture) -> Result<(), Trouble> {
        let (made, expected) = (made.as_ref(), PictureRef::packed(self.to, self.size, &self.converted)?);
        let same = (0..self.to.plane_count()).all(|plane| {
            let bytes = self.to.row_bytes(self.size, plane);
            let mut rows = 0..self.to.rows(self.size, plane);
            rows.all(|y| made.plane(plane).row(y)[..bytes] == *expected.plane(plane).row(y))
        });
        if same { Ok(()) } else { Err("it converts with other results than the processor".into()) }
    }
}
