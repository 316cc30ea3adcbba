//! How fast the codecs of this crate are, beside the bare library in the same run.
//!
//! `cargo run --release -p framewire-software --example encode_speed [-- 1920x1080 [8M [FRAMES [FILE.yuv]]]]`
//!
//! Each picture goes to both loops in turn, so that a busy machine slows both. `FILE.yuv` has I420 pictures of that size.

use framewire_codec::{EncoderBackend, EncoderConfig, Input, InputPicture, Rate};
use framewire_convert::Converter;
use framewire_frame::{
    Bitrate, Color, FrameId, FrameRate, PictureMut, PictureRef, PixelFormat, Size, Timestamp,
};
use framewire_pattern::Pattern;
use framewire_software::openh264::{BareLoop, OpenH264Encoder};
use std::{error::Error, num::NonZeroUsize, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument =
        |index: usize, default: &str| arguments.get(index).map_or(default.to_owned(), String::clone);
    let size: Size = argument(0, "1920x1080").parse()?;
    let bitrate: Bitrate = argument(1, "8M").parse()?;
    let frames: u64 = argument(2, "150").parse()?;
    let rate = Rate { bitrate, frame_rate: FrameRate::whole(30) };

    println!("OpenH264, {size} at {rate:?}: ms per frame (median), share of the bitrate, first frame / mean");
    let mut sources = vec![Source::Pattern(Pattern::Gradient), Source::Pattern(Pattern::Noise)];
    if let Some(file) = arguments.get(3) {
        sources.push(Source::File(std::fs::read(file)?));
    }
    for source in &sources {
        for threads in [1, 2] {
            video(source, size, rate, frames, threads)?;
        }
    }
    println!("images, {size}, quality 80: ms (median), KiB");
    for candidate in framewire_software::images() {
        let mut backend = (candidate.open)()?;
        let mut rgba = vec![0; PixelFormat::Rgba8.packed_len(size)];
        let mut times = Vec::new();
        let mut out = Vec::new();
        for seq in 0..20 {
            Pattern::Gradient.draw_packed(seq, PixelFormat::Rgba8, size, &mut rgba)?;
            out.clear();
            let start = Instant::now();
            backend.encode(
                PictureRef::packed(PixelFormat::Rgba8, size, &rgba)?,
                Color::default(),
                80,
                &mut out,
            )?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        println!("  {:14} {:5.2} {:6}", candidate.name, median(&mut times), out.len() / 1024);
    }
    Ok(())
}

enum Source {
    Pattern(Pattern),
    File(Vec<u8>),
}

fn video(source: &Source, size: Size, rate: Rate, frames: u64, threads: usize) -> Result<(), Box<dyn Error>> {
    let config = EncoderConfig::new(size).with_rate(rate).with_threads(NonZeroUsize::new(threads));
    let mut ours = OpenH264Encoder::open(&config)?;
    let mut bare = BareLoop::open(&config)?;
    let to_i420 = Converter::new(PixelFormat::Rgba8, PixelFormat::I420, size, Color::default())?;
    let mut rgba = vec![0; PixelFormat::Rgba8.packed_len(size)];
    let mut i420 = vec![0; PixelFormat::I420.packed_len(size)];
    let (mut our_times, mut bare_times) = (Vec::new(), Vec::new());
    let (mut our_sizes, mut bare_sizes) = (Vec::new(), Vec::new());
    for seq in 0..frames {
        let name = match source {
            Source::Pattern(pattern) => {
                pattern.draw_packed(seq, PixelFormat::Rgba8, size, &mut rgba)?;
                to_i420.convert(
                    &PictureRef::packed(PixelFormat::Rgba8, size, &rgba)?,
                    &mut PictureMut::packed(PixelFormat::I420, size, &mut i420)?,
                )?;
                pattern.name()
            }
            Source::File(data) => {
                let len = i420.len();
                let at = usize::try_from(seq)? % (data.len() / len) * len;
                i420.copy_from_slice(&data[at..at + len]);
                "file"
            }
        };
        let picture = PictureRef::packed(PixelFormat::I420, size, &i420)?;
        let timestamp: Timestamp = rate.frame_rate.due(seq).into();
        let input = Input {
            picture: InputPicture::Host(picture),
            id: FrameId(seq),
            timestamp,
            key: false,
            changes: None,
        };
        let mut time_ours = || -> Result<(), Box<dyn Error>> {
            let start = Instant::now();
            ours.encode(input, &mut |unit| our_sizes.push(unit.data.len()))?;
            our_times.push(start.elapsed().as_secs_f64() * 1e3);
            Ok(())
        };
        let mut time_bare = || -> Result<(), Box<dyn Error>> {
            let start = Instant::now();
            bare_sizes.push(bare.encode(picture, timestamp)?);
            bare_times.push(start.elapsed().as_secs_f64() * 1e3);
            Ok(())
        };
        // Whoever comes second finds the picture in the cache.
        if seq % 2 == 0 {
            time_ours()?;
            time_bare()?;
        } else {
            time_bare()?;
            time_ours()?;
        }
        if seq + 1 == frames {
            let mut ratios: Vec<f64> = our_times.iter().zip(&bare_times).map(|(a, b)| a / b).collect();
            println!(
                "  {name:9} {threads} thread(s): ours {:5.2} {}, bare {:5.2} {}, paired ratio {:.3}",
                median(&mut our_times),
                sizes(&our_sizes, rate),
                median(&mut bare_times),
                sizes(&bare_sizes, rate),
                median(&mut ratios),
            );
        }
    }
    Ok(())
}

fn sizes(bytes: &[usize], rate: Rate) -> String {
    let total: usize = bytes.iter().sum();
    let mean = total as f64 / bytes.len() as f64;
    let target = f64::from(rate.bitrate.bits_per_second()) / 8.0 / rate.frame_rate.as_f64();
    format!("({:5.1} %, first {:4.2})", mean / target * 100.0, bytes[0] as f64 / mean)
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
