use framewire_codec::OpenError;
use framewire_frame::DeviceError;
use framewire_mp4 as mp4;
use std::io;

/// An input that cannot be read, or not to its end. Each message completes the sentence "NAME: …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The file is not there or cannot be opened.
    #[error("{0}")]
    Open(#[source] io::Error),
    /// Reading failed half-way; the machine's fault, not the file's.
    #[error("it could not be read: {0}")]
    Read(#[from] io::Error),
    /// Zero bytes.
    #[error("it is empty")]
    Empty,
    /// No format that is known here.
    #[error(
        "it is no video that can be read here: MP4, Annex B, YUV4MPEG2, PNG and JPEG can; make one with ffmpeg -i INPUT -pix_fmt yuv420p OUTPUT.mp4"
    )]
    NoVideo,
    /// It begins well and ends too early.
    #[error("it is cut off at byte {offset}: {what}")]
    Truncated {
        /// Where the bytes end.
        offset: u64,
        /// What was expected, and what is there.
        what: String,
    },
    /// The bytes are not what the format says.
    #[error("it is broken at byte {offset}: {what}")]
    Damaged {
        /// Where.
        offset: u64,
        /// What was expected, and what is there.
        what: String,
    },
    /// Well-formed, but of a kind that is not supported.
    #[error("{0}")]
    Unsupported(String),
    /// Malformed, at no one place.
    #[error("it is broken: {0}")]
    Broken(String),
    /// An MP4 file, with its own sentence.
    #[error(transparent)]
    Mp4(#[from] mp4::Error),
    /// A frame could not be fetched from the device that decoded it; the machine's fault, not the file's.
    #[error("a frame could not be fetched from its decoder: {0}")]
    Device(#[source] DeviceError),
    /// No decoder is left that works, in the middle of the input; the machine's fault, not the file's.
    #[error("it was not decoded to its end: {0}")]
    Decoder(#[source] OpenError),
    /// Another option or name is needed.
    #[error("{0}")]
    Usage(String),
}

impl InputError {
    /// Whether the machine failed at reading, so that the same input may do another time.
    pub fn is_read_failure(&self) -> bool {
        matches!(self, Self::Read(_) | Self::Device(_) | Self::Decoder(_) | Self::Mp4(mp4::Error::Io(_)))
    }
}
