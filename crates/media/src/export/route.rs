//! Who converts: the machine's converter, where the encoder takes what it makes where it lies, else the processor.

use framewire_codec::{
    BackendError, ConverterBackend, ConverterCandidate, ConverterConfig, Encoder, Fallback, Roster, Shape,
};
use framewire_convert::Level;
use framewire_frame::{Color, Frame, PictureRef, PixelFormat, Surface};
use serde::Serialize;
use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// Who converts frames to what the encoder takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Conversion {
    /// The machine's converter, where there is one whose pictures the encoder in use takes where they are; else, and where
    /// it fails, the processor.
    #[default]
    Auto,
    /// The processor.
    Processor,
}

/// A name that is no [`Conversion`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no conversion: auto and processor are")]
pub struct UnknownConversion(String);

/// Frames that were converted, by who did it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Converted {
    /// By the machine's converter.
    pub machine: u64,
    /// By the processor, as they were read or afterwards.
    pub processor: u64,
}

/// What all stages of one export know of its conversion; by default, that the processor does it.
#[derive(Default)]
pub(super) struct Route {
    machine: Option<ConverterCandidate>,
    /// The machine's converter is in use.
    on: AtomicBool,
    notices: Mutex<Vec<Fallback>>,
    by_machine: AtomicU64,
    by_processor: AtomicU64,
}

/// One of the conversions that run side by side on the machine's converter.
pub(super) struct Machine {
    route: Arc<Route>,
    session: Option<(ConverterConfig, Box<dyn ConverterBackend>)>,
}

impl Route {
    /// For frames like `frame`, which is tried, and `encoder`. An encoder that would have to fetch what the machine makes is
    /// better off with the processor, and a machine that refuses is a fallback.
    pub(super) fn choose(conversion: Conversion, roster: &Roster, encoder: &Encoder, frame: &Frame) -> Self {
        let processor = Self::default();
        let Surface::Host(picture) = &frame.surface else { return processor };
        let target = encoder.preferred_format().filter(|target| *target != picture.format());
        let (Conversion::Auto, Some(target)) = (conversion, target) else { return processor };
        let Some(candidate) = roster.converter(encoder.name(), picture.format()) else { return processor };
        if !is_for_machine(candidate, picture.as_ref()) {
            return processor;
        }
        let route = Self { machine: Some(candidate.clone()), on: AtomicBool::new(true), ..processor };
        match trial(candidate, picture.as_ref(), target, frame.color) {
            Ok(surface) => {
                if !encoder.takes(&Frame { surface, ..frame.clone() }) {
                    return Self::default();
                }
            }
            Err(error) => route.give_up(&error.in_full()),
        }
        route
    }

    /// Whether the machine converts.
    pub(super) fn is_machine(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Who converts what the machine can convert.
    pub(super) fn name(&self) -> &'static str {
        match &self.machine {
            Some(candidate) if self.is_machine() => candidate.name,
            _ => Level::detect().name(),
        }
    }

    /// The machine's converter by its name, also where it was given up.
    pub(super) fn machine_name(&self) -> Option<&'static str> {
        self.machine.as_ref().map(|candidate| candidate.name)
    }

    /// The processor goes on where `encoder` would have to fetch `frame`, which the machine has converted.
    pub(super) fn hold_against(&self, encoder: &Encoder, frame: &Frame) {
        let is_made = matches!(frame.surface, Surface::Device(_));
        if is_made && self.is_machine() && !encoder.takes(frame) {
            self.give_up(&format!("{} does not take its pictures of {}", encoder.name(), frame.size()));
        }
    }

    /// The fallbacks since the last call.
    pub(super) fn take_notices(&self) -> Vec<Fallback> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One more frame was converted by the processor.
    pub(super) fn count_processor(&self) {
        self.by_processor.fetch_add(1, Ordering::Relaxed);
    }

    /// The frames until now.
    pub(super) fn converted(&self) -> Converted {
        Converted {
            machine: self.by_machine.load(Ordering::Relaxed),
            processor: self.by_processor.load(Ordering::Relaxed),
        }
    }

    /// The processor converts from here on; it is said once.
    fn give_up(&self, why: &str) {
        let was_on = self.on.swap(false, Ordering::Relaxed);
        if let Some(candidate) = self.machine.as_ref().filter(|_| was_on) {
            let fallback = Fallback::to_processor(format!("conversion by {}", candidate.name), why);
            tracing::warn!("{fallback}");
            self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(fallback);
        }
    }
}

impl Machine {
    pub(super) fn new(route: Arc<Route>) -> Self {
        Self { route, session: None }
    }

    /// What the machine makes of `picture` in `target`; `None` where the processor is to convert it.
    pub(super) fn convert(
        &mut self,
        picture: PictureRef<'_>,
        target: PixelFormat,
        color: Color,
    ) -> Option<Surface> {
        let candidate = self.route.machine.as_ref().filter(|_| self.route.is_machine());
        let candidate = candidate.filter(|candidate| is_for_machine(candidate, picture));
        let Some(candidate) = candidate else {
            self.session = None;
            return None;
        };
        match run(candidate, &mut self.session, picture, config(picture, target, color)) {
            Ok(surface) => {
                self.route.by_machine.fetch_add(1, Ordering::Relaxed);
                Some(surface)
            }
            Err(error) => {
                self.session = None;
                self.route.give_up(&error.in_full());
                None
            }
        }
    }
}

/// Whether the machine is asked. A picture with an odd side is padded to what is coded, which is the processor's work.
fn is_for_machine(candidate: &ConverterCandidate, picture: PictureRef<'_>) -> bool {
    candidate.from.contains(&picture.format()) && picture.size().is_even()
}

fn config(picture: PictureRef<'_>, target: PixelFormat, color: Color) -> ConverterConfig {
    let from = Shape::of(picture);
    ConverterConfig { from, to: Shape { format: target, ..from }, color }
}

fn trial(
    candidate: &ConverterCandidate,
    picture: PictureRef<'_>,
    target: PixelFormat,
    color: Color,
) -> Result<Surface, BackendError> {
    run(candidate, &mut None, picture, config(picture, target, color))
}

/// Converts `picture` in `session`, or in another one where it was opened for something else.
fn run(
    candidate: &ConverterCandidate,
    session: &mut Option<(ConverterConfig, Box<dyn ConverterBackend>)>,
    picture: PictureRef<'_>,
    config: ConverterConfig,
) -> Result<Surface, BackendError> {
    let (_, backend) = match session.take().filter(|(opened_for, _)| *opened_for == config) {
        Some(kept) => session.insert(kept),
        None => session.insert((config, (candidate.open)(&config)?)),
    };
    let surface = backend.convert(picture)?;
    let made = Shape { format: surface.format(), size: surface.size() };
    if made != config.to {
        return Err(BackendError::failed(format!("a picture in {made} came where {} was due", config.to)));
    }
    Ok(surface)
}

impl Conversion {
    /// Every value.
    pub const ALL: [Self; 2] = [Self::Auto, Self::Processor];

    /// The name on a command line: `auto`, `processor`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Processor => "processor",
        }
    }
}

impl fmt::Display for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Conversion {
    type Err = UnknownConversion;

    fn from_str(name: &str) -> Result<Self, UnknownConversion> {
        Self::ALL
            .into_iter()
            .find(|conversion| conversion.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownConversion(name.to_owned()))
    }
}
