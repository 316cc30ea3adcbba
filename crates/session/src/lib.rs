//! One viewer as a state machine without IO, clock or thread.
//!
//! A server tells a [`Session`] what happens, does what it says, and asks it for the next unit:
//!
//! ```text
//! loop {
//!     while let Some(output) = session.poll() { do it }                        // also after next_unit
//!     while let Some(send) = session.next_unit(&log, now) {                    // None while the socket still has bytes
//!         write the unit's header with send.seq, then its payload; drain poll
//!         session.handle(Input::Written { remaining }, now)
//!     }
//!     wait for the socket, the log's head, news of the stream or session.deadline()
//!     session.handle(input, now)
//! }
//! ```
//!
//! Time is an argument everywhere ([`Time`]). What is decided, and by which numbers, is in pure types beside the
//! machine: [`Window`] (how much is on its way), [`Cursor`] (which unit is next), [`Ladder`] (which size), [`TokenBucket`]
//! (how many messages); and, for a rendition, [`KeyframeBudget`] and [`RatePolicy`].
#![forbid(unsafe_code)]

mod config;
mod cursor;
mod handshake;
mod io;
mod keyframe;
mod ladder;
mod limits;
mod rate;
mod session;
mod stats;
mod time;
mod window;

pub use config::{CursorPolicy, LadderPolicy, Limits, SessionConfig, WindowPolicy};
pub use cursor::{Cursor, Next};
pub use io::{Input, KeyframeReason, Move, Moves, Output, RenditionInfo, Send, UnitInfo, UnitLog};
pub use keyframe::{Grant, KeyframeBudget, KeyframePolicy};
pub use ladder::Ladder;
pub use limits::TokenBucket;
pub use rate::RatePolicy;
pub use session::Session;
pub use stats::ViewerStats;
pub use time::Time;
pub use window::Window;
