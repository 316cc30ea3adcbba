use framewire_frame::PixelFormat;
use framewire_mp4 as mp4;
use std::io;

/// An output that cannot be written, or not to its end. Each message completes the sentence "NAME: …".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// There is a file of that name, and it was not to be replaced.
    #[error("it exists already")]
    Exists,
    /// The output is the file that is being read.
    #[error("it is the input as well")]
    IsInput,
    /// The file cannot be made.
    #[error("it cannot be made: {0}")]
    Create(#[source] io::Error),
    /// It is a pipe that nobody read before the end was wished.
    #[error("nobody reads it")]
    Cancelled,
    /// Writing failed half-way: the disk is full, or nobody reads the pipe.
    #[error("it could not be written: {0}")]
    Write(#[from] io::Error),
    /// It was completed, and then given something more.
    #[error("it is complete and takes nothing more")]
    Complete,
    /// The format cannot hold what it was given.
    #[error("{0}")]
    Unsupported(String),
    /// The pictures are of a format that the output does not take, and there is no conversion to one.
    #[error("there is no conversion from {from} to {to}")]
    Format {
        /// The pictures' format.
        from: PixelFormat,
        /// The output's.
        to: PixelFormat,
    },
    /// What was to be written is not valid in MP4.
    #[error(transparent)]
    Mp4(mp4::Error),
    /// Another name or option is needed.
    #[error("{0}")]
    Usage(String),
}

impl OutputError {
    /// Whether the machine failed at writing, so that the same may do another time.
    pub fn is_write_failure(&self) -> bool {
        matches!(self, Self::Write(_) | Self::Create(_))
    }
}

impl From<mp4::Error> for OutputError {
    fn from(error: mp4::Error) -> Self {
        match error {
            mp4::Error::Write(error) | mp4::Error::Move(error) => Self::Write(error),
            other => Self::Mp4(other),
        }
    }
}
