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
    /// Pixel formats: each kernel and each GPU of this machine beside a copy of as many bytes.
    ///
    /// A GPU is measured three ways, up to 4:2:0 in host memory: of frames that it has drawn, converted there, or fetched
    /// and converted by the processor; and of frames that lie in host memory and would have to go there first.
    Convert(BenchConvert),
    /// Encoders: convert and encode beside the bare encoder, with the quality of what comes out.
    Encode(BenchEncode),
    /// From raw frames to a file: this program beside FFmpeg's, with the same encoder and settings.
    Export(BenchExport),
    /// From file to file without encoding: this program beside FFmpeg's.
    Remux(BenchRemux),
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

    /// Frames per row; of a GPU at most as many, and no more than it takes in three seconds.
    #[arg(long, value_name = "N", default_value = "200")]
    pub frames: NonZeroUsize,

    /// GPUs to measure: those whose name contains this, such as nvidia; all of the machine without it.
    #[cfg(feature = "wgpu")]
    #[arg(long, value_name = "NAME")]
    pub adapter: Option<String>,

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

    /// Encoders, separated by commas: names that `framewire doctor` lists, hardware for all that are, image:jpeg and its like,
    /// and ffmpeg; all of them by default.
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

    /// Percent of the macroblocks that change in the rows on change detection; 0 leaves them out.
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0, value_parser = percent)]
    pub changed: f64,

    /// Sizes of the rows on encoders in hardware, separated by commas. The row in real time is always 1280x720.
    #[arg(
        long,
        value_name = "WxH,...",
        value_delimiter = ',',
        default_value = "1280x720,1920x1080,2560x1440,3840x2160"
    )]
    pub hardware_sizes: Vec<Size>,

    /// Measure encoders in hardware a second time with frames that wait inside, so that the next one is prepared meanwhile.
    #[arg(long)]
    pub compare_pipeline: bool,

    /// Encoder threads to measure, separated by commas. An encoder in hardware has none of them to set, and one row.
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "1,2")]
    pub threads: Vec<NonZeroUsize>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Args)]
pub struct BenchExport {
    /// Size of the frames of a pattern.
    #[arg(long, value_name = "WxH", default_value = "3840x2160")]
    pub size: Size,

    /// Test pattern that is exported from RGBA.
    #[arg(long, value_name = "NAME", default_value = "gradient")]
    pub pattern: Pattern,

    /// A video file instead of the pattern, decoded to I420 before the measurement begins; its own size counts.
    #[arg(long, value_name = "FILE")]
    pub clip: Option<PathBuf>,

    /// Size to which the clip is scaled first, by FFmpeg.
    #[arg(long, value_name = "WxH", requires = "clip")]
    pub scale: Option<Size>,

    /// Frames per second of the output.
    #[arg(long, default_value = "60")]
    pub fps: FrameRate,

    /// Frames of one export. Their raw bytes lie in a temporary file: 33 MB for a frame of 3840x2160.
    #[arg(long, value_name = "N", default_value = "60")]
    pub frames: NonZeroUsize,

    /// Encoder of this program; FFmpeg's is always libx264.
    #[arg(long, value_name = "NAME", default_value = "x264")]
    pub encoder: String,

    /// Threads of the encoder.
    #[arg(long, value_name = "N", default_value = "2")]
    pub threads: NonZeroUsize,

    /// Bits per second; constant quality without it.
    #[arg(long)]
    pub bitrate: Option<Bitrate>,

    /// Exports of each contender, one after the other in turn; medians are shown.
    #[arg(long, value_name = "N", default_value = "3")]
    pub rounds: NonZeroUsize,

    /// Folder for the temporary files.
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Args)]
pub struct BenchRemux {
    /// MP4 file to copy.
    #[arg(value_name = "FILE")]
    pub clip: PathBuf,

    /// Copies of each contender, one after the other in turn; medians are shown.
    #[arg(long, value_name = "N", default_value = "15")]
    pub rounds: NonZeroUsize,

    /// Folder for the temporary files.
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=100.0).contains(&value) => Ok(value),
        _ => Err("write a number from 0 to 100".to_owned()),
    }
}
