//! Encoding through `VTCompressionSession`.

mod annexb;
mod intake;
mod long_term;
mod open;
mod probe;
mod properties;
mod session;

use super::{
    dictionary::{Value, constant},
    outbox::Handed,
    status::Status,
    time::{NEVER, moment},
};
use crate::NAME;
use annexb::Unit;
use framewire_bitstream::CodecString;
use framewire_codec::{
    BackendError, Capabilities, Codec, Encoded, EncoderBackend, EncoderConfig, Input, InputPicture,
    Preparation, Preset, Rate,
};
use framewire_frame::{DeviceSurface, FrameId, Size};
use intake::Intake;
use long_term::LongTerm;
use objc2_core_media::{CMSampleBuffer, CMTime};
use objc2_core_video::CVPixelBuffer;
use objc2_video_toolbox as vt;
use open::{Opened, coded_size, refused};
pub use probe::Findings;
pub(crate) use probe::supported;
use properties::{Need, RateControl};
use session::Session;
use std::collections::VecDeque;

/// How many pictures may wait inside in the presets for files.
const FILE_DELAY: usize = 3;
/// The most that wait inside at a viewer's wish: more would be a second's delay and many pool buffers.
const MAX_DELAY: usize = 8;

/// An H.264 or HEVC encoder.
///
/// The preset `low-latency` gives one access unit for one picture, under Apple's low-latency rate control where the machine
/// has it, or holds back as many as the config allows; the others let three pictures wait inside. Bitrate and frame rate
/// change in place. Two temporal layers where the machine has low-latency rate control, no intra refresh. A picture that
/// the encoder drops gives no unit.
pub struct VideoToolboxEncoder {
    session: Session,
    codec: Codec,
    delay: usize,
    rate_control: RateControl,
    layers: u8,
    /// Where the session keeps such pictures.
    long_term: Option<LongTerm>,
    intake: Intake,
    /// The moments of the pictures that may still be inside, the oldest first; at most as many as the delay.
    waiting: VecDeque<CMTime>,
    unit: Unit,
    notes: Vec<String>,
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
        let opened = open::open(config, coded, findings)?;
        for note in &opened.notes {
            tracing::debug!("{NAME}: {note}");
        }
        if config.quality.is_some() && !opened.rate_control.constant_quality {
            tracing::warn!(
                "VideoToolbox has no constant quality on this machine: a bitrate is aimed at instead"
            );
        }
        Ok(Self::new(opened, config, coded))
    }

    fn new(opened: Opened, config: &EncoderConfig, coded: Size) -> Self {
        Self {
            session: opened.session,
            codec: config.codec,
            delay: delay(config),
            rate_control: opened.rate_control,
            layers: opened.layers,
            long_term: opened.long_term.then(LongTerm::default),
            intake: Intake::new(config.size, coded, config.color),
            waiting: VecDeque::new(),
            unit: Unit::default(),
            notes: opened.notes,
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

    /// Emits what has come out. The first error is returned when all units are safe.
    fn drain(&mut self, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        let mut result = Ok(());
        while let Some(answer) = self.session.take() {
            let emitted = Status::check(answer.status)
                .map_err(|status| status.failed("encode a picture"))
                .and_then(|()| self.emit(answer.tag, answer.object, emit));
            result = result.and(emitted);
        }
        result
    }

    /// Emits the unit of one picture; a picture that was dropped has no sample.
    fn emit(
        &mut self,
        tag: u64,
        sample: Option<Handed<CMSampleBuffer>>,
        emit: &mut dyn FnMut(Encoded<'_>),
    ) -> Result<(), BackendError> {
        let Some(sample) = sample else { return Ok(()) };
        let id = FrameId(tag);
        if let Some(long_term) = &mut self.long_term {
            long_term.note(id, sample.get());
        }
        let data = self.unit.read(self.codec, sample.get())?;
        if !data.is_empty() {
            let disposable = self.layers > 1 && annexb::is_disposable(self.codec, data);
            emit(Encoded { id, data, temporal_layer: disposable.into() });
        }
        Ok(())
    }
}

impl EncoderBackend for VideoToolboxEncoder {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: NAME,
            input: intake::FORMATS,
            rate_in_place: true,
            delay: self.delay,
            temporal_layers: self.layers,
            uses_changes: false,
            long_term_references: self.long_term.is_some(),
        }
    }

    /// A [`PixelBufferSurface`](crate::PixelBufferSurface) of the session's size: of NV12 in its range, and of RGBA or BGRA,
    /// which is converted by pixel transfer; and on macOS pixels of Metal of the session's size.
    fn takes(&self, surface: &dyn DeviceSurface) -> bool {
        self.intake.takes(surface)
    }

    fn encode(&mut self, input: Input<'_>, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        let buffer = match input.picture {
            InputPicture::Host(picture) => self.intake.host(picture, &self.session),
            InputPicture::Device(surface) => self.intake.device(surface, &self.session),
        };
        // What is inside may have come out though this picture was refused.
        let submitted = buffer.and_then(|buffer| self.submit(&buffer, input));
        submitted.and(self.drain(emit))
    }

    fn flush(&mut self, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        self.waiting.clear();
        let completed = self.complete(NEVER);
        completed.and(self.drain(emit))
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
        self.intake.preparation()
    }

    fn set_rate(&mut self, rate: Rate) -> Result<(), BackendError> {
        for property in properties::of_rate(rate, self.rate_control) {
            let Err(status) = self.session.set(&property) else {
                continue;
            };
            tracing::debug!("{NAME}: {} was refused ({status}) at a change of rate", property.key.text);
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

/// How many pictures may wait inside.
fn delay(config: &EncoderConfig) -> usize {
    match config.preset {
        Preset::LowLatency => usize::from(config.pipeline_depth).min(MAX_DELAY),
        Preset::Fast | Preset::Quality => FILE_DELAY,
    }
}
