//! From raw frames to an MP4 file: this program and FFmpeg's, each as a whole process, in turn.
//!
//! Both read the same bytes from a file and have the same encoder, settings and number of threads; what differs is the
//! conversion and the way of the frames. The rows without a conversion say where the encoder alone would be.

use super::{
    figures::median,
    process::{self, Run},
    workshop::{self, Workshop},
};
use crate::{args::BenchExport, exit::Failure, output::say, pattern_source::PatternSource, table};
use framewire::{
    codec::quality::Psnr,
    frame::{Color, Frame, PixelFormat, Size},
    media::source::Source,
};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

/// The quality that both are asked for, where no bitrate is given: x264's own default (`crf`).
const QUALITY: u8 = 70;
const CRF: u8 = 23;
/// Seconds between key frames.
const KEY_SECONDS: f64 = 2.0;

#[derive(Debug, Serialize)]
struct Row {
    what: &'static str,
    input: &'static str,
    frames: usize,
    seconds: f64,
    fps: f64,
    ms_per_frame: f64,
    /// Speed over FFmpeg's with the same input.
    times_ffmpeg: Option<f64>,
    cpu_seconds: f64,
    /// The conversion's share of the processor time, where there is one and the program says.
    conversion_share: Option<f64>,
    peak_megabytes: f64,
    bytes: u64,
    psnr_luma: f64,
    psnr_all: f64,
}

#[derive(Debug, Serialize)]
struct Rows {
    size: String,
    content: String,
    rows: Vec<Row>,
    /// Encoder settings in which the two programs' files differ; nothing where either wrote none.
    different_settings: Vec<String>,
}

/// Who exports what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Contender {
    who: Who,
    format: PixelFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Framewire,
    Ffmpeg,
}

/// The part of this program's report that is used.
#[derive(Debug, Default, Clone, Deserialize)]
struct Report {
    stages: Stages,
}

#[derive(Debug, Default, Clone, Deserialize)]
struct Stages {
    convert: f64,
}

/// Frames in files, in every format that a contender reads.
struct Material {
    content: String,
    size: Size,
    formats: Vec<PixelFormat>,
    /// The frames as the encoders should see them.
    original: PathBuf,
}

pub fn run(args: &BenchExport) -> Result<(), Failure> {
    if !process::has_ffmpeg() {
        return Err(Failure::Failed("ffmpeg, beside which this is measured, is not on the path".to_owned()));
    }
    let shop = Workshop::new(args.folder.as_deref())?;
    let material = Material::prepare(args, &shop)?;
    let contenders: Vec<Contender> = material
        .formats
        .iter()
        .flat_map(|&format| [Who::Ffmpeg, Who::Framewire].map(|who| Contender { who, format }))
        .collect();
    let mut runs: Vec<Vec<(Run, Report)>> = vec![Vec::new(); contenders.len()];
    for _ in 0..args.rounds.get() {
        for (contender, runs) in contenders.iter().zip(&mut runs) {
            runs.push(contender.export(args, &material, &shop)?);
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    for (contender, runs) in contenders.iter().zip(&runs) {
        let row = contender.row(args, &material, &shop, runs)?;
        rows.push(row);
    }
    for index in 0..rows.len() {
        let ffmpeg = rows.iter().find(|row| row.what == "ffmpeg" && row.input == rows[index].input);
        rows[index].times_ffmpeg = ffmpeg.map(|ffmpeg| ffmpeg.seconds / rows[index].seconds);
    }
    let rows = Rows {
        size: material.size.to_string(),
        content: material.content.clone(),
        rows,
        different_settings: different_settings(&contenders, &shop),
    };
    if args.json { crate::output::json(&rows) } else { rows.print(args) }
}

impl Material {
    fn prepare(args: &BenchExport, shop: &Workshop) -> Result<Self, Failure> {
        let (content, mut source): (String, Box<dyn Source>) = match &args.clip {
            None => {
                let pattern = PatternSource::new(args.pattern, args.size, args.fps, Color::default());
                (args.pattern.to_string(), Box::new(pattern))
            }
            Some(clip) => {
                let content = clip.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
                (content, workshop::open(&scaled(clip, args.scale, shop)?)?)
            }
        };
        let first =
            next(&mut *source)?.ok_or_else(|| Failure::Input(format!("{content}: it has no frame")))?;
        let (own, size) = (first.surface.format(), first.size());
        // FFmpeg's encoder takes I420, this program's x264 NV12 and the others I420: each is given its own.
        let formats = if own.is_yuv() { vec![own] } else { vec![own, PixelFormat::I420] };
        let mut files: Vec<(PixelFormat, BufWriter<File>)> = Vec::new();
        for &format in formats.iter().chain([&PixelFormat::I420]) {
            if files.iter().all(|(known, _)| *known != format) {
                files.push((format, create(&shop.path(format.name()))?));
            }
        }
        let mut next_frame = Some(first);
        for _ in 0..args.frames.get() {
            let Some(frame) = next_frame.take() else { break };
            if frame.size() != size {
                return Err(Failure::Input(format!("{content}: its pictures change their size")));
            }
            for (format, file) in &mut files {
                let bytes = workshop::pixels(&frame, *format)?;
                file.write_all(&bytes).map_err(|error| Failure::Failed(error.to_string()))?;
            }
            next_frame = next(&mut *source)?;
        }
        for (_, mut file) in files {
            file.flush().map_err(|error| Failure::Failed(error.to_string()))?;
        }
        let original = shop.path(PixelFormat::I420.name());
        Ok(Self { content, size: size.padded_to_even(), formats, original })
    }
}

impl Contender {
    fn export(
        self,
        args: &BenchExport,
        material: &Material,
        shop: &Workshop,
    ) -> Result<(Run, Report), Failure> {
        let (input, output) = (shop.path(self.format.name()), self.output(shop));
        let mut command = match self.who {
            Who::Framewire => self.framewire(args, material, &input, &output)?,
            Who::Ffmpeg => self.ffmpeg(args, material, &input, &output),
        };
        let (run, said) = process::run(&mut command)?;
        let report = match self.who {
            Who::Framewire => serde_json::from_str(&said)
                .map_err(|error| Failure::Failed(format!("the report of an export: {error}")))?,
            Who::Ffmpeg => Report::default(),
        };
        Ok((run, report))
    }

    fn framewire(
        self,
        args: &BenchExport,
        material: &Material,
        input: &Path,
        output: &Path,
    ) -> Result<Command, Failure> {
        let mut command = process::ourselves()?;
        command.arg("encode").arg(input).arg(output).args(["--force", "--quiet", "--json"]);
        command.args(["--size", &material.size.to_string(), "--pixel-format", self.format.name()]);
        command.args(["--fps", &fraction(args), "--preset", "fast", "--profile", "baseline"]);
        command.args(["--encoder", &args.encoder, "--threads", &args.threads.to_string()]);
        command.args(["--gop", &gop(args).to_string()]);
        match args.bitrate {
            Some(bitrate) => command.args(["--bitrate", &bitrate.bits_per_second().to_string()]),
            None => command.args(["--quality", &QUALITY.to_string()]),
        };
        Ok(command)
    }

    fn ffmpeg(self, args: &BenchExport, material: &Material, input: &Path, output: &Path) -> Command {
        let format = match self.format {
            PixelFormat::I420 => "yuv420p",
            PixelFormat::Rgb8 => "rgb24",
            other => other.name(),
        };
        let mut command = process::ffmpeg();
        command.args(["-f", "rawvideo", "-pix_fmt", format, "-s", &material.size.to_string()]);
        command.args(["-r", &fraction(args)]).arg("-i").arg(input);
        command.args(["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0"]);
        command.args(["-threads", &args.threads.to_string(), "-g", &gop(args).to_string()]);
        match args.bitrate {
            Some(bitrate) => {
                let (rate, double) = (bitrate.bits_per_second(), bitrate.scaled(2.0).bits_per_second());
                command.args(["-b:v", &rate.to_string(), "-maxrate", &double.to_string()]);
                command.args(["-bufsize", &bitrate.scaled(4.0).bits_per_second().to_string()])
            }
            None => command.args(["-crf", &CRF.to_string()]),
        };
        command.args(["-movflags", "+faststart"]).arg(output);
        command
    }

    fn row(
        self,
        args: &BenchExport,
        material: &Material,
        shop: &Workshop,
        runs: &[(Run, Report)],
    ) -> Result<Row, Failure> {
        let middle = |figure: fn(&(Run, Report)) -> f64| median(runs.iter().map(figure).collect());
        let output = self.output(shop);
        let mut original = Original::open(material)?;
        let (frames, Psnr { luma, all }) = workshop::compare(&output, |index| original.frame(index))?;
        let seconds = middle(|(run, _)| run.wall.as_secs_f64());
        let cpu_seconds = middle(|(run, _)| run.cpu.as_secs_f64());
        let converts = self.who == Who::Framewire && !self.format.is_yuv();
        let bytes = std::fs::metadata(&output).map_or(0, |data| data.len());
        if frames != args.frames.get() {
            tracing::warn!("{}: {frames} frames of {}", output.display(), args.frames);
        }
        Ok(Row {
            what: match self.who {
                Who::Framewire => "framewire",
                Who::Ffmpeg => "ffmpeg",
            },
            input: self.format.name(),
            frames,
            seconds,
            fps: frames as f64 / seconds,
            ms_per_frame: seconds * 1e3 / frames.max(1) as f64,
            times_ffmpeg: None,
            cpu_seconds,
            conversion_share: converts.then(|| middle(|(_, report)| report.stages.convert) / cpu_seconds),
            peak_megabytes: middle(|(run, _)| run.peak as f64) / 1e6,
            bytes,
            psnr_luma: luma,
            psnr_all: all,
        })
    }

    fn output(self, shop: &Workshop) -> PathBuf {
        let who = match self.who {
            Who::Framewire => "framewire",
            Who::Ffmpeg => "ffmpeg",
        };
        shop.path(&format!("{who}-{}.mp4", self.format))
    }
}

/// The frames that went in, one after the other from their file.
struct Original {
    file: File,
    bytes: usize,
}

impl Original {
    fn open(material: &Material) -> Result<Self, Failure> {
        let file = File::open(&material.original)
            .map_err(|error| Failure::Failed(format!("{}: {error}", material.original.display())))?;
        Ok(Self { file, bytes: PixelFormat::I420.packed_len(material.size) })
    }

    /// Frames are asked for in order.
    fn frame(&mut self, _: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = vec![0; self.bytes];
        std::io::Read::read_exact(&mut self.file, &mut bytes)
            .map_err(|error| Failure::Failed(format!("more frames came out than went in: {error}")))?;
        Ok(bytes)
    }
}

impl Rows {
    fn print(&self, args: &BenchExport) -> Result<(), Failure> {
        let header = [
            "program",
            "input",
            "fps",
            "ms/frame",
            "times ffmpeg",
            "CPU s",
            "conversion",
            "peak MB",
            "KB/frame",
            "PSNR Y",
            "PSNR all",
        ];
        let cells = self.rows.iter().map(|row| {
            let optional = |value: Option<f64>, digits: usize, unit: &str| {
                value.map_or_else(String::new, |value| format!("{value:.digits$}{unit}"))
            };
            vec![
                row.what.to_owned(),
                row.input.to_owned(),
                format!("{:.1}", row.fps),
                format!("{:.2}", row.ms_per_frame),
                optional(row.times_ffmpeg, 2, ""),
                format!("{:.2}", row.cpu_seconds),
                optional(row.conversion_share.map(|share| share * 100.0), 1, " %"),
                format!("{:.0}", row.peak_megabytes),
                format!("{:.1}", row.bytes as f64 / 1e3 / row.frames.max(1) as f64),
                format!("{:.2}", row.psnr_luma),
                format!("{:.2}", row.psnr_all),
            ]
        });
        say!("{} {}, {} frames, {} threads\n", self.content, self.size, args.frames, args.threads);
        table::print(&header, 2, cells);
        say!(
            "\nWhole processes, medians of {} rounds; conversion: its share of the processor time; PSNR against the exact \
             conversion of the frames. The rows that begin with i420 are the bound without conversion.",
            args.rounds
        );
        if !self.different_settings.is_empty() {
            say!("Encoder settings that differ: {}", self.different_settings.join(", "));
        }
        Ok(())
    }
}

fn different_settings(contenders: &[Contender], shop: &Workshop) -> Vec<String> {
    let options: Vec<_> =
        contenders.iter().take(2).map(|contender| workshop::x264_options(&contender.output(shop))).collect();
    match options.as_slice() {
        [theirs, ours] if !theirs.is_empty() && !ours.is_empty() => {
            theirs.symmetric_difference(ours).cloned().collect()
        }
        _ => Vec::new(),
    }
}

/// The clip, or what FFmpeg makes of it at another size, without loss.
fn scaled(clip: &Path, size: Option<Size>, shop: &Workshop) -> Result<PathBuf, Failure> {
    let Some(size) = size else { return Ok(clip.to_path_buf()) };
    let output = shop.path("scaled.y4m");
    let mut command = process::ffmpeg();
    command
        .arg("-i")
        .arg(clip)
        .args(["-vf", &format!("scale={}:{}:flags=lanczos", size.width(), size.height())]);
    process::run(command.args(["-pix_fmt", "yuv420p"]).arg(&output))?;
    Ok(output)
}

fn next(source: &mut dyn Source) -> Result<Option<Frame>, Failure> {
    let timed = source.next().map_err(|error| Failure::Input(error.to_string()))?;
    Ok(timed.map(|timed| timed.frame))
}

fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    File::create(path)
        .map(|file| BufWriter::with_capacity(1 << 20, file))
        .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}

fn gop(args: &BenchExport) -> u32 {
    (args.fps.as_f64() * KEY_SECONDS).round() as u32
}

fn fraction(args: &BenchExport) -> String {
    format!("{}/{}", args.fps.numerator(), args.fps.denominator())
}
