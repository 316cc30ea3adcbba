//! Encoding through `VTCompressionSession`.

mod annexb;
mod long_term;
mod probe;
mod properties;
mod session;

#[cfg(target_os = "macos")]
use super::metal::PoolConversion;
use super::{
    dictionary::{Value, constant},
    pixel_buffer,
    status::Status,
    surface::PixelBufferSurface,
    time::{NEVER, moment},
};
use crate::NAME;
use annexb::Unit;
use framewire_bitstream::CodecString;
use framewire_codec::{
    BackendError, Capabilities, Codec, Encoded, EncoderBackend, EncoderConfig, Input, InputPicture,
    Preparation, Preset, Rate,
};
use framewire_convert::Converter;
use framewire_frame::{Color, DeviceSurface, FrameId, PictureRef, PixelFormat, Size};
use long_term::LongTerm;
use objc2_core_foundation::{CFRetained, Type};
use objc2_core_media::CMTime;
use objc2_core_video::CVPixelBuffer;
use objc2_video_toolbox as vt;
pub use probe::Findings;
pub(crate) use probe::supported;
use probe::{Knobs, Order};
use properties::{Need, Property};
use session::Session;
use std::{collections::VecDeque, time::Instant};

/// The least side that is coded; smaller pictures are padded.
const MIN_SIDE: u32 = 64;
/// The longest side that a session is asked for: the limit of Apple's encoders.
const MAX_SIDE: u32 = 8192;
/// How many pictures may wait inside in the presets for files.
const FILE_DELAY: usize = 3;
/// The most that wait inside at a viewer's wish: more would be a second's delay and many pool buffers.
const MAX_DELAY: usize = 8;
/// Host pictures that are taken: what is no NV12 is converted on the way into a buffer of the session's.
const INPUT: &[PixelFormat] =
    &[PixelFormat::Nv12, PixelFormat::I420, PixelFormat::Bgra8, PixelFormat::Rgba8, PixelFormat::Rgb8];

/// An H.264 or HEVC encoder.
///
/// The preset `low-latency` gives one access unit for one picture, under Apple's low-latency rate control where the machine
/// has it, or holds back as many as the config allows; the others let three pictures wait inside. Bitrate and frame rate change in place. Two temporal layers where the
/// machine has low-latency rate control, no intra refresh. A picture that the encoder drops gives no unit.
pub struct VideoToolboxEncoder {
    session: Session,
    codec: Codec,
    preset: Preset,
    delay: usize,
    constant_quality: bool,
    layers: u8,
    /// Where the session keeps such pictures.
    long_term: Option<LongTerm>,
    size: Size,
    coded: Size,
    color: Color,
    /// Of the last host picture's format.
    converter: Option<Converter>,
    preparation: Preparation,
    /// The moments of the pictures that may still be inside, the oldest first; at most as many as the delay.
    waiting: VecDeque<CMTime>,
    unit: Unit,
    notes: Vec<String>,
    #[cfg(target_os = "macos")]
    metal: PoolConversion,
}

impl VideoToolboxEncoder {
    /// Opens a session.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for a picture that is too large, and where VideoToolbox refuses a property that the
    /// stream depends on; [`BackendError::Unavailable`] where the machine has no encoder in hardware, or none left.
    pub fn open(config: &EncoderConfig) -> Result<Self, BackendError> {
        Self::open_with(config, Findings::of_this_process())
    }

    /// Opens a session with the settings that follow from `findings`, which another [`Findings`] than the process's own
    /// keeps to itself.
    ///
    /// # Errors
    /// As [`VideoToolboxEncoder::open`].
    pub fn open_with(config: &EncoderConfig, findings: &Findings) -> Result<Self, BackendError> {
        let coded = coded_size(config.size)?;
        let opened = open(config, coded, findings)?;
        for note in &opened.notes {
            tracing::debug!("{NAME}: {note}");
        }
        Ok(Self::new(opened, config, coded))
    }

    fn new(opened: Opened, config: &EncoderConfig, coded: Size) -> Self {
        Self {
            session: opened.session,
            codec: config.codec,
            preset: config.preset,
            delay: match config.preset {
                Preset::LowLatency => usize::from(config.pipeline_depth).min(MAX_DELAY),
                Preset::Fast | Preset::Quality => FILE_DELAY,
            },
            constant_quality: opened.constant_quality,
            layers: opened.layers,
            long_term: opened.long_term.then(LongTerm::default),
            size: config.size,
            coded,
            color: config.color,
            converter: None,
            preparation: Preparation::default(),
            waiting: VecDeque::new(),
            unit: Unit::default(),
            notes: opened.notes,
            #[cfg(target_os = "macos")]
            metal: PoolConversion::new(coded, config.color),
        }
    }

    /// What this machine's encoder refused of what it could do without, in sentences.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What a decoder has to be, from the parameter sets of the last key frame: `avc1.PPCCLL`. `None` before the first.
    pub fn codec_string(&self) -> Option<&CodecString> {
        self.unit.codec_string()
    }

    /// `surface`, where it can be encoded where it is.
    fn own<'a>(&self, surface: &'a dyn DeviceSurface) -> Option<&'a PixelBufferSurface> {
        let surface: &PixelBufferSurface = surface.as_any().downcast_ref()?;
        let fits = surface.size() == self.coded
            && self.size == self.coded
            && surface.fills_its_buffer()
            && pixel_buffer::range(surface.buffer()) == Some(self.color.range);
        fits.then_some(surface)
    }

    /// A buffer of the session's with `picture` in NV12.
    fn copied(&mut self, picture: PictureRef<'_>) -> Result<CFRetained<CVPixelBuffer>, BackendError> {
        let (format, size) = (picture.format(), picture.size());
        if size != self.size {
            return Err(BackendError::unsupported(format!(
                "a picture of {size} in a session for {}",
                self.size
            )));
        }
        let start = Instant::now();
        let converter = match self.converter.take_if(|kept| kept.source_format() == format) {
            Some(kept) => kept,
            None => Converter::new(format, PixelFormat::Nv12, size, self.color)
                .map_err(|error| BackendError::failed_with("a conversion", error))?,
        };
        let buffer = self.empty_buffer()?;
        pixel_buffer::write(&buffer, &converter, picture, self.coded)?;
        self.converter = Some(converter);
        self.preparation = match format.is_yuv() {
            true => Preparation { copy: start.elapsed(), ..Preparation::default() },
            false => Preparation { convert: start.elapsed(), ..Preparation::default() },
        };
        Ok(buffer)
    }

    /// A buffer of the session's, of unspecified content.
    fn empty_buffer(&self) -> Result<CFRetained<CVPixelBuffer>, BackendError> {
        let pool = self.session.pool().ok_or_else(|| {
            BackendError::failed("VideoToolbox has no pixel buffers for this session, which may be closed")
        })?;
        pixel_buffer::from_pool(&pool)
    }

    /// The buffer of `surface`, or one of the session's into which its device has converted it.
    fn device_buffer(
        &mut self,
        surface: &dyn DeviceSurface,
    ) -> Result<CFRetained<CVPixelBuffer>, BackendError> {
        if let Some(own) = self.own(surface) {
            return Ok(own.buffer().retain());
        }
        #[cfg(target_os = "macos")]
        if self.metal.takes(surface, self.size) {
            return self.converted(surface);
        }
        Err(BackendError::unsupported(format!("the surface {surface:?} in VideoToolbox")))
    }

    /// A buffer of the session's into which Metal has converted `surface`. Where that fails, the processor does so, and Metal is
    /// asked no more.
    #[cfg(target_os = "macos")]
    fn converted(&mut self, surface: &dyn DeviceSurface) -> Result<CFRetained<CVPixelBuffer>, BackendError> {
        let start = Instant::now();
        let buffer = self.empty_buffer()?;
        let Err(error) = self.metal.convert(surface, &buffer) else {
            self.preparation = Preparation { convert: start.elapsed(), ..Preparation::default() };
            return Ok(buffer);
        };
        tracing::warn!("{NAME}: frames of Metal are downloaded from here on: {}", error.in_full());
        let picture = surface
            .download()
            .map_err(|error| BackendError::failed_with("a frame of Metal could not be downloaded", error))?;
        self.copied(picture.as_ref())
    }

    /// Gives `buffer` to the encoder, and waits for as many pictures as may not wait inside.
    fn submit(&mut self, buffer: &CVPixelBuffer, input: Input<'_>) -> Result<(), BackendError> {
        let time = moment(input.timestamp);
        let mut options = self.long_term.as_mut().map(LongTerm::options).unwrap_or_default();
        if input.key {
            options.push((
                constant!("ForceKeyFrame", vt::kVTEncodeFrameOptionKey_ForceKeyFrame),
                Value::Bool(true),
            ));
        }
        self.session
            .encode(buffer, time, input.id, &options)
            .map_err(|status| status.failed("take a picture"))?;
        if self.delay == 0 {
            return self.complete(NEVER);
        }
        self.waiting.push_back(time);
        if self.waiting.len() > self.delay
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.complete(oldest)?;
        }
        Ok(())
    }

    /// Waits until the pictures up to `until` have left the encoder.
    fn complete(&self, until: CMTime) -> Result<(), BackendError> {
        self.session.complete(until).map_err(|status| status.failed("finish a picture"))
    }

    /// Emits what has come out.
    fn drain(&mut self, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        while let Some(answer) = self.session.take() {
            Status::check(answer.status).map_err(|status| status.failed("encode a picture"))?;
            let Some(sample) = answer.object else {
                continue;
            };
            if let Some(long_term) = &mut self.long_term {
                long_term.note(FrameId(answer.tag), sample.get());
            }
            let data = self.unit.read(self.codec, sample.get())?;
            if !data.is_empty() {
                let disposable = self.layers > 1 && annexb::is_disposable(self.codec, data);
                emit(Encoded { id: FrameId(answer.tag), data, temporal_layer: disposable.into() });
            }
        }
        Ok(())
    }
}

impl EncoderBackend for VideoToolboxEncoder {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: NAME,
            input: INPUT,
            rate_in_place: true,
            delay: self.delay,
            temporal_layers: self.layers,
            uses_changes: false,
            long_term_references: self.long_term.is_some(),
        }
    }

    /// A [`PixelBufferSurface`] of the session's size and range, and on macOS pixels of Metal of the session's size.
    fn takes(&self, surface: &dyn DeviceSurface) -> bool {
        #[cfg(target_os = "macos")]
        if self.metal.takes(surface, self.size) {
            return true;
        }
        self.own(surface).is_some()
    }

    fn encode(&mut self, input: Input<'_>, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        self.preparation = Preparation::default();
        let buffer = match input.picture {
            InputPicture::Host(picture) => self.copied(picture)?,
            InputPicture::Device(surface) => self.device_buffer(surface)?,
        };
        self.submit(&buffer, input)?;
        self.drain(emit)
    }

    fn flush(&mut self, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        self.waiting.clear();
        self.complete(NEVER)?;
        self.drain(emit)
    }

    fn acknowledge(&mut self, id: FrameId) {
        if let Some(long_term) = &mut self.long_term {
            long_term.acknowledge(id);
        }
    }

    fn recover(&mut self) {
        if let Some(long_term) = &mut self.long_term {
            long_term.recover();
        }
    }

    fn preparation(&self) -> Preparation {
        self.preparation
    }

    fn set_rate(&mut self, rate: Rate) -> Result<(), BackendError> {
        for property in properties::of_rate(rate, self.preset, self.constant_quality) {
            let Err(status) = self.session.set(&property) else {
                continue;
            };
            if status == Status::INVALID_SESSION {
                return Err(status.failed("change its rate"));
            }
            if property.need == Need::Required {
                return Err(refused(&property, status));
            }
        }
        Ok(())
    }
}

/// A session that is ready for pictures.
struct Opened {
    session: Session,
    constant_quality: bool,
    layers: u8,
    long_term: bool,
    notes: Vec<String>,
}

/// Opens a session, for viewers with what has been seen to work, else with what is taken.
fn open(config: &EncoderConfig, coded: Size, findings: &Findings) -> Result<Opened, BackendError> {
    if config.preset != Preset::LowLatency {
        return set_up(config, coded, Knobs::FILE);
    }
    let Order { knobs, note } = findings.order(config.codec);
    let mut notes: Vec<_> = note.into_iter().collect();
    let mut last = None;
    for knobs in knobs {
        match set_up(config, coded, knobs) {
            Ok(mut opened) => {
                opened.notes.append(&mut notes);
                return Ok(opened);
            }
            Err(error) => {
                notes.push(format!("{knobs} cannot be had: {}", error.in_full()));
                last = Some(error);
            }
        }
    }
    Err(last.unwrap_or_else(|| BackendError::failed("VideoToolbox was asked for no session")))
}

fn set_up(config: &EncoderConfig, coded: Size, knobs: Knobs) -> Result<Opened, BackendError> {
    let what = format!("encoder of {} for pictures of {coded}", config.codec);
    let mut notes = Vec::new();
    let session = Session::open(
        config.codec,
        coded,
        &properties::specification(knobs.low_latency),
        &pixel_buffer::attributes(config.color.range, Some(coded)),
    )
    .map_err(|status| status.opening(&what))?;
    set_all(&session, &properties::of(config, knobs), &mut notes)?;
    let constant_quality = match config.quality.map(properties::quality) {
        Some(property) => set(&session, &property, &mut notes)?,
        None => false,
    };
    let rate = properties::of_rate(config.rate, config.preset, constant_quality);
    set_all(&session, &rate, &mut notes)?;
    // Both are known under low-latency rate control alone.
    let layered = config.temporal_layers > 1
        && knobs.low_latency
        && set(&session, &properties::two_layers(), &mut notes)?;
    let long_term = config.long_term_references
        && knobs.low_latency
        && set(&session, &properties::long_term_references(), &mut notes)?;
    session.prepare().map_err(|status| status.opening(&what))?;
    if session.in_hardware() == Some(false) {
        return Err(BackendError::unavailable(format!("VideoToolbox has no hardware for an {what}")));
    }
    Ok(Opened { session, constant_quality, layers: if layered { 2 } else { 1 }, long_term, notes })
}

fn set_all(session: &Session, properties: &[Property], notes: &mut Vec<String>) -> Result<(), BackendError> {
    for property in properties {
        set(session, property, notes)?;
    }
    Ok(())
}

/// Sets a property to the first of its values that is taken; whether one was.
fn set(session: &Session, property: &Property, notes: &mut Vec<String>) -> Result<bool, BackendError> {
    match session.set(property) {
        Ok(()) => Ok(true),
        Err(status) if property.need == Need::Required => Err(refused(property, status)),
        Err(status) => {
            notes.push(format!("{} was refused ({status}) and is left out", property.key.text));
            Ok(false)
        }
    }
}

fn refused(property: &Property, status: Status) -> BackendError {
    BackendError::unsupported(format!(
        "the property {} of this session in VideoToolbox, which answers {status},",
        property.key.text
    ))
}

fn coded_size(size: Size) -> Result<Size, BackendError> {
    let least = |side: u32| side.max(MIN_SIDE).next_multiple_of(2);
    let coded = Size::new(least(size.width()), least(size.height())).ok();
    coded
        .filter(|coded| coded.width() <= MAX_SIDE && coded.height() <= MAX_SIDE)
        .ok_or_else(|| BackendError::unsupported(format!("a picture of {size} in VideoToolbox")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pictures_are_padded_and_too_large_ones_refused() {
        let coded = |width, height| coded_size(Size::new(width, height).expect("a size"));
        assert_eq!(coded(2, 130).expect("a size"), Size::new(64, 130).expect("a size"));
        assert!(matches!(coded(16_384, 16), Err(BackendError::Unsupported { .. })));
    }
}
