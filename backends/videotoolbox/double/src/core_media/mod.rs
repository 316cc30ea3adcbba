//! CoreMedia: times, blocks of memory, samples and format descriptions.

mod block;
mod format;
mod sample;
mod time;

pub(crate) use block::Block;
pub(crate) use format::Format;
pub(crate) use sample::{Sample, Timing};
pub(crate) use time::CMTime;
