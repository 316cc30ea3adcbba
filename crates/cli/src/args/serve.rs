use super::{
    Listen,
    duration::{bytes, duration},
    values::{matrix, range},
};
use clap::{Args, ValueEnum};
use framewire::frame::{Bitrate, FrameRate, Matrix, PixelFormat, Range, Size};
use framewire_pattern::Pattern;
use std::{path::PathBuf, str::FromStr, time::Duration};

#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// A video file (.y4m, .mp4, .h264; .hevc where hardware decodes it), `-` for standard input, or pattern:NAME with one of bouncing-box, test-card,
    /// gradient, counter, checkerboard, solid, noise.
    pub input: Input,

    #[command(flatten)]
    pub listen: Listen,

    /// Size of a pattern, or of the raw frames on standard input.
    #[arg(long, value_name = "WxH")]
    pub size: Option<Size>,

    /// Pixel format of raw frames on standard input: rgba, bgra, rgb, nv12 or i420.
    #[arg(long, value_name = "FORMAT")]
    pub pixel_format: Option<PixelFormat>,

    /// Frames per second: of a pattern (30 without it), of raw frames (as they come without it), or instead of a file's own.
    #[arg(long)]
    pub fps: Option<FrameRate>,

    /// Start over when the file ends.
    #[arg(long = "loop")]
    pub repeat: bool,

    /// Play a file that is not looped at once; otherwise playing begins with the first viewer.
    #[arg(long)]
    pub no_wait: bool,

    /// Bits per second of the video, such as 8M or 800k.
    #[arg(long, default_value = "8M")]
    pub bitrate: Bitrate,

    /// Encoder: auto, hardware for the best in hardware or an error, or a name that `framewire doctor` lists; image:jpeg,
    /// image:png and image:webp send images.
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub encoder: String,

    /// Encoder threads; chosen by the size of the picture without it.
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,

    /// Renew the picture by a column that moves across it, over and over, so that a viewer recovers from a loss without a
    /// key frame. Only x264 does it; other encoders leave it out.
    #[arg(long)]
    pub intra_refresh: bool,

    /// What the pictures show: camera for film and rendering, screen for text and windows.
    #[arg(long, value_enum, default_value_t = Content::Camera)]
    pub content: Content,

    /// Name of the stream, the path of its address.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub name: String,

    /// Send a lossless image or a clean key frame when the picture has rested for so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = still_seconds)]
    pub still_after: Option<f64>,

    /// Matrix of the conversion from RGB: 601 or 709.
    #[arg(long, value_name = "MATRIX", default_value = "601", value_parser = matrix)]
    pub matrix: Matrix,

    /// Range of the coded samples: limited or full.
    #[arg(long, value_name = "RANGE", default_value = "limited", value_parser = range)]
    pub range: Range,

    /// Draw a pattern at the size of the newest viewer's canvas.
    #[arg(long)]
    pub match_viewer: bool,

    /// The largest side that a viewer may ask for with --match-viewer.
    #[arg(long, value_name = "PIXELS", default_value_t = 3840, value_parser = clap::value_parser!(u32).range(2..=16_384))]
    pub max_side: u32,

    /// Record what viewers get to this file, in MP4. It plays up to the last second also after a crash.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Replace a file that is there.
    #[arg(long, requires = "record")]
    pub force: bool,

    /// Keep so much of the past, as 90s, 10m, 1h, to be fetched with `framewire save`: up to 24 hours and 1,048,576 frames,
    /// which are 4.8 hours at 60 frames per second.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub keep: Option<Duration>,

    /// The most that the past takes, in bytes or as 800k, 512M, 2G, of 1024 each: 512M of memory without it, and 16G of the
    /// disk with --keep-on-disk.
    #[arg(long, value_name = "BYTES", value_parser = bytes, requires = "keep")]
    pub keep_bytes: Option<u64>,

    /// Keep the past in files of this folder instead of memory.
    #[arg(long, value_name = "DIR", requires = "keep")]
    pub keep_on_disk: Option<PathBuf>,

    /// Keep the input events of viewers, to be read at /recorded-events.
    #[arg(long)]
    pub record_events: bool,

    /// Append the input events of viewers to this file, a JSON object a line.
    #[arg(long, value_name = "FILE")]
    pub event_log: Option<PathBuf>,
}

/// What is streamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Stdin,
    File(PathBuf),
    Pattern(Pattern),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Content {
    Camera,
    Screen,
}

impl FromStr for Input {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("pattern:")) {
            ("", _) => Err("name a file, `-` or pattern:NAME".to_owned()),
            ("-", _) => Ok(Self::Stdin),
            (_, Some(name)) => name.parse().map(Self::Pattern).map_err(|error| format!("{error}")),
            (path, None) => Ok(Self::File(path.into())),
        }
    }
}

fn still_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.01..=3600.0).contains(&value) => Ok(value),
        _ => Err("write seconds from 0.01 to 3600".to_owned()),
    }
}
