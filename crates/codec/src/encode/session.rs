use super::{
    EncoderBackend, EncoderConfig, Input, InputPicture, Preparation,
    fetch::{Fetch, Fetched, Wanted},
    pending::{Facts, Since},
    prepare::{Prepare, Tracking},
    sink::Sink,
};
use crate::{AccessUnit, BackendError, EncodeError};
use framewire_bitstream::CodecString;
use framewire_convert::ChangeMap;
use framewire_frame::{Frame, FrameId, Picture, Surface, Timestamp};
use std::time::{Duration, Instant};

/// One backend with all that belongs to its size and colour: the processor's conversion, the guard, the frames inside.
pub(super) struct Session {
    pub(super) name: &'static str,
    pub(super) backend: Box<dyn EncoderBackend>,
    pub(super) delay: usize,
    pub(super) long_term_references: bool,
    uses_changes: bool,
    /// What its frames are, and what the backend takes of them.
    wanted: Wanted,
    prepare: Prepare,
    sink: Sink,
    /// Frames since the last one that showed anything new.
    repeated: u32,
    /// Frames that were encoded.
    encoded: u64,
}

/// Frames after which a session has shown that its candidate works.
const PROVEN: u64 = 100;

/// How long the parts of an [`Encoder::encode`](super::Encoder::encode) took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Download and conversion, on a device and on the processor.
    pub convert: Duration,
    /// Copying into memory of the codec's own; nothing where it reads pictures where they are.
    pub copy: Duration,
    /// Encoding and the guard.
    pub encode: Duration,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// It was encoded. It shows something new, or it was not compared with what was encoded last.
    #[default]
    Encoded,
    /// It was encoded, although it shows what was encoded last: as a key frame, or so that it is shown better.
    Refined,
    /// It shows what was encoded last and was left out: see
    /// [`Encoder::leave_out_repetitions`](super::Encoder::leave_out_repetitions).
    LeftOut,
}

/// What an [`encode`](Session::encode) did.
pub(super) struct Done {
    pub(super) timing: Timing,
    pub(super) outcome: Outcome,
}

/// Whose fault it is.
pub(super) enum Trouble {
    /// The frame's: the session goes on.
    Frame(EncodeError),
    /// The backend's: it is to be replaced.
    Backend(BackendError),
}

/// What a caller says about one frame.
#[derive(Clone, Copy)]
pub(super) struct Order {
    pub(super) id: FrameId,
    pub(super) timestamp: Timestamp,
    pub(super) key: bool,
    /// The picture is to refer to acknowledged frames alone.
    pub(super) recover: bool,
    /// After how many repetitions of one picture the next one is left out.
    pub(super) left_out_after: Option<u32>,
}

impl Session {
    pub(super) fn new(name: &'static str, backend: Box<dyn EncoderBackend>, config: &EncoderConfig) -> Self {
        let capabilities = backend.capabilities();
        let EncoderConfig { size, color, .. } = *config;
        let yuv = capabilities.input.iter().copied().find(|format| format.is_yuv());
        let mut session = Self {
            name,
            backend,
            delay: capabilities.delay,
            long_term_references: capabilities.long_term_references,
            uses_changes: capabilities.uses_changes,
            wanted: Wanted { size, format: yuv, color },
            prepare: Prepare::new(capabilities.input, size, color),
            sink: Sink::new(config, capabilities.delay),
            repeated: 0,
            encoded: 0,
        };
        session.track_changes(false);
        session
    }

    /// Whether every frame is compared with the last one that was encoded, or only those where it saves the backend
    /// work.
    pub(super) fn track_changes(&mut self, all: bool) {
        self.prepare.track(match (all, self.uses_changes) {
            (true, _) => Tracking::All,
            (false, true) => Tracking::Converted,
            (false, false) => Tracking::Off,
        });
    }

    /// In which blocks the last frame differs from the one that was encoded before it, where they were compared.
    pub(super) fn changes(&self) -> Option<&ChangeMap> {
        self.prepare.changes()
    }

    /// The codec string of the last unit.
    pub(super) fn codec_string(&self) -> Option<&CodecString> {
        self.sink.codec_string()
    }

    /// How many frames are inside.
    pub(super) fn inside(&self) -> usize {
        self.sink.pending.len()
    }

    /// Whether it has worked for long, so that what ends it is more likely an event of the machine (a sleep, another display)
    /// than a fault of its candidate.
    pub(super) fn is_proven(&self) -> bool {
        self.encoded >= PROVEN
    }

    /// Lets the next repetitions be encoded, because they can be shown better than before.
    pub(super) fn refine(&mut self) {
        self.repeated = 0;
    }

    /// Whether `frame` needs another session.
    pub(super) fn fits(&self, frame: &Frame) -> bool {
        self.wanted.size == frame.size() && self.wanted.color == frame.color
    }

    /// Encodes `frame`, whose pixels `fetch` gets from a device, and appends the units that came out.
    pub(super) fn encode(
        &mut self,
        frame: &Frame,
        order: Order,
        fetch: &mut Fetch,
        units: &mut Vec<AccessUnit>,
    ) -> Result<Done, Trouble> {
        let start = Instant::now();
        let fetched: Picture;
        let (picture, changes) = match &frame.surface {
            Surface::Host(picture) => self.prepare.host(picture.as_ref()).map_err(Trouble::Backend)?.input(),
            Surface::Device(surface) if self.backend.takes(surface.as_ref()) => {
                self.prepare.forget();
                (InputPicture::Device(surface.as_ref()), None)
            }
            Surface::Device(surface) => {
                match fetch.fetch(surface.as_ref(), self.wanted).map_err(Trouble::Frame)? {
                    Fetched::Converted(made) => {
                        fetched = made.picture;
                        self.prepare.device(fetched.as_ref(), &made.changes).input()
                    }
                    Fetched::Downloaded(picture) => {
                        fetched = picture;
                        self.prepare.host(fetched.as_ref()).map_err(Trouble::Backend)?.input()
                    }
                }
            }
        };
        let converted = Instant::now();
        let Order { id, timestamp, key, recover, left_out_after } = order;
        let same = changes.is_some_and(|changes| !changes.any());
        if same && left_out_after.is_some_and(|repetitions| self.repeated >= repetitions) {
            let timing = Timing { convert: converted - start, ..Timing::default() };
            return Ok(Done { timing, outcome: Outcome::LeftOut });
        }
        self.repeated = if same { self.repeated.saturating_add(1) } else { 0 };
        if recover {
            self.backend.recover();
        }
        self.sink.pending.push(Facts { id, timestamp, recovers: recover });
        let sink = &mut self.sink;
        self.backend
            .encode(Input { picture, id, timestamp, key, changes }, &mut |encoded| {
                sink.accept(encoded, units);
            })
            .and_then(|()| self.sink.verdict())
            .map_err(Trouble::Backend)?;
        self.encoded += 1;
        self.settle();
        let Preparation { convert, copy } = self.backend.preparation();
        let timing = Timing {
            convert: converted - start + convert,
            copy,
            encode: converted.elapsed().saturating_sub(convert + copy),
        };
        Ok(Done { timing, outcome: if same { Outcome::Refined } else { Outcome::Encoded } })
    }

    /// Appends the units that are still inside.
    pub(super) fn flush(&mut self, units: &mut Vec<AccessUnit>) -> Result<(), BackendError> {
        let sink = &mut self.sink;
        self.backend.flush(&mut |encoded| sink.accept(encoded, units))?;
        self.sink.verdict()?;
        if self.delay > 0 && self.inside() > 0 {
            // The encoder has dropped what has not come out by now.
            self.prepare.forget();
        }
        Ok(())
    }

    /// Says what the next picture is to be compared with, now that one was encoded.
    fn settle(&mut self) {
        let Since { came, lost } = self.sink.pending.take_since();
        if self.delay == 0 {
            // A picture that gave no unit was dropped, and what it showed is still to be shown.
            if came {
                self.prepare.settle();
            }
        } else if lost || self.inside() > self.delay {
            // Too late to know what came of the pictures since the one that was dropped.
            self.prepare.forget();
        } else {
            self.prepare.settle();
        }
    }
}
