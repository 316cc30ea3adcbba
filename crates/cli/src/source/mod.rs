//! What `serve` streams: files, standard input and test patterns, as frames with a moment each.

mod clip;
mod pattern;
mod raw;
mod y4m;

pub use clip::Clip;
pub use pattern::PatternSource;
pub use raw::Raw;
pub use y4m::Y4m;

use framewire::{
    frame::{Color, Frame, FrameRate, Picture, PixelFormat, Pool, Size},
    mp4,
};
use std::{
    fs::File,
    io::{self, BufReader, Read, Seek as _, SeekFrom},
    path::Path,
    time::Duration,
};

/// A sequence of frames.
pub trait Source: Send {
    /// What it is, for a person: format, size, rate.
    fn describe(&self) -> String;

    /// Frames a second, as far as the source knows.
    fn frame_rate(&self) -> Option<FrameRate>;

    /// The next frame; `None` at the end. May block on its input.
    fn next(&mut self) -> Result<Option<Timed>, InputError>;

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
}

/// When a frame is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// At this moment after the first frame.
    At(Duration),
    /// As soon as it is there.
    Now,
}

/// An input that cannot be read, or not to its end. Each message completes the sentence "NAME: …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The file is not there or cannot be opened.
    #[error("{0}")]
    Open(io::Error),
    /// Reading failed half-way.
    #[error("it could not be read: {0}")]
    Read(#[from] io::Error),
    /// Zero bytes.
    #[error("it is empty")]
    Empty,
    /// No format that is known here.
    #[error(
        "it is no video that can be read here: MP4 with H.264, H.264 Annex B and YUV4MPEG2 can; make one with ffmpeg -i INPUT -pix_fmt yuv420p OUTPUT.mp4"
    )]
    NoVideo,
    /// It begins well and ends too early.
    #[error("it is cut off: {0}")]
    Truncated(String),
    /// Well-formed, but of a kind that is not supported.
    #[error("{0}")]
    Unsupported(String),
    /// Malformed.
    #[error("it is broken: {0}")]
    Broken(String),
    /// An MP4 file, with its own sentence.
    #[error(transparent)]
    Mp4(#[from] mp4::Error),
    /// A further option is needed.
    #[error("{0}")]
    Usage(String),
}

/// Overrides that apply to every kind of source.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides {
    /// Instead of the file's own rate.
    pub frame_rate: Option<FrameRate>,
    /// What RGB is converted to.
    pub color: Color,
}

/// Opens a file by what it holds, whatever its name says.
pub fn open_file(path: &Path, overrides: Overrides) -> Result<Box<dyn Source>, InputError> {
    let mut file = File::open(path).map_err(InputError::Open)?;
    if file.metadata()?.is_dir() {
        return Err(InputError::Open(io::Error::other("it is a folder")));
    }
    let mut magic = Vec::new();
    file.by_ref().take(12).read_to_end(&mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    match Kind::of(&magic) {
        _ if magic.is_empty() => Err(InputError::Empty),
        Some(Kind::Y4m) => Ok(Box::new(Y4m::from_file(BufReader::with_capacity(1 << 20, file), overrides)?)),
        Some(Kind::AnnexB) => Ok(Box::new(Clip::annex_b(file, overrides)?)),
        Some(Kind::Mp4) => Ok(Box::new(Clip::mp4(file, overrides)?)),
        None => Err(InputError::NoVideo),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Y4m,
    AnnexB,
    Mp4,
}

impl Kind {
    fn of(magic: &[u8]) -> Option<Self> {
        let box_type = magic.get(4..8).unwrap_or_default();
        if y4m::MAGIC.starts_with(magic.get(..y4m::MAGIC.len()).unwrap_or(magic)) && magic.len() >= 4 {
            Some(Self::Y4m)
        } else if magic.starts_with(&[0, 0, 1]) || magic.starts_with(&[0, 0, 0, 1]) {
            Some(Self::AnnexB)
        } else if [b"ftyp", b"moov", b"moof", b"styp", b"mdat", b"free", b"skip", b"wide"]
            .iter()
            .any(|t| *t == box_type)
        {
            Some(Self::Mp4)
        } else {
            None
        }
    }
}

/// Reads exactly one picture; `None` at a clean end.
fn read_picture(
    input: &mut impl Read,
    format: PixelFormat,
    size: Size,
    pool: &Pool,
) -> Result<Option<Picture>, InputError> {
    let mut buffer = pool.take(format.packed_len(size));
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => {
                let needed = buffer.len();
                return Err(InputError::Truncated(format!("the last frame has {filled} of {needed} bytes")));
            }
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Picture::packed(format, size, buffer.freeze())
        .map(Some)
        .map_err(|error| InputError::Broken(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        assert_eq!(Kind::of(b"YUV4MPEG2 W2"), Some(Kind::Y4m));
        assert_eq!(Kind::of(&[0, 0, 0, 1, 0x67, 0x42]), Some(Kind::AnnexB));
        assert_eq!(Kind::of(b"\0\0\0\x20ftypisom"), Some(Kind::Mp4));
        for other in [&b"RIFF....AVI "[..], b"\x1aE\xdf\xa3", b"", b"Y", b"PK\x03\x04"] {
            assert_eq!(Kind::of(other), None);
        }
    }
}
