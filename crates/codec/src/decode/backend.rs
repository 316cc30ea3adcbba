//! The seam between [`Decoder`](super::Decoder), which reads the parameter sets, and a codec.

use super::Features;
use crate::{BackendError, Codec};
use framewire_frame::{DeviceSurface, PictureRef, Size, Timestamp};
use std::{num::NonZeroUsize, sync::Arc};

/// One running decoder session. Calls block until their work is done; the caller chooses the thread.
pub trait DecoderBackend: Send {
    /// Decodes one whole access unit (Annex B) and emits the pictures that are ready, in the order to show.
    ///
    /// The first unit has parameter sets; a later unit may change them, the size included. Between a change of size and
    /// the unit before it the caller flushes. [`BackendError::BrokenUnit`] means that nothing can be shown for this unit;
    /// the session stays usable and recovers at the next key frame. Any other error ends the session.
    fn decode(
        &mut self,
        unit: &[u8],
        timestamp: Timestamp,
        emit: &mut dyn FnMut(DecodedPicture<'_>),
    ) -> Result<(), BackendError>;

    /// Emits the pictures that are still held back. The session stays usable, from a key frame on.
    fn flush(&mut self, emit: &mut dyn FnMut(DecodedPicture<'_>)) -> Result<(), BackendError>;
}

/// What a decoder is opened for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DecoderConfig {
    /// The codec.
    pub codec: Codec,
    /// The size to show, from the first parameter set; later ones may change it.
    pub size: Size,
    /// What the stream uses that a decoder may lack; one that lacks any of it refuses to open. A later key frame that uses
    /// more opens another session.
    pub features: Features,
    /// Threads that may be used; `None` leaves it to the backend.
    pub threads: Option<NonZeroUsize>,
    /// Whether the caller takes [surfaces](OutputPicture::Device) too.
    pub surfaces: bool,
}

/// One picture as the decoder gives it.
#[derive(Clone)]
pub struct DecodedPicture<'a> {
    /// Its pixels.
    pub picture: OutputPicture<'a>,
    /// The timestamp of its own access unit, carried through the decoder.
    pub timestamp: Timestamp,
}

/// Where the pixels of a decoded picture are.
#[derive(Clone)]
pub enum OutputPicture<'a> {
    /// I420 or NV12 in host memory, cropped to the size to show; valid until the emitting closure returns.
    Host(PictureRef<'a>),
    /// A surface of the size to show that downloads as I420 or NV12, and is not written to any more. It comes only where
    /// [`DecoderConfig::surfaces`] asks for it.
    ///
    /// It may be of the decoder's own stock: a backend counts those that live, and gives pictures in host memory in their
    /// place before it runs out.
    Device(Arc<dyn DeviceSurface>),
}

impl DecoderConfig {
    /// A decoder of `codec` for pictures of `size` in host memory, of a stream without special features, with as many
    /// threads as it likes.
    pub fn new(codec: Codec, size: Size) -> Self {
        Self { codec, size, features: Features::default(), threads: None, surfaces: false }
    }
}

impl<'a> OutputPicture<'a> {
    /// The picture; `None` for a surface.
    pub fn host(&self) -> Option<PictureRef<'a>> {
        match self {
            Self::Host(picture) => Some(*picture),
            Self::Device(_) => None,
        }
    }
}

impl<'a> DecodedPicture<'a> {
    /// A picture in host memory.
    pub fn host(picture: PictureRef<'a>, timestamp: Timestamp) -> Self {
        Self { picture: OutputPicture::Host(picture), timestamp }
    }
}
