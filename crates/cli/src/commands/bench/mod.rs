//! `framewire bench`: figures beside a baseline of the same run.

mod convert;
mod encode;
mod figures;

use crate::{
    args::{Bench, BenchCommand},
    exit::Failure,
};

/// Runs to the end and prints the rows.
pub fn run(args: &Bench) -> Result<(), Failure> {
    match &args.command {
        BenchCommand::Convert(args) => convert::run(args),
        BenchCommand::Encode(args) => encode::run(args),
    }
}
