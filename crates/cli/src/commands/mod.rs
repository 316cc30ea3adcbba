//! What each command does.

pub mod bench;
pub mod decode;
pub mod demo;
pub mod doctor;
pub mod encode;
mod files;
mod listen;
pub mod load;
pub mod probe;
pub mod record;
mod recording;
pub mod remux;
pub mod save;
pub mod serve;

pub use listen::{second_wish, shutdown_wish};
