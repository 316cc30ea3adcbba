use super::{FileOrPipe, Said};
use clap::Args;
use framewire::{frame::FrameRate, media::sink::VideoFormat};

#[derive(Debug, Clone, Args)]
pub struct Remux {
    /// A video (.mp4, .h264, .hevc), or `-` for H.264 or HEVC with start codes on standard input.
    #[arg(value_name = "IN")]
    pub input: FileOrPipe,

    /// What to write: .mp4, .h264 or .hevc, or `-` for standard output with --format. Nothing is coded anew: frames, their
    /// times and their order stay as they are, and sound and other tracks come along into MP4. Titles, covers and chapters
    /// do not.
    #[arg(value_name = "OUT")]
    pub output: FileOrPipe,

    /// Format to write, where the name does not say it: mp4, fast-start-mp4, fragmented-mp4 or annexb (start codes, of
    /// H.264 or HEVC). MP4 on a pipe is fragmented.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<VideoFormat>,

    /// Write the index of .mp4 in front of the media, so that it plays while it is loaded over a network.
    #[arg(long)]
    pub fast_start: bool,

    /// Frames per second of a stream that does not say it, or instead of what it says.
    #[arg(long)]
    pub fps: Option<FrameRate>,

    #[command(flatten)]
    pub said: Said,
}
