//! What a picture is.
//!
//! | word | meaning |
//! |---|---|
//! | sample | one number of one component at one place |
//! | plane | a rectangle of samples with a [stride](PlaneRef::stride) in bytes |
//! | picture | pixels in host memory: a [`PixelFormat`], a [`Size`] and its planes |
//! | surface | where the pixels of a frame are: a host [`Picture`] or a [`DeviceSurface`] |
//! | change map | which blocks of a picture differ from those of an earlier one |
//! | frame | a surface with the moment, the colour and the pixel ratio that belong to it |
//!
//! A picture is borrowed ([`PictureRef`]), written ([`PictureMut`]) or owned and shared ([`Picture`]). Sizes, strides
//! and lengths are checked once, when one of these is made; everything behind that trusts them.
#![forbid(unsafe_code)]

mod changes;
mod color;
mod format;
mod frame;
mod picture;
mod pool;
mod rate;
mod size;
mod surface;
mod time;

pub use changes::ChangeMap;
pub use color::{Color, ColorSpace, Matrix, Primaries, Range, Transfer};
pub use format::{PixelFormat, UnknownPixelFormat};
pub use frame::{Frame, FrameId, PixelRatio};
pub use picture::{Picture, PictureError, PictureMut, PictureRef, PlaneMut, PlaneRef};
pub use pool::{Pool, PoolBuffer};
pub use rate::{Bitrate, FrameRate, ParseRateError};
pub use size::{Size, SizeError};
pub use surface::{DeviceConverter, DeviceError, DevicePicture, DeviceSurface, Surface};
pub use time::Timestamp;
