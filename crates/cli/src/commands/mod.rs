//! What each command does.

pub mod bench;
pub mod demo;
pub mod doctor;
mod listen;
pub mod load;
pub mod record;
mod recording;
pub mod save;
pub mod serve;
