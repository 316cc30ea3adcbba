use crate::{
    Scale, StreamConfig,
    pipeline::{Batch, Failure, Order, Producer},
    quality::Quality,
    repeat::{Repeats, Seen},
    shrink::Shrinker,
    unit::{Made, UnitKind},
};
use bytes::Bytes;
use framewire_codec::{Fallback, ImageBackend, ImageFormat, Outcome, Roster, encode::Fetch};
use framewire_frame::{DeviceConverter, Frame};
use std::{sync::Arc, time::Instant};

/// Makes whole images.
pub(crate) struct ImageProducer {
    format: ImageFormat,
    backend: Box<dyn ImageBackend>,
    /// For the sharp version of a resting picture, where PNG is available.
    png: Option<Box<dyn ImageBackend>>,
    name: String,
    quality: Quality,
    shrinker: Shrinker,
    /// Of scaled frames alone: those at full size are wanted with all their pixels.
    fetch: Fetch,
    /// The length of the last image, with some room.
    expected: usize,
    repeats: Repeats,
}

/// The quality of a sharp version in a format that always loses something.
const STILL_QUALITY: u8 = 95;

impl ImageProducer {
    pub(crate) fn open(
        roster: &Roster,
        config: &StreamConfig,
        format: ImageFormat,
        scale: Scale,
    ) -> Result<Self, Failure> {
        let needs_png = config.still_after.is_some() && format != ImageFormat::Png;
        let png = if needs_png { roster.open_image(ImageFormat::Png).ok() } else { None };
        Ok(Self {
            format,
            backend: roster.open_image(format)?.session,
            png: png.map(|selected| selected.session),
            name: format!("image:{format}"),
            quality: Quality::new(config.image_quality),
            shrinker: Shrinker::new(scale),
            fetch: Fetch::default(),
            expected: 0,
            repeats: Repeats::default(),
        })
    }
}

impl Producer for ImageProducer {
    fn name(&self) -> &str {
        &self.name
    }

    fn encode(&mut self, frame: &Frame, order: Order) -> Result<Batch, Failure> {
        let start = Instant::now();
        let seen = Seen::new(frame, self.shrinker.fetch(frame, &mut self.fetch)?);
        if order.may_be_left_out && self.repeats.is_superfluous(&seen) {
            self.repeats.shown(seen);
            return Ok(Batch { units: Vec::new(), time: start.elapsed(), outcome: Outcome::LeftOut });
        }
        let picture = self.shrinker.finish(seen.picture(), frame)?;
        let still = order.request.still;
        let png = self.png.as_mut().filter(|_| still && order.png);
        let (format, backend) = match png {
            Some(png) => (ImageFormat::Png, png),
            None => (self.format, &mut self.backend),
        };
        let quality = if still { STILL_QUALITY } else { self.quality.get() };
        let mut data = Vec::with_capacity(self.expected);
        // One picture that can't be encoded says nothing about the next one: images have no state.
        backend
            .encode(picture.as_ref(), frame.color, quality, &mut data)
            .map_err(|error| Failure::Frame(error.in_full()))?;
        if !still {
            self.quality.record(data.len(), order.rate);
            self.expected = data.len() + data.len() / 8;
        }
        let made = Made {
            id: order.id,
            timestamp: order.timestamp,
            data: Bytes::from(data),
            key: true,
            disposable: true,
            size: picture.size(),
            kind: UnitKind::Image(format),
        };
        self.repeats.shown(seen);
        Ok(Batch { units: vec![made], time: start.elapsed(), outcome: Outcome::Encoded })
    }

    fn flush(&mut self) -> Vec<Made> {
        Vec::new()
    }

    fn take_fallbacks(&mut self) -> Vec<Fallback> {
        self.fetch.take_fallback().into_iter().collect()
    }

    fn device_converter(&self) -> Option<Arc<dyn DeviceConverter>> {
        self.fetch.converter().cloned()
    }
}
