//! `framewire bench`: figures beside a baseline of the same run.

mod changes;
mod content;
mod convert;
mod encode;
mod export;
mod figures;
#[cfg(feature = "wgpu")]
mod gpu;
mod hardware;
mod process;
mod remux;
mod workshop;
mod yardstick;

use crate::{
    args::{Bench, BenchCommand},
    exit::Failure,
};

/// Runs to the end and prints the rows.
pub fn run(args: &Bench) -> Result<(), Failure> {
    match &args.command {
        BenchCommand::Convert(args) => convert::run(args),
        BenchCommand::Encode(args) => encode::run(args),
        BenchCommand::Export(args) => export::run(args),
        BenchCommand::Remux(args) => remux::run(args),
    }
}
