//! Pictures that hardly change, and one that does not change at all: an encoder that is told which macroblocks differ
//! beside the same encoder that is not.

use super::{content::Content, figures::Times, workshop};
use crate::{args::BenchEncode, exit::Failure, output::say, table};
use framewire::{
    codec::{
        AccessUnit, Candidate, Choice, Codec, Decoder, Encoder, EncoderConfig, Rate, Roster,
        quality::{Difference, Psnr},
    },
    convert::{ChangeMap, Converter},
    frame::{Frame, FrameId, Picture, PictureMut, PictureRef, PixelFormat, Size, Timestamp},
};
use serde::Serialize;
use std::num::NonZeroUsize;

/// Frames until the encoder has come to rest on what does not change; they are not measured.
const SETTLING: usize = 30;

/// One encoder on one kind of content.
#[derive(Serialize)]
pub struct Row {
    content: String,
    size: String,
    encoder: String,
    threads: usize,
    /// Macroblocks that change from frame to frame, in percent.
    changed_percent: f64,
    /// Conversion and encoding of a frame, told what has changed.
    told_median_ms: f64,
    /// The same without.
    untold_median_ms: f64,
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

/// Measures one candidate on a picture of which `args.changed` percent change.
pub fn measure(
    roster: &Roster,
    candidate: &Candidate,
    content: &Content,
    threads: NonZeroUsize,
    args: &BenchEncode,
) -> Result<Row, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(format!("{}: {error}", candidate.name));
    let size = content.size;
    let config = EncoderConfig::new(size)
        .with_rate(Rate { bitrate: args.bitrate, frame_rate: args.fps })
        .with_threads(Some(threads));
    let only = Choice::Only(candidate.name.to_owned());
    let open = || Encoder::open(roster, &only, config.clone()).map_err(|error| failed(&error));
    let (mut told, mut untold) = (open()?, open()?);
    let scene = Scene::new(content, args.changed)?;
    let taken = untold.preferred_format().unwrap_or(PixelFormat::I420);
    let plain = Converter::new(PixelFormat::Rgba8, taken, size, content.frames[0].color)
        .map_err(|error| failed(&error))?;

    let (mut told_times, mut untold_times) = (Times::default(), Times::default());
    let (mut told_units, mut untold_units) = (Vec::new(), Vec::new());
    for index in 0..SETTLING + args.frames.get() {
        let (id, timestamp) = (FrameId(index as u64), Timestamp::from(args.fps.due(index as u64)));
        let frame = scene.frame(index);
        let (mut ours, mut theirs) = (Times::default(), Times::default());
        told_units
            .extend(ours.measure(|| told.encode(&frame, id, timestamp)).map_err(|error| failed(&error))?);
        let encoded = theirs.measure(|| {
            let converted = converted(&plain, &frame)?;
            untold.encode(&converted, id, timestamp).map_err(|error| failed(&error))
        });
        untold_units.extend(encoded?);
        if index >= SETTLING {
            told_times.append(ours);
            untold_times.append(theirs);
        }
    }
    let (repeated, repeated_bytes) = repeat(&mut told, &scene, args).map_err(|error| failed(&error))?;
    let psnr = |units: &[AccessUnit]| psnr(roster, units, &scene);
    let mean = |units: &[AccessUnit]| {
        let settled: Vec<usize> = units.iter().skip(SETTLING).map(|unit| unit.data.len()).collect();
        settled.iter().sum::<usize>() as f64 / 1e3 / settled.len().max(1) as f64
    };
    let (told_median_ms, untold_median_ms) =
        (told_times.summary().median_ms, untold_times.summary().median_ms);
    let repeated_median_ms = repeated.summary().median_ms;
    Ok(Row {
        content: content.name.clone(),
        size: size.to_string(),
        encoder: candidate.name.to_owned(),
        threads: threads.get(),
        changed_percent: scene.changed_percent(),
        told_median_ms,
        untold_median_ms,
        ratio: told_median_ms / untold_median_ms,
        told_kilobytes_per_frame: mean(&told_units),
        untold_kilobytes_per_frame: mean(&untold_units),
        told_psnr_all: psnr(&told_units)?.all,
        untold_psnr_all: psnr(&untold_units)?.all,
        repeated_median_ms,
        repeated_share_of_core: repeated_median_ms / 1e3 * args.fps.as_f64(),
        repeated_bytes,
    })
}

/// The last frame again and again, each time in other memory, as a publisher would.
fn repeat(
    encoder: &mut Encoder,
    scene: &Scene,
    args: &BenchEncode,
) -> Result<(Times, usize), framewire::codec::EncodeError> {
    encoder.leave_out_repetitions(Some(0));
    let last = SETTLING + args.frames.get() - 1;
    let copies = [scene.frame(last), scene.frame(last)];
    let (mut times, mut bytes) = (Times::default(), 0);
    for index in 0..args.frames.get() {
        let number = (last + 1 + index) as u64;
        let moment = Timestamp::from(args.fps.due(number));
        let units = times.measure(|| encoder.encode(&copies[index % 2], FrameId(number), moment))?;
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
        let original = workshop::pixels(&scene.frame(index), PixelFormat::I420)?;
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

fn converted(plan: &Converter, frame: &Frame) -> Result<Frame, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(error.to_string());
    let picture = frame.surface.to_host().map_err(|error| failed(&error))?;
    let size = frame.size().padded_to_even();
    let mut bytes = vec![0; plan.target_format().packed_len(size)];
    let mut target =
        PictureMut::packed(plan.target_format(), size, &mut bytes).map_err(|error| failed(&error))?;
    plan.convert(&picture.as_ref(), &mut target).map_err(|error| failed(&error))?;
    let picture = Picture::packed(plan.target_format(), size, bytes).map_err(|error| failed(&error))?;
    Ok(Frame { color: frame.color, ..Frame::new(picture) })
}

/// The first frame of a content, in which every so many macroblocks show the frames that follow.
struct Scene<'a> {
    content: &'a Content,
    size: Size,
    first: Vec<u8>,
    /// One macroblock of so many changes.
    every: usize,
}

impl<'a> Scene<'a> {
    fn new(content: &'a Content, percent: f64) -> Result<Self, Failure> {
        let first = &content.frames[0];
        if first.surface.format() != PixelFormat::Rgba8 {
            return Err(Failure::Input("changes are measured on patterns, which are RGBA".to_owned()));
        }
        let first = workshop::pixels(first, PixelFormat::Rgba8)?;
        Ok(Self { content, size: content.size, first, every: (100.0 / percent).round().max(1.0) as usize })
    }

    fn changed_percent(&self) -> f64 {
        let blocks = ChangeMap::new(self.size).flags().len();
        blocks.div_ceil(self.every) as f64 * 100.0 / blocks as f64
    }

    fn frame(&self, index: usize) -> Frame {
        let mut pixels = self.first.clone();
        let moving = self.content.frame(1 + index % (self.content.frames.len() - 1).max(1));
        let moving = workshop::pixels(moving, PixelFormat::Rgba8).unwrap_or_default();
        let (width, height) = (self.size.width() as usize, self.size.height() as usize);
        let columns = width.div_ceil(ChangeMap::BLOCK);
        for block in (0..columns * height.div_ceil(ChangeMap::BLOCK)).step_by(self.every) {
            let (left, top) = (block % columns * ChangeMap::BLOCK, block / columns * ChangeMap::BLOCK);
            let bytes = ChangeMap::BLOCK.min(width - left) * 4;
            for y in top..(top + ChangeMap::BLOCK).min(height) {
                let at = (y * width + left) * 4;
                if let Some(new) = moving.get(at..at + bytes) {
                    pixels[at..at + bytes].copy_from_slice(new);
                }
            }
        }
        let picture = Picture::packed(PixelFormat::Rgba8, self.size, pixels)
            .expect("the first frame of the content had this size");
        Frame { color: self.content.frames[0].color, ..Frame::new(picture) }
    }
}

/// The rows as a table.
pub fn print(rows: &[Row]) {
    let header = [
        "content",
        "size",
        "encoder",
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
            format!("{}, {} thread(s)", row.encoder, row.threads),
            format!("{:.1} %", row.changed_percent),
            format!("{:.2}", row.told_median_ms),
            format!("{:.2}", row.untold_median_ms),
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
    table::print(&header, 3, cells);
    say!(
        "told and untold: conversion and encoding of a frame in which so many macroblocks change, with and without a word \
         to the encoder which; repeated: a frame that shows what the one before showed."
    );
}
