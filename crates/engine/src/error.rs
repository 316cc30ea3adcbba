use crate::{RecordError, RenditionKey};
use framewire_codec::{BackendError, OpenError};
use framewire_frame::{DeviceError, PictureError, Size};
use std::{io, path::PathBuf};

/// What a stream says when it cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The stream has been closed: stop publishing, open another one.
    #[error("the stream \"{name}\" is closed")]
    Closed {
        /// The stream's name.
        name: String,
    },
    /// A name that can't be the first segment of a URL's path.
    #[error(
        "\"{name}\" can't name a stream: 1 to {} letters, digits, dots, dashes and underscores can",
        crate::Stream::MAX_NAME
    )]
    InvalidName {
        /// The name that was asked for.
        name: String,
    },
    /// A frame larger than any decoder takes.
    #[error(
        "a frame of {size} can't be shown: the largest has {} pixels, as many as 8192x4320",
        crate::Stream::MAX_PIXELS
    )]
    FrameTooLarge {
        /// The frame's size.
        size: Size,
    },
    /// A setting outside its range; nothing has changed.
    #[error("{what} can't be {value}: {rule}")]
    InvalidConfig {
        /// The setting.
        what: &'static str,
        /// The value that was given.
        value: String,
        /// What is possible.
        rule: &'static str,
    },
    /// No encoder of that name is compiled in; nothing has changed.
    #[error("no encoder is named \"{name}\"; known are {known}")]
    UnknownEncoder {
        /// The name that was asked for.
        name: String,
        /// The names that would do, with commas.
        known: String,
    },
    /// Hardware was asked for and none opens; nothing has changed. Choose another encoder.
    #[error("hardware was asked for, and {0}")]
    NoHardware(OpenError),
    /// Nothing that is compiled in makes this kind of rendition: choose another one.
    #[error("nothing here encodes {key}")]
    NoEncoder {
        /// What was asked for.
        key: RenditionKey,
    },
    /// Every encoder of this kind of rendition has failed: choose another one.
    #[error("{key} can't be encoded: {why}")]
    RenditionFailed {
        /// What was asked for.
        key: RenditionKey,
        /// What the encoders said.
        why: String,
    },
    /// The stream shows images, by its choice of encoder or because no video encoder works: nothing can be recorded or
    /// kept.
    #[error("the stream \"{name}\" shows images, and only video can be recorded")]
    NotVideo {
        /// The stream's name.
        name: String,
    },
    /// The system gave no thread for the encoder or recorder.
    #[error("a thread could not be started")]
    Thread(#[source] io::Error),
    /// The file of the event log could not be opened.
    #[error("the event log {} can't be written", path.display())]
    EventLog {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The folder for a stream's past can't be used: choose another one.
    #[error("the past can't be kept in {}: {source}", path.display())]
    Keep {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing of the stream's past is kept: set [`StreamConfig::keep`](crate::StreamConfig::keep).
    #[error("the stream \"{name}\" keeps nothing of its past")]
    NothingKept {
        /// The stream's name.
        name: String,
    },
    /// The file of a recording can't be opened: choose another one.
    #[error("{} can't be written: {source}", path.display())]
    RecordFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of a saved stretch can't be written.
    #[error("{} is not whole: {source}", path.display())]
    Save {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: RecordError,
    },
    /// The pixels could not be fetched from their device; the next frame may do better.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The pixels don't make a picture of the format and size.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The image of a frame could not be made.
    #[error("the image could not be made")]
    Image(#[source] BackendError),
}
