//! RFC 6455 framing without IO: small buffers, no copy of a payload.
//!
//! | direction | what | cost per connection |
//! |---|---|---|
//! | in | [`Reader`] turns a byte stream into [`Event`]s | one buffer, at most 2 KiB once it is drained |
//! | out | [`binary_header`], [`text_header`] stand before a payload in one vectored write | 14 bytes on the stack |
//! | out | [`close_frame`], [`ping_frame`], [`pong_frame`] are whole frames | 131 bytes on the stack |
//!
//! The payload of an outgoing frame is never touched: a thousand viewers share one encoded picture. A client that only
//! looks at the start of large messages reads them with [`Reader::for_client_streaming`], which holds none of the rest.
//!
//! ```
//! use framewire_websocket::{Event, Limits, Reader, Role, mask_in_place, text_header};
//!
//! // A client's message, as it comes from the socket.
//! let (key, mut payload) = ([1, 2, 3, 4], *b"hello");
//! mask_in_place(&mut payload, key);
//! let received = [&*text_header(Role::Client, payload.len()).masked(key), &payload].concat();
//!
//! let mut reader = Reader::new(Role::Server, Limits::default());
//! let mut input = &received[..];
//! while let Some(event) = reader.next_from(&mut input)? {
//!     assert_eq!(event, Event::Text("hello"));
//! }
//! # Ok::<(), framewire_websocket::Error>(())
//! ```
//!
//! The opening handshake is in [`handshake`]. Extensions and subprotocols are not offered and not accepted.
#![forbid(unsafe_code)]

pub mod close;
mod error;
mod event;
mod frame;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
pub mod handshake;
mod mask;
mod reader;
mod write;

pub use error::Error;
pub use event::{CloseFrame, Event};
pub use handshake::HandshakeError;
pub use mask::{MaskKey, mask_in_place};
pub use reader::{Limits, Reader};
pub use write::{
    ControlFrame, FrameHeader, MAX_CONTROL_PAYLOAD, binary_header, close_frame, ping_frame, pong_frame,
    text_header,
};

/// Which end of the connection this program is. A client masks what it sends and a server does not (RFC 6455, 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Accepts connections.
    Server,
    /// Opens them.
    Client,
}
