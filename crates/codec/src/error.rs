use crate::Refusal;
use framewire_frame::{DeviceError, Size};
use std::error::Error;

/// What a backend says when it cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// The backend works, but not with this size, format, profile or change: try another one.
    #[error("{what} is not supported")]
    Unsupported {
        /// What was asked for, with its value: `a picture of 64x2`.
        what: String,
    },
    /// The backend does not work on this machine (no device, no library, no session left): try another one.
    #[error("{why}")]
    Unavailable {
        /// What is missing, in a sentence that names the library or device.
        why: String,
    },
    /// A unit that a decoder cannot read: drop it, ask for a key frame, go on.
    #[error("the unit is broken: {message}")]
    BrokenUnit {
        /// What is wrong with it.
        message: String,
    },
    /// The backend was working and has failed: replace it.
    #[error("{message}")]
    Failed {
        /// What happened, in a sentence.
        message: String,
        /// The vendor's own error.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
}

/// Nothing of a roster could be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Every candidate refused: install or choose another one, or ask for another size or codec.
    #[error("no {what} of {of} works: {}", tried_in_words(tried))]
    NoneWorks {
        /// `encoder` or `decoder`.
        what: &'static str,
        /// The codec or image format.
        of: &'static str,
        /// Everything that was tried, in order; empty when there was nothing to try.
        tried: Vec<Refusal>,
    },
}

/// A frame that was not encoded. The encoder stays usable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// No candidate is left that works: tell the user.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The frame could not be fetched: publish another one.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A device surface whose pixels have another size than it says.
    #[error("a surface of {said} gave a picture of {got}")]
    DownloadedSize {
        /// What the surface says.
        said: Size,
        /// What was downloaded.
        got: Size,
    },
}

/// An access unit that was not decoded. The decoder stays usable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Nothing can be shown for this unit: ask for a key frame and go on.
    #[error("the unit cannot be decoded: {why}")]
    BrokenUnit {
        /// What is wrong with it.
        why: String,
    },
    /// No decoder works for this stream; the error names what it uses that each of them lacks. The units behind it fare
    /// alike, up to a key frame that uses less.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The decoder has failed; the next key frame opens another session.
    #[error("the decoder {name} failed: {source}")]
    Failed {
        /// The candidate.
        name: &'static str,
        /// Its own error.
        source: BackendError,
    },
}

fn tried_in_words(tried: &[Refusal]) -> String {
    if tried.is_empty() { "there is none in this program".to_owned() } else { Refusal::list(tried) }
}

impl DecodeError {
    pub(crate) fn broken(why: impl Into<String>) -> Self {
        Self::BrokenUnit { why: why.into() }
    }
}

impl BackendError {
    /// [`BackendError::Unsupported`].
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }

    /// [`BackendError::Unavailable`].
    pub fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable { why: why.into() }
    }

    /// [`BackendError::BrokenUnit`].
    pub fn broken_unit(message: impl Into<String>) -> Self {
        Self::BrokenUnit { message: message.into() }
    }

    /// [`BackendError::Failed`] without a vendor's error.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), source: None }
    }

    /// [`BackendError::Failed`] with the vendor's error.
    pub fn failed_with(message: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed { message: message.into(), source: Some(source.into()) }
    }

    /// What it says and, after colons, what its sources say: for a log or a person who sees nothing else of it.
    pub fn in_full(&self) -> String {
        let sources = std::iter::successors(self.source(), |&error| error.source());
        sources.fold(self.to_string(), |said, source| format!("{said}: {source}"))
    }
}
