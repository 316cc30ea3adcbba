//! 720p at 30 frames a second, as a viewer gets them: what that costs the processor.

use super::{
    open,
    sources::{self, Trouble},
};
use crate::args::BenchEncode;
use framewire::{
    codec::{Candidate, Roster},
    frame::{Frame, FrameId, FrameRate, Size, Timestamp},
};
use serde::Serialize;
use std::{
    thread,
    time::{Duration, Instant},
};

const SIZE: (u32, u32) = (1280, 720);
const FPS: u32 = 30;
/// How long it goes on.
const SECONDS: u32 = 5;
/// Frames that are drawn before, and shown in turn, so that the drawing is not counted.
const HELD: u64 = 30;

/// A stream in real time.
#[derive(Serialize)]
pub struct RealTime {
    encoder: &'static str,
    size: String,
    source: String,
    fps: f64,
    /// Frames whose bytes were there before the next one was due, from 0 to 1.
    on_time: f64,
    /// Processor time of this program, user and system, over the time that passed; `None` where the system does not say.
    cores: Option<f64>,
}

/// A row for each source of frames.
pub fn measure(roster: &Roster, candidate: &Candidate, args: &BenchEncode) -> Result<Vec<RealTime>, Trouble> {
    let size = Size::new(SIZE.0, SIZE.1)?;
    let (rate, frames) = (FrameRate::whole(FPS), u64::from(FPS * SECONDS));
    let args = BenchEncode { fps: rate, ..args.clone() };
    let mut rows = Vec::new();
    for mut renderer in sources::all(size, &args)? {
        let held: Vec<Frame> = (0..HELD).map(|index| renderer.render(index)).collect::<Result<_, _>>()?;
        let mut encoder = open(roster, candidate, size, 0, &args)?;
        let (start, before, mut on_time) = (Instant::now(), processor_time(), 0);
        for index in 0..frames {
            thread::sleep(rate.due(index).saturating_sub(start.elapsed()));
            let frame = &held[(index % HELD) as usize];
            encoder.encode(frame, FrameId(index), Timestamp::from(rate.due(index)))?;
            on_time += u64::from(start.elapsed() < rate.due(index + 1));
        }
        let (elapsed, after) = (start.elapsed().as_secs_f64(), processor_time());
        rows.push(RealTime {
            encoder: candidate.name,
            size: size.to_string(),
            source: renderer.name(),
            fps: frames as f64 / elapsed,
            on_time: on_time as f64 / frames as f64,
            cores: before.zip(after).map(|(before, after)| (after - before).as_secs_f64() / elapsed),
        });
    }
    Ok(rows)
}

impl RealTime {
    pub fn cells(&self) -> Vec<String> {
        vec![
            self.encoder.to_owned(),
            self.size.clone(),
            self.source.clone(),
            format!("{:.1}", self.fps),
            format!("{:.0} %", self.on_time * 100.0),
            self.cores.map_or_else(|| "not told".to_owned(), |cores| format!("{:.1} %", cores * 100.0)),
        ]
    }
}

/// User and system time of this process.
#[cfg(unix)]
fn processor_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).ok()
}

#[cfg(not(unix))]
fn processor_time() -> Option<Duration> {
    None
}
