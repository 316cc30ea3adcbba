use crate::close;

/// Why a byte stream is not a valid WebSocket stream. The connection cannot go on: answer with
/// [`close_frame`](crate::close_frame)`(error.close_code(), ..)` and close it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A reserved bit is set although no extension is negotiated (RFC 6455, 5.2).
    #[error("reserved bits {0:#05b} are set without an extension")]
    ReservedBits(u8),
    /// The opcode has no meaning (RFC 6455, 5.2).
    #[error("opcode {0:#x} is reserved")]
    ReservedOpcode(u8),
    /// A client's frame is not masked (RFC 6455, 5.1).
    #[error("the client's frame is not masked")]
    NotMasked,
    /// A server's frame is masked (RFC 6455, 5.1).
    #[error("the server's frame is masked")]
    Masked,
    /// The payload length is written in more bytes than it needs (RFC 6455, 5.2).
    #[error("payload length {0} is not in its shortest form")]
    LengthNotMinimal(u64),
    /// The payload length has its highest bit set (RFC 6455, 5.2).
    #[error("payload length {0:#x} has its highest bit set")]
    LengthOutOfRange(u64),
    /// A control frame holds more than 125 bytes (RFC 6455, 5.5).
    #[error("a control frame holds more than 125 bytes")]
    ControlTooLong,
    /// A control frame is fragmented (RFC 6455, 5.5).
    #[error("a control frame is fragmented")]
    ControlFragmented,
    /// A continuation frame comes without a message to continue (RFC 6455, 5.4).
    #[error("a continuation frame continues no message")]
    NothingToContinue,
    /// A message starts before the last one has ended (RFC 6455, 5.4).
    #[error("a message starts inside another message")]
    MessageInsideMessage,
    /// The body of a close frame is one byte, too short for a code (RFC 6455, 5.5.1).
    #[error("a close frame holds half a status code")]
    CloseTooShort,
    /// The code of a close frame may not be sent (RFC 6455, 7.4).
    #[error("close code {0} may not be sent")]
    InvalidCloseCode(u16),
    /// Text, or the reason of a close frame, is not UTF-8 (RFC 6455, 8.1).
    #[error("text is not UTF-8 from byte {at} on")]
    InvalidUtf8 {
        /// How many bytes are valid.
        at: usize,
    },
    /// The message is larger than [`Limits::max_message`](crate::Limits::max_message).
    #[error("a message of at least {len} bytes is over the limit of {limit}")]
    TooBig {
        /// Bytes of the message that are announced so far.
        len: u64,
        /// Bytes that are allowed.
        limit: usize,
    },
}

impl Error {
    /// The status code that tells the peer: 1002 (protocol), 1007 (not UTF-8) or 1009 (too big).
    pub const fn close_code(&self) -> u16 {
        match self {
            Self::InvalidUtf8 { .. } => close::INVALID_DATA,
            Self::TooBig { .. } => close::TOO_BIG,
            _ => close::PROTOCOL_ERROR,
        }
    }
}
