use super::{DecodedPicture, OutputPicture, sessions::Sessions};
use crate::{BackendError, Choice, Codec, DecodeError, Refusal, Roster};
use framewire_frame::{Color, Frame, Picture, PictureRef, Pool, Surface, Timestamp};

/// A decoder whose pictures are frames, each where its backend has it: on the device of a hardware decoder, so that an
/// encoder of the same device takes it without a copy, else in host memory, as I420 or NV12.
///
/// All else is as in [`Decoder`](super::Decoder). A frame may be kept for any time. Surfaces are of the decoder's own stock:
/// while many live, further pictures come in host memory.
pub struct FrameDecoder {
    sessions: Sessions,
    pool: Pool,
}

impl FrameDecoder {
    /// A decoder that opens later, with the first parameter sets. Pictures in host memory are copied into buffers of `pool`.
    pub fn new(roster: &Roster, choice: &Choice, codec: Codec, pool: Pool) -> Self {
        Self { sessions: Sessions::new(roster, choice, codec, true), pool }
    }

    /// The name of the candidate in use; `None` before the first parameter sets.
    pub fn name(&self) -> Option<&'static str> {
        self.sessions.name()
    }

    /// The candidates that failed while they ran, each with its reason. They are not tried again before
    /// [`DecodeError::Open`] has said that no other works, which empties the list.
    ///
    /// A call that lengthens it has lost pictures that were inside, also where it succeeds because another candidate has
    /// taken over at a key frame: whoever has kept the units may decode them again.
    pub fn failed(&self) -> &[Refusal] {
        self.sessions.failed()
    }

    /// Decodes one whole access unit (Annex B) and emits the frames that are ready, in the order to show, each with the
    /// timestamp of its own unit and the colour of its parameter sets.
    ///
    /// # Errors
    /// As [`Decoder::decode`](super::Decoder::decode).
    pub fn decode(
        &mut self,
        unit: &[u8],
        timestamp: Timestamp,
        emit: &mut dyn FnMut(Frame),
    ) -> Result<(), DecodeError> {
        let Self { sessions, pool } = self;
        sessions.decode(unit, timestamp, &mut |decoded, color| frame(pool, decoded, color).map(&mut *emit))
    }

    /// Emits the frames that are still inside. Go on with a key frame afterwards.
    pub fn flush(&mut self, emit: &mut dyn FnMut(Frame)) -> Result<(), DecodeError> {
        let Self { sessions, pool } = self;
        sessions.flush(&mut |decoded, color| frame(pool, decoded, color).map(&mut *emit))
    }
}

fn frame(pool: &Pool, decoded: DecodedPicture<'_>, color: Color) -> Result<Frame, BackendError> {
    let surface = match decoded.picture {
        OutputPicture::Host(picture) => Surface::Host(owned(pool, picture)?),
        OutputPicture::Device(surface) => Surface::Device(surface),
    };
    Ok(Frame { timestamp: Some(decoded.timestamp), color, ..Frame::new(surface) })
}

fn owned(pool: &Pool, picture: PictureRef<'_>) -> Result<Picture, BackendError> {
    let (format, size) = (picture.format(), picture.size());
    let mut buffer = pool.take(format.packed_len(size));
    picture.copy_packed_to(&mut buffer);
    Picture::packed(format, size, buffer.freeze())
        .map_err(|error| BackendError::failed_with("a decoded picture cannot be kept", error))
}
