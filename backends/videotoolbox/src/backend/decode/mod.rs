//! Decoding through `VTDecompressionSession`.

mod display;
mod sample;
mod session;
mod sets;
mod stock;

pub(crate) use stock::Lease;

use super::{parameter_sets, pixel_buffer, status::Status, surface::PixelBufferSurface};
use display::{Display, Waiting};
use framewire_bitstream::{StreamFacts, annexb, avcc, h264, hevc};
use framewire_codec::{BackendError, Codec, DecodedPicture, DecoderBackend, DecoderConfig, OutputPicture};
use framewire_frame::{Range, Size, Timestamp};
use session::Session;
use sets::{Known, Sets};
use std::sync::Arc;
use stock::Stock;

/// An H.264 or HEVC decoder for progressive 4:2:0 of 8 bits.
///
/// It is opened by the first parameter sets that stand in the stream. When they change, the session goes on where it can,
/// and is replaced by another one where it cannot, after its pictures have come out. Pictures come out in NV12, in the order of
/// their picture order counts: in host memory, or as [`PixelBufferSurface`]s, of which 24 may live at a time.
pub struct VideoToolboxDecoder {
    codec: Codec,
    surfaces: bool,
    known: Known,
    stream: Option<Stream>,
    display: Display,
    stock: Stock,
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
    /// [`BackendError::Unsupported`] for a stream with any [feature](framewire_codec::Feature) that a decoder may lack.
    pub fn open(config: &DecoderConfig) -> Result<Self, BackendError> {
        if !config.features.is_empty() {
            return Err(BackendError::unsupported(format!("a stream with {}", config.features)));
        }
        Ok(Self {
            codec: config.codec,
            surfaces: config.surfaces,
            known: Known::default(),
            stream: None,
            display: Display::new(config.codec),
            stock: Stock::default(),
            sample: Vec::new(),
        })
    }

    /// Goes over to the parameter sets of the picture in `unit`, where they differ from those of the session.
    fn adopt(&mut self, unit: &[u8], emit: &mut dyn FnMut(DecodedPicture<'_>)) -> Result<(), BackendError> {
        let begins = self.known.read(self.codec, unit);
        let Some(sets) = self.known.sets() else { return Ok(()) };
        let is_due = self.stream.as_ref().map_or(begins, |stream| stream.sets != sets);
        if !is_due {
            return Ok(());
        }
        let facts = Facts::read(self.codec, &sets)?;
        let description = parameter_sets::describe(self.codec, &sets.list())
            .map_err(|status| BackendError::broken_unit(format!("its parameter sets: {status}")))?;
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
        let session = Session::open(description, facts.range).map_err(|status| {
            status.opening(&format!("decoder of {} for pictures of {}", self.codec, facts.size))
        })?;
        self.stream = Some(Stream { sets, session, facts, works: false });
        Ok(())
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
                (Ok(()), Some(_)) => stream.works = true,
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
        // A decoder that worked and says that it has broken down may have met damaged bytes only: the next key frame opens
        // another session.
        if status == Status::DECODER_MALFUNCTION && self.stream.as_ref().is_some_and(|stream| stream.works) {
            self.stream = None;
            return BackendError::broken_unit(status.to_string());
        }
        status.failed("decode a unit")
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
        self.adopt(unit, emit)?;
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
        let number = self.display.send(place, timestamp, stream.facts.size);
        let taken = stream.session.decode(&self.sample, timestamp, number);
        let drained = self.drain(emit);
        match taken {
            // The callback has told the reason for one unit already.
            Err(status) => Err(drained.err().unwrap_or_else(|| self.fault(status))),
            Ok(()) => drained,
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

/// Whether `nal` goes into a sample: parameter sets stand in the format description, delimiters nowhere.
fn belongs_in_sample(codec: Codec, nal: annexb::Nal<'_>) -> bool {
    match codec {
        Codec::H264 => !matches!(
            nal.h264_type(),
            h264::NalType::Sps
                | h264::NalType::Pps
                | h264::NalType::SpsExtension
                | h264::NalType::AccessUnitDelimiter
        ),
        Codec::Hevc => !matches!(
            nal.hevc_type(),
            hevc::NalType::Vps | hevc::NalType::Sps | hevc::NalType::Pps | hevc::NalType::AccessUnitDelimiter
        ),
    }
}

impl Facts {
    fn read(codec: Codec, sets: &Sets) -> Result<Self, BackendError> {
        let facts = StreamFacts::from_sps(codec, sets.sps())
            .map_err(|error| BackendError::broken_unit(error.to_string()))?;
        let size = Size::new(facts.display.width, facts.display.height)
            .map_err(|error| BackendError::broken_unit(error.to_string()))?;
        let full = facts.video_signal.is_some_and(|signal| signal.full_range);
        let range = if full { Range::Full } else { Range::Limited };
        Ok(Self { size, range, reorder: facts.reorder_frames.into() })
    }
}
