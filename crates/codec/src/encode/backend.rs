//! The seam between [`Encoder`](super::Encoder), which prepares pictures and checks bytes, and a codec.
//!
//! A backend is opened for one size (both sides even), colour, codec and profile, and closed by dropping it: a change of
//! any of these opens another one. It may code a larger picture than it is given (whole macroblocks, a device's least
//! size), with the picture in the upper left corner; what is too much is cropped in the parameter sets afterwards. It
//! need not write VUI, parameter sets before each key frame or a certain length of start codes: the bitstream guard does.

use crate::{BackendError, Rate};
use framewire_convert::ChangeMap;
use framewire_frame::{DeviceSurface, FrameId, PictureRef, PixelFormat, Timestamp};
use std::time::Duration;

/// One running encoder session. Calls block until their work is done; the caller chooses the thread.
///
/// An error of [`encode`](Self::encode) or [`flush`](Self::flush) ends the session: the caller drops it and opens
/// another one.
pub trait EncoderBackend: Send {
    /// What this session can do; the same for its whole life.
    fn capabilities(&self) -> Capabilities;

    /// Whether `surface` can be encoded where it is. A surface that no backend takes is downloaded first.
    fn takes(&self, surface: &dyn DeviceSurface) -> bool;

    /// Encodes one picture and emits the access units that are ready: one, or those of earlier pictures where
    /// [`Capabilities::delay`] is not zero, or none where the encoder dropped the picture.
    ///
    /// With [`Input::key`] the picture becomes a key frame (IDR). A backend that cannot do so at once just encodes: the
    /// caller looks at the bytes and asks again with the next picture.
    fn encode(&mut self, input: Input<'_>, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError>;

    /// Emits the access units that are still held back. The session stays usable.
    ///
    /// There is no default: a backend that holds pictures and inherited an empty body would lose the last ones of
    /// every burst.
    fn flush(&mut self, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError>;

    /// Changes the rate in place: the same session, no key frame, from the next picture on.
    /// [`BackendError::Unsupported`] lets the caller open another session, at the cost of a key frame.
    fn set_rate(&mut self, rate: Rate) -> Result<(), BackendError>;

    /// The unit of this frame was shown wherever it has to be: later pictures may refer to it after a loss. Only where
    /// [`Capabilities::long_term_references`] says so.
    fn acknowledge(&mut self, id: FrameId) {
        let _ = id;
    }

    /// The picture of the next [`encode`](Self::encode) refers to acknowledged ones alone, or is a key frame where there is none.
    /// Only where [`Capabilities::long_term_references`] says so.
    fn recover(&mut self) {}

    /// How much of the last [`encode`](Self::encode) passed before the codec had the picture. Nothing, for a codec that reads
    /// pictures where they are.
    fn preparation(&self) -> Preparation {
        Preparation::default()
    }
}

/// How long a backend took to bring a picture to where its codec reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preparation {
    /// Converting it, on the processor or on a device, into the codec's memory.
    pub convert: Duration,
    /// Copying a picture that needed no conversion.
    pub copy: Duration,
}

/// What an encoder session can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The name of its candidate.
    pub name: &'static str,
    /// The formats of [`InputPicture::Host`], the preferred one first; never empty.
    pub input: &'static [PixelFormat],
    /// Whether [`EncoderBackend::set_rate`] works.
    pub rate_in_place: bool,
    /// The most frames that are held back before their access unit comes out.
    pub delay: usize,
    /// The temporal layers of this session.
    pub temporal_layers: u8,
    /// Whether [`Input::changes`] saves it work.
    pub uses_changes: bool,
    /// Whether a loss can be repaired by a picture that refers to one from before it: [`EncoderBackend::acknowledge`] and
    /// [`EncoderBackend::recover`] are of effect.
    pub long_term_references: bool,
}

/// One picture to encode.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The pixels.
    pub picture: InputPicture<'a>,
    /// Comes back in [`Encoded::id`], carried through the encoder and never inferred from the order of calls. Ids grow,
    /// with gaps; the same id may come twice in a row (a still picture that is encoded again).
    pub id: FrameId,
    /// The moment that the picture shows; grows with each picture, by any step.
    pub timestamp: Timestamp,
    /// Whether this is to be a key frame.
    pub key: bool,
    /// Which macroblocks differ from the picture of the call before, whose unit has come out or will: those that are not
    /// marked are equal to the byte. `None` where that is not known. A backend that holds pictures back and drops one of
    /// them knows by itself that this does not hold for the next.
    pub changes: Option<&'a ChangeMap>,
}

/// Where the pixels are.
#[derive(Clone, Copy)]
pub enum InputPicture<'a> {
    /// In host memory, in a format of [`Capabilities::input`] and of the size that the session was opened with; any
    /// stride. The pixels may be used only until `encode` returns.
    Host(PictureRef<'a>),
    /// On a device, of any format and of the size to show (its sides may be odd); only surfaces that
    /// [`EncoderBackend::takes`] agreed to.
    Device(&'a dyn DeviceSurface),
}

/// One access unit as the encoder wrote it.
#[derive(Clone, Copy)]
pub struct Encoded<'a> {
    /// Whose it is.
    pub id: FrameId,
    /// Annex B, with start codes of three or four bytes.
    pub data: &'a [u8],
    /// From 0; units of the top layer of more than one can be dropped without harm to others.
    pub temporal_layer: u8,
}

impl Default for Capabilities {
    /// Synchronous I420 in one layer, with the rate fixed: for a backend to change what differs.
    fn default() -> Self {
        Self {
            name: "",
            input: &[PixelFormat::I420],
            rate_in_place: false,
            delay: 0,
            temporal_layers: 1,
            uses_changes: false,
            long_term_references: false,
        }
    }
}
