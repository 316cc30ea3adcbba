use framewire_frame::{Size, Timestamp};
use framewire_protocol::{
    Capabilities, Close, ColorDescriptor, Hello, InputEvent, Notice, Role, SetQuality, Transport, Viewport,
};
use std::{ops::Range, time::Duration};

/// What happened, told to [`Session::handle`](crate::Session::handle).
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// A whole text message came.
    Text(&'a str),
    /// A whole binary message came.
    Binary(&'a [u8]),
    /// Anything else came that shows the peer to be alive, such as a WebSocket pong.
    Alive,
    /// The answer to [`Output::Authenticate`]: welcome.
    Admitted(Role),
    /// The answer to [`Output::Authenticate`]: refused.
    Rejected,
    /// The viewer is now on another rendition (the answer to [`Output::Select`], a switch, a move): from here on
    /// [`Session::next_unit`](crate::Session::next_unit) is asked with its log.
    Rendition(RenditionInfo),
    /// The viewer's rendition is the same, but has another size, encoder or colour.
    Reconfigured(RenditionInfo),
    /// The answer to [`Output::Select`], or the result of a switch: nothing that the client can show is produced.
    NoTransport,
    /// The encoder's rate changed.
    Quality(SetQuality),
    /// A sentence for the person in front of the page.
    Notice(Notice),
    /// Told after every attempt to write that the socket took anything of, or all of: so many bytes still wait.
    Written {
        /// Bytes of messages handed out that the socket has not taken yet.
        remaining: usize,
    },
    /// [`Session::deadline`](crate::Session::deadline) has passed.
    Timeout,
    /// The stream has ended or was removed.
    StreamEnded,
    /// The server shuts down.
    Shutdown,
    /// The server ends the connection for a reason of its own.
    Refuse(Close),
}

/// What is to be done, taken from [`Session::poll`](crate::Session::poll) until there is no more.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Output {
    /// Ask the authentication hook, then answer with [`Input::Admitted`] or [`Input::Rejected`].
    Authenticate(Hello),
    /// Choose a rendition that the client can show, then answer with [`Input::Rendition`] or [`Input::NoTransport`].
    Select(Capabilities),
    /// Send a text message.
    Send(String),
    /// Send a WebSocket ping.
    Ping,
    /// Send a close frame and end the connection. Nothing comes after it.
    Close(Close),
    /// Hand an event to the application.
    Event(InputEvent),
    /// The client's canvas has this size. The event for the application came before.
    Viewport(Viewport),
    /// Ask the rendition for a key frame, of the resting frame if no other comes.
    RequestKeyframe(KeyframeReason),
    /// Whether this viewer would take another unit now. False until the first `Ready(true)`.
    Ready(bool),
    /// Put the viewer on another size, if there is one; then tell with [`Input::Rendition`].
    Move(Move),
}

/// What a viewer watches, for its `config`.
#[derive(Clone, Debug, PartialEq)]
pub struct RenditionInfo {
    /// How frames come.
    pub transport: Transport,
    /// The codec string, where a unit has shown it already.
    pub codec: Option<String>,
    /// The size of the frames.
    pub size: Size,
    /// The publisher's pixel ratio, unless it is 1 and always was.
    pub pixel_ratio: Option<f64>,
    /// The publisher's colour space, where it names one.
    pub color: Option<ColorDescriptor>,
    /// The encoder's name.
    pub encoder: String,
    /// What the encoder is set to.
    pub quality: SetQuality,
    /// Which other sizes there are.
    pub moves: Moves,
}

/// Which sizes a viewer can move to from its rendition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// There is a smaller one.
    pub smaller: bool,
    /// There is a larger one.
    pub larger: bool,
}

/// Another size of the same stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Move {
    /// The next smaller one.
    Smaller,
    /// The next larger one.
    Larger,
}

/// Why a key frame is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyframeReason {
    /// A viewer begins to watch.
    Join,
    /// The frames have another size.
    Resize,
    /// A viewer fell too far behind.
    Loss,
    /// A viewer's decoder cannot go on.
    Decoder,
}

/// A rendition's recent units as a session sees them. Positions are consecutive numbers.
pub trait UnitLog {
    /// The positions that are there; the end is the position of the unit that comes next.
    fn range(&self) -> Range<u64>;

    /// The newest key unit that is there.
    fn newest_key(&self) -> Option<u64>;

    /// What is known of the unit at a position; `None` outside of the range.
    fn unit(&self, position: u64) -> Option<UnitInfo>;
}

/// What a session has to know of a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitInfo {
    /// The payload's bytes.
    pub bytes: usize,
    /// Whether decoding can begin here. Every image is a key unit.
    pub key: bool,
    /// Whether no other unit refers to it.
    pub disposable: bool,
    /// Whether it is the clean picture of a scene at rest.
    pub still: bool,
    /// The moment of its frame on the stream's clock.
    pub timestamp: Timestamp,
    /// The time that conversion and encoding took.
    pub encode: Duration,
}

/// A unit to be sent now: its header with this `seq`, then its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Send {
    /// The unit in the log.
    pub position: u64,
    /// Its number on this connection.
    pub seq: u64,
    /// Whether the header carries the members of feature `publish_time`.
    pub publish_time: bool,
}
