use super::{
    DecodedPicture, DecoderBackend, DecoderConfig, Features,
    output::Output,
    parameters::{Lesson, Look, ParameterSets},
};
use crate::{BackendError, Choice, Codec, DecodeError, Refusal, Roster};
use framewire_bitstream::limits::MAX_ACCESS_UNIT_BYTES;
use framewire_frame::{Color, PictureRef, PixelFormat, Timestamp};
use std::num::NonZeroUsize;

/// A decoder over the best backend that works.
///
/// It opens with the first parameter sets in the stream, follows a change of them, and takes whole access units. What a
/// stream uses that no candidate can decode is named in an error of the first unit that uses it ([`Features`]). A broken
/// unit is an error of that call alone: ask for a key frame and go on. A backend that fails is replaced with the next key
/// frame, which is shown if there is another candidate. Calls block; the caller chooses the thread.
pub struct Decoder {
    roster: Roster,
    choice: Choice,
    codec: Codec,
    threads: Option<NonZeroUsize>,
    sets: ParameterSets,
    output: Output,
    session: Option<Session>,
    /// Candidates that failed while they ran, or do not exist on this machine.
    broken: Vec<Refusal>,
}

struct Session {
    name: &'static str,
    backend: Box<dyn DecoderBackend>,
    look: Look,
    /// What it was opened for.
    features: Features,
}

/// One picture of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// In the format of the output, cropped to the size to show; valid until the closure that gets it returns.
    pub picture: PictureRef<'a>,
    /// The timestamp of its own access unit.
    pub timestamp: Timestamp,
    /// What the coded samples mean, from the parameter sets.
    pub color: Color,
}

impl Decoder {
    /// A decoder that opens later, with the first parameter sets. Its output is I420.
    pub fn new(roster: &Roster, choice: &Choice, codec: Codec) -> Self {
        Self {
            roster: roster.clone(),
            choice: choice.clone(),
            codec,
            threads: None,
            sets: ParameterSets::default(),
            output: Output::new(PixelFormat::I420),
            session: None,
            broken: Vec::new(),
        }
    }

    /// The same with so many threads; `None` leaves it to the backend.
    #[must_use]
    pub fn with_threads(self, threads: Option<NonZeroUsize>) -> Self {
        Self { threads, ..self }
    }

    /// The same with its output in `format`: pictures that the backend gives in another one are converted, RGB by the colour
    /// of their own parameter sets.
    #[must_use]
    pub fn with_output(self, format: PixelFormat) -> Self {
        Self { output: Output::new(format), ..self }
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
        let Lesson { look, features, fault, nals, key } = self.sets.read(self.codec, unit);
        if nals == 0 {
            // To some backends no bytes mean the end of the stream.
            return Err(DecodeError::broken("it holds no NAL unit"));
        }
        let beyond = self.session.as_ref().is_some_and(|session| !features.is_within(&session.features));
        if beyond && !key {
            // Another session could not begin here, and a damaged header may say anything.
            return Err(DecodeError::broken(format!("it uses {features}, and no key frame did")));
        }
        let changed =
            self.session.as_ref().is_some_and(|session| look.is_some_and(|look| look != session.look));
        if (changed || beyond)
            && let Err(error) = self.flush(emit)
        {
            // The pictures before the change are lost; the unit at hand is not.
            tracing::warn!("the last pictures before a change are lost: {error}");
        }
        if beyond {
            self.session = None;
        }
        // Every round but the last loses one candidate.
        loop {
            let session = match (&mut self.session, look) {
                (Some(session), _) => session,
                (None, Some(look)) => {
                    let opened = self.open(look, features.clone())?;
                    self.session.insert(opened)
                }
                (None, None) => {
                    let why = fault
                        .map_or("no parameter sets came before it".to_owned(), |fault| fault.to_string());
                    return Err(DecodeError::broken(why));
                }
            };
            session.look = look.unwrap_or(session.look);
            let result =
                session.run(&mut self.output, emit, |backend, emit| backend.decode(unit, timestamp, emit));
            let Err(error) = result else { return Ok(()) };
            let error = self.trouble(error);
            if self.session.is_some() || !key {
                return Err(error);
            }
        }
    }

    /// Emits the pictures that are still inside. Go on with a key frame afterwards.
    pub fn flush(&mut self, emit: &mut dyn FnMut(Decoded<'_>)) -> Result<(), DecodeError> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let result = session.run(&mut self.output, emit, |backend, emit| backend.flush(emit));
        result.map_err(|error| self.trouble(error))
    }

    fn open(&mut self, look: Look, features: Features) -> Result<Session, DecodeError> {
        let Self { codec, threads, .. } = *self;
        let config = DecoderConfig { codec, size: look.size, features, threads };
        let selected = self.roster.open_decoder(&self.choice, &config, &self.broken).inspect_err(|_| {
            // The next key frame tries them all again.
            self.broken.clear();
        })?;
        selected.warn(self.codec.name());
        Ok(Session { name: selected.name, backend: selected.session, look, features: config.features })
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

impl Session {
    /// Lets the backend do `work` and hands on what it emits, in the format of the output.
    fn run(
        &mut self,
        output: &mut Output,
        emit: &mut dyn FnMut(Decoded<'_>),
        work: impl FnOnce(&mut dyn DecoderBackend, &mut dyn FnMut(DecodedPicture<'_>)) -> Result<(), BackendError>,
    ) -> Result<(), BackendError> {
        let mut unfit = None;
        let mut forward = |decoded: DecodedPicture<'_>| match output.shape(decoded, self.look.color) {
            Ok(decoded) => emit(decoded),
            Err(error) => unfit = Some(error),
        };
        work(&mut *self.backend, &mut forward)?;
        unfit.map_or(Ok(()), Err)
    }
}
