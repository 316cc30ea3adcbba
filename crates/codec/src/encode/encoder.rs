use super::{
    EncoderConfig,
    key::KeyRequest,
    session::{Order, Session, Timing, Trouble},
};
use crate::{AccessUnit, BackendError, Choice, EncodeError, OpenError, Rate, Refusal, Roster, Selected};
use framewire_convert::ChangeMap;
use framewire_frame::{Frame, FrameId, PixelFormat, Timestamp};

/// An encoder of any frames, over the best backend that works.
///
/// Frames of every size and format go in, checked access units come out. A change of size or colour, and a change of rate
/// that the backend cannot make in place, opens another session, whose first unit is a key frame; so does a backend
/// that fails, which is replaced by the next candidate of the roster, with a warning in the log and a [`Fallback`] for
/// the viewers; earlier frames that a pipeline still held back are lost with it.
///
/// Calls block; the caller chooses the thread. Dropping it discards what [`Encoder::flush`] would give.
pub struct Encoder {
    roster: Roster,
    choice: Choice,
    config: EncoderConfig,
    session: Option<Session>,
    /// The name of the last session.
    name: &'static str,
    /// Candidates that failed while they ran, or do not exist on this machine: not tried again.
    broken: Vec<Refusal>,
    key: KeyRequest,
    /// Units that wait for the next call to return them.
    ready: Vec<AccessUnit>,
    notices: Vec<Fallback>,
    timing: Timing,
    track_changes: bool,
}

/// One encoder was replaced by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// The one that was in use or asked for.
    pub from: String,
    /// The one that is in use now.
    pub to: String,
    /// Who refused and why.
    pub why: String,
}

/// Notices that are kept for a caller who does not take them.
const MAX_NOTICES: usize = 16;

impl Encoder {
    /// Opens a session of the chosen candidate, or of another one with a warning.
    ///
    /// # Errors
    /// [`OpenError`] names every candidate that was tried and why it refused.
    pub fn open(roster: &Roster, choice: &Choice, config: EncoderConfig) -> Result<Self, OpenError> {
        let mut encoder = Self {
            roster: roster.clone(),
            choice: choice.clone(),
            config,
            session: None,
            name: "",
            broken: Vec::new(),
            key: KeyRequest::Armed,
            ready: Vec::new(),
            notices: Vec::new(),
            timing: Timing::default(),
            track_changes: false,
        };
        encoder.session = Some(encoder.open_session()?);
        Ok(encoder)
    }

    /// Encodes `frame` and returns the units that are ready: one, where the backend holds none back.
    ///
    /// `timestamp` is the real moment of the frame, never a count. Ids and timestamps grow, with gaps of any length.
    ///
    /// # Errors
    /// When the frame could not be fetched from its device, or when no candidate is left that works. The encoder
    /// stays usable; the next call tries again.
    pub fn encode(
        &mut self,
        frame: &Frame,
        id: FrameId,
        timestamp: Timestamp,
    ) -> Result<Vec<AccessUnit>, EncodeError> {
        if self.session.as_ref().is_none_or(|session| !session.fits(frame)) {
            self.close();
            self.config.size = frame.size();
            self.config.color = frame.color;
        }
        // Every round but the last loses one candidate.
        loop {
            let mut session = match self.session.take() {
                Some(session) => session,
                None => self.open_session()?,
            };
            let settled = self.ready.len();
            let key = self.key.ask(session.delay);
            match session.encode(frame, Order { id, timestamp, key }, &mut self.ready) {
                Ok(timing) => {
                    self.session = Some(session);
                    self.timing = timing;
                    self.look_for_key(settled);
                    self.key.picture_done();
                    return Ok(std::mem::take(&mut self.ready));
                }
                Err(Trouble::Frame(error)) => {
                    self.session = Some(session);
                    self.key.flushed();
                    return Err(error);
                }
                Err(Trouble::Backend(error)) => {
                    // What a failing call has emitted is not to be trusted; this frame comes again.
                    self.ready.truncate(settled);
                    self.give_up(session.name, &error);
                }
            }
        }
    }

    /// Returns the units of all frames that are still inside. Call it when no frame follows for a while.
    ///
    /// A backend that fails at it is replaced with the next frame.
    #[must_use]
    pub fn flush(&mut self) -> Vec<AccessUnit> {
        self.drain();
        std::mem::take(&mut self.ready)
    }

    /// Asks for a key frame. The request stays armed until a key frame has come out.
    pub fn request_keyframe(&mut self) {
        self.key.arm();
    }

    /// Changes the rate, in place where the backend can. Where it cannot, or fails at it, the next frame opens another
    /// session and is a key frame.
    pub fn set_rate(&mut self, rate: Rate) {
        if rate == self.config.rate {
            return;
        }
        self.config.rate = rate;
        let Some(session) = &mut self.session else { return };
        match session.backend.set_rate(rate) {
            Ok(()) => {}
            Err(BackendError::Unsupported { .. }) => self.close(),
            Err(error) => {
                let name = session.name;
                self.close();
                self.give_up(name, &error);
            }
        }
    }

    /// The name of the candidate in use.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The format that the session in use takes without a conversion and likes best, so that a source can be asked for
    /// it; `None` between two sessions.
    pub fn preferred_format(&self) -> Option<PixelFormat> {
        self.session.as_ref()?.backend.capabilities().input.first().copied()
    }

    /// What is being made: the last frame's size and colour, the last rate.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// The fallbacks since the last call, the newest last.
    pub fn take_notices(&mut self) -> Vec<Fallback> {
        std::mem::take(&mut self.notices)
    }

    /// How long the last frame took.
    pub fn last_timing(&self) -> Timing {
        self.timing
    }

    /// Whether conversions also say which blocks have changed.
    pub fn track_changes(&mut self, on: bool) {
        self.track_changes = on;
        if let Some(session) = &mut self.session {
            session.prepare.track_changes(on);
        }
    }

    /// Which blocks of the last frame differ from those of the frame before it; `None` unless changes are tracked and
    /// the frame was converted.
    pub fn last_changes(&self) -> Option<&ChangeMap> {
        self.session.as_ref()?.prepare.changes()
    }

    /// Opens a session for the current config. When nothing works, the candidates that failed are forgiven, so that
    /// the next call tries them all again.
    fn open_session(&mut self) -> Result<Session, OpenError> {
        let config = EncoderConfig { size: self.config.size.padded_to_even(), ..self.config.clone() };
        let opened = self.roster.open_encoder(&self.choice, &config, &self.broken);
        let selected = match opened {
            Ok(selected) => selected,
            Err(error) => {
                self.broken.clear();
                return Err(error);
            }
        };
        self.notice(&selected);
        let Selected { name, session: backend, refused } = selected;
        let lasting = refused.into_iter().filter(|refusal| refusal.lasting);
        let unknown: Vec<_> = lasting.filter(|refusal| !self.broken.contains(refusal)).collect();
        self.broken.extend(unknown);
        self.name = name;
        self.key.arm_anew();
        let mut session = Session::new(name, backend, &self.config);
        session.prepare.track_changes(self.track_changes);
        Ok(session)
    }

    /// Says that another encoder is used than the one before or the first choice, if it is so.
    fn notice<T>(&mut self, selected: &Selected<T>) {
        let wanted = selected.refused.first().map_or("", |first| first.name.as_str());
        let from = if self.name.is_empty() { wanted } else { self.name };
        if selected.refused.is_empty() || from == selected.name {
            return;
        }
        selected.warn(self.config.codec.name());
        if self.notices.len() == MAX_NOTICES {
            self.notices.remove(0);
        }
        self.notices.push(Fallback {
            from: from.to_owned(),
            to: selected.name.to_owned(),
            why: Refusal::list(&selected.refused),
        });
    }

    /// Ends the session after its last units.
    fn close(&mut self) {
        self.drain();
        self.session = None;
    }

    /// Moves the units that are inside the session to `ready`.
    fn drain(&mut self) {
        let Some(session) = &mut self.session else { return };
        let settled = self.ready.len();
        let result = session.flush(&mut self.ready);
        let name = session.name;
        self.look_for_key(settled);
        self.key.flushed();
        if let Err(error) = result {
            self.session = None;
            self.give_up(name, &error);
        }
    }

    /// Ends the request for a key frame if one is among the units from `settled` on.
    fn look_for_key(&mut self, settled: usize) {
        if self.ready[settled..].iter().any(|unit| unit.key) {
            self.key.seen();
        }
    }

    /// Keeps a candidate whose session failed from being opened again.
    fn give_up(&mut self, name: &'static str, error: &BackendError) {
        let refusal = Refusal { lasting: true, ..Refusal::new(name, error) };
        if !self.broken.iter().any(|known| known.name == refusal.name) {
            self.broken.push(refusal);
        }
    }
}
