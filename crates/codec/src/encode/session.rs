use super::{
    EncoderBackend, EncoderConfig, Input, InputPicture, pending::Facts, prepare::Prepare, sink::Sink,
};
use crate::{AccessUnit, BackendError, EncodeError};
use framewire_frame::{Color, Frame, FrameId, Picture, Size, Surface, Timestamp};
use std::time::{Duration, Instant};

/// One backend with all that belongs to its size and colour: the conversion, the guard, the frames inside.
pub(super) struct Session {
    pub(super) name: &'static str,
    pub(super) backend: Box<dyn EncoderBackend>,
    pub(super) delay: usize,
    pub(super) prepare: Prepare,
    size: Size,
    color: Color,
    sink: Sink,
}

/// How long the two parts of an [`Encoder::encode`](super::Encoder::encode) took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Download and conversion.
    pub convert: Duration,
    /// Encoding and the guard.
    pub encode: Duration,
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
}

impl Session {
    pub(super) fn new(name: &'static str, backend: Box<dyn EncoderBackend>, config: &EncoderConfig) -> Self {
        let capabilities = backend.capabilities();
        Self {
            name,
            backend,
            delay: capabilities.delay,
            prepare: Prepare::new(capabilities.input, config.size, config.color),
            size: config.size,
            color: config.color,
            sink: Sink::new(config, capabilities.delay),
        }
    }

    /// Whether `frame` needs another session.
    pub(super) fn fits(&self, frame: &Frame) -> bool {
        self.size == frame.size() && self.color == frame.color
    }

    /// Encodes `frame` and appends the units that came out.
    pub(super) fn encode(
        &mut self,
        frame: &Frame,
        order: Order,
        units: &mut Vec<AccessUnit>,
    ) -> Result<Timing, Trouble> {
        let start = Instant::now();
        let downloaded: Picture;
        let picture = match &frame.surface {
            Surface::Device(surface) if self.backend.takes(surface.as_ref()) => {
                InputPicture::Device(surface.as_ref())
            }
            Surface::Device(surface) => {
                downloaded = surface.download().map_err(|error| Trouble::Frame(error.into()))?;
                if downloaded.size() != self.size {
                    let sizes = EncodeError::DownloadedSize { said: self.size, got: downloaded.size() };
                    return Err(Trouble::Frame(sizes));
                }
                InputPicture::Host(self.prepare.host(downloaded.as_ref()).map_err(Trouble::Backend)?)
            }
            Surface::Host(picture) => {
                InputPicture::Host(self.prepare.host(picture.as_ref()).map_err(Trouble::Backend)?)
            }
        };
        let converted = Instant::now();
        let Order { id, timestamp, key } = order;
        self.sink.pending.push(Facts { id, timestamp });
        let sink = &mut self.sink;
        self.backend
            .encode(Input { picture, id, timestamp, key, changes: None }, &mut |encoded| {
                sink.accept(encoded, units)
            })
            .and_then(|()| self.sink.verdict())
            .map_err(Trouble::Backend)?;
        Ok(Timing { convert: converted - start, encode: converted.elapsed() })
    }

    /// Appends the units that are still inside.
    pub(super) fn flush(&mut self, units: &mut Vec<AccessUnit>) -> Result<(), BackendError> {
        let sink = &mut self.sink;
        self.backend.flush(&mut |encoded| sink.accept(encoded, units))?;
        self.sink.verdict()
    }
}
