use super::{FileOrPipe, Said};
use clap::Args;
use framewire::{
    frame::{FrameRate, PixelFormat},
    media::sink::PictureFormat,
};

#[derive(Debug, Clone, Args)]
pub struct Decode {
    /// A video (.mp4, .h264; .hevc where hardware decodes it), or `-` for standard input. Without hardware, I and P pictures
    /// are decoded exactly; B pictures in direct prediction can differ in single macroblocks (73 dB and more).
    #[arg(value_name = "IN")]
    pub input: FileOrPipe,

    /// What to write: .y4m, raw frames (.yuv, .rgb, .rgba, .bgra, .nv12), numbered images such as frames/%04d.png, or `-`
    /// for standard output with --format. Every frame is written once; the times of a variable frame rate are lost.
    #[arg(value_name = "OUT")]
    pub output: FileOrPipe,

    /// Format to write, where the name does not say it: y4m, raw or png.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<PictureFormat>,

    /// Pixel format of raw frames: rgba, bgra, rgb, nv12 or i420. i420 where the name does not say it.
    #[arg(long, value_name = "FORMAT")]
    pub pixel_format: Option<PixelFormat>,

    /// Frames per second that the header of .y4m states, instead of the video's own.
    #[arg(long)]
    pub fps: Option<FrameRate>,

    #[command(flatten)]
    pub said: Said,
}
