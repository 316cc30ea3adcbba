//! What each command does.

pub mod bench;
pub mod demo;
pub mod doctor;
mod listen;
pub mod load;
pub mod record;
pub mod save;
pub mod serve;
