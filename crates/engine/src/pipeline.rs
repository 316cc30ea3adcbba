use crate::{
    RenditionKind, Unit,
    core::lock,
    image::ImageProducer,
    rendition::Rendition,
    schedule::{Newest, Outcome, Request, Schedule},
    slot::Published,
    unit::{Circumstances, Facts, Made},
    video::VideoProducer,
};
use framewire_codec::{Fallback, Rate};
use framewire_frame::{ColorSpace, DeviceConverter, Frame, FrameId, PixelRatio, Size, Timestamp};
use std::{collections::VecDeque, io, sync::Arc, thread, time::Duration};

/// Starts the thread that encodes a rendition. It ends when the last viewer has been gone for a while, and when the
/// stream is closed.
pub(crate) fn spawn(rendition: &Arc<Rendition>) -> io::Result<()> {
    let shared = Arc::clone(rendition);
    rendition.core.threads.add();
    let spawned = thread::Builder::new().name(format!("framewire {}", rendition.key)).spawn(move || {
        let guard = Guard(shared);
        let config = guard.0.core.config().clone();
        let mut pipeline = Pipeline {
            rendition: Arc::clone(&guard.0),
            schedule: Schedule::new(config.still_after),
            generation: guard.0.core.encoder_generation(),
            producer: None,
            facts: VecDeque::new(),
            told: None,
            last_timestamp: None,
            shown: None,
        };
        while let Some(request) = pipeline.rendition.next(&pipeline.schedule) {
            pipeline.run(request);
        }
        // The encoder goes before the thread counts as ended.
        drop(pipeline);
        drop(guard);
    });
    if spawned.is_err() {
        rendition.core.threads.subtract();
    }
    spawned.map(drop)
}

/// Makes one kind of rendition.
pub(crate) trait Producer {
    fn name(&self) -> &str;

    fn encode(&mut self, frame: &Frame, order: Order) -> Result<Batch, Failure>;

    /// What is still inside, when nothing else follows.
    fn flush(&mut self) -> Vec<Made>;

    /// What was replaced since the last call.
    fn take_fallbacks(&mut self) -> Vec<Fallback>;

    /// What converts the frames on their device, if it is done there.
    fn device_converter(&self) -> Option<Arc<dyn DeviceConverter>>;
}

/// One frame's errand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) id: FrameId,
    pub(crate) timestamp: Timestamp,
    pub(crate) request: Request,
    pub(crate) rate: Rate,
    /// Whether every viewer shows PNG.
    pub(crate) png: bool,
    /// Whether nothing need come of it if it shows what viewers see already.
    pub(crate) may_be_left_out: bool,
}

/// Repetitions of a picture that are encoded: they let an encoder with a low bitrate refine what it shows.
pub(crate) const REFINED: u32 = 30;

/// What one call made.
pub(crate) struct Batch {
    pub(crate) units: Vec<Made>,
    /// The time for conversion and encoding.
    pub(crate) time: Duration,
    /// Whether the frame showed anything new.
    pub(crate) outcome: framewire_codec::Outcome,
}

/// Why nothing was made.
#[derive(Debug)]
pub(crate) enum Failure {
    /// This frame can't be encoded; the next one may be.
    Frame(String),
    /// Nothing can be encoded.
    Encoder(String),
}

/// What came of a frame.
enum Encoded {
    /// It shows what viewers see already.
    Repetition,
    News(Outcome),
}

struct Pipeline {
    rendition: Arc<Rendition>,
    schedule: Schedule,
    /// Of the encoders: when the stream's differs, another one is to be opened.
    generation: u64,
    producer: Option<Box<dyn Producer>>,
    /// Of the frames that may be inside the encoder.
    facts: VecDeque<Facts>,
    /// What viewers were told about the pixels that they see.
    told: Option<(Option<ColorSpace>, PixelRatio)>,
    last_timestamp: Option<Timestamp>,
    /// The size of the newest unit and the encoder that made it: viewers are told when these change.
    shown: Option<(Size, String)>,
}

/// Frames that an encoder may hold, and some more.
const MAX_FACTS: usize = 64;

/// Says that a thread has ended, also when it panics.
struct Guard(Arc<Rendition>);

impl Drop for Guard {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.crashed();
        }
        self.0.core.threads.subtract();
    }
}

impl Pipeline {
    fn run(&mut self, request: Request) {
        let Some(published) = self.rendition.core.slot.latest() else { return };
        let generation = self.rendition.core.encoder_generation();
        if self.generation != generation {
            self.producer = None;
            self.generation = generation;
        }
        let newest = Newest { id: published.id, published: published.published };
        let Newest { id, .. } = newest;
        let outcome = match self.encode(published, request) {
            Ok(Encoded::Repetition) => {
                self.rendition.repeated(id);
                return self.schedule.record_repetition(newest);
            }
            Ok(Encoded::News(outcome)) => outcome,
            Err(Failure::Frame(why)) => {
                if !self.schedule.has_tried(id) {
                    tracing::warn!("frame {id} of \"{}\" can't be shown: {why}", self.rendition.core.name);
                    lock(&self.rendition.metrics).failed += 1;
                }
                Outcome { done: false, key: false }
            }
            Err(Failure::Encoder(why)) => {
                self.fail(&why);
                Outcome { done: false, key: false }
            }
        };
        self.schedule.record(id, request, outcome, self.rendition.core.now());
    }

    fn encode(&mut self, published: Published, request: Request) -> Result<Encoded, Failure> {
        let Published { id, frame, published, timestamp, .. } = published;
        let rendition = Arc::clone(&self.rendition);
        let plain = !request.key && !self.schedule.has_tried(id);
        let words = (frame.color_space, frame.pixel_ratio);
        let order = Order {
            id,
            // Every unit has a timestamp of its own, also when one frame is encoded twice.
            timestamp: self
                .last_timestamp
                .map_or(timestamp, |last| timestamp.max(last.saturating_add(Duration::from_micros(1)))),
            request,
            rate: rendition.current_rate(),
            png: rendition.accepts_png(),
            may_be_left_out: plain && self.told == Some(words),
        };
        self.last_timestamp = Some(order.timestamp);
        let skipped = self.schedule.skipped_before(id);
        lock(&rendition.metrics).skipped += skipped;
        let producer = match &mut self.producer {
            Some(producer) => producer,
            None => self.producer.insert(open(&rendition, &frame, order.rate)?),
        };
        let mut batch = producer.encode(&frame, order)?;
        let newest_out = batch.units.iter().any(|made| made.id == id);
        if !newest_out && rendition.core.slot.count() == id.0 + 1 {
            // The encoder holds the frame back and nothing follows that would push it out.
            batch.units.extend(producer.flush());
        }
        let fallbacks = producer.take_fallbacks();
        rendition.ahead.follow(producer.device_converter().as_ref());
        let name = producer.name().to_owned();
        let news = batch.outcome;
        let left_out = news == framewire_codec::Outcome::LeftOut;
        if left_out {
            lock(&rendition.metrics).repeated += 1;
        } else {
            let (pixel_ratio, color_space) = (frame.pixel_ratio, frame.color_space);
            self.remember(Facts { id, published, size: frame.size(), pixel_ratio, color_space });
        }
        let outcome = Outcome {
            done: batch.units.iter().any(|made| made.id == id),
            key: batch.units.iter().any(|made| made.key),
        };
        if outcome.done {
            self.told = Some(words);
        }
        rendition.set_encoder(Some(&name));
        self.deliver(batch, order);
        self.announce(fallbacks, name);
        let refined = plain && outcome.done && news == framewire_codec::Outcome::Refined;
        Ok(if left_out || refined { Encoded::Repetition } else { Encoded::News(outcome) })
    }

    fn deliver(&mut self, batch: Batch, order: Order) {
        let rendition = &self.rendition;
        let duration = order.rate.frame_rate.interval();
        let now = rendition.core.now();
        let mut units = Vec::with_capacity(batch.units.len());
        for made in batch.units {
            let Some(facts) = self.facts.iter().find(|facts| facts.id == made.id) else { continue };
            let still = order.request.still && made.id == order.id;
            let circumstances = Circumstances { duration, still, encode: batch.time, made: now };
            units.push(rendition.with_sticky(|sticky| Unit::new(made, *facts, circumstances, sticky)));
        }
        let Some(newest) = units.last() else { return };
        self.facts.retain(|facts| facts.id >= newest.frame);
        if let Some((size, _)) = &mut self.shown
            && *size != newest.size
        {
            *size = newest.size;
            rendition.core.bump_policy();
        }
        let mut recorder = lock(&rendition.metrics);
        for unit in &units {
            recorder.record(unit.data.len(), batch.time, now);
            recorder.keys += u64::from(unit.key);
            recorder.stills += u64::from(unit.still);
        }
        drop(recorder);
        if self.shown.is_none() {
            self.shown = Some((newest.size, String::new()));
        }
        rendition.publish(units);
    }

    /// Tells viewers that another encoder or conversion is at work.
    fn announce(&mut self, fallbacks: Vec<Fallback>, name: String) {
        let core = &self.rendition.core;
        fallbacks.into_iter().for_each(|fallback| core.notify(fallback.into()));
        if let Some((_, shown)) = &mut self.shown
            && *shown != name
        {
            *shown = name;
            core.bump_policy();
        }
    }

    fn fail(&mut self, why: &str) {
        let rendition = &self.rendition;
        tracing::error!("{} of \"{}\" can't be encoded: {why}", rendition.key, rendition.core.name);
        self.producer = None;
        rendition.set_encoder(None);
        lock(&rendition.metrics).failed += 1;
        rendition.failed(why);
    }

    fn remember(&mut self, facts: Facts) {
        if self.facts.back().is_some_and(|last| last.id == facts.id) {
            return;
        }
        if self.facts.len() == MAX_FACTS {
            self.facts.pop_front();
        }
        self.facts.push_back(facts);
    }
}

fn open(rendition: &Rendition, frame: &Frame, rate: Rate) -> Result<Box<dyn Producer>, Failure> {
    let config = rendition.core.config().clone();
    let (roster, scale) = (&rendition.core.roster, rendition.key.scale);
    Ok(match rendition.key.kind {
        RenditionKind::Video(codec) => {
            Box::new(VideoProducer::open(roster, &config, codec, scale, frame, rate)?)
        }
        RenditionKind::Image(format) => Box::new(ImageProducer::open(roster, &config, format, scale)?),
    })
}
