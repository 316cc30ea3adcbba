use super::Listen;
use clap::Args;
use framewire::frame::{Bitrate, FrameRate, Size};
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
pub struct Demo {
    #[command(flatten)]
    pub listen: Listen,

    /// Size of the picture.
    #[arg(long, value_name = "WxH", default_value = "1280x720")]
    pub size: Size,

    /// Frames per second.
    #[arg(long, default_value = "30")]
    pub fps: FrameRate,

    /// Bits per second of the video, such as 8M or 800k.
    #[arg(long, default_value = "8M")]
    pub bitrate: Bitrate,

    /// Encoder to begin with: auto, hardware for the best in hardware or an error, or a name that `framewire doctor` lists.
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub encoder: String,

    /// Scene to begin with: galaxy, paint, ripples, plasma, bouncing-box, test-card, gradient, checkerboard or noise; or
    /// knot, which is drawn by a GPU and comes first where there is one.
    #[arg(long, value_name = "NAME")]
    pub scene: Option<String>,

    /// Record what viewers get to this file, in MP4.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Replace a file that is there.
    #[arg(long, requires = "record")]
    pub force: bool,

    /// Open the page in the desktop's browser.
    #[arg(long)]
    pub open: bool,
}
