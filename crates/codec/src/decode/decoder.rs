use super::{output::Output, sessions::Sessions};
use crate::{Choice, Codec, DecodeError, Roster};
use framewire_frame::{Color, PictureRef, PixelFormat, Timestamp};
use std::num::NonZeroUsize;

/// A decoder over the best backend that works, for pictures in host memory. [`FrameDecoder`](super::FrameDecoder) leaves
/// them on the device that has them.
///
/// It opens with the first parameter sets in the stream, follows a change of them, and takes whole access units. What a
/// stream uses that no candidate can decode is named in an error of the first unit that uses it
/// ([`Features`](super::Features)). A broken unit is an error of that call alone: ask for a key frame and go on. A backend
/// that fails is replaced with the next key frame, which is shown if there is another candidate. Calls block; the caller
/// chooses the thread.
pub struct Decoder {
    sessions: Sessions,
    output: Output,
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
        Self { sessions: Sessions::new(roster, choice, codec, false), output: Output::new(PixelFormat::I420) }
    }

    /// The same with so many threads; `None` leaves it to the backend.
    #[must_use]
    pub fn with_threads(mut self, threads: Option<NonZeroUsize>) -> Self {
        self.sessions.threads = threads;
        self
    }

    /// The same with its output in `format`: pictures that the backend gives in another one are converted, RGB by the colour
    /// of their own parameter sets.
    #[must_use]
    pub fn with_output(self, format: PixelFormat) -> Self {
        Self { output: Output::new(format), ..self }
    }

    /// The name of the candidate in use; `None` before the first parameter sets.
    pub fn name(&self) -> Option<&'static str> {
        self.sessions.name()
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
        let Self { sessions, output } = self;
        sessions.decode(unit, timestamp, &mut |decoded, color| output.shape(&decoded, color).map(&mut *emit))
    }

    /// Emits the pictures that are still inside. Go on with a key frame afterwards.
    pub fn flush(&mut self, emit: &mut dyn FnMut(Decoded<'_>)) -> Result<(), DecodeError> {
        let Self { sessions, output } = self;
        sessions.flush(&mut |decoded, color| output.shape(&decoded, color).map(&mut *emit))
    }
}
