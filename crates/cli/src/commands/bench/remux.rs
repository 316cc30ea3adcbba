//! From file to file without encoding: this program and FFmpeg's `-c copy`, each as a whole process, in turn.

use super::{
    figures::median,
    process::{self, Run},
    workshop::Workshop,
};
use crate::{args::BenchRemux, exit::Failure, output::say, table};
use serde::Serialize;
use std::process::Command;

/// A target: its name, our options, FFmpeg's options, and the ending of the file.
const TARGETS: [Target; 3] = [
    Target { name: "MP4", ours: &[], theirs: &["-map", "0"], ending: "mp4" },
    Target {
        name: "fragmented MP4",
        ours: &["--format", "fragmented-mp4"],
        theirs: &["-map", "0", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"],
        ending: "mp4",
    },
    Target { name: "Annex B", ours: &[], theirs: &["-map", "0:v", "-f", "h264"], ending: "h264" },
];

struct Target {
    name: &'static str,
    ours: &'static [&'static str],
    theirs: &'static [&'static str],
    ending: &'static str,
}

#[derive(Debug, Serialize)]
struct Row {
    target: &'static str,
    megabytes: f64,
    ffmpeg_ms: f64,
    framewire_ms: f64,
    /// FFmpeg's time over ours.
    times_ffmpeg: f64,
    ffmpeg_cpu_ms: f64,
    framewire_cpu_ms: f64,
    framewire_peak_megabytes: f64,
}

pub fn run(args: &BenchRemux) -> Result<(), Failure> {
    if !process::has_ffmpeg() {
        return Err(Failure::Failed("ffmpeg, beside which this is measured, is not on the path".to_owned()));
    }
    let shop = Workshop::new(args.folder.as_deref())?;
    let rows = TARGETS.iter().map(|target| target.measure(args, &shop)).collect::<Result<Vec<_>, _>>()?;
    if args.json {
        return crate::output::json(&rows);
    }
    let header = [
        "target",
        "MB",
        "ffmpeg ms",
        "framewire ms",
        "times ffmpeg",
        "ffmpeg CPU ms",
        "framewire CPU ms",
        "peak MB",
    ];
    let cells = rows.iter().map(|row| {
        vec![
            row.target.to_owned(),
            format!("{:.1}", row.megabytes),
            format!("{:.1}", row.ffmpeg_ms),
            format!("{:.1}", row.framewire_ms),
            format!("{:.2}", row.times_ffmpeg),
            format!("{:.0}", row.ffmpeg_cpu_ms),
            format!("{:.0}", row.framewire_cpu_ms),
            format!("{:.0}", row.framewire_peak_megabytes),
        ]
    });
    table::print(&header, 1, cells);
    say!("\nWhole processes, medians of {} rounds in turn.", args.rounds);
    Ok(())
}

impl Target {
    fn measure(&self, args: &BenchRemux, shop: &Workshop) -> Result<Row, Failure> {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        let output = shop.path(&format!("framewire.{}", self.ending));
        for _ in 0..args.rounds.get() {
            let mut command = process::ffmpeg();
            command.arg("-i").arg(&args.clip).args(["-c", "copy"]).args(self.theirs);
            theirs.push(timed(command.arg(shop.path(&format!("ffmpeg.{}", self.ending))))?);
            let mut command = process::ourselves()?;
            command.arg("remux").arg(&args.clip).arg(&output).args(["--force", "--quiet"]).args(self.ours);
            ours.push(timed(&mut command)?);
        }
        let middle = |runs: &[Run], figure: fn(&Run) -> f64| median(runs.iter().map(figure).collect());
        let wall = |run: &Run| run.wall.as_secs_f64() * 1e3;
        let cpu = |run: &Run| run.cpu.as_secs_f64() * 1e3;
        let (ffmpeg_ms, framewire_ms) = (middle(&theirs, wall), middle(&ours, wall));
        Ok(Row {
            target: self.name,
            megabytes: std::fs::metadata(&output).map_or(0.0, |data| data.len() as f64 / 1e6),
            ffmpeg_ms,
            framewire_ms,
            times_ffmpeg: ffmpeg_ms / framewire_ms,
            ffmpeg_cpu_ms: middle(&theirs, cpu),
            framewire_cpu_ms: middle(&ours, cpu),
            framewire_peak_megabytes: middle(&ours, |run| run.peak as f64 / 1e6),
        })
    }
}

fn timed(command: &mut Command) -> Result<Run, Failure> {
    process::run(command).map(|(run, _)| run)
}
