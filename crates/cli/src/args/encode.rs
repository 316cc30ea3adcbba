use super::{
    FileOrPipe, Said,
    duration::duration,
    values::{NamedFormat, matrix, profile, range},
};
use clap::Args;
use framewire::{
    codec::{Codec, Preset, Profile, Quality},
    frame::{Bitrate, FrameRate, Matrix, PixelFormat, Range, Size},
    media::export::Conversion,
};
use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

#[derive(Debug, Clone, Args)]
pub struct Encode {
    /// What to encode: a video (.y4m, .mp4, .h264; .hevc where hardware decodes it), raw frames with --size and --pixel-format, numbered images such as
    /// frames/%04d.png, or `-` for standard input.
    #[arg(value_name = "IN")]
    pub input: FileOrPipe,

    /// What to write: .mp4, .h264 or .hevc, or `-` for standard output with --format.
    #[arg(value_name = "OUT")]
    pub output: FileOrPipe,

    /// Encoder: auto for the best that works on this machine, hardware for the best in hardware or an error, or a name that
    /// `framewire doctor` lists.
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub encoder: String,

    /// Codec: h264, which every player knows, or hevc, which needs an encoder in hardware. Without it, what the format or the
    /// name of the output says (.h264, .hevc), else h264.
    #[arg(long, value_name = "CODEC")]
    pub codec: Option<Codec>,

    /// Who converts RGB for the encoder: processor, or auto, which leaves it to the system (VideoToolbox on a Mac) where the
    /// encoder reads the result without a copy, and else to the processor.
    #[arg(long, value_name = "WHO", default_value = "auto")]
    pub convert: Conversion,

    /// Quality of the pictures, 0 to 100: each takes the bits that it needs. 70, where no bitrate is given: close to the
    /// source at a moderate size.
    #[arg(long, value_name = "0..100", conflicts_with = "bitrate")]
    pub quality: Option<Quality>,

    /// Bits per second to aim at instead, such as 8M or 800k: for a size that is known beforehand.
    #[arg(long, value_name = "BITS")]
    pub bitrate: Option<Bitrate>,

    /// How much time a frame may take: low-latency, fast or quality. fast keeps all cores busy and suits most files;
    /// quality takes several times as long for files that are a good deal smaller.
    #[arg(long, value_name = "PRESET", default_value = "fast")]
    pub preset: Preset,

    /// Most frames from one key frame to the next: what a player has to decode when it jumps. As many as come in two
    /// seconds, where neither this nor --gop-duration is given.
    #[arg(long, value_name = "FRAMES")]
    pub gop: Option<NonZeroU32>,

    /// Most time from one key frame to the next, such as 2s or 500ms; a number alone is seconds. For frames that come at
    /// uneven steps.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub gop_duration: Option<Duration>,

    /// Highest profile of H.264 that may be used: baseline, main or high.
    #[arg(long, value_name = "PROFILE", default_value = "high", value_parser = profile)]
    pub profile: Profile,

    /// Encoder threads; chosen by the encoder without it.
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,

    /// Frames per second: of raw frames and images (30 without it), or instead of a video's own.
    #[arg(long)]
    pub fps: Option<FrameRate>,

    /// Size of raw frames.
    #[arg(long, value_name = "WxH", requires = "pixel_format")]
    pub size: Option<Size>,

    /// Pixel format of raw frames: rgba, bgra, rgb, nv12 or i420.
    #[arg(long, value_name = "FORMAT", requires = "size")]
    pub pixel_format: Option<PixelFormat>,

    /// Number of the first of numbered images; the lowest that is there without it.
    #[arg(long, value_name = "N")]
    pub start: Option<u64>,

    /// Matrix of the conversion from RGB: 601 or 709.
    #[arg(long, value_name = "MATRIX", default_value = "601", value_parser = matrix)]
    pub matrix: Matrix,

    /// Range of the coded samples of RGB: limited or full.
    #[arg(long, value_name = "RANGE", default_value = "limited", value_parser = range)]
    pub range: Range,

    /// Format to write, where the name does not say it: mp4, fast-start-mp4, fragmented-mp4, or h264 or hevc, which is the
    /// codec as well. MP4 on a pipe is fragmented.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<NamedFormat>,

    /// Write the index of .mp4 in front of the media, so that it plays while it is loaded over a network. All of the file
    /// is moved for that at the end; without it, the index comes last.
    #[arg(long)]
    pub fast_start: bool,

    #[command(flatten)]
    pub said: Said,
}
