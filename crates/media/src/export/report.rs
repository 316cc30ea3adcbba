use super::{flow::Shared, route::Converted};
use crate::{Moment, Timescale};
use framewire_codec::{AccessUnit, Fallback, Part};
use framewire_frame::{FrameRate, Size};
use serde::Serialize;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// What an export has made.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Frames in the output.
    pub frames: u64,
    /// Frames of the input that are not in the output: those that could not be decoded, and those that an encoder that
    /// failed held.
    pub lost_frames: u64,
    /// Those of them that could not be decoded: they are broken, or their decoder failed.
    pub undecoded_frames: u64,
    /// Those that play though the output could not be completed.
    #[serde(skip)]
    pub whole_frames: u64,
    /// How long the output plays, in seconds.
    pub media_seconds: f64,
    /// How long the export took, in seconds.
    pub seconds: f64,
    /// Frames per second of the export.
    pub fps: f64,
    /// Seconds of media per second of the export.
    pub speed: f64,
    /// Bytes of the output.
    pub bytes: u64,
    /// The size of the pictures, `1920x1080`.
    pub size: String,
    /// The encoder in use at the end; `None` where pictures were not coded.
    pub encoder: Option<String>,
    /// The codec string of the last unit.
    pub codec: Option<String>,
    /// Who converts at the end: the machine's converter by its name, else the processor by its level; `None` where the frames
    /// needed no conversion.
    pub converter: Option<&'static str>,
    /// The machine's converter by its name, where the export began with it.
    pub machine_converter: Option<&'static str>,
    /// How many frames were converted by whom.
    pub converted: Converted,
    /// Every replacement of the encoder, or of what converted for it.
    pub fallbacks: Vec<Replaced>,
    /// Where the time went.
    pub stages: StageTimes,
    /// What the input holds besides and the output does not, a phrase each: `track 2 (audio, mp4a)`.
    pub left_out: Vec<String>,
    /// Whether the caller ended it.
    pub cancelled: bool,
}

/// One encoder or conversion took the place of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replaced {
    /// The one that was in use or asked for.
    pub from: String,
    /// The one that is in use now.
    pub to: String,
    /// Who refused and why.
    pub why: String,
}

/// Seconds that each stage was busy. Stages work at the same time, so the sum may be more than the whole; a stage whose
/// seconds are those of the whole is the one that sets the speed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct StageTimes {
    /// Reading and decoding the input.
    pub read: f64,
    /// Converting, all converters together.
    pub convert: f64,
    /// Encoding.
    pub encode: f64,
    /// Writing.
    pub write: f64,
}

/// How far an export is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Frames written.
    pub frames: u64,
    /// Frames in all, where the source knows.
    pub total: Option<u64>,
    /// Frames per second until now.
    pub fps: f64,
    /// Seconds of media per second until now.
    pub speed: f64,
    /// Bytes written.
    pub bytes: u64,
    /// The time that the rest takes at the speed until now, where the source knows its length.
    pub left: Option<Duration>,
}

/// What an observer is told.
#[derive(Debug)]
pub enum Event<'a> {
    /// An encoder is open and the output too. The report says which; it counts no frame.
    Started(&'a Report),
    /// Another encoder or conversion goes on.
    Replaced(&'a Fallback),
    /// More was written, or a tenth of a second has passed.
    Progress(Progress),
}

/// The busy times of the stages.
#[derive(Debug, Default)]
pub(super) struct Times {
    pub(super) read: Busy,
    pub(super) convert: Busy,
    pub(super) encode: Busy,
    pub(super) mux: Busy,
}

/// Nanoseconds that any number of threads add to.
#[derive(Debug, Default)]
pub(super) struct Busy(AtomicU64);

impl Busy {
    pub(super) fn measure<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.add(start.elapsed());
        result
    }

    pub(super) fn add(&self, time: Duration) {
        self.0.fetch_add(nanos(time), Ordering::Relaxed);
    }

    /// Gives time back that was measured and belongs elsewhere.
    pub(super) fn take_off(&self, time: Duration) {
        let less = |total: u64| Some(total.saturating_sub(nanos(time)));
        // The closure never refuses.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    fn seconds(&self) -> f64 {
        Duration::from_nanos(self.0.load(Ordering::Relaxed)).as_secs_f64()
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Times {
    fn seconds(&self) -> StageTimes {
        StageTimes {
            read: self.read.seconds(),
            convert: self.convert.seconds(),
            encode: self.encode.seconds(),
            write: self.mux.seconds(),
        }
    }
}

/// What the caller's thread counts.
pub(super) struct Tally {
    start: Instant,
    total: Option<u64>,
    left_out: Vec<String>,
    frames: u64,
    lost: u64,
    /// Units of the clock from one frame to the next: as measured last, or as the frame rate says.
    interval: u64,
    last: Option<Moment>,
    size: Size,
    encoder: Option<String>,
    codec: Option<String>,
    converts: bool,
    fallbacks: Vec<Replaced>,
}

/// What is known before the first frame is written.
pub(super) struct Begin {
    pub(super) rate: FrameRate,
    pub(super) total: Option<u64>,
    pub(super) left_out: Vec<String>,
    pub(super) timescale: Timescale,
    pub(super) size: Size,
    /// The first frame is not as it is wanted.
    pub(super) converts: bool,
    pub(super) encoder: Option<&'static str>,
}

impl Tally {
    pub(super) fn new(begin: Begin) -> Self {
        let Begin { rate, total, left_out, timescale, size, converts, encoder } = begin;
        // The clock of the source need not be that of the rate.
        let interval = u128::from(timescale.units()) * u128::from(rate.denominator())
            / u128::from(rate.numerator().max(1));
        Self {
            start: Instant::now(),
            total,
            left_out,
            frames: 0,
            lost: 0,
            interval: u64::try_from(interval).unwrap_or(1).max(1),
            last: None,
            size,
            encoder: encoder.map(str::to_owned),
            codec: None,
            converts,
            fallbacks: Vec::new(),
        }
    }

    pub(super) fn frame(&mut self, size: Size, moment: Moment) {
        self.interval = self.interval_at(moment);
        self.last = Some(moment);
        self.frames += 1;
        self.size = size;
    }

    pub(super) fn unit(&mut self, unit: &AccessUnit, moment: Moment) {
        self.frame(unit.size, moment);
        if self.codec.as_deref() != Some(unit.codec.as_str()) {
            self.codec = Some(unit.codec.to_string());
        }
    }

    /// Whether nothing was written yet.
    pub(super) fn is_empty(&self) -> bool {
        self.frames == 0
    }

    pub(super) fn lost(&mut self, frames: u64) {
        self.lost += frames;
    }

    pub(super) fn replaced(&mut self, fallback: Fallback) {
        let Fallback { part, from, to, why } = fallback;
        if part == Part::Encoder {
            self.encoder = Some(to.clone());
        }
        self.fallbacks.push(Replaced { from, to, why });
    }

    /// How long a frame at `moment` is probably shown, in units of the clock: as long as the one before.
    pub(super) fn interval_at(&self, moment: Moment) -> u64 {
        self.last.map_or(self.interval, |last| moment.ticks.saturating_sub(last.ticks).max(1))
    }

    pub(super) fn progress(&self, bytes: u64) -> Progress {
        let seconds = self.start.elapsed().as_secs_f64().max(1e-9);
        let fps = self.frames as f64 / seconds;
        let left = self.total.filter(|_| self.frames > 0).map(|total| {
            let rest = total.saturating_sub(self.frames) as f64 / fps;
            Duration::try_from_secs_f64(rest).unwrap_or(Duration::MAX)
        });
        let speed = self.media_seconds() / seconds;
        Progress { frames: self.frames, total: self.total, fps, speed, bytes, left }
    }

    pub(super) fn report(&self, shared: &Shared, bytes: u64) -> Report {
        let Progress { fps, speed, .. } = self.progress(bytes);
        let converted = shared.route.converted();
        let undecoded = shared.undecoded.load(Ordering::Relaxed);
        let converts = self.converts || converted != Converted::default();
        Report {
            frames: self.frames,
            lost_frames: self.lost + undecoded,
            undecoded_frames: undecoded,
            whole_frames: 0,
            media_seconds: self.media_seconds(),
            seconds: self.start.elapsed().as_secs_f64(),
            fps,
            speed,
            bytes,
            size: self.size.to_string(),
            encoder: self.encoder.clone(),
            codec: self.codec.clone(),
            converter: converts.then(|| shared.route.name()),
            machine_converter: shared.route.machine_name(),
            converted,
            fallbacks: self.fallbacks.clone(),
            stages: shared.times.seconds(),
            left_out: self.left_out.clone(),
            cancelled: false,
        }
    }

    fn media_seconds(&self) -> f64 {
        self.last.map_or(0.0, |last| {
            let end = Moment { ticks: last.ticks.saturating_add(self.interval), ..last };
            end.as_duration().as_secs_f64()
        })
    }
}
