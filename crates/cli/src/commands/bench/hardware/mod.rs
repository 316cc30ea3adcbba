//! Encoders in hardware: where the time of a frame goes, with the conversion on the processor and on the GPU, one frame at
//! a time and pipelined, and what a stream in real time costs the processor.

mod real_time;
mod sources;

use super::{encode::convert_to, figures::Times};
use crate::{args::BenchEncode, output::say, table};
use framewire::{
    codec::{
        AccessUnit, Candidate, Choice, Decoder, Encoder, EncoderConfig, Rate, Roster, Tier,
        quality::{Difference, Psnr},
    },
    frame::{FrameId, PictureRef, PixelFormat, Size, Timestamp},
};
use real_time::RealTime;
use serde::Serialize;
use sources::{Renderer, Trouble};
use std::time::Instant;

/// What `--compare-pipeline` lets wait inside.
const DEPTH: u8 = 2;

/// Everything that was measured of hardware, or why nothing was.
#[derive(Default, Serialize)]
pub struct Rows {
    frames: Vec<Row>,
    real_time: Vec<RealTime>,
    /// A sentence for each encoder that could not be measured, or one that says that there is none.
    not_measured: Vec<String>,
}

/// One size with one source of frames. Times are medians, in milliseconds.
#[derive(Serialize)]
struct Row {
    encoder: &'static str,
    size: String,
    /// Where frames are drawn and converted.
    source: String,
    /// Frames that may wait inside.
    pipeline_depth: u8,
    render_ms: f64,
    convert_ms: f64,
    copy_ms: f64,
    encode_ms: f64,
    /// Without the rendering.
    total_ms: f64,
    /// Of the total, from 0 to 1.
    copy_share: f64,
    /// With the rendering.
    fps: f64,
    psnr_luma: f64,
    psnr_all: f64,
}

/// Measures every encoder of the roster that is hardware and wanted.
pub fn measure(roster: &Roster, wanted: impl Fn(&Candidate) -> bool, args: &BenchEncode) -> Rows {
    let mut rows = Rows::default();
    let is_hardware = |candidate: &&Candidate| candidate.tier == Tier::Preferred && wanted(candidate);
    for candidate in roster.encoders.iter().filter(is_hardware) {
        if let Err(trouble) = rows.add(roster, candidate, args) {
            rows.not_measured.push(format!("{}: {trouble}", candidate.name));
        }
    }
    if rows.frames.is_empty() && rows.not_measured.is_empty() {
        rows.not_measured.push(none());
    }
    rows
}

/// That there is nothing to measure.
pub fn none() -> String {
    format!("this program has no encoder in hardware for {}", std::env::consts::OS)
}

impl Rows {
    /// Prints what was measured and what was not.
    pub fn print(&self) {
        if !self.frames.is_empty() {
            let header = [
                "encoder",
                "size",
                "frames from",
                "waiting",
                "render",
                "convert",
                "copy",
                "encode",
                "total ms",
                "copy's share",
                "fps",
                "PSNR Y",
                "PSNR all",
            ];
            table::print(&header, 3, self.frames.iter().map(Row::cells));
            say!(
                "medians in ms; total: from the drawn frame to its bytes; fps: with the rendering; waiting: frames that may \
                 wait inside of the encoder, so that its time is part of the next calls'."
            );
            say!();
        }
        if !self.real_time.is_empty() {
            let header = ["encoder", "size", "frames from", "fps", "on time", "of a core"];
            table::print(&header, 3, self.real_time.iter().map(RealTime::cells));
            say!();
        }
        for why in &self.not_measured {
            say!("hardware: not measured: {why}");
        }
    }

    fn add(&mut self, roster: &Roster, candidate: &Candidate, args: &BenchEncode) -> Result<(), Trouble> {
        let depths = if args.compare_pipeline { &[0, DEPTH][..] } else { &[0] };
        for &size in &args.hardware_sizes {
            for mut renderer in sources::all(size, args)? {
                for &depth in depths {
                    let mut bench = Bench { roster, candidate, size, depth, args };
                    self.frames.push(bench.run(&mut *renderer)?);
                }
            }
        }
        self.real_time.extend(real_time::measure(roster, candidate, args)?);
        Ok(())
    }
}

/// One row in the making.
struct Bench<'a> {
    roster: &'a Roster,
    candidate: &'a Candidate,
    size: Size,
    depth: u8,
    args: &'a BenchEncode,
}

impl Bench<'_> {
    fn run(&mut self, renderer: &mut dyn Renderer) -> Result<Row, Trouble> {
        let mut encoder = open(self.roster, self.candidate, self.size, self.depth, self.args)?;
        let [mut render, mut convert, mut copy, mut encode, mut total] =
            std::array::from_fn(|_| Times::default());
        let mut units = Vec::new();
        let start = Instant::now();
        for index in 0..self.args.frames.get() as u64 {
            let frame = render.measure(|| renderer.render(index))?;
            let moment = Timestamp::from(self.args.fps.due(index));
            units.extend(total.measure(|| encoder.encode(&frame, FrameId(index), moment))?);
            let timing = encoder.last_timing();
            convert.add(timing.convert);
            copy.add(timing.copy);
            encode.add(timing.encode);
        }
        units.extend(encoder.flush());
        let fps = self.args.frames.get() as f64 / start.elapsed().as_secs_f64();
        let psnr = self.quality(&units, renderer)?;
        let median = |times: Times| times.summary().median_ms;
        let (copy_ms, total_ms) = (median(copy), median(total));
        Ok(Row {
            encoder: self.candidate.name,
            size: self.size.to_string(),
            source: renderer.name(),
            pipeline_depth: self.depth,
            render_ms: median(render),
            convert_ms: median(convert),
            copy_ms,
            encode_ms: median(encode),
            total_ms,
            copy_share: if total_ms > 0.0 { copy_ms / total_ms } else { 0.0 },
            fps,
            psnr_luma: psnr.luma,
            psnr_all: psnr.all,
        })
    }

    /// What came out, decoded, beside the processor's conversion of the frames.
    fn quality(&self, units: &[AccessUnit], renderer: &mut dyn Renderer) -> Result<Psnr, Trouble> {
        let size = self.size.padded_to_even();
        let mut difference = Difference::default();
        let mut decoder = Decoder::new(self.roster, &Choice::Auto, self.candidate.codecs[0]);
        let mut reference = vec![0; PixelFormat::I420.packed_len(size)];
        for unit in units {
            convert_to(&renderer.render(unit.id.0)?, size, &mut reference)?;
            let picture = PictureRef::packed(PixelFormat::I420, size, &reference)?;
            let mut compared = Ok(());
            decoder.decode(&unit.data, unit.timestamp, &mut |decoded| {
                compared = difference.add(picture, decoded.picture);
            })?;
            compared?;
        }
        Ok(difference.psnr())
    }
}

/// An encoder for viewers over this candidate alone.
fn open(
    roster: &Roster,
    candidate: &Candidate,
    size: Size,
    depth: u8,
    args: &BenchEncode,
) -> Result<Encoder, Trouble> {
    let config = EncoderConfig::new(size)
        .with_rate(Rate { bitrate: args.bitrate, frame_rate: args.fps })
        .with_pipeline_depth(depth);
    Ok(Encoder::open(roster, &Choice::Only(candidate.name.to_owned()), config)?)
}

impl Row {
    fn cells(&self) -> Vec<String> {
        vec![
            self.encoder.to_owned(),
            self.size.clone(),
            self.source.clone(),
            self.pipeline_depth.to_string(),
            format!("{:.2}", self.render_ms),
            format!("{:.2}", self.convert_ms),
            format!("{:.2}", self.copy_ms),
            format!("{:.2}", self.encode_ms),
            format!("{:.2}", self.total_ms),
            format!("{:.0} %", self.copy_share * 100.0),
            format!("{:.1}", self.fps),
            format!("{:.2}", self.psnr_luma),
            format!("{:.2}", self.psnr_all),
        ]
    }
}
