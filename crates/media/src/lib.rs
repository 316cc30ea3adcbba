//! Media files: frames and access units in and out of them.
//!
//! | module | what it holds |
//! |---|---|
//! | [`source`] | frames out of video files, numbered images, standard input |
#![forbid(unsafe_code)]

pub mod export;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
pub mod sink;
pub mod source;
mod time;

pub use time::{Moment, Timescale};
