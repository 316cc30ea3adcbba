//! Media files: frames and access units in and out of them.
//!
//! | module | what it holds |
//! |---|---|
//! | [`source`] | frames out of video files, numbered images, standard input |
//! | [`sink`] | access units and pictures into files and pipes |
//! | [`export`] | a source through an encoder into a sink, on as many threads as serve |
//! | [`remux`] | from one container into another, without coding |
//! | [`probe`] | what a file is |
#![forbid(unsafe_code)]

mod access_units;
mod error;
pub mod export;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
pub mod probe;
pub mod remux;
pub mod sink;
pub mod source;
mod time;

pub use error::{Cancel, Error, Failed};
pub use time::{Moment, Timescale};
