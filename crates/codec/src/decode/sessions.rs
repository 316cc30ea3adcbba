use super::{
    DecodedPicture, DecoderBackend, DecoderConfig, Features,
    parameters::{Lesson, Look, ParameterSets},
};
use crate::{BackendError, Choice, Codec, DecodeError, Refusal, Roster};
use framewire_bitstream::limits::MAX_ACCESS_UNIT_BYTES;
use framewire_frame::{Color, Timestamp};
use std::num::NonZeroUsize;

/// Follows a stream from one session to the next: reads its parameter sets, opens the best candidate, and replaces one that
/// fails.
pub(super) struct Sessions {
    roster: Roster,
    choice: Choice,
    codec: Codec,
    pub(super) threads: Option<NonZeroUsize>,
    /// Whether pictures may come on a device.
    surfaces: bool,
    sets: ParameterSets,
    session: Option<Session>,
    /// Candidates that failed while they ran.
    broken: Vec<Refusal>,
    /// How many of them were told of.
    told: usize,
}

/// Takes a picture with what its samples mean. An error ends the session: it is of a picture that no backend may give.
pub(super) type Emit<'a> = &'a mut dyn FnMut(DecodedPicture<'_>, Color) -> Result<(), BackendError>;

struct Session {
    name: &'static str,
    backend: Box<dyn DecoderBackend>,
    look: Look,
    /// What it was opened for.
    features: Features,
}

impl Sessions {
    /// None is open before the first parameter sets.
    pub(super) fn new(roster: &Roster, choice: &Choice, codec: Codec, surfaces: bool) -> Self {
        Self {
            roster: roster.clone(),
            choice: choice.clone(),
            codec,
            threads: None,
            surfaces,
            sets: ParameterSets::default(),
            session: None,
            broken: Vec::new(),
            told: 0,
        }
    }

    /// The name of the candidate in use; `None` before the first parameter sets.
    pub(super) fn name(&self) -> Option<&'static str> {
        self.session.as_ref().map(|session| session.name)
    }

    /// The candidates that failed while they ran, each with its reason, since none was left the last time.
    pub(super) fn failed(&self) -> &[Refusal] {
        &self.broken
    }

    /// Decodes one whole access unit (Annex B) and emits the pictures that are ready, in the order to show.
    pub(super) fn decode(
        &mut self,
        unit: &[u8],
        timestamp: Timestamp,
        emit: Emit<'_>,
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
            // The unit at hand is not lost with them.
            tracing::warn!("the last pictures before a change did not come: {error}");
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
            let result = session.run(emit, |backend, emit| backend.decode(unit, timestamp, emit));
            let Err(error) = result else { return Ok(()) };
            let error = self.trouble(error);
            if self.session.is_some() || !key {
                return Err(error);
            }
        }
    }

    /// Emits the pictures that are still inside.
    pub(super) fn flush(&mut self, emit: Emit<'_>) -> Result<(), DecodeError> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let result = session.run(emit, |backend, emit| backend.flush(emit));
        result.map_err(|error| self.trouble(error))
    }

    fn open(&mut self, look: Look, features: Features) -> Result<Session, DecodeError> {
        let Self { codec, threads, surfaces, .. } = *self;
        let config = DecoderConfig { codec, size: look.size, features, threads, surfaces };
        let selected = self.roster.open_decoder(&self.choice, &config, &self.broken).inspect_err(|_| {
            // The next key frame tries them all again.
            self.broken.clear();
            self.told = 0;
        })?;
        self.tell(selected.name, &selected.refused);
        Ok(Session { name: selected.name, backend: selected.session, look, features: config.features })
    }

    /// Warns of whom `name` replaces in the middle of the stream, once, and of those that did not open.
    fn tell(&mut self, name: &str, refused: &[Refusal]) {
        let codec = self.codec;
        for Refusal { name: failed, why, .. } in self.broken.iter().skip(self.told) {
            tracing::warn!("{failed} failed to decode {codec} ({why}); {name} goes on");
        }
        self.told = self.broken.len();
        let refused: Vec<_> =
            refused.iter().filter(|refusal| !self.broken.contains(refusal)).cloned().collect();
        if !refused.is_empty() {
            tracing::warn!("{name} decodes {codec}, because {}", Refusal::list(&refused));
        }
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
    /// Lets the backend do `work` and hands on what it emits.
    fn run(
        &mut self,
        emit: Emit<'_>,
        work: impl FnOnce(&mut dyn DecoderBackend, &mut dyn FnMut(DecodedPicture<'_>)) -> Result<(), BackendError>,
    ) -> Result<(), BackendError> {
        let mut unfit = None;
        let mut forward = |decoded: DecodedPicture<'_>| {
            if let Err(error) = emit(decoded, self.look.color) {
                unfit = Some(error);
            }
        };
        work(&mut *self.backend, &mut forward)?;
        unfit.map_or(Ok(()), Err)
    }
}
