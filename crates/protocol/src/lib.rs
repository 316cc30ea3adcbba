//! Every wire message and the binary header; the source of the TypeScript types and the golden vectors.
//!
//! One WebSocket per viewer carries JSON text (control) and binary messages (frames). The normative text is
//! `docs/protocol.md`; this crate is its arithmetic, without IO:
//!
//! | module of the wire | here |
//! |---|---|
//! | client to server | [`ClientMessage::parse`], [`Hello`], [`Ack`], [`Viewport`], [`InputEvent`] |
//! | server to client | [`ServerMessage::to_text`], [`Config`], [`Stats`] |
//! | binary envelope | [`FrameHeader`], [`HeaderTemplate`], [`Envelope`] |
//! | negotiation | [`Capabilities`], [`select_transport`], [`Features`] |
//! | routing and closing | [`stream_from_path`], [`Close`], [`CloseCode`] |
//!
//! Parsing is strict about syntax and lenient about content: unknown types and fields are ignored.
#![forbid(unsafe_code)]

mod capability;
mod client;
mod close;
mod color;
mod envelope;
mod error;
mod event;
mod extension;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
#[cfg(feature = "generate")]
pub mod generate;
mod hello;
mod json;
mod negotiate;
mod route;
mod server;

pub use capability::{Capabilities, ImageFormat, VideoCodec};
pub use client::{Ack, Arrived, ClientMessage, EventMessage, Ping, RequestKeyframe, Viewport};
pub use close::{Close, CloseCode};
pub use color::ColorDescriptor;
pub use envelope::{
    Envelope, FrameHeader, HeaderTemplate, ImageHeader, ReceivedHeader, Sticky, VideoHeader, pack,
};
pub use error::{EnvelopeError, ParseError};
pub use event::{Buttons, Event, InputEvent, KeyEvent, Modifiers, PointerEvent, ResizeEvent, WheelEvent};
pub use extension::{Feature, Features, Role, VERSION};
pub use hello::{Hello, HelloExtension};
pub use negotiate::{Transport, TransportPolicy, select_transport};
pub use route::stream_from_path;
pub use server::{
    Config, ConfigExtension, Notice, NoticeLevel, Pong, ServerMessage, SetQuality, Stats, TransportName,
};
