//! Pictures that hardly change, and one that does not change at all: an encoder that is told which macroblocks differ
//! beside the same encoder that is not.

use super::{
    content::Content,
    encode::label,
    figures::{Times, median},
    workshop,
};
use crate::{args::BenchEncode, exit::Failure, output::say, table};
use framewire::{
    codec::{
        AccessUnit, Candidate, Choice, Codec, Content as Shown, Decoder, Encoder, EncoderConfig, Preset,
        Quality, Rate, Roster,
        quality::{Difference, Psnr},
    },
    convert::{ChangeMap, Converter},
    frame::{Frame, FrameId, Picture, PictureMut, PictureRef, PixelFormat, Pool, Size, Timestamp},
};
use serde::Serialize;
use std::{num::NonZeroUsize, time::Instant};

/// The quality of files, as `framewire encode` has it.
const QUALITY: u8 = 70;
/// Frames until the encoder has come to rest on what does not change; they are not measured.
const SETTLING: usize = 30;
/// Pictures that are held, each of 8 MB at 1920x1080.
const FRAMES: usize = 24;
/// Passes of each kind, in turn.
const ROUNDS: usize = 3;

/// One encoder on one kind of content.
#[derive(Serialize)]
pub struct Row {
    content: String,
    size: String,
    encoder: String,
    threads: Option<usize>,
    preset: &'static str,
    /// Macroblocks that change from frame to frame, in percent.
    changed_percent: f64,
    /// Conversion and encoding of a frame, told what has changed: the time of all over their number, so that what goes on
    /// in threads of the encoder counts.
    told_ms: f64,
    /// The same without.
    untold_ms: f64,
    /// The first over the second.
    ratio: f64,
    told_kilobytes_per_frame: f64,
    untold_kilobytes_per_frame: f64,
    told_psnr_all: f64,
    untold_psnr_all: f64,
    /// One frame that shows what the one before showed, left out: the time that it takes.
    repeated_median_ms: f64,
    /// The share of a processor that this is at the frame rate.
    repeated_share_of_core: f64,
    /// Bytes of all repeated frames.
    repeated_bytes: usize,
}

/// Measures one candidate on a picture of which `args.changed` percent change: as for viewers of a screen, at a bitrate,
/// and as for files, at constant quality.
pub fn measure(
    roster: &Roster,
    candidate: &Candidate,
    content: &Content,
    threads: Option<NonZeroUsize>,
    args: &BenchEncode,
) -> Result<Vec<Row>, Failure> {
    let config = EncoderConfig::new(content.size)
        .with_rate(Rate { bitrate: args.bitrate, frame_rate: args.fps })
        .with_threads(threads);
    let screen = config.clone().with_content(Shown::Screen);
    let file = config.with_preset(Preset::Fast).with_quality(Quality::new(QUALITY));
    [screen, file].iter().map(|config| row(roster, candidate, content, config, args)).collect()
}

fn row(
    roster: &Roster,
    candidate: &Candidate,
    content: &Content,
    config: &EncoderConfig,
    args: &BenchEncode,
) -> Result<Row, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(format!("{}: {error}", candidate.name));
    let size = content.size;
    let only = Choice::Only(candidate.name.to_owned());
    let open = || Encoder::open(roster, &only, config.clone()).map_err(|error| failed(&error));
    let scene = Scene::new(content, args.changed)?;
    let taken = open()?.preferred_format().unwrap_or(PixelFormat::I420);
    let mut plain = Plain::new(taken, &scene)?;
    let (mut told_times, mut untold_times) = (Vec::new(), Vec::new());
    let (mut told_units, mut untold_units) = (Vec::new(), Vec::new());
    let mut told = open()?;
    for _ in 0..ROUNDS {
        told = open()?;
        let (time, units) =
            pass(args, &scene, |frame, id, at| told.encode(frame, id, at).map_err(|error| failed(&error)))?;
        (told_units, _) = (units, told_times.push(time));
        let mut untold = open()?;
        let (time, units) = pass(args, &scene, |frame, id, at| {
            untold.encode(&plain.convert(frame)?, id, at).map_err(|error| failed(&error))
        })?;
        (untold_units, _) = (units, untold_times.push(time));
        untold_units.extend(untold.flush());
    }
    told_units.extend(told.flush());
    let (repeated, repeated_bytes) = repeat(&mut told, &scene, args).map_err(|error| failed(&error))?;
    let psnr = |units: &[AccessUnit]| psnr(roster, units, &scene);
    let mean = |units: &[AccessUnit]| {
        let settled: Vec<usize> = units.iter().skip(SETTLING).map(|unit| unit.data.len()).collect();
        settled.iter().sum::<usize>() as f64 / 1e3 / settled.len().max(1) as f64
    };
    let (told_ms, untold_ms) = (median(told_times), median(untold_times));
    let repeated_median_ms = repeated.summary().median_ms;
    Ok(Row {
        content: content.name.clone(),
        size: size.to_string(),
        encoder: candidate.name.to_owned(),
        threads: config.threads.map(NonZeroUsize::get),
        preset: config.preset.name(),
        changed_percent: scene.changed_percent(),
        told_ms,
        untold_ms,
        ratio: told_ms / untold_ms,
        told_kilobytes_per_frame: mean(&told_units),
        untold_kilobytes_per_frame: mean(&untold_units),
        told_psnr_all: psnr(&told_units)?.all,
        untold_psnr_all: psnr(&untold_units)?.all,
        repeated_median_ms,
        repeated_share_of_core: repeated_median_ms / 1e3 * args.fps.as_f64(),
        repeated_bytes,
    })
}

/// All frames of a scene, one after the other; the milliseconds of one, after the encoder has settled.
fn pass(
    args: &BenchEncode,
    scene: &Scene<'_>,
    mut encode: impl FnMut(&Frame, FrameId, Timestamp) -> Result<Vec<AccessUnit>, Failure>,
) -> Result<(f64, Vec<AccessUnit>), Failure> {
    let mut units = Vec::new();
    let mut start = Instant::now();
    for index in 0..SETTLING + args.frames.get() {
        if index == SETTLING {
            start = Instant::now();
        }
        let moment = Timestamp::from(args.fps.due(index as u64));
        units.extend(encode(scene.frame(index), FrameId(index as u64), moment)?);
    }
    Ok((start.elapsed().as_secs_f64() * 1e3 / args.frames.get() as f64, units))
}

/// The conversion of somebody who does not ask what has changed.
struct Plain {
    plan: Converter,
    pool: Pool,
}

impl Plain {
    fn new(target: PixelFormat, scene: &Scene<'_>) -> Result<Self, Failure> {
        let plan = Converter::new(PixelFormat::Rgba8, target, scene.size, scene.frames[0].color)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Self { plan, pool: Pool::new(4) })
    }

    fn convert(&mut self, frame: &Frame) -> Result<Frame, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::Failed(error.to_string());
        let picture = frame.surface.to_host().map_err(|error| failed(&error))?;
        let (format, size) = (self.plan.target_format(), frame.size().padded_to_even());
        let mut buffer = self.pool.take(format.packed_len(size));
        let mut target = PictureMut::packed(format, size, &mut buffer).map_err(|error| failed(&error))?;
        self.plan.convert(&picture.as_ref(), &mut target).map_err(|error| failed(&error))?;
        let picture = Picture::packed(format, size, buffer.freeze()).map_err(|error| failed(&error))?;
        Ok(Frame { color: frame.color, ..Frame::new(picture) })
    }
}

/// The last frame again and again, each time in other memory, as a publisher would.
fn repeat(
    encoder: &mut Encoder,
    scene: &Scene,
    args: &BenchEncode,
) -> Result<(Times, usize), framewire::codec::EncodeError> {
    encoder.leave_out_repetitions(Some(0));
    let last = SETTLING + args.frames.get() - 1;
    let picture = workshop::pixels(scene.frame(last), PixelFormat::Rgba8).unwrap_or_default();
    let copies = [(); 2].map(|()| {
        let picture = Picture::packed(PixelFormat::Rgba8, scene.size, picture.clone());
        picture.map_or_else(
            |_| scene.frame(last).clone(),
            |picture| Frame { color: scene.frame(last).color, ..Frame::new(picture) },
        )
    });
    let (mut times, mut bytes) = (Times::default(), 0);
    let moment = |index: usize| Timestamp::from(args.fps.due((last + 1 + index) as u64));
    let id = |index: usize| FrameId((last + 1 + index) as u64);
    // From here on pictures are compared, so that this one is the one before the first repetition.
    encoder.encode(&copies[0], id(0), moment(0))?;
    let _ = encoder.flush();
    for index in 1..=args.frames.get() {
        let units = times.measure(|| encoder.encode(&copies[index % 2], id(index), moment(index)))?;
        bytes += units.iter().map(|unit| unit.data.len()).sum::<usize>();
    }
    Ok((times, bytes))
}

fn psnr(roster: &Roster, units: &[AccessUnit], scene: &Scene) -> Result<Psnr, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(error.to_string());
    let mut difference = Difference::default();
    let mut decoder = Decoder::new(roster, &Choice::Auto, Codec::H264);
    for unit in units {
        let index = usize::try_from(unit.id.0).unwrap_or_default();
        let original = workshop::pixels(scene.frame(index), PixelFormat::I420)?;
        let original = PictureRef::packed(PixelFormat::I420, scene.size.padded_to_even(), &original)
            .map_err(|error| failed(&error))?;
        let mut compared = Ok(());
        decoder
            .decode(&unit.data, unit.timestamp, &mut |decoded| {
                if index >= SETTLING {
                    compared = difference.add(original, decoded.picture);
                }
            })
            .map_err(|error| failed(&error))?;
        compared.map_err(|error| failed(&error))?;
    }
    Ok(difference.psnr())
}

/// The first frame of a content, in which every so many macroblocks show the frames that follow.
struct Scene<'a> {
    content: &'a Content,
    size: Size,
    /// One macroblock of so many changes.
    every: usize,
    frames: Vec<Frame>,
}

impl<'a> Scene<'a> {
    fn new(content: &'a Content, percent: f64) -> Result<Self, Failure> {
        let every = (100.0 / percent).round().max(1.0) as usize;
        let mut scene = Self { content, size: content.size, every, frames: Vec::new() };
        let first = workshop::pixels(&content.frames[0], PixelFormat::Rgba8)?;
        for index in 0..FRAMES {
            scene.frames.push(scene.draw(index, first.clone())?);
        }
        Ok(scene)
    }

    fn changed_percent(&self) -> f64 {
        let blocks = ChangeMap::new(self.size).flags().len();
        blocks.div_ceil(self.every) as f64 * 100.0 / blocks as f64
    }

    /// Over and over, drawn before anything is measured.
    fn frame(&self, index: usize) -> &Frame {
        &self.frames[index % self.frames.len()]
    }

    fn draw(&self, index: usize, mut pixels: Vec<u8>) -> Result<Frame, Failure> {
        let moving = workshop::pixels(self.content.frame(1 + index), PixelFormat::Rgba8)?;
        let (width, height) = (self.size.width() as usize, self.size.height() as usize);
        let columns = width.div_ceil(ChangeMap::BLOCK);
        for block in (0..columns * height.div_ceil(ChangeMap::BLOCK)).step_by(self.every) {
            let (left, top) = (block % columns * ChangeMap::BLOCK, block / columns * ChangeMap::BLOCK);
            let bytes = ChangeMap::BLOCK.min(width - left) * 4;
            for y in top..(top + ChangeMap::BLOCK).min(height) {
                let at = (y * width + left) * 4;
                pixels[at..at + bytes].copy_from_slice(&moving[at..at + bytes]);
            }
        }
        let picture = Picture::packed(PixelFormat::Rgba8, self.size, pixels)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Frame { color: self.content.frames[0].color, ..Frame::new(picture) })
    }
}

/// The rows as a table.
pub fn print(rows: &[Row]) {
    let header = [
        "content",
        "size",
        "encoder",
        "preset",
        "changed",
        "told ms",
        "untold ms",
        "ratio",
        "told KB",
        "untold KB",
        "told PSNR",
        "untold PSNR",
        "repeated ms",
        "of a core",
        "bytes",
    ];
    let cells = rows.iter().map(|row| {
        vec![
            row.content.clone(),
            row.size.clone(),
            label(&row.encoder, row.threads),
            row.preset.to_owned(),
            format!("{:.1} %", row.changed_percent),
            format!("{:.2}", row.told_ms),
            format!("{:.2}", row.untold_ms),
            format!("{:.3}", row.ratio),
            format!("{:.1}", row.told_kilobytes_per_frame),
            format!("{:.1}", row.untold_kilobytes_per_frame),
            format!("{:.2}", row.told_psnr_all),
            format!("{:.2}", row.untold_psnr_all),
            format!("{:.3}", row.repeated_median_ms),
            format!("{:.1} %", row.repeated_share_of_core * 100.0),
            row.repeated_bytes.to_string(),
        ]
    });
    table::print(&header, 4, cells);
    say!(
        "told and untold: conversion and encoding of a frame in which so many macroblocks change, with and without a word \
         to the encoder which; repeated: a frame that shows what the one before showed."
    );
}
