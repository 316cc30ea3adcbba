use super::{
    NAME,
    library::Library,
    pace::Pace,
    raw::{Coded, Order, RawEncoder},
    settings::Settings,
};
use framewire_codec::{
    BackendError, Capabilities, Codec, Encoded, EncoderBackend, EncoderConfig, Input, InputPicture, Rate,
};
use framewire_frame::{DeviceSurface, FrameId, PixelFormat};

/// An H.264 encoder.
///
/// The bitrate and the frame rate change in place, and the rate follows the true moments of the pictures. A flush of
/// a session that holds pictures back ends it; the next picture opens another one and is a key frame.
pub struct X264Encoder {
    library: &'static Library,
    settings: Settings,
    /// `None` from a flush that ended it to the next picture.
    raw: Option<RawEncoder>,
    delay: usize,
    pace: Pace,
    /// The frames' share of the bitrate has changed by much, so that the next key frame is worth another session.
    stale: bool,
}

/// The library's buffer fills up frame by frame. Where a frame may suddenly take so many times the bits, a key frame would
/// have to make do with what the frames before it have left.
const MUCH: f64 = 2.0;

impl X264Encoder {
    /// Opens a session.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`] where the system has no libx264 that is understood, [`BackendError::Unsupported`] for
    /// another codec than H.264 and for a picture that is too large.
    pub fn open(config: &EncoderConfig) -> Result<Self, BackendError> {
        if config.codec != Codec::H264 {
            return Err(BackendError::unsupported(format!("{} in x264, which codes h264,", config.codec)));
        }
        let library = Library::get().map_err(|error| BackendError::unavailable(error.to_string()))?;
        let settings = Settings::new(config)?;
        let raw = RawEncoder::open(library, &settings)?;
        let (delay, pace) = (raw.delay(), Pace::new(config.rate));
        Ok(Self { library, delay, raw: Some(raw), settings, pace, stale: false })
    }
}

impl EncoderBackend for X264Encoder {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: NAME,
            input: &[PixelFormat::Nv12, PixelFormat::I420],
            rate_in_place: true,
            delay: self.delay,
            uses_changes: self.settings.uses_changes,
            ..Capabilities::default()
        }
    }

    fn takes(&self, _: &dyn DeviceSurface) -> bool {
        false
    }

    fn encode(&mut self, input: Input<'_>, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        let InputPicture::Host(picture) = input.picture else {
            return Err(BackendError::unsupported("a picture on a device"));
        };
        if let Some(interval) = self.pace.advance(input.timestamp) {
            self.apply_rate(interval)?;
        }
        if input.key && self.stale && self.raw.as_ref().is_some_and(|raw| raw.held() == 0) {
            self.settings.begin_anew(self.pace.rate());
            self.raw = None;
            self.stale = false;
        }
        let raw = match &mut self.raw {
            Some(raw) => raw,
            none => none.insert(RawEncoder::open(self.library, &self.settings)?),
        };
        let order = Order {
            picture,
            id: input.id.0,
            key: input.key,
            changes: input.changes.filter(|_| self.settings.uses_changes).map(|changes| changes.flags()),
        };
        if let Some(coded) = raw.encode(&order)? {
            emit(unit(&coded));
        }
        Ok(())
    }

    fn flush(&mut self, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        let Some(raw) = &mut self.raw else { return Ok(()) };
        // Each call moves the library's pipeline on by one picture, whether or not one comes out at its end.
        let drained = raw.held() > 0;
        for _ in 0..=raw.held() + self.delay {
            if raw.held() == 0 {
                break;
            }
            if let Some(coded) = raw.drain()? {
                emit(unit(&coded));
            }
        }
        if raw.held() > 0 {
            return Err(BackendError::failed(format!("x264 kept {} pictures for itself", raw.held())));
        }
        // The library takes no picture after the end of the stream.
        if drained {
            self.raw = None;
        }
        Ok(())
    }

    fn set_rate(&mut self, rate: Rate) -> Result<(), BackendError> {
        let share = |pace: &Pace| f64::from(pace.rate().bitrate.bits_per_second()) * pace.interval();
        let before = share(&self.pace);
        let interval = self.pace.set_rate(rate);
        let change = share(&self.pace) / before;
        self.stale |= !(1.0 / MUCH..=MUCH).contains(&change);
        self.apply_rate(interval)
    }
}

impl X264Encoder {
    /// Tells the library of the bitrate and of how many seconds lie between frames.
    fn apply_rate(&mut self, interval: f64) -> Result<(), BackendError> {
        let changed = self.settings.set_rate(self.pace.rate().bitrate, interval);
        match &mut self.raw {
            Some(raw) if !changed.is_empty() => raw.reconfigure(&changed),
            _ => Ok(()),
        }
    }
}

fn unit<'a>(coded: &Coded<'a>) -> Encoded<'a> {
    Encoded { id: FrameId(coded.id), data: coded.data, temporal_layer: 0 }
}
