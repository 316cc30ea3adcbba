use framewire_codec::{Fallback, Part};
use std::fmt;

/// Something that happened to a stream and that viewers and operators should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// One encoder was replaced by another; the stream goes on.
    EncoderReplaced {
        /// The one that was in use or asked for.
        from: String,
        /// The one that is in use now.
        to: String,
        /// Who refused and why.
        why: String,
    },
    /// A device that converted its frames has failed, and the processor converts in its place; the stream goes on, at the
    /// pace of downloads.
    ConversionReplaced {
        /// The one that was in use or asked for, in words: `conversion on` the device.
        from: String,
        /// The one that is in use now, in words.
        to: String,
        /// What the device said.
        why: String,
    },
    /// Nothing encodes this rendition any more; its viewers are moved to another one if there is any.
    RenditionFailed {
        /// The rendition, as [`RenditionKey`](crate::RenditionKey) shows it.
        rendition: String,
        /// What the encoders said.
        why: String,
    },
    /// A recording has ended before its time; the stream goes on.
    RecordingFailed {
        /// The file.
        file: String,
        /// What went wrong.
        why: String,
    },
    /// A recording lacks units because its disk was too slow; it goes on at the next key unit.
    RecordingLagged {
        /// The file.
        file: String,
        /// How many units.
        lost: u64,
    },
    /// A recording gets nothing, as nothing encodes what it records; it goes on when something does.
    RecordingStalled {
        /// The file.
        file: String,
        /// What the encoders said.
        why: String,
    },
    /// The stream's past grows no more, as nothing encodes what is kept; it does again when something does.
    KeepStalled {
        /// What the encoders said.
        why: String,
    },
    /// The stream's past is kept no more.
    KeepFailed {
        /// What went wrong.
        why: String,
    },
}

impl Notice {
    /// Whether it is about what viewers see; others are about files of this machine, which are the operator's.
    pub fn is_for_viewers(&self) -> bool {
        match self {
            Self::EncoderReplaced { .. } | Self::ConversionReplaced { .. } | Self::RenditionFailed { .. } => {
                true
            }
            Self::RecordingFailed { .. }
            | Self::RecordingLagged { .. }
            | Self::RecordingStalled { .. }
            | Self::KeepStalled { .. }
            | Self::KeepFailed { .. } => false,
        }
    }
}

impl From<Fallback> for Notice {
    fn from(Fallback { part, from, to, why }: Fallback) -> Self {
        match part {
            Part::Encoder => Self::EncoderReplaced { from, to, why },
            Part::Conversion => Self::ConversionReplaced { from, to, why },
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EncoderReplaced { from, to, why } => write!(f, "{to} encodes in place of {from}: {why}"),
            Self::ConversionReplaced { from, to, why } => write!(f, "{to} takes the place of {from}: {why}"),
            Self::RenditionFailed { rendition, why } => write!(f, "{rendition} can't be encoded: {why}"),
            Self::RecordingFailed { file, why } => write!(f, "the recording {file} has ended: {why}"),
            Self::RecordingLagged { file, lost } => {
                write!(f, "the recording {file} lacks {lost} units: its disk is too slow")
            }
            Self::RecordingStalled { file, why } => write!(f, "the recording {file} gets nothing: {why}"),
            Self::KeepStalled { why } => write!(f, "the past grows no more: {why}"),
            Self::KeepFailed { why } => write!(f, "the past is kept no more: {why}"),
        }
    }
}
