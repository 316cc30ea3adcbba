//! Decoding through `VTDecompressionSession`.

mod display;
mod patience;
mod sample;
mod session;
mod sets;
mod stock;

pub(crate) use stock::Lease;

use super::{parameter_sets, pixel_buffer, status::Status, surface::PixelBufferSurface};
use crate::NAME;
use display::{Display, Waiting};
use framewire_bitstream::{StreamFacts, annexb, avcc, h264, hevc};
use framewire_codec::{
    BackendError, Codec, DecodedPicture, DecoderBackend, DecoderConfig, Feature, Features, OutputPicture,
};
use framewire_frame::{Range, Size, Timestamp};
use patience::Patience;
use session::Session;
use sets::{Known, Sets};
use std::sync::Arc;
use stock::Stock;

/// An H.264 or HEVC decoder for progressive 4:2:0 of 8 bits.
///
/// It is opened by the first parameter sets that stand in the stream. When they change, the session goes on where it can,
/// and is replaced by another one where it cannot, after its pictures have come out. Pictures come out in NV12, in the order of
/// their picture order counts: in host memory, or as [`PixelBufferSurface`]s, of which 24 may live at a time.
///
/// VideoToolbox takes its decoder in hardware where there is one for the stream, else one in software; the log (`info`) says
/// which. What the machine does not decode is [unsupported](BackendError::Unsupported), and a session that keeps breaking
/// down has [failed](BackendError::Failed).
pub struct VideoToolboxDecoder {
    codec: Codec,
    surfaces: bool,
    known: Known,
    stream: Option<Stream>,
    display: Display,
    stock: Stock,
    patience: Patience,
    /// What the log has been told of the sessions.
    in_hardware: Option<bool>,
    /// The unit with lengths, used again.
    sample: Vec<u8>,
}

/// What follows from the parameter sets, and the session for them.
struct Stream {
    sets: Sets,
    session: Session,
    facts: Facts,
    /// Whether this session has given a picture.
    works: bool,
}

/// What is read from a sequence parameter set.
#[derive(Clone, Copy)]
struct Facts {
    /// To show.
    size: Size,
    range: Range,
    /// The most pictures that wait for another one.
    reorder: usize,
}

impl VideoToolboxDecoder {
    /// Opens a decoder; the session itself follows with the first parameter sets.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for a stream with a [`Feature`] other than its level and the size of its pictures, which
    /// the session is asked for.
    pub fn open(config: &DecoderConfig) -> Result<Self, BackendError> {
        refuse(&config.features)?;
        Ok(Self {
            codec: config.codec,
            surfaces: config.surfaces,
            known: Known::default(),
            stream: None,
            display: Display::new(config.codec),
            stock: Stock::default(),
            patience: Patience::default(),
            in_hardware: None,
            sample: Vec::new(),
        })
    }

    /// Goes over to the parameter sets of the picture in `unit`, where they differ from those of the session. `begins` says
    /// that a session can begin with the unit.
    fn adopt(&mut self, begins: bool, emit: &mut dyn FnMut(DecodedPicture<'_>)) -> Result<(), BackendError> {
        let Some(sets) = self.known.sets() else { return Ok(()) };
        let is_due = self.stream.as_ref().map_or(begins, |stream| stream.sets != sets);
        if !is_due {
            return Ok(());
        }
        let facts = Facts::read(self.codec, &sets)?;
        let what = format!("decoder of {} for pictures of {}", self.codec, facts.size);
        let description = match parameter_sets::describe(self.codec, &sets.list()) {
            Ok(description) => description,
            Err(status) if sets.are_intact(self.codec) => {
                self.flush(emit)?;
                return Err(status.unsupported(&what));
            }
            Err(status) => {
                let error = BackendError::broken_unit(format!("its parameter sets: {status}"));
                return Err(if begins { self.lost_beginning(error) } else { error });
            }
        };
        // A session gives pictures of one range, whatever its stream has.
        if let Some(stream) = &mut self.stream
            && stream.facts.range == facts.range
            && stream.session.accept(&description)
        {
            (stream.sets, stream.facts) = (sets, facts);
            return Ok(());
        }
        self.flush(emit)?;
        self.stream = None;
        let session = Session::open(description, facts.range).map_err(|status| status.opening(&what))?;
        self.tell(session.in_hardware());
        self.stream = Some(Stream { sets, session, facts, works: false });
        Ok(())
    }

    /// Logs where the pictures are decoded, unless that was said already.
    fn tell(&mut self, in_hardware: Option<bool>) {
        let Some(now) = in_hardware.filter(|_| in_hardware != self.in_hardware) else { return };
        let place = if now { "hardware" } else { "software" };
        tracing::info!("{NAME}: {} is decoded in {place}", self.codec);
        self.in_hardware = in_hardware;
    }

    /// Takes what has come out, and emits all but the pictures that others may have to precede. The first error of a unit
    /// is returned when all pictures are safe.
    fn drain(&mut self, emit: &mut dyn FnMut(DecodedPicture<'_>)) -> Result<(), BackendError> {
        let Some(stream) = &mut self.stream else {
            return Ok(());
        };
        let mut fault: Option<Option<Status>> = None;
        while let Some(answer) = stream.session.take() {
            match (Status::check(answer.status), &answer.object) {
                (Ok(()), Some(image)) if pixel_buffer::range(image.get()) != Some(stream.facts.range) => {
                    return Err(BackendError::failed(
                        "VideoToolbox gave a picture in another format than NV12",
                    ));
                }
                (Ok(()), Some(_)) => {
                    stream.works = true;
                    self.patience.picture();
                }
                (Ok(()), None) => {
                    fault.get_or_insert(None);
                }
                (Err(status), _) => {
                    fault.get_or_insert(Some(status));
                }
            }
            self.display.receive(answer.tag, answer.object);
        }
        let keep = stream.facts.reorder;
        self.show(keep, emit)?;
        match fault {
            None => Ok(()),
            Some(None) => Err(BackendError::broken_unit("VideoToolbox dropped its picture")),
            Some(Some(status)) => Err(self.fault(status)),
        }
    }

    /// Emits pictures until no more than `keep` wait.
    fn show(&mut self, keep: usize, emit: &mut dyn FnMut(DecodedPicture<'_>)) -> Result<(), BackendError> {
        while let Some(Waiting { timestamp, size, image }) = self.display.next(keep) {
            match self.stock.lend().filter(|_| self.surfaces) {
                Some(lease) => {
                    let surface = PixelBufferSurface::decoded(image.into_inner(), size, lease)?;
                    emit(DecodedPicture { picture: OutputPicture::Device(Arc::new(surface)), timestamp });
                }
                None => pixel_buffer::read(image.get(), size, |picture| {
                    emit(DecodedPicture::host(picture, timestamp));
                })?,
            }
        }
        Ok(())
    }

    /// What a status of one unit means for the session.
    fn fault(&mut self, status: Status) -> BackendError {
        if status.is_of_the_pool() {
            self.stock.run_short();
            return BackendError::broken_unit(format!("there is no memory for its picture: {status}"));
        }
        if status.is_of_one_unit() {
            return BackendError::broken_unit(status.to_string());
        }
        let works = self.works();
        match status {
            Status::UNSUPPORTED_DATA if !works => {
                status.unsupported(&format!("decoder of {} for this stream", self.codec))
            }
            // A decoder that worked and says so may have met damaged bytes only.
            Status::UNSUPPORTED_DATA if !self.patience.breakdown() => {
                BackendError::broken_unit(status.to_string())
            }
            // And one that says that it has broken down: the next key frame opens another session.
            Status::DECODER_MALFUNCTION if works && !self.patience.breakdown() => {
                self.stream = None;
                BackendError::broken_unit(status.to_string())
            }
            _ => status.failed("decode a unit"),
        }
    }

    /// What `error`, of a unit that a session was to begin with, means for the decoder. Damage of its bytes explains it, unless
    /// one such unit after the other fares alike.
    fn lost_beginning(&mut self, error: BackendError) -> BackendError {
        if self.patience.breakdown() {
            return BackendError::failed_with("VideoToolbox shows no key frame of this stream", error);
        }
        error
    }

    /// Whether the session has given a picture.
    fn works(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| stream.works)
    }
}

impl DecoderBackend for VideoToolboxDecoder {
    fn decode(
        &mut self,
        unit: &[u8],
        timestamp: Timestamp,
        emit: &mut dyn FnMut(DecodedPicture<'_>),
    ) -> Result<(), BackendError> {
        let place = self.display.read(unit);
        let begins = self.known.read(self.codec, unit);
        self.adopt(begins, emit)?;
        let Some(stream) = &self.stream else {
            return Err(BackendError::broken_unit(
                "a session begins with a key frame and its parameter sets",
            ));
        };
        self.sample.clear();
        for nal in annexb::nals(unit).filter(|nal| belongs_in_sample(self.codec, *nal)) {
            avcc::push_nal(nal, sample::LENGTH_SIZE, &mut self.sample)
                .map_err(|error| BackendError::broken_unit(error.to_string()))?;
        }
        if self.sample.is_empty() {
            return Err(BackendError::broken_unit("it has no slice"));
        }
        let worked = stream.works;
        let number = self.display.send(place, timestamp, stream.facts.size);
        let taken = stream.session.decode(&self.sample, timestamp, number);
        let mut result = self.drain(emit);
        if let Err(status) = taken {
            // An answer that has not come by now will not come.
            self.display.receive(number, None);
            result = result.and_then(|()| Err(self.fault(status)));
        }
        match result {
            Err(error @ BackendError::BrokenUnit { .. }) if begins && !worked => {
                Err(self.lost_beginning(error))
            }
            other => other,
        }
    }

    fn flush(&mut self, emit: &mut dyn FnMut(DecodedPicture<'_>)) -> Result<(), BackendError> {
        let finished = self.stream.as_ref().map_or(Ok(()), |stream| stream.session.finish());
        let drained = self.drain(emit);
        self.show(0, emit)?;
        finished.map_err(|status| status.failed("finish its pictures"))?;
        match drained {
            // Its unit has been given up already.
            Err(BackendError::BrokenUnit { .. }) => Ok(()),
            other => other,
        }
    }
}

/// Refuses a stream with a feature, but for its level and the size of its pictures: VideoToolbox itself knows what the machine
/// can do, and says so when the session opens or the first unit comes.
fn refuse(features: &Features) -> Result<(), BackendError> {
    let is_measure = |feature: &Feature| matches!(feature, Feature::Level(_) | Feature::LargePictures);
    let lacking: Features = features.iter().filter(|feature| !is_measure(feature)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    Err(BackendError::unsupported(format!("a stream with {lacking}")))
}

/// Whether `nal` goes into a sample: parameter sets stand in the format description, delimiters nowhere, and the layers above
/// the base layer are not decoded.
fn belongs_in_sample(codec: Codec, nal: annexb::Nal<'_>) -> bool {
    match codec {
        Codec::H264 => !matches!(
            nal.h264_type(),
            h264::NalType::Sps
                | h264::NalType::Pps
                | h264::NalType::SpsExtension
                | h264::NalType::AccessUnitDelimiter
        ),
        Codec::Hevc if nal.hevc_layer() > 0 => false,
        Codec::Hevc => !matches!(
            nal.hevc_type(),
            hevc::NalType::Vps | hevc::NalType::Sps | hevc::NalType::Pps | hevc::NalType::AccessUnitDelimiter
        ),
    }
}

impl Facts {
    fn read(codec: Codec, sets: &Sets) -> Result<Self, BackendError> {
        let broken = |error: framewire_bitstream::Error| BackendError::broken_unit(error.to_string());
        refuse(&Features::of_sps(codec, sets.sps()).map_err(broken)?)?;
        let facts = StreamFacts::from_sps(codec, sets.sps()).map_err(broken)?;
        let size = Size::new(facts.display.width, facts.display.height)
            .map_err(|error| BackendError::broken_unit(error.to_string()))?;
        let full = facts.video_signal.is_some_and(|signal| signal.full_range);
        let range = if full { Range::Full } else { Range::Limited };
        Ok(Self { size, range, reorder: facts.reorder_frames.into() })
    }
}
