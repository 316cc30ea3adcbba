//! What can be typed. Nothing here does anything but check a value.

mod bench;
mod decode;
mod demo;
mod doctor;
mod duration;
mod encode;
mod listen;
mod load;
mod probe;
mod record;
mod remux;
mod said;
mod serve;
mod values;

pub use bench::{Bench, BenchCommand, BenchConvert, BenchEncode, BenchExport, BenchRemux};
pub use decode::Decode;
pub use demo::Demo;
pub use doctor::Doctor;
pub use encode::Encode;
pub use listen::Listen;
pub use load::Load;
pub use probe::Probe;
pub use record::{Record, Remote, Save};
pub use remux::Remux;
pub use said::Said;
pub use serve::{Content, Input, Serve};
pub use values::FileOrPipe;

use clap::{Parser, Subcommand};

/// Puts rendered frames into a browser, encoded once, within a frame's time, with mouse and keys coming back; and into
/// files.
#[derive(Debug, Parser)]
#[command(name = "framewire", version, propagate_version = true, arg_required_else_help = true)]
pub struct Arguments {
    /// How much to log: error, warn, info, debug, trace, or a filter such as framewire_server=debug. info without it, and warn
    /// with --quiet.
    #[arg(long, global = true, value_name = "LEVEL", env = "FRAMEWIRE_LOG")]
    pub log: Option<String>,

    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// What is logged.
    pub fn log(&self) -> &str {
        let said = match &self.command {
            Command::Encode(args) => Some(&args.said),
            Command::Decode(args) => Some(&args.said),
            Command::Remux(args) => Some(&args.said),
            Command::Record(args) => Some(&args.said),
            Command::Save(args) => Some(&args.said),
            Command::Demo(_)
            | Command::Serve(_)
            | Command::Probe(_)
            | Command::Doctor(_)
            | Command::Load(_)
            | Command::Bench(_) => None,
        };
        let usual = if said.is_some_and(|said| said.quiet) { "warn" } else { "info" };
        self.log.as_deref().unwrap_or(usual)
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show a page with live scenes to choose from, one of which you paint in.
    Demo(Demo),
    /// Stream a video file, raw frames from standard input, or a test pattern.
    Serve(Serve),
    /// Encode frames to a video file: from a video, raw frames, numbered images or standard input.
    Encode(Encode),
    /// Decode a video file to pictures: YUV4MPEG2, raw frames or numbered PNG files.
    Decode(Decode),
    /// Say what a video file is: container, tracks, codec, size, colour, times, key frames.
    Probe(Probe),
    /// Copy a video into another container without coding it anew.
    Remux(Remux),
    /// Write what a running stream shows to a file, as it comes.
    Record(Record),
    /// Write the recent past of a running stream to a file, where the server keeps it.
    Save(Save),
    /// Say what can encode on this machine, what cannot and why.
    Doctor(Doctor),
    /// Join a running stream many times and report what each viewer got.
    Load(Load),
    /// Measure conversion, encoding, export or copying beside a baseline in the same run.
    Bench(Bench),
}
