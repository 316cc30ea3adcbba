use crate::{Error, close};

/// A message, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A whole text message.
    Text(&'a str),
    /// A whole binary message. A streaming reader gives `BinaryHead` and `BinaryEnd` in its place.
    Binary(&'a [u8]),
    /// The start of a binary message, in a streaming reader.
    BinaryHead {
        /// Bytes of the whole message; `None` when more fragments of unknown length follow.
        len: Option<u64>,
        /// The first bytes: as many as were asked for, or the whole message where that is shorter.
        head: &'a [u8],
    },
    /// The last byte of a binary message has arrived, in a streaming reader.
    BinaryEnd {
        /// Bytes of the whole message.
        len: u64,
    },
    /// A ping, to be answered with [`pong_frame`](crate::pong_frame) and the same payload.
    Ping(&'a [u8]),
    /// A pong.
    Pong(&'a [u8]),
    /// The peer closes; nothing comes after this. To be answered with [`close_frame`](crate::close_frame), unless this
    /// is the answer to one. `None` is a close without a code (1005 by RFC 6455, 7.1.5).
    Close(Option<CloseFrame<'a>>),
}

/// The body of a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseFrame<'a> {
    /// The status code, see [`close`](crate::close).
    pub code: u16,
    /// Why, for people; at most 123 bytes.
    pub reason: &'a str,
}

impl<'a> Event<'a> {
    pub(crate) fn text(payload: &'a [u8]) -> Result<Self, Error> {
        utf8(payload).map(Self::Text)
    }

    pub(crate) fn close(payload: &'a [u8]) -> Result<Self, Error> {
        let Some((code, reason)) = payload.split_first_chunk() else {
            return if payload.is_empty() { Ok(Self::Close(None)) } else { Err(Error::CloseTooShort) };
        };
        let code = u16::from_be_bytes(*code);
        if !close::is_sendable(code) {
            return Err(Error::InvalidCloseCode(code));
        }
        Ok(Self::Close(Some(CloseFrame { code, reason: utf8(reason)? })))
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes).map_err(|error| Error::InvalidUtf8 { at: error.valid_up_to() })
}
