use clap::{Args, Subcommand};
use framewire::frame::{Bitrate, FrameRate, PixelFormat, Size};
use framewire_pattern::Pattern;
use std::{num::NonZeroUsize, path::PathBuf};

#[derive(Debug, Clone, Args)]
pub struct Bench {
    #[command(subcommand)]
    pub command: BenchCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub enum BenchCommand {
    /// Pixel formats: each kernel of this machine beside a copy of as many bytes.
    Convert(BenchConvert),
    /// Encoders: convert and encode beside the bare encoder, with the quality of what comes out.
    Encode(BenchEncode),
}

#[derive(Debug, Clone, Args)]
pub struct BenchConvert {
    /// Sizes, separated by commas.
    #[arg(
        long,
        value_name = "WxH,...",
        value_delimiter = ',',
        default_value = "1280x720,1920x1080,3840x2160"
    )]
    pub sizes: Vec<Size>,

    /// Source formats, separated by commas.
    #[arg(long, value_name = "FORMAT,...", value_delimiter = ',', default_value = "rgba,bgra,rgb")]
    pub from: Vec<PixelFormat>,

    /// Target format.
    #[arg(long, value_name = "FORMAT", default_value = "nv12")]
    pub to: PixelFormat,

    /// Frames per row.
    #[arg(long, value_name = "N", default_value = "200")]
    pub frames: NonZeroUsize,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Args)]
pub struct BenchEncode {
    /// Sizes, separated by commas.
    #[arg(long, value_name = "WxH,...", value_delimiter = ',', default_value = "1280x720,1920x1080")]
    pub sizes: Vec<Size>,

    /// Test patterns, separated by commas.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', default_value = "gradient,noise")]
    pub patterns: Vec<Pattern>,

    /// A video file as a further source, decoded before the measurement begins; its own size counts.
    #[arg(long, value_name = "FILE")]
    pub clip: Option<PathBuf>,

    /// Encoders, separated by commas; all of this machine's by default.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub encoders: Vec<String>,

    /// Bits per second of the video.
    #[arg(long, default_value = "8M")]
    pub bitrate: Bitrate,

    /// Frames per second that the encoder is told.
    #[arg(long, default_value = "30")]
    pub fps: FrameRate,

    /// Quality of images, 1 to 100.
    #[arg(long, value_name = "Q", default_value_t = 80, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub quality: u8,

    /// Frames per row.
    #[arg(long, value_name = "N", default_value = "120")]
    pub frames: NonZeroUsize,

    /// Encoder threads to measure, separated by commas.
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "1,2")]
    pub threads: Vec<NonZeroUsize>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
