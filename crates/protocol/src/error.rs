use crate::{Close, CloseCode};

/// Why a message of a client cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The text is not JSON.
    #[error("the message is not JSON: {0}")]
    Syntax(String),
    /// The text is JSON, but not an object.
    #[error("the message is not a JSON object")]
    NotAnObject,
    /// A field that the message cannot do without is missing or of another type.
    #[error("the field \"{field}\" of \"{message}\" is missing or not {expected}")]
    Field {
        /// The message's `type`.
        message: &'static str,
        /// The field.
        field: &'static str,
        /// What it has to be, with its article.
        expected: &'static str,
    },
}

impl ParseError {
    /// The close that the connection gets for it: 1007 for bad JSON, 1008 for bad content.
    pub fn close(&self) -> Close {
        let code = match self {
            Self::Syntax(_) | Self::NotAnObject => CloseCode::Malformed,
            Self::Field { .. } => CloseCode::Policy,
        };
        Close::new(code, self.to_string())
    }
}

/// Why a binary message is not an envelope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Shorter than the length field or than the header that it announces.
    #[error("the message of {length} bytes is shorter than its header needs ({needed} bytes)")]
    Truncated {
        /// Bytes that are there.
        length: usize,
        /// Bytes that would be needed.
        needed: u64,
    },
    /// The header is not a JSON object in UTF-8 with a `type`.
    #[error("the header is not a JSON object with a type: {0}")]
    Header(String),
}
