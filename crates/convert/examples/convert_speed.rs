//! How fast each level converts, beside a `memcpy` of as many bytes in the same run.
//!
//! RGBA to 4:2:0 reads 4 bytes and writes 1.5 per pixel, 5.5 in all; a copy of 2.75 bytes per pixel moves as many.
//! Pictures rotate through several buffers, so that both find their memory as a stream of frames does.
//!
//! The rows named "tracking" also say which blocks have changed: in the same picture again, in one whose blocks differ
//! in one of twenty, and in one that differs everywhere.
//!
//! `cargo run --release -p framewire-convert --example convert_speed [WIDTHxHEIGHT [ROUNDS [FORMAT]]]`; with a format,
//! only what is made of it.

use framewire_convert::{ChangeMap, Converter, Level, Scaler};
use framewire_frame::{Color, PictureMut, PictureRef, PixelFormat, Size};
use std::{
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

const BUFFERS: usize = 8;

/// One thing to be timed: a name and what to do with buffer number n.
type Row<'a> = (String, Box<dyn FnMut(usize) + 'a>);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let size: Size = arguments.next().as_deref().unwrap_or("1920x1080").parse()?;
    let rounds: usize = arguments.next().as_deref().unwrap_or("200").parse()?;
    let only: Option<PixelFormat> = arguments.next().map(|format| format.parse()).transpose()?;

    let copied = size.pixels() * 11 / 4;
    let from: Vec<_> = (0..BUFFERS).map(|seed| noise(copied, seed)).collect();
    let mut to = vec![vec![0_u8; copied]; BUFFERS];
    let mut rows: Vec<Row<'_>> = vec![(
        "memcpy of 2.75 B/px".into(),
        Box::new(|n| black_box(&mut to[n]).copy_from_slice(black_box(&from[n]))),
    )];
    let pairs = [
        (PixelFormat::Rgba8, PixelFormat::Nv12),
        (PixelFormat::Rgba8, PixelFormat::I420),
        (PixelFormat::Rgb8, PixelFormat::Nv12),
        (PixelFormat::I420, PixelFormat::I420),
        (PixelFormat::I420, PixelFormat::Nv12),
        (PixelFormat::Nv12, PixelFormat::I420),
        (PixelFormat::Nv12, PixelFormat::Rgba8),
    ];
    for (source, target) in pairs.into_iter().filter(|pair| only.is_none_or(|only| pair.0 == only)) {
        let converter = Converter::new(source, target, size, Color::default())?;
        for level in Level::available() {
            let converter = converter.clone().with_level(level).ok_or("a level went away")?;
            rows.push(conversion(&converter));
            if target.is_yuv() {
                rows.extend(Motion::ALL.map(|motion| tracking(&converter, motion)));
            }
        }
    }
    for target in
        [size.divided_by(2), Size::new((size.width() * 2).div_ceil(3), (size.height() * 2).div_ceil(3))?]
    {
        rows.push(scaling(size, target)?);
    }

    let medians = medians(&mut rows, rounds);
    let memcpy = medians[0].as_secs_f64();
    for ((name, _), median) in rows.iter().zip(&medians) {
        let seconds = median.as_secs_f64();
        println!("{name:44} {:7.3} ms  {:5.2} x memcpy", seconds * 1e3, seconds / memcpy);
    }
    Ok(())
}

fn conversion(converter: &Converter) -> Row<'static> {
    let converter = converter.clone();
    let (source, target, size) = (converter.source_format(), converter.target_format(), converter.size());
    let from: Vec<_> = (0..BUFFERS).map(|seed| noise(source.packed_len(size), seed)).collect();
    let mut to = vec![vec![0; target.packed_len(size)]; BUFFERS];
    let name = format!("{source} to {target}, {}", converter.level());
    let run = move |n: usize| {
        let source = PictureRef::packed(source, size, &from[n]).expect("the buffer has the picture's length");
        let mut target =
            PictureMut::packed(target, size, &mut to[n]).expect("the buffer has the picture's length");
        converter.convert(&source, &mut target).expect("the pictures are as planned");
    };
    (name, Box::new(run))
}

/// How much of a picture differs from the one before it.
#[derive(Clone, Copy, Debug)]
enum Motion {
    None,
    Twentieth,
    All,
}

impl Motion {
    const ALL: [Self; 3] = [Self::None, Self::Twentieth, Self::All];

    /// Picture number `n`.
    fn picture(self, format: PixelFormat, size: Size, n: usize) -> Vec<u8> {
        match self {
            Self::None => noise(format.packed_len(size), 0),
            Self::All => noise(format.packed_len(size), n),
            Self::Twentieth => {
                let mut data = noise(format.packed_len(size), 0);
                // One block of forty differs from what the others show there: it comes and goes.
                let width = format.row_bytes(size, 0);
                let block = width * ChangeMap::BLOCK / size.width() as usize;
                for (y, row) in data.chunks_mut(width).take(size.height() as usize).enumerate() {
                    for (x, block) in row.chunks_mut(block).enumerate() {
                        if (y / ChangeMap::BLOCK * 7 + x) % 40 == n {
                            block.fill(0);
                        }
                    }
                }
                data
            }
        }
    }
}

/// The same into one target, which holds the picture before.
fn tracking(converter: &Converter, motion: Motion) -> Row<'static> {
    let converter = converter.clone();
    let (source, target, size) = (converter.source_format(), converter.target_format(), converter.size());
    let from: Vec<_> = (0..BUFFERS).map(|n| motion.picture(source, size, n)).collect();
    let mut to = vec![0; target.packed_len(size)];
    let mut changes = ChangeMap::new(size);
    let name = format!("{source} to {target}, {}, tracking {motion:?}", converter.level());
    let run = move |n: usize| {
        let source = PictureRef::packed(source, size, &from[n]).expect("the buffer has the picture's length");
        let mut target =
            PictureMut::packed(target, size, &mut to).expect("the buffer has the picture's length");
        changes.clear();
        converter.convert_tracking(&source, &mut target, &mut changes).expect("the pictures are as planned");
    };
    (name, Box::new(run))
}

fn scaling(size: Size, target_size: Size) -> Result<Row<'static>, Box<dyn Error>> {
    let format = PixelFormat::I420;
    let scaler = Scaler::new(format, size, target_size)?;
    let from: Vec<_> = (0..BUFFERS).map(|seed| noise(format.packed_len(size), seed)).collect();
    let mut to = vec![vec![0; format.packed_len(target_size)]; BUFFERS];
    let run = move |n: usize| {
        let source = PictureRef::packed(format, size, &from[n]).expect("the buffer has the picture's length");
        let mut target =
            PictureMut::packed(format, target_size, &mut to[n]).expect("the buffer has the picture's length");
        scaler.scale(&source, &mut target).expect("the pictures are as planned");
    };
    Ok((format!("i420 to {target_size}"), Box::new(run)))
}

/// Rows take turns, so that what else the machine does falls on all of them.
fn medians(rows: &mut [Row<'_>], rounds: usize) -> Vec<Duration> {
    let mut times = vec![Vec::with_capacity(rounds); rows.len()];
    for round in 0..rounds + BUFFERS {
        for ((_, run), times) in rows.iter_mut().zip(&mut times) {
            let start = Instant::now();
            run(round % BUFFERS);
            let time = start.elapsed();
            // The first turn of each buffer maps its pages.
            if round >= BUFFERS {
                times.push(time);
            }
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    times.into_iter().map(median).collect()
}

fn noise(len: usize, seed: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32.wrapping_mul(seed as u32 + 1);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}
