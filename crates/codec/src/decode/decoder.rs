use super::{
    DecodedPicture, DecoderBackend, DecoderConfig,
    parameters::{Lesson, Look, ParameterSets},
};
use crate::{BackendError, Choice, Codec, DecodeError, Refusal, Roster};
use framewire_bitstream::limits::MAX_ACCESS_UNIT_BYTES;
use framewire_frame::{Color, PictureRef, Timestamp};
use std::num::NonZeroUsize;

/// A decoder over the best backend that works.
///
/// It opens with the first parameter sets in the stream, follows a change of them, and takes whole access units. A broken
/// unit is an error of that call alone: ask for a key frame and go on. A backend that fails is replaced with the next key
/// frame, which is shown if there is another candidate. Calls block; the caller chooses the thread.
pub struct Decoder {
    roster: Roster,
    choice: Choice,
    codec: Codec,
    threads: Option<NonZeroUsize>,
    sets: ParameterSets,
    session: Option<Session>,
    /// Candidates that failed while they ran, or do not exist on this machine.
    broken: Vec<Refusal>,
}

struct Session {
    name: &'static str,
    backend: Box<dyn DecoderBackend>,
    look: Look,
}

/// One picture of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// I420, cropped to the size to show; valid until the closure that gets it returns.
    pub picture: PictureRef<'a>,
    /// The timestamp of its own access unit.
    pub timestamp: Timestamp,
    /// What the samples mean, from the parameter sets.
    pub color: Color,
}

impl Decoder {
    /// A decoder that opens later, with the first parameter sets.
    pub fn new(roster: &Roster, choice: &Choice, codec: Codec) -> Self {
        Self {
            roster: roster.clone(),
            choice: choice.clone(),
            codec,
            threads: None,
            sets: ParameterSets::default(),
            session: None,
            broken: Vec::new(),
        }
    }

    /// The same with so many threads; `None` leaves it to the backend.
    #[must_use]
    pub fn with_threads(self, threads: Option<NonZeroUsize>) -> Self {
        Self { threads, ..self }
    }

    /// The name of the candidate in use; `None` before the first parameter sets.
    pub fn name(&self) -> Option<&'static str> {
        self.session.as_ref().map(|session| session.name)
    }

    /// Decodes one whole access unit (Annex B) and emits the pictures that are ready, in the order to show.
    ///
    /// # Errors
    /// The unit shows nothing; go on with the next one. See [`DecodeError`].
    pub fn decode(
        &mut self,
        unit: &[u8],
        timestamp: Timestamp,
        emit: &mut dyn FnMut(Decoded<'_>),
    ) -> Result<(), DecodeError> {
        if unit.len() > MAX_ACCESS_UNIT_BYTES {
            return Err(DecodeError::broken(format!("it has {} bytes", unit.len())));
        }
        let Lesson { look, fault, nals, key } = self.sets.read(self.codec, unit);
        if nals == 0 {
            // To some backends no bytes mean the end of the stream.
            return Err(DecodeError::broken("it holds no NAL unit"));
        }
        let changed =
            self.session.as_ref().is_some_and(|session| look.is_some_and(|look| look != session.look));
        if changed && let Err(error) = self.flush(emit) {
            // The pictures before the change are lost; the unit at hand is not.
            tracing::warn!("the last pictures of a size are lost: {error}");
        }
        // Every round but the last loses one candidate.
        loop {
            let session = match (&mut self.session, look) {
                (Some(session), _) => session,
                (None, Some(look)) => self.open(look)?,
                (None, None) => {
                    let why = fault
                        .map_or("no parameter sets came before it".to_owned(), |fault| fault.to_string());
                    return Err(DecodeError::broken(why));
                }
            };
            session.look = look.unwrap_or(session.look);
            let color = session.look.color;
            let mut forward = |picture: DecodedPicture<'_>| emit(Decoded::new(picture, color));
            let Err(error) = session.backend.decode(unit, timestamp, &mut forward) else { return Ok(()) };
            let error = self.trouble(error);
            if self.session.is_some() || !key {
                return Err(error);
            }
        }
    }

    /// Emits the pictures that are still inside. Go on with a key frame afterwards.
    pub fn flush(&mut self, emit: &mut dyn FnMut(Decoded<'_>)) -> Result<(), DecodeError> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let color = session.look.color;
        let result = session.backend.flush(&mut |picture| emit(Decoded::new(picture, color)));
        result.map_err(|error| self.trouble(error))
    }

    fn open(&mut self, look: Look) -> Result<&mut Session, DecodeError> {
        let config = DecoderConfig { codec: self.codec, size: look.size, threads: self.threads };
        let selected = self.roster.open_decoder(&self.choice, &config, &self.broken).inspect_err(|_| {
            // The next key frame tries them all again.
            self.broken.clear();
        })?;
        selected.warn(self.codec.name());
        Ok(self.session.insert(Session { name: selected.name, backend: selected.session, look }))
    }

    /// What an error of the backend means to the caller; ends the session unless it can go on.
    fn trouble(&mut self, error: BackendError) -> DecodeError {
        if let BackendError::BrokenUnit { message } = error {
            return DecodeError::broken(message);
        }
        let name = self.session.take().map_or("", |session| session.name);
        self.broken.push(Refusal { lasting: true, ..Refusal::new(name, &error) });
        DecodeError::Failed { name, source: error }
    }
}

impl<'a> Decoded<'a> {
    fn new(decoded: DecodedPicture<'a>, color: Color) -> Self {
        Self { picture: decoded.picture, timestamp: decoded.timestamp, color }
    }
}
