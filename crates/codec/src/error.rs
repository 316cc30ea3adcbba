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
    /// The frame could not be fetched from its device: publish another one.
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
        in_full(self)
    }
}

impl EncodeError {
    /// What it says and, after colons, what its sources say: for a log or a person who sees nothing else of it.
    pub fn in_full(&self) -> String {
        in_full(self)
    }
}

/// What an error says and, after colons, what its sources say, each unless the one before it has ended with that.
pub(crate) fn in_full(error: &dyn Error) -> String {
    let sources = std::iter::successors(error.source(), |&error| error.source());
    sources.map(ToString::to_string).fold(error.to_string(), |said, source| {
        if said.ends_with(&source) { said } else { format!("{said}: {source}") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_error_has_said_of_its_source_is_not_said_again() {
        let lost = || BackendError::failed("the device is lost");
        assert_eq!(lost().in_full(), "the device is lost");
        let apart = BackendError::failed_with("no picture came", lost());
        assert_eq!(apart.in_full(), "no picture came: the device is lost");
        let within = BackendError::failed_with("no picture came: the device is lost", lost());
        assert_eq!(within.in_full(), "no picture came: the device is lost");
        let deep = BackendError::failed_with("conversion", within);
        assert_eq!(deep.in_full(), "conversion: no picture came: the device is lost");
    }
}
