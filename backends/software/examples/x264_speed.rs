//! How fast x264 is through this crate, beside FFmpeg's program with the same settings in the same run.
//!
//! `cargo run --release -p framewire-software --example x264_speed [-- 1920x1080 [8M [FRAMES [FILE.yuv]]]]`
//!
//! `FILE.yuv` has I420 pictures of that size; without it the pattern `gradient` is used. Both read the same file, FFmpeg's
//! time includes the start of its program, and FFmpeg decodes both results for the PSNR.

use framewire_codec::{
    EncoderBackend, EncoderConfig, Input, InputPicture, Preset, Profile, Rate, quality::Difference,
};
use framewire_convert::{ChangeMap, Converter};
use framewire_frame::{Bitrate, Color, FrameId, FrameRate, PictureMut, PictureRef, PixelFormat, Size};
use framewire_pattern::Pattern;
use framewire_software::x264::{X264Encoder, library};
use std::{
    error::Error,
    fs,
    io::Read,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The pictures and how they are to be coded.
struct Task {
    source: PathBuf,
    size: Size,
    rate: Rate,
    frames: u64,
    folder: PathBuf,
}

/// What an encoder made of them.
struct Outcome {
    milliseconds: f64,
    file: PathBuf,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument =
        |index: usize, default: &str| arguments.get(index).map_or(default.to_owned(), String::clone);
    let size: Size = argument(0, "1920x1080").parse()?;
    let rate = Rate { bitrate: argument(1, "8M").parse::<Bitrate>()?, frame_rate: FrameRate::whole(30) };
    let frames = argument(2, "150").parse()?;
    let folder = std::env::temp_dir().join(format!("framewire-x264-speed-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let source = match arguments.get(3) {
        Some(file) => file.into(),
        None => draw(Pattern::Gradient, size, frames, &folder.join("source.yuv"))?,
    };
    let task = Task { source, size, rate, frames, folder };
    println!("{}, {size} at {rate:?}, {frames} pictures: ms per picture, bytes, PSNR", library()?);
    let result = compare_all(&task).and_then(|()| resting(&task));
    fs::remove_dir_all(&task.folder)?;
    result
}

fn compare_all(task: &Task) -> Result<()> {
    for preset in Preset::ALL {
        for threads in [1, 2] {
            let config = EncoderConfig::new(task.size)
                .with_rate(task.rate)
                .with_preset(preset)
                .with_profile(if preset == Preset::Quality { Profile::High } else { Profile::Baseline })
                .with_threads(NonZeroUsize::new(threads));
            for format in [PixelFormat::I420, PixelFormat::Nv12] {
                println!(
                    "  {preset:11} {threads} thread(s), {format}: {}",
                    told(task, &ours(task, &config, format)?)?
                );
            }
            println!(
                "  {preset:11} {threads} thread(s), FFmpeg: {}",
                told(task, &ffmpeg(task, &config, threads)?)?
            );
        }
    }
    Ok(())
}

/// A box that covers a twentieth of a still picture moves; the encoder is told of it, or not.
fn resting(task: &Task) -> Result<()> {
    let size = task.size;
    let converter = Converter::new(PixelFormat::Rgb8, PixelFormat::Nv12, size, Color::default())?;
    let mut still = vec![0; PixelFormat::Rgb8.packed_len(size)];
    Pattern::Noise.draw_packed(0, PixelFormat::Rgb8, size, &mut still)?;
    let (width, height) = (size.width() as usize, size.height() as usize);
    let side = (width * height / 20).isqrt().min(width / 2).min(height / 2);
    for preset in [Preset::LowLatency, Preset::Fast] {
        for told in [false, true] {
            let config = EncoderConfig::new(size)
                .with_rate(task.rate)
                .with_preset(preset)
                .with_threads(NonZeroUsize::new(2));
            let mut encoder = X264Encoder::open(&config)?;
            let mut nv12 = vec![0; PixelFormat::Nv12.packed_len(size)];
            let mut map = ChangeMap::new(size);
            let (mut seconds, mut bytes) = (0.0, 0);
            for seq in 0..task.frames {
                let mut rgb = still.clone();
                let left = usize::try_from(seq)? * 4 % (width - side);
                for y in height / 4..height / 4 + side {
                    rgb[(y * width + left) * 3..][..side * 3].fill(200);
                }
                let source = PictureRef::packed(PixelFormat::Rgb8, size, &rgb)?;
                let mut target = PictureMut::packed(PixelFormat::Nv12, size, &mut nv12)?;
                converter.convert_tracking(&source, &mut target, &mut map)?;
                let input = Input {
                    picture: InputPicture::Host(PictureRef::packed(PixelFormat::Nv12, size, &nv12)?),
                    id: FrameId(seq),
                    timestamp: task.rate.frame_rate.due(seq).into(),
                    key: false,
                    changes: (told && seq > 0).then_some(&map),
                };
                let start = Instant::now();
                encoder.encode(input, &mut |unit| bytes += unit.data.len())?;
                seconds += start.elapsed().as_secs_f64();
            }
            let milliseconds = seconds * 1e3 / task.frames as f64;
            let word = if told { "told of the changes" } else { "not told" };
            println!("  {preset:11} a twentieth changes, {word}: {milliseconds:6.2} ms {bytes:9} bytes");
        }
    }
    Ok(())
}

fn draw(pattern: Pattern, size: Size, frames: u64, file: &Path) -> Result<PathBuf> {
    let converter = Converter::new(PixelFormat::Rgba8, PixelFormat::I420, size, Color::default())?;
    let mut rgba = vec![0; PixelFormat::Rgba8.packed_len(size)];
    let mut i420 = vec![0; PixelFormat::I420.packed_len(size)];
    let mut out = fs::File::create(file)?;
    for seq in 0..frames {
        pattern.draw_packed(seq, PixelFormat::Rgba8, size, &mut rgba)?;
        let source = PictureRef::packed(PixelFormat::Rgba8, size, &rgba)?;
        converter.convert(&source, &mut PictureMut::packed(PixelFormat::I420, size, &mut i420)?)?;
        std::io::Write::write_all(&mut out, &i420)?;
    }
    Ok(file.to_owned())
}

fn ours(task: &Task, config: &EncoderConfig, format: PixelFormat) -> Result<Outcome> {
    let mut encoder = X264Encoder::open(config)?;
    let mut source = fs::File::open(&task.source)?;
    let mut data = vec![0; PixelFormat::I420.packed_len(task.size)];
    let mut nv12 = data.clone();
    let mut out = Vec::new();
    let mut seconds = 0.0;
    for seq in 0..task.frames {
        source.read_exact(&mut data)?;
        if format == PixelFormat::Nv12 {
            interleave(task.size, &data, &mut nv12);
        }
        let pixels = if format == PixelFormat::Nv12 { &nv12 } else { &data };
        let input = Input {
            picture: InputPicture::Host(PictureRef::packed(format, task.size, pixels)?),
            id: FrameId(seq),
            timestamp: task.rate.frame_rate.due(seq).into(),
            key: false,
            changes: None,
        };
        let start = Instant::now();
        encoder.encode(input, &mut |unit| out.extend_from_slice(unit.data))?;
        seconds += start.elapsed().as_secs_f64();
    }
    let start = Instant::now();
    encoder.flush(&mut |unit| out.extend_from_slice(unit.data))?;
    seconds += start.elapsed().as_secs_f64();
    let file = task.folder.join("ours.h264");
    fs::write(&file, out)?;
    Ok(Outcome { milliseconds: seconds * 1e3 / task.frames as f64, file })
}

/// The same settings for FFmpeg's own use of the same library.
fn ffmpeg(task: &Task, config: &EncoderConfig, threads: usize) -> Result<Outcome> {
    let bits = u64::from(task.rate.bitrate.bits_per_second());
    let (peak, buffer) = match config.preset {
        Preset::LowLatency => (bits, bits / 6),
        Preset::Fast | Preset::Quality => (bits * 2, bits * 4),
    };
    let (rate, peak, buffer) = (bits.to_string(), peak.to_string(), buffer.to_string());
    let preset: &[&str] = match config.preset {
        Preset::LowLatency => &["ultrafast", "-tune", "zerolatency", "-profile:v", "baseline", "-qmin", "18"],
        Preset::Fast => &["ultrafast", "-profile:v", "baseline"],
        Preset::Quality => &["medium", "-profile:v", "high"],
    };
    let file = task.folder.join("ffmpeg.h264");
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-framerate", "30"]);
    command.args(["-s", &task.size.to_string(), "-i"]).arg(&task.source);
    command.args(["-frames:v", &task.frames.to_string(), "-c:v", "libx264", "-preset"]).args(preset);
    command.args(["-b:v", &rate, "-maxrate", &peak, "-bufsize", &buffer, "-bf", "0"]);
    if config.preset == Preset::LowLatency {
        command.args(["-x264-params", "subme=1:deblock=0,0"]);
    }
    command.args(["-g", "100000", "-keyint_min", "50000", "-threads", &threads.to_string()]).arg(&file);
    let start = Instant::now();
    if !command.status()?.success() {
        return Err("FFmpeg failed".into());
    }
    Ok(Outcome { milliseconds: start.elapsed().as_secs_f64() * 1e3 / task.frames as f64, file })
}

fn told(task: &Task, outcome: &Outcome) -> Result<String> {
    let mut decoder = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&outcome.file)
        .args(["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut decoded = decoder.stdout.take().ok_or("FFmpeg has no output")?;
    let mut source = fs::File::open(&task.source)?;
    let mut pictures = [0, 1].map(|_| vec![0; PixelFormat::I420.packed_len(task.size)]);
    let mut difference = Difference::default();
    for _ in 0..task.frames {
        source.read_exact(&mut pictures[0])?;
        decoded.read_exact(&mut pictures[1])?;
        let [a, b] = [0, 1].map(|index| PictureRef::packed(PixelFormat::I420, task.size, &pictures[index]));
        difference.add(a?, b?)?;
    }
    decoder.wait()?;
    let (psnr, bytes) = (difference.psnr(), fs::metadata(&outcome.file)?.len());
    Ok(format!("{:6.2} ms {bytes:9} bytes {:.2} dB", outcome.milliseconds, psnr.all))
}

fn interleave(size: Size, i420: &[u8], nv12: &mut [u8]) {
    let luma = PixelFormat::I420.row_bytes(size, 0) * PixelFormat::I420.rows(size, 0);
    let (u, v) = i420[luma..].split_at((i420.len() - luma) / 2);
    nv12[..luma].copy_from_slice(&i420[..luma]);
    for (pair, (&u, &v)) in nv12[luma..].chunks_exact_mut(2).zip(u.iter().zip(v)) {
        pair.copy_from_slice(&[u, v]);
    }
}
