//! FFmpeg's libx264 on the same pictures, with the settings that x264 has here for viewers.

use super::{
    content::Content,
    process,
    workshop::{self, Workshop},
};
use crate::{args::BenchEncode, exit::Failure};
use framewire::{
    bitstream::annexb,
    codec::quality::Psnr,
    frame::{PixelFormat, Size},
};
use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    num::NonZeroUsize,
};

/// The name among the encoders.
pub const NAME: &str = "ffmpeg";
/// The buffer of the rate control, in frames, as x264 has it here.
const BUFFER_FRAMES: f64 = 5.0;

/// What FFmpeg made.
pub struct Made {
    pub threads: usize,
    /// From the start of its work to its end, as it says itself: without the start of the program.
    pub seconds: f64,
    /// Bytes of each access unit.
    pub sizes: Vec<usize>,
    pub psnr: Psnr,
}

/// Encodes the content; `None` where FFmpeg is missing.
pub fn ffmpeg(content: &Content, threads: NonZeroUsize, args: &BenchEncode) -> Result<Option<Made>, Failure> {
    if !process::has_ffmpeg() {
        tracing::warn!("ffmpeg is not on the path, so there is no row beside it");
        return Ok(None);
    }
    let shop = Workshop::new(None)?;
    let (format, name) = match content.is_rgba() {
        true => (PixelFormat::Rgba8, "rgba"),
        false => (PixelFormat::I420, "yuv420p"),
    };
    let (input, output) = (shop.path("input"), shop.path("output.h264"));
    let failed = |error: std::io::Error| Failure::Failed(error.to_string());
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&input).map_err(failed)?);
    for index in 0..args.frames.get() {
        file.write_all(&workshop::pixels(content.frame(index), format)?).map_err(failed)?;
    }
    file.flush().map_err(failed)?;
    let size: Size = content.size.padded_to_even();
    let (bits, fps) = (args.bitrate.bits_per_second().to_string(), args.fps);
    let buffer = args.bitrate.scaled(BUFFER_FRAMES / fps.as_f64()).bits_per_second().to_string();
    let rate = format!("{}/{}", fps.numerator(), fps.denominator());
    let mut command = process::ffmpeg();
    // The benchmark's line is one of information.
    command.args(["-v", "info", "-benchmark", "-f", "rawvideo", "-pix_fmt", name, "-s", &size.to_string()]);
    command.args(["-r", &rate, "-i"]).arg(&input);
    command.args(["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"]);
    command.args(["-threads", &threads.to_string(), "-g", "1000000", "-b:v", &bits, "-maxrate", &bits]);
    // What x264 has here beyond its fastest preset; the module of that backend says why.
    command.args(["-profile:v", "baseline", "-qmin", "18", "-x264-params", "subme=1:deblock=0,0"]);
    command.args(["-bufsize", &buffer]).arg(&output);
    let (run, _, complained) = process::run_heard(&mut command)?;
    let seconds = real_time(&complained).unwrap_or(run.wall.as_secs_f64());
    let mut originals = (0..).map(|index| workshop::pixels(content.frame(index), PixelFormat::I420));
    let (_, psnr) = workshop::compare(&output, |_| originals.next().unwrap_or_else(|| Ok(Vec::new())))?;
    let stream = fs::read(&output).map_err(failed)?;
    let sizes = annexb::access_units(&stream).map(<[u8]>::len).collect();
    Ok(Some(Made { threads: threads.get(), seconds, sizes, psnr }))
}

/// `rtime` of the line that `-benchmark` writes: `bench: utime=1.2s stime=0.1s rtime=0.9s`.
fn real_time(said: &str) -> Option<f64> {
    let line = said.lines().rev().find(|line| line.contains("bench: utime"))?;
    line.split_whitespace().find_map(|word| word.strip_prefix("rtime=")?.strip_suffix('s')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_the_one_that_ffmpeg_states() {
        let said = "frame= 1\nbench: utime=1.201s stime=0.104s rtime=0.913s\nbench: maxrss=10000kB\n";
        assert_eq!(real_time(said), Some(0.913));
        assert_eq!(real_time("nothing"), None);
    }
}
