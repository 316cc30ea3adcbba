use crate::{
    Scale, StreamConfig,
    pipeline::{Batch, Failure, Order, Producer, REFINED},
    shrink::Shrinker,
    unit::{Made, UnitKind},
};
use framewire_codec::{
    AccessUnit, Codec, EncodeError, Encoder, EncoderConfig, Fallback, OpenError, Outcome, Rate, Roster,
};
use framewire_frame::{Color, DeviceConverter, Frame, FrameRate, Size};
use std::{sync::Arc, time::Instant};

/// Makes access units.
pub(crate) struct VideoProducer {
    encoder: Encoder,
    shrinker: Shrinker,
    rate: Rate,
    /// The encoder made a key frame of a change of rate, so that only large changes are worth it.
    rate_costs_key: bool,
    /// Viewers see a sharp version of the last picture, which nothing can refine.
    sharp: bool,
}

/// A still gets the bits of half a second: sharp, and on its way in half a second on a path that carries the stream.
const STILL_RATE: u32 = 2;

impl VideoProducer {
    pub(crate) fn open(
        roster: &Roster,
        config: &StreamConfig,
        codec: Codec,
        scale: Scale,
        frame: &Frame,
        rate: Rate,
    ) -> Result<Self, Failure> {
        let encoder_config = EncoderConfig::new(Shrinker::target_size(scale, frame.size()))
            .with_codec(codec)
            .with_color(frame.color)
            .with_content(config.content)
            .with_threads(config.threads)
            .with_intra_refresh(config.intra_refresh)
            .with_rate(rate);
        let mut encoder = Encoder::open(roster, &config.encoder.video(), encoder_config)?;
        encoder.track_changes(true);
        let shrinker = Shrinker::new(scale);
        Ok(Self { encoder, shrinker, rate, rate_costs_key: false, sharp: false })
    }

    /// Everything but the rate that makes a key frame when it changes.
    fn shown(&self) -> (Size, Color, &'static str) {
        let config = self.encoder.config();
        (config.size, config.color, self.encoder.name())
    }

    fn set_rate(&mut self, rate: Rate) -> bool {
        let worth_it = !self.rate_costs_key || is_large(self.rate, rate);
        if rate == self.rate || !worth_it {
            return false;
        }
        self.rate = rate;
        self.encoder.set_rate(rate);
        true
    }
}

impl Producer for VideoProducer {
    fn name(&self) -> &str {
        self.encoder.name()
    }

    fn encode(&mut self, frame: &Frame, order: Order) -> Result<Batch, Failure> {
        let start = Instant::now();
        let frame = self.shrinker.shrink(frame)?;
        let sharp = order.request.still && !self.rate_costs_key;
        let rate =
            if sharp { Rate { frame_rate: FrameRate::whole(STILL_RATE), ..order.rate } } else { order.rate };
        let rate_changed = self.set_rate(rate);
        let shown = self.shown();
        if order.request.key {
            self.encoder.request_keyframe();
        }
        let repetitions = if self.sharp { 0 } else { REFINED };
        self.encoder.leave_out_repetitions(order.may_be_left_out.then_some(repetitions));
        let units = self.encoder.encode(&frame, order.id, order.timestamp)?;
        let only_the_rate = rate_changed && !order.request.key && shown == self.shown();
        self.rate_costs_key |= only_the_rate && units.iter().any(|unit| unit.key);
        if sharp {
            self.set_rate(order.rate);
        }
        let outcome = self.encoder.last_outcome();
        self.sharp = sharp || (self.sharp && outcome != Outcome::Encoded);
        Ok(Batch { units: units.into_iter().map(made).collect(), time: start.elapsed(), outcome })
    }

    fn flush(&mut self) -> Vec<Made> {
        self.encoder.flush().into_iter().map(made).collect()
    }

    fn take_fallbacks(&mut self) -> Vec<Fallback> {
        self.encoder.take_notices()
    }

    fn device_converter(&self) -> Option<Arc<dyn DeviceConverter>> {
        self.encoder.device_converter()
    }
}

fn made(unit: AccessUnit) -> Made {
    Made {
        id: unit.id,
        timestamp: unit.timestamp,
        data: unit.data,
        key: unit.key,
        disposable: unit.disposable,
        size: unit.size,
        kind: UnitKind::Video(unit.codec),
    }
}

fn is_large(old: Rate, new: Rate) -> bool {
    let bits = |rate: Rate| f64::from(rate.bitrate.bits_per_second());
    !(0.6..=1.6).contains(&(bits(new) / bits(old)))
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Encoder(error.to_string())
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Open(error) => error.into(),
            other => Self::Frame(other.in_full()),
        }
    }
}
