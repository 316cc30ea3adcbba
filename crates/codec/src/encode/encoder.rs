use super::{
    EncoderConfig, Fallback, Fetch, Part,
    request::{KeyDistance, Request},
    session::{Done, Order, Outcome, Session, Timing, Trouble},
};
use crate::{AccessUnit, BackendError, Choice, EncodeError, OpenError, Rate, Refusal, Roster, Selected};
use framewire_bitstream::CodecString;
use framewire_convert::ChangeMap;
use framewire_frame::{DeviceConverter, Frame, FrameId, PixelFormat, Surface, Timestamp};
use std::sync::Arc;

/// An encoder of any frames, over the best backend that works.
///
/// Frames of every size and format go in, checked access units come out. A change of size or colour, and a change of rate
/// that the backend cannot make in place, opens another session, whose first unit is a key frame; so does a backend
/// that fails, which is replaced by the next candidate of the roster, with a warning in the log and a [`Fallback`] for
/// the viewers; earlier frames that a pipeline still held back are lost with it. One that has worked for long is opened again
/// first.
///
/// A frame on a device is encoded there where the backend can, else converted there where the device can, else downloaded
/// and converted by the processor. A device that fails at it is replaced by the processor until the session ends, with a
/// warning and a [`Fallback`] too.
///
/// Calls block; the caller chooses the thread. Dropping it discards what [`Encoder::flush`] would give.
pub struct Encoder {
    roster: Roster,
    choice: Choice,
    config: EncoderConfig,
    session: Option<Session>,
    /// Serves one session after the other: what it has said of a device is nothing new in the next one.
    fetch: Fetch,
    /// The name of the last session.
    name: &'static str,
    /// Candidates that failed while they ran, or do not exist on this machine: not tried again.
    broken: Vec<Refusal>,
    key: Request,
    recovery: Request,
    key_distance: KeyDistance,
    /// Units that wait for the next call to return them.
    ready: Vec<AccessUnit>,
    notices: Vec<Fallback>,
    timing: Timing,
    outcome: Outcome,
    track_changes: bool,
    left_out_after: Option<u32>,
}

/// Notices that are kept for a caller who does not take them.
const MAX_NOTICES: usize = 16;

impl Encoder {
    /// Opens a session of the chosen candidate, or of another one with a warning.
    ///
    /// # Errors
    /// [`OpenError`] names every candidate that was tried and why it refused.
    pub fn open(roster: &Roster, choice: &Choice, config: EncoderConfig) -> Result<Self, OpenError> {
        let key_distance = KeyDistance::new(config.gop, config.gop_duration);
        let mut encoder = Self {
            roster: roster.clone(),
            choice: choice.clone(),
            config,
            session: None,
            fetch: Fetch::default(),
            name: "",
            broken: Vec::new(),
            key: Request::Armed,
            recovery: Request::None,
            key_distance,
            ready: Vec::new(),
            notices: Vec::new(),
            timing: Timing::default(),
            outcome: Outcome::default(),
            track_changes: false,
            left_out_after: None,
        };
        encoder.session = Some(encoder.open_session()?);
        Ok(encoder)
    }

    /// Encodes `frame` and returns the units that are ready: one, where the backend holds none back. None comes of a
    /// frame that the backend dropped, or that was [left out](Self::leave_out_repetitions); [`Self::last_outcome`] tells
    /// these apart.
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
            let key = self.key.is_armed() || self.key_distance.is_reached(timestamp);
            let recover = self.recovery.is_armed() && !key;
            // Somebody waits for what was requested until it is out.
            let waited_for = (self.key, self.recovery) != (Request::None, Request::None);
            let left_out_after = self.left_out_after.filter(|_| !waited_for);
            let order = Order { id, timestamp, key, recover, left_out_after };
            let done = session.encode(frame, order, &mut self.fetch, &mut self.ready);
            if let Some(fallback) = self.fetch.take_fallback() {
                self.push_notice(fallback);
            }
            match done {
                Ok(Done { timing, outcome }) => {
                    let session = self.session.insert(session);
                    (self.timing, self.outcome) = (timing, outcome);
                    if outcome != Outcome::LeftOut {
                        if key {
                            self.key.asked(session.delay);
                        }
                        if recover {
                            self.recovery.asked(session.delay);
                        }
                        self.key_distance.went_in(key, timestamp);
                        self.look_for_answers(settled);
                        self.key.picture_done();
                        self.recovery.picture_done();
                    }
                    return Ok(std::mem::take(&mut self.ready));
                }
                Err(Trouble::Frame(error)) => {
                    self.session = Some(session);
                    return Err(error);
                }
                Err(Trouble::Backend(error)) => {
                    // This frame comes again; those before it, which a pipeline held, are whole.
                    let mut index = 0;
                    self.ready.retain(|unit| {
                        index += 1;
                        index <= settled || unit.id != id
                    });
                    self.end(&session, &error);
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

    /// Says that the unit of this frame was shown wherever it has to be. Call it for each of them, where losses are to be
    /// repaired by [`Self::request_recovery`].
    pub fn acknowledge(&mut self, id: FrameId) {
        if let Some(session) = &mut self.session {
            session.backend.acknowledge(id);
        }
    }

    /// Asks for a unit that can be shown by whoever has shown the [acknowledged](Self::acknowledge) ones, whatever was lost since:
    /// [`AccessUnit::recovers`]. It is far smaller than a key frame, which comes in its place where the encoder keeps no
    /// long-term references or nothing was acknowledged. The request stays armed until such a unit has come out.
    pub fn request_recovery(&mut self) {
        match &self.session {
            Some(session) if session.long_term_references => self.recovery.arm(),
            _ => self.key.arm(),
        }
    }

    /// Changes the rate, in place where the backend can. Where it cannot, or fails at it, the next frame opens another
    /// session and is a key frame.
    pub fn set_rate(&mut self, rate: Rate) {
        if rate == self.config.rate {
            return;
        }
        let more_bits = rate.bitrate > self.config.rate.bitrate;
        self.config.rate = rate;
        let Some(session) = &mut self.session else { return };
        if more_bits {
            session.refine();
        }
        match session.backend.set_rate(rate) {
            Ok(()) => {}
            Err(BackendError::Unsupported { .. }) => self.close(),
            Err(error) => {
                self.drain();
                if let Some(session) = self.session.take() {
                    self.end(&session, &error);
                }
            }
        }
    }

    /// The name of the candidate in use.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What a decoder has to be for what the session in use makes, from the parameter sets that it wrote: `avc1.PPCCLL`.
    /// `None` before its first unit.
    pub fn codec_string(&self) -> Option<&CodecString> {
        self.session.as_ref()?.codec_string()
    }

    /// The format that the session in use takes without a conversion and likes best, so that a source can be asked for
    /// it; `None` between two sessions.
    pub fn preferred_format(&self) -> Option<PixelFormat> {
        self.session.as_ref()?.backend.capabilities().input.first().copied()
    }

    /// Whether the session in use encodes `frame` on the device where it is; false for a frame in host memory.
    pub fn takes(&self, frame: &Frame) -> bool {
        let Surface::Device(surface) = &frame.surface else { return false };
        self.session
            .as_ref()
            .is_some_and(|session| session.fits(frame) && session.backend.takes(surface.as_ref()))
    }

    /// The conversion that the device of the last frames does for the session in use; `None` where none does. Call its
    /// [`start`](DeviceConverter::start) with the next frame, from any thread, while this one is being encoded: the device
    /// converts then while the processor encodes. [`Self::encode`] alone may convert with it.
    pub fn device_converter(&self) -> Option<Arc<dyn DeviceConverter>> {
        self.session.as_ref().and(self.fetch.converter()).cloned()
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

    /// What became of the last frame that was taken.
    pub fn last_outcome(&self) -> Outcome {
        self.outcome
    }

    /// Whether every frame is compared with the last one that was encoded. Frames that the backend could take as they
    /// are, too, are copied then; what has to be converted anyway is compared in the same pass.
    ///
    /// Without it, only what is converted is compared, and only for a backend that
    /// [uses it](crate::Capabilities::uses_changes).
    pub fn track_changes(&mut self, on: bool) {
        self.track_changes = on;
        self.apply_tracking();
    }

    /// In which blocks the last frame differs from the one that was encoded before it, whose unit has come out or will:
    /// the differences of a frame that the backend drops are among those of the next one. `None` where frames are not
    /// compared. All have changed in the first frame, after a change of size or colour, and with another backend.
    pub fn last_changes(&self) -> Option<&ChangeMap> {
        self.session.as_ref()?.changes()
    }

    /// Leaves a frame out that shows what was encoded last: it costs the comparison and no bytes. The first
    /// `repetitions` of a picture are encoded, so that a rate control with few bits can refine it; those after a rise of
    /// the bitrate as well. `None` encodes every frame.
    ///
    /// While a request for a key frame is open, nothing is left out. Frames are compared as with
    /// [`Self::track_changes`].
    pub fn leave_out_repetitions(&mut self, repetitions: Option<u32>) {
        self.left_out_after = repetitions;
        self.apply_tracking();
    }

    fn apply_tracking(&mut self) {
        let all = self.track_changes || self.left_out_after.is_some();
        if let Some(session) = &mut self.session {
            session.track_changes(all);
        }
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
        self.recovery = Request::None;
        self.fetch.forget();
        let mut session = Session::new(name, backend, &self.config);
        session.track_changes(self.track_changes || self.left_out_after.is_some());
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
        self.push_notice(Fallback {
            part: Part::Encoder,
            from: from.to_owned(),
            to: selected.name.to_owned(),
            why: Refusal::list(&selected.refused),
        });
    }

    fn push_notice(&mut self, notice: Fallback) {
        if self.notices.len() == MAX_NOTICES {
            self.notices.remove(0);
        }
        self.notices.push(notice);
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
        self.look_for_answers(settled);
        self.key.flushed();
        self.recovery.flushed();
        if let Err(error) = result
            && let Some(session) = self.session.take()
        {
            self.end(&session, &error);
        }
    }

    /// Ends the requests whose answers are among the units from `settled` on.
    fn look_for_answers(&mut self, settled: usize) {
        let new = &self.ready[settled..];
        if new.iter().any(|unit| unit.recovers) {
            self.recovery.seen();
        }
        if let Some(position) = new.iter().rposition(|unit| unit.key) {
            let inside = self.session.as_ref().map_or(0, Session::inside);
            self.key.seen();
            self.key_distance.came_out(new.len() - 1 - position + inside, new[position].timestamp);
        }
    }

    /// Keeps the candidate of a session that failed from being opened again, unless it has worked for long.
    fn end(&mut self, session: &Session, error: &BackendError) {
        let name = session.name;
        if session.is_proven() {
            tracing::warn!("{name} failed and is opened again: {}", error.in_full());
            return;
        }
        let refusal = Refusal { lasting: true, ..Refusal::new(name, error) };
        if !self.broken.iter().any(|known| known.name == refusal.name) {
            self.broken.push(refusal);
        }
    }
}
