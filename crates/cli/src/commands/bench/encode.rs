//! Encoders: each frame goes through framewire and, in turn, through the bare backend with the conversion already done.

use super::{
    changes,
    content::Content,
    figures::{Summary, Times},
    hardware, yardstick,
};
use crate::output::say;
use crate::{args::BenchEncode, exit::Failure, table};
use framewire::{
    codec::{
        BackendError, Candidate, Choice, Codec, Decoder, Encoder, EncoderConfig, ImageCandidate, Input,
        InputPicture, Rate, Roster, Tier, quality::Difference,
    },
    convert::Converter,
    engine::{self, BareLoop},
    frame::{Frame, FrameId, PictureMut, PictureRef, PixelFormat, Size, Timestamp},
};
use serde::Serialize;
use std::num::NonZeroUsize;

#[derive(Serialize)]
struct Row {
    content: String,
    size: String,
    encoder: String,
    threads: Option<usize>,
    /// Conversion, encoding and guard, for one frame.
    #[serde(flatten)]
    time: Summary,
    convert_median_ms: f64,
    /// The bare backend on a picture that is converted already.
    bare_median_ms: Option<f64>,
    /// Our median over the bare backend's and the conversion's.
    times_bare: Option<f64>,
    kilobytes_per_frame: f64,
    /// The first key frame over the mean frame.
    first_over_mean: f64,
    megabits_per_second: f64,
    /// Decoded output against the encoder's own input, in decibels.
    psnr_luma: Option<f64>,
    psnr_all: Option<f64>,
}

/// Everything that was measured.
#[derive(Serialize)]
struct Rows {
    encoders: Vec<Row>,
    changes: Vec<changes::Row>,
    hardware: hardware::Rows,
}

pub fn run(args: &BenchEncode) -> Result<(), Failure> {
    let roster = engine::roster();
    let wanted = Wanted::new(&args.encoders, &roster)?;
    let (mut rows, mut changing, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for content in Content::all(args)? {
        for candidate in roster.encoders.iter().filter(|candidate| wanted.video(candidate)) {
            if let Err(error) = (candidate.open)(&EncoderConfig::new(content.size.padded_to_even())) {
                let why = format!("{}: {}", candidate.name, error.in_full());
                if !refused.contains(&why) {
                    tracing::warn!("not measured: {why}");
                    refused.push(why);
                }
                continue;
            }
            for threads in threads_of(candidate, args) {
                rows.push(video(&roster, candidate, &content, threads, args)?);
                if args.changed > 0.0 {
                    changing.extend(changes::measure(&roster, candidate, &content, threads, args)?);
                }
            }
        }
        if wanted.named(yardstick::NAME) {
            for &threads in &args.threads {
                rows.extend(
                    yardstick::ffmpeg(&content, threads, args)?.map(|made| Row::of(&content, &made, args)),
                );
            }
        }
        for candidate in roster.images.iter().filter(|image| wanted.named(&image_name(image))) {
            rows.push(image(candidate, &content, args)?);
        }
    }
    if rows.is_empty() {
        if wanted.named(Choice::HARDWARE) && !roster.has_hardware() {
            refused.push(hardware::none());
        }
        if wanted.named(yardstick::NAME) {
            refused.push("ffmpeg is not on the path".to_owned());
        }
        return Err(Failure::Failed(format!("nothing was measured: {}", refused.join("; "))));
    }
    let hardware = hardware::measure(&roster, |candidate| wanted.video(candidate), args);
    if args.json {
        return crate::output::json(&Rows { encoders: rows, changes: changing, hardware });
    }
    let header = [
        "content",
        "size",
        "encoder",
        "mean ms",
        "p95 ms",
        "convert",
        "bare ms",
        "times bare",
        "KB/frame",
        "first/mean",
        "Mb/s",
        "PSNR Y",
        "PSNR all",
    ];
    table::print(&header, 3, rows.iter().map(Row::cells));
    say!(
        "mean and p95: conversion and encoding of a frame; bare: the encoder alone, in turn with ours; times bare: our \
         median over the sum of the bare and the conversion's; ffmpeg: its libx264 with the settings of x264 here, the time \
         of the whole program over its frames."
    );
    if !changing.is_empty() {
        say!();
        changes::print(&changing);
    }
    say!();
    hardware.print();
    Ok(())
}

/// Which encoders are measured: all where none is named.
struct Wanted<'a> {
    names: &'a [String],
}

impl<'a> Wanted<'a> {
    /// A name that nothing has is a slip of the pen.
    fn new(names: &'a [String], roster: &Roster) -> Result<Self, Failure> {
        let mut known = vec![Choice::HARDWARE.to_owned()];
        known.extend(roster.encoders.iter().map(|candidate| candidate.name.to_owned()));
        known.extend(roster.images.iter().map(image_name));
        known.push(yardstick::NAME.to_owned());
        known.dedup();
        match names.iter().find(|name| !known.contains(name)) {
            None => Ok(Self { names }),
            Some(name) => {
                let (name, known) = (name.clone(), known.join(", "));
                Err(Failure::Input(engine::Error::UnknownEncoder { name, known }.to_string()))
            }
        }
    }

    fn named(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|wanted| wanted == name)
    }

    fn video(&self, candidate: &Candidate) -> bool {
        let is_hardware = candidate.tier == Tier::Preferred;
        self.named(candidate.name) || is_hardware && self.named(Choice::HARDWARE)
    }
}

fn image_name(candidate: &ImageCandidate) -> String {
    format!("image:{}", candidate.format)
}

/// The threads of each row. For hardware they mean nothing.
fn threads_of(candidate: &Candidate, args: &BenchEncode) -> Vec<Option<NonZeroUsize>> {
    match candidate.tier {
        Tier::Preferred => vec![None],
        Tier::Standard | Tier::Fallback => args.threads.iter().copied().map(Some).collect(),
    }
}

fn video(
    roster: &Roster,
    candidate: &Candidate,
    content: &Content,
    threads: Option<NonZeroUsize>,
    args: &BenchEncode,
) -> Result<Row, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(format!("{}: {error}", candidate.name));
    let config = EncoderConfig::new(content.size)
        .with_rate(Rate { bitrate: args.bitrate, frame_rate: args.fps })
        .with_threads(threads);
    let only = Choice::Only(candidate.name.to_owned());
    let mut encoder = Encoder::open(roster, &only, config.clone()).map_err(|error| failed(&error))?;
    let mut padded = config;
    padded.size = content.size.padded_to_even();
    let mut bare = bare_loop(candidate, &padded).map_err(|error| failed(&error))?;

    let (mut ours, mut theirs, mut convert) = (Times::default(), Times::default(), Times::default());
    let mut units = Vec::new();
    let mut source = vec![0; PixelFormat::I420.packed_len(padded.size)];
    for index in 0..args.frames.get() {
        let frame = content.frame(index);
        let timestamp = Timestamp::from(args.fps.due(index as u64));
        let id = FrameId(index as u64);
        let made = ours.measure(|| encoder.encode(frame, id, timestamp)).map_err(|error| failed(&error))?;
        convert.add(encoder.last_timing().convert);
        units.extend(made);
        convert_to(frame, padded.size, &mut source).map_err(|error| failed(&error))?;
        let picture = PictureRef::packed(PixelFormat::I420, padded.size, &source).expect("the packed length");
        theirs.measure(|| bare(picture, timestamp)).map_err(|error| failed(&error))?;
    }
    units.extend(encoder.flush());

    let mut difference = Difference::default();
    let mut decoder = Decoder::new(roster, &Choice::Auto, Codec::H264);
    for unit in &units {
        let frame = content.frame(usize::try_from(unit.id.0).expect("an index of this loop"));
        convert_to(frame, padded.size, &mut source).map_err(|error| failed(&error))?;
        let reference =
            PictureRef::packed(PixelFormat::I420, padded.size, &source).expect("the packed length");
        let mut compared = Ok(());
        decoder
            .decode(&unit.data, unit.timestamp, &mut |decoded| {
                compared = difference.add(reference, decoded.picture);
            })
            .map_err(|error| failed(&error))?;
        compared.map_err(|error| failed(&error))?;
    }
    let psnr = difference.psnr();
    let sizes: Vec<usize> = units.iter().map(|unit| unit.data.len()).collect();
    let (time, bare, convert) = (ours.summary(), theirs.summary(), convert.summary());
    Ok(Row {
        threads: threads.map(NonZeroUsize::get),
        bare_median_ms: Some(bare.median_ms),
        times_bare: Some(time.median_ms / (bare.median_ms + convert.median_ms)),
        convert_median_ms: convert.median_ms,
        psnr_luma: Some(psnr.luma),
        psnr_all: Some(psnr.all),
        ..Row::new(content, candidate.name, time, &sizes, args)
    })
}

fn image(candidate: &ImageCandidate, content: &Content, args: &BenchEncode) -> Result<Row, Failure> {
    let name = format!("{} ({})", image_name(candidate), candidate.name);
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(format!("{name}: {error}"));
    let mut backend = (candidate.open)().map_err(|error| failed(&error))?;
    let (mut times, mut sizes, mut out) = (Times::default(), Vec::new(), Vec::new());
    for index in 0..args.frames.get() {
        let frame = content.frame(index);
        let picture = frame.surface.to_host().map_err(|error| failed(&error))?;
        out.clear();
        times
            .measure(|| backend.encode(picture.as_ref(), frame.color, args.quality, &mut out))
            .map_err(|error| failed(&error))?;
        sizes.push(out.len());
    }
    Ok(Row::new(content, &name, times.summary(), &sizes, args))
}

/// The bare library's loop, or, where the backend has none, the backend itself without what stands around it.
fn bare_loop(candidate: &Candidate, config: &EncoderConfig) -> Result<BareLoop, BackendError> {
    if let Some(bare) = engine::bare_loop(candidate.name, config) {
        return bare;
    }
    let mut backend = (candidate.open)(config)?;
    let mut index = 0;
    Ok(Box::new(move |picture, timestamp| {
        let mut bytes = 0;
        let input = Input {
            picture: InputPicture::Host(picture),
            id: FrameId(index),
            timestamp,
            key: index == 0,
            changes: None,
        };
        backend.encode(input, &mut |unit| bytes += unit.data.len())?;
        index += 1;
        Ok(bytes)
    }))
}

/// An encoder in a row, with its threads where they were set.
pub fn label(encoder: &str, threads: Option<usize>) -> String {
    match threads {
        Some(1) => format!("{encoder}, 1 thread"),
        Some(threads) => format!("{encoder}, {threads} threads"),
        None => encoder.to_owned(),
    }
}

/// The frame as the encoder takes it, in I420.
pub fn convert_to(frame: &Frame, size: Size, target: &mut [u8]) -> Result<(), Box<dyn std::error::Error>> {
    let picture = frame.surface.to_host()?;
    let converter = Converter::new(picture.format(), PixelFormat::I420, picture.size(), frame.color)?;
    let mut target = PictureMut::packed(PixelFormat::I420, size, target)?;
    Ok(converter.convert(&picture.as_ref(), &mut target)?)
}

impl Row {
    /// What FFmpeg made of a content.
    fn of(content: &Content, made: &yardstick::Made, args: &BenchEncode) -> Self {
        let per_frame = made.seconds * 1e3 / made.sizes.len().max(1) as f64;
        let time = Summary { mean_ms: per_frame, median_ms: per_frame, p95_ms: per_frame };
        Self {
            threads: Some(made.threads),
            psnr_luma: Some(made.psnr.luma),
            psnr_all: Some(made.psnr.all),
            ..Self::new(content, yardstick::NAME, time, &made.sizes, args)
        }
    }

    fn new(content: &Content, encoder: &str, time: Summary, sizes: &[usize], args: &BenchEncode) -> Self {
        let mean = sizes.iter().sum::<usize>() as f64 / sizes.len().max(1) as f64;
        Self {
            content: content.name.clone(),
            size: content.size.to_string(),
            encoder: encoder.to_owned(),
            threads: None,
            time,
            convert_median_ms: 0.0,
            bare_median_ms: None,
            times_bare: None,
            kilobytes_per_frame: mean / 1e3,
            first_over_mean: sizes.first().map_or(0.0, |&first| first as f64 / mean),
            megabits_per_second: mean * 8.0 * args.fps.as_f64() / 1e6,
            psnr_luma: None,
            psnr_all: None,
        }
    }

    fn cells(&self) -> Vec<String> {
        let optional =
            |value: Option<f64>, digits| value.map_or_else(String::new, |value| format!("{value:.digits$}"));
        vec![
            self.content.clone(),
            self.size.clone(),
            label(&self.encoder, self.threads),
            format!("{:.2}", self.time.mean_ms),
            format!("{:.2}", self.time.p95_ms),
            format!("{:.2}", self.convert_median_ms),
            optional(self.bare_median_ms, 2),
            optional(self.times_bare, 3),
            format!("{:.1}", self.kilobytes_per_frame),
            format!("{:.1}", self.first_over_mean),
            format!("{:.2}", self.megabits_per_second),
            optional(self.psnr_luma, 2),
            optional(self.psnr_all, 2),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Arguments, BenchCommand, Command};
    use clap::Parser as _;
    use std::sync::Arc;

    #[test]
    fn hardware_names_all_that_is_and_has_one_row_whatever_the_threads() {
        let candidate = |name, tier| {
            let open = Arc::new(|_: &EncoderConfig| Err(BackendError::failed("it is a name alone")));
            Candidate { name, codecs: &[Codec::H264], tier, open }
        };
        let encoders = vec![candidate("chip", Tier::Preferred), candidate("soft", Tier::Standard)];
        let roster = Roster { encoders, ..Roster::default() };
        let arguments = Arguments::parse_from([
            "framewire",
            "bench",
            "encode",
            "--encoders",
            "hardware",
            "--threads",
            "1,2,4",
        ]);
        let Command::Bench(crate::args::Bench { command: BenchCommand::Encode(args) }) = arguments.command
        else {
            panic!("the arguments are those of bench encode");
        };
        let wanted = Wanted::new(&args.encoders, &roster).unwrap();
        assert!(!wanted.named("soft") && !wanted.named(yardstick::NAME));
        let seen: Vec<_> =
            roster.encoders.iter().map(|one| (wanted.video(one), threads_of(one, &args).len())).collect();
        assert_eq!(seen, [(true, 1), (false, 3)]);
        assert_eq!(label("chip", None), "chip");
    }
}
