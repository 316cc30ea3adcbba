use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
pub struct Probe {
    /// A video file: .mp4, .h264, .hevc or .y4m.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// List each access unit of the video: number, times, key frame, bytes, and its NAL units with type and size.
    #[arg(long)]
    pub units: bool,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
