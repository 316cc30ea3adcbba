//! From frames to a file: read, convert, encode and write, each on a thread of its own.
//!
//! ```text
//! source -> reader thread -> converters, side by side -> encoder thread -> sink, on the caller's thread
//! ```
//!
//! The queues between them hold a few frames, and none where a frame is large, so that the slowest stage sets the speed
//! and memory is bounded. Order is kept. Whatever ends an export early (the source breaks off, the disk is full, no
//! encoder is left, the caller cancels), what was encoded until then is written and the output completed.
//!
//! The converters use the machine's own ([`Roster::converters`]) where the encoder takes what it makes where it lies, and the
//! processor's elsewhere. A frame at which the machine fails is converted by the processor, and so are those behind it.

mod convert;
mod encode;
mod flow;
mod frames;
mod read;
mod report;
mod route;

pub use frames::save_pictures;
pub use report::{Event, Progress, Replaced, Report, StageTimes};
pub use route::{Conversion, Converted, UnknownConversion};

use crate::{
    Cancel, Error, Failed, Moment,
    sink::{OutputError, UnitSink, VideoFacts},
    source::{Due, InputError, Source, Timed},
};
use convert::Converters;
use encode::{Coded, EncodeStage, Preferred};
use flow::{Depths, Shared};
use framewire_codec::{Choice, Encoder, EncoderConfig, Roster};
use framewire_frame::{Bitrate, Frame, FrameRate, Size};
use read::Place;
use report::{Begin, Tally};
use route::Route;
use std::{
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, sync_channel},
    },
    time::Duration,
};

/// Units between the encoder and the sink.
const UNITS_WAITING: usize = 16;
/// How often the observer is called while nothing is written.
const PATIENCE: Duration = Duration::from_millis(100);

/// How an export is made.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Which encoder.
    pub choice: Choice,
    /// What it makes. Size and colour are taken from the frames.
    pub config: EncoderConfig,
    /// Bits per second. `None` for as many as frames of their size call for: what bounds a video of constant quality.
    pub bitrate: Option<Bitrate>,
    /// Who converts the frames.
    pub conversion: Conversion,
}

/// Encodes all frames of `source` into the sink that `open` makes, which is called once the first frame and an encoder
/// are there.
///
/// `observe` is called on this thread: at the start, with every replacement of the encoder or of what converts for it, and
/// after each unit. Frames
/// that are due at once are counted at the frame rate of the config. After `cancel` the output is completed and the
/// report says so. A source that blocks for ever keeps its thread; nothing waits for it.
///
/// # Errors
/// [`Failed`] has the reason and the report of what was written.
pub fn export(
    mut source: Box<dyn Source>,
    roster: &Roster,
    options: &ExportOptions,
    open: impl FnOnce(VideoFacts) -> Result<Box<dyn UnitSink>, OutputError>,
    cancel: &Cancel,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Report, Failed<Report>> {
    let Some(first) = source.next().map_err(Failed::early)? else {
        return Err(Failed::early(InputError::Empty));
    };
    let mut config = options.config.clone();
    (config.size, config.color) = (first.frame.size(), first.frame.color);
    let frame_rate = config.rate.frame_rate;
    config.rate.bitrate = options.bitrate.unwrap_or_else(|| ample_bitrate(config.size, frame_rate));
    let encoder = Encoder::open(roster, &options.choice, config).map_err(Failed::early)?;
    let route = Route::choose(options.conversion, roster, &encoder, &first.frame);
    if let Some(format) = encoder.preferred_format().filter(|_| !route.is_machine()) {
        source.prefer(format);
    }
    let facts =
        VideoFacts { timescale: moment_of(&first, frame_rate, 0).timescale, rotation: source.rotation() };
    let mut sink = open(facts).map_err(Failed::early)?;

    let shared = Arc::new(Shared::new(cancel.clone(), route));
    let mut tally = Tally::new(Begin {
        rate: frame_rate,
        total: source.frame_count(),
        left_out: source.left_out(),
        timescale: facts.timescale,
        size: first.frame.size(),
        converts: encoder.preferred_format() != Some(first.frame.surface.format()),
        encoder: Some(encoder.name()),
    });
    observe(Event::Started(&tally.report(&shared, sink.bytes())));
    let preferred = Preferred::of(&encoder);
    let depths = Depths::of(&first.frame);
    let place = place_for(&encoder, &first.frame);
    let (reading, inputs) = read::start(source, first, frame_rate, place, depths, &shared);
    let converters = Converters::start(inputs, &preferred.wanted(), depths, &shared);
    let (units, coded) = sync_channel(UNITS_WAITING);
    let stage = EncodeStage { encoder, preferred, shared: shared.clone(), units };
    let encoding = flow::spawn("encode", move || stage.run(converters));

    let mut failure: Option<Error> = None;
    loop {
        match coded.recv_timeout(PATIENCE) {
            Ok(Coded::Unit(unit, moment)) => {
                let lasts = tally.interval_at(moment);
                if let Err(error) = shared.times.mux.measure(|| sink.write(&unit, moment, lasts)) {
                    failure = Some(error.into());
                    break;
                }
                tally.unit(&unit, moment);
                observe(Event::Progress(tally.progress(sink.bytes())));
            }
            Ok(Coded::Replaced(fallback)) => {
                observe(Event::Replaced(&fallback));
                tally.replaced(fallback);
            }
            Ok(Coded::Lost(frames)) => tally.lost(frames),
            Ok(Coded::Failed(error)) => failure = Some(error),
            Err(RecvTimeoutError::Timeout) => observe(Event::Progress(tally.progress(sink.bytes()))),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    // Nobody takes units any more: the stages end one after the other.
    drop(coded);
    shared.end();
    flow::join(encoding);
    flow::join_reader(reading, failure.is_none() && !cancel.is_wished());
    // An output that nothing came into stays without a byte.
    let is_void = failure.is_some() && tally.is_empty();
    let completed = if is_void { Ok(()) } else { shared.times.mux.measure(|| sink.finish()) };
    let report = tally.report(&shared, sink.bytes());
    let report = Report { cancelled: cancel.is_wished(), whole_frames: sink.whole_units(), ..report };
    match failure.or(completed.err().map(Error::from)) {
        Some(error) => Err(Failed { error, report: Some(Box::new(report)) }),
        None => Ok(report),
    }
}

/// Where frames like `frame` are to be. What a decoder has left on its device and this encoder does not take there is fetched
/// by the reader, so that the converters work on it side by side. RGB on a device is left to the encoder's own conversion.
fn place_for(encoder: &Encoder, frame: &Frame) -> Place {
    if frame.surface.format().is_yuv() && !encoder.takes(frame) { Place::Host } else { Place::Anywhere }
}

/// Bits per second that good pictures of a size need at most: a quarter of a bit for each pixel.
fn ample_bitrate(size: Size, rate: FrameRate) -> Bitrate {
    let bits = size.pixels() as f64 * rate.as_f64() / 4.0;
    Bitrate::from_bits_per_second(bits.clamp(1e6, 240e6) as u32)
}

/// When frame `index` is due; one without a moment is counted at `rate`.
fn moment_of(timed: &Timed, rate: FrameRate, index: u64) -> Moment {
    match timed.due {
        Due::At(moment) => moment,
        Due::Now => Moment::of_frame(rate, index),
    }
}

#[cfg(test)]
mod tests;
