//! Pixel formats: every kernel of the machine, one thread, beside a `memcpy` that reads and writes as many bytes, and every
//! GPU.

use super::figures::{Summary, Times};
#[cfg(feature = "wgpu")]
use super::gpu::Gpus;
use crate::output::say;
use crate::{args::BenchConvert, exit::Failure, table};
use framewire::{
    convert::{Converter, Level},
    frame::{Color, PictureMut, PictureRef, PixelFormat, Size},
};
use framewire_pattern::Pattern;
use serde::Serialize;
use std::hint::black_box;

/// Pictures that take turns, so that none is still in the caches when its turn comes.
const ROTATING: usize = 8;

/// A line of the table.
#[derive(Serialize)]
pub struct Row {
    pub size: String,
    pub from: &'static str,
    pub to: &'static str,
    /// `memcpy`, the kernel, or the way on a GPU.
    pub what: String,
    /// The GPU, with its driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// How many were measured.
    pub frames: usize,
    #[serde(flatten)]
    pub time: Summary,
    /// Median over the median of the `memcpy` of the same run.
    pub times_memcpy: f64,
}

pub fn run(args: &BenchConvert) -> Result<(), Failure> {
    let mut rows = Vec::new();
    #[cfg(feature = "wgpu")]
    let gpus = Gpus::open(args)?;
    for &size in &args.sizes {
        for &from in &args.from {
            let measured = measure(size, from, args)?;
            rows.extend(measured.rows);
            #[cfg(feature = "wgpu")]
            rows.extend(gpus.measure(size, from, args, measured.memcpy));
        }
    }
    if args.json {
        return crate::output::json(&rows);
    }
    let cells = rows.iter().map(|row| {
        let time = |ms: f64| format!("{ms:.3}");
        let Summary { mean_ms, median_ms, p95_ms } = row.time;
        let conversion = format!("{} to {}", row.from, row.to);
        let ratio = format!("{:.2}", row.times_memcpy);
        vec![
            row.size.clone(),
            conversion,
            row.what.clone(),
            time(mean_ms),
            time(median_ms),
            time(p95_ms),
            ratio,
        ]
    });
    let header = ["size", "conversion", "kernel", "mean ms", "median ms", "p95 ms", "times memcpy"];
    table::print(&header, 3, cells);
    say!(
        "memcpy copies half of the bytes that the conversion reads and writes, so both move as many; its factor is of medians."
    );
    #[cfg(feature = "wgpu")]
    for line in gpus.legend().chain(gpus.verdicts(&rows)) {
        say!("{line}");
    }
    Ok(())
}

/// The pattern that is converted; a picture in 4:2:0 is black or green.
pub fn picture(format: PixelFormat, size: Size, seq: u64) -> Vec<u8> {
    let mut bytes = vec![0; format.packed_len(size)];
    if !format.is_yuv() {
        let mut picture = PictureMut::packed(format, size, &mut bytes).expect("the length is the packed one");
        Pattern::Gradient.draw(seq, &mut picture).expect("an RGB format");
    }
    bytes
}

/// One size and format on the processor.
struct Measured {
    rows: Vec<Row>,
    /// What everything is held against.
    #[cfg(feature = "wgpu")]
    memcpy: Summary,
}

fn measure(size: Size, from: PixelFormat, args: &BenchConvert) -> Result<Measured, Failure> {
    let to = args.to;
    let plan = Converter::new(from, to, size, Color::default())
        .map_err(|error| Failure::Input(error.to_string()))?;
    let kernels: Vec<(Level, Converter)> = Level::available()
        .into_iter()
        .filter_map(|level| Some((level, plan.clone().with_level(level)?)))
        .collect();
    let sources: Vec<Vec<u8>> = (0..ROTATING as u64).map(|seq| picture(from, size, seq)).collect();
    let mut targets: Vec<Vec<u8>> = vec![vec![1; to.packed_len(size)]; ROTATING];
    let copied = (from.packed_len(size) + to.packed_len(size)) / 2;
    let copy_source: Vec<Vec<u8>> = vec![vec![3; copied]; ROTATING];
    let mut copy_target: Vec<Vec<u8>> = vec![vec![4; copied]; ROTATING];

    let mut copy_times = Times::default();
    let mut kernel_times: Vec<Times> = kernels.iter().map(|_| Times::default()).collect();
    for round in 0..args.frames.get() {
        let slot = round % ROTATING;
        copy_times.measure(|| copy_target[slot].copy_from_slice(black_box(&copy_source[slot])));
        black_box(&copy_target[slot]);
        for (index, ((_, kernel), times)) in kernels.iter().zip(&mut kernel_times).enumerate() {
            // Another slot than the kernel before used, which left its own in the caches.
            let slot = (round + index + 1) % ROTATING;
            let source =
                PictureRef::packed(from, size, &sources[slot]).expect("the length is the packed one");
            let mut target =
                PictureMut::packed(to, size, &mut targets[slot]).expect("the length is the packed one");
            times.measure(|| kernel.convert(&source, &mut target)).expect("the plan fits");
            black_box(&targets[slot]);
        }
    }

    let copy = copy_times.summary();
    let row = |what: String, time: Summary| Row {
        size: size.to_string(),
        from: from.name(),
        to: to.name(),
        what,
        adapter: None,
        frames: args.frames.get(),
        time,
        times_memcpy: time.median_ms / copy.median_ms,
    };
    let kernels =
        kernels.iter().zip(&kernel_times).map(|((level, _), times)| row(level.to_string(), times.summary()));
    Ok(Measured {
        rows: std::iter::once(row("memcpy".to_owned(), copy)).chain(kernels).collect(),
        #[cfg(feature = "wgpu")]
        memcpy: copy,
    })
}
