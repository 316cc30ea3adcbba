//! Where frames come from: video files, numbered images, standard input.

mod bands;
mod clip;
mod error;
mod images;
mod open;
mod opened;
mod position;
mod raw;
mod y4m;

pub use clip::Clip;
pub use error::InputError;
pub use images::Images;
pub(crate) use images::NamePattern;
pub(crate) use open::mp4_in_a_pipe;
pub use open::{RawShape, SourceOptions, open_file, open_stream};
pub(crate) use opened::{Kind, Opened, buffered};
pub use raw::Raw;
pub use y4m::Y4m;

use crate::Moment;
use framewire_frame::{Frame, FrameRate, Picture, PixelFormat, Pool, Size};
use framewire_mp4::Rotation;
use position::Position;
use std::{io::Read, time::Duration};

/// Pictures that wait for reuse: those that are on their way through an export.
const SPARE_PICTURES: usize = 4;

/// A sequence of frames.
pub trait Source: Send {
    /// What it is, for a person: format, size, rate.
    fn describe(&self) -> String;

    /// Frames a second, as far as the source knows.
    fn frame_rate(&self) -> Option<FrameRate>;

    /// How many frames there are in all, as far as the source knows.
    fn frame_count(&self) -> Option<u64> {
        None
    }

    /// How the pictures are to be turned before they are shown.
    fn rotation(&self) -> Rotation {
        Rotation::None
    }

    /// What the input holds besides and no frame carries, a phrase each: `track 2 (audio, mp4a)`.
    fn left_out(&self) -> Vec<String> {
        Vec::new()
    }

    /// How many frames until now were to be shown and could not be decoded.
    fn lost(&self) -> u64 {
        0
    }

    /// The next frame; `None` at the end. May block on its input.
    fn next(&mut self) -> Result<Option<Timed>, InputError>;

    /// Takes a wish for another pixel format, that of an encoder: a source that can convert while it reads does so, and
    /// every other goes on as it is.
    fn prefer(&mut self, _format: PixelFormat) {}

    /// Takes a wish for another size; a source that cannot follow goes on as it is.
    fn resize(&mut self, _size: Size) {}

    /// Starts over; false where that cannot be done, as with standard input.
    fn rewind(&mut self) -> Result<bool, InputError>;
}

/// A frame and when it is due.
pub struct Timed {
    /// The frame.
    pub frame: Frame,
    /// When it is to be shown.
    pub due: Due,
    /// The part of the time to read it that was conversion (see [`Source::prefer`]).
    pub conversion: Duration,
}

impl Timed {
    /// A frame as it was read.
    pub fn new(frame: Frame, due: Due) -> Self {
        Self { frame, due, conversion: Duration::ZERO }
    }
}

/// When a frame is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// At this moment; all frames of a source have the same clock, and their moments grow. The first is zero.
    At(Moment),
    /// As soon as it is there.
    Now,
}

/// Reads exactly one picture; `None` at a clean end.
fn read_picture(
    input: &mut Position<impl Read>,
    format: PixelFormat,
    size: Size,
    pool: &Pool,
) -> Result<Option<Picture>, InputError> {
    let mut buffer = pool.take(format.packed_len(size));
    let needed = buffer.len();
    match bands::fill(input, &mut buffer)? {
        0 => return Ok(None),
        filled if filled < needed => {
            let what = format!("the last frame has {filled} of {needed} bytes");
            return Err(InputError::Truncated { offset: input.offset(), what });
        }
        _ => {}
    }
    Ok(Some(Picture::packed(format, size, buffer.freeze()).expect("the buffer has the packed length")))
}
