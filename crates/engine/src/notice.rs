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
    /// Nothing encodes this rendition any more; its viewers are moved to another one if there is any.
    RenditionFailed {
        /// The rendition, as [`RenditionKey`](crate::RenditionKey) shows it.
        rendition: String,
        /// What the encoders said.
        why: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EncoderReplaced { from, to, why } => write!(f, "{to} encodes in place of {from}: {why}"),
            Self::RenditionFailed { rendition, why } => write!(f, "{rendition} can't be encoded: {why}"),
        }
    }
}
