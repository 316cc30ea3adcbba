//! The third stage: the encoder.

use super::{
    convert::{Converters, Wanted},
    flow::Shared,
    read::Item,
};
use crate::{Error, Moment};
use framewire_codec::{AccessUnit, Encoder, Fallback};
use framewire_frame::{Frame, FrameId, PixelFormat};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{SendError, SyncSender},
    },
};

/// What comes out of the encoder, in order.
pub(super) enum Coded {
    Unit(AccessUnit, Moment),
    /// Another encoder or conversion goes on.
    Replaced(Fallback),
    /// So many frames went in whose units never came out.
    Lost(u64),
    /// The end came too early.
    Failed(Error),
}

/// The format that the encoder likes best, which changes where another one takes its place.
#[derive(Clone)]
pub(super) struct Preferred(Arc<Mutex<Option<PixelFormat>>>);

pub(super) struct EncodeStage {
    pub(super) encoder: Encoder,
    pub(super) preferred: Preferred,
    pub(super) shared: Arc<Shared>,
    pub(super) units: SyncSender<Coded>,
}

impl Preferred {
    pub(super) fn of(encoder: &Encoder) -> Self {
        Self(Arc::new(Mutex::new(encoder.preferred_format())))
    }

    /// What a converter is to make.
    pub(super) fn wanted(&self) -> Wanted {
        let this = self.clone();
        Arc::new(move |source| this.0.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(source))
    }

    fn follow(&self, encoder: &Encoder) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = encoder.preferred_format();
    }
}

impl EncodeStage {
    /// Encodes until the frames end, the encoder fails for good, or nobody takes the units.
    pub(super) fn run(mut self, mut frames: Converters) {
        // Nobody takes what comes after a sink has failed.
        let _ = self.encode_all(&mut frames);
        // A converter may still wait for a source that blocks.
        self.shared.end();
        frames.finish();
    }

    fn encode_all(&mut self, frames: &mut Converters) -> Result<(), SendError<Coded>> {
        let mut inside = Inside::default();
        let failure = loop {
            match frames.next() {
                Some(Item::Frame(frame, moment)) => {
                    if let Err(error) = self.encode(&frame, moment, &mut inside)? {
                        break Some(error);
                    }
                }
                Some(Item::Failed(error)) => break Some(error),
                Some(Item::End) | None => break None,
            }
        };
        let rest = self.shared.times.encode.measure(|| self.encoder.flush());
        self.send(rest, &mut inside)?;
        let lost = inside.count();
        if lost > 0 {
            self.units.send(Coded::Lost(lost))?;
        }
        failure.map_or(Ok(()), |error| self.units.send(Coded::Failed(error)))
    }

    fn encode(
        &mut self,
        frame: &Frame,
        moment: Moment,
        inside: &mut Inside,
    ) -> Result<Result<(), Error>, SendError<Coded>> {
        let (id, moment) = inside.push(moment);
        let times = &self.shared.times;
        let encoded = times.encode.measure(|| self.encoder.encode(frame, id, moment.as_timestamp()));
        let converting = self.encoder.last_timing().convert;
        times.encode.take_off(converting);
        times.convert.add(converting);
        if encoded.is_ok() {
            // Another encoder may have come, or another size.
            self.shared.route.hold_against(&self.encoder, frame);
        }
        let notices = self.encoder.take_notices();
        if !notices.is_empty() {
            self.preferred.follow(&self.encoder);
        }
        for fallback in notices.into_iter().chain(self.shared.route.take_notices()) {
            self.units.send(Coded::Replaced(fallback))?;
        }
        match encoded {
            Ok(units) => self.send(units, inside).map(Ok),
            Err(error) => Ok(Err(error.into())),
        }
    }

    fn send(&self, units: Vec<AccessUnit>, inside: &mut Inside) -> Result<(), SendError<Coded>> {
        for unit in units {
            let (lost, moment) = inside.take(unit.id);
            if lost > 0 {
                self.units.send(Coded::Lost(lost))?;
            }
            if let Some(moment) = moment {
                self.units.send(Coded::Unit(unit, moment))?;
            }
        }
        Ok(())
    }
}

/// The exact moments of the frames that are inside the encoder.
#[derive(Default)]
struct Inside {
    frames: VecDeque<(FrameId, Moment)>,
    next: u64,
    last: Option<Moment>,
}

impl Inside {
    /// A frame goes in. Moments that do not grow, which broken files have, are set one unit apart.
    fn push(&mut self, moment: Moment) -> (FrameId, Moment) {
        let least = self.last.map_or(0, |last| last.ticks.saturating_add(1));
        let moment = Moment { ticks: moment.ticks.max(least), ..moment };
        let id = FrameId(self.next);
        (self.next, self.last) = (self.next + 1, Some(moment));
        self.frames.push_back((id, moment));
        (id, moment)
    }

    /// The moment of a unit, and how many frames before it were passed over.
    fn take(&mut self, id: FrameId) -> (u64, Option<Moment>) {
        let mut lost = 0;
        while let Some((front, moment)) = self.frames.front().copied() {
            if front > id {
                break;
            }
            self.frames.pop_front();
            if front == id {
                return (lost, Some(moment));
            }
            lost += 1;
        }
        (lost, None)
    }

    fn count(&self) -> u64 {
        self.frames.len() as u64
    }
}
