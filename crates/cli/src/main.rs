//! The framewire program.
#![forbid(unsafe_code)]
#![expect(unreachable_pub, reason = "a program has no outside: `pub` marks what its other modules use")]

mod args;
mod client;
mod commands;
mod exit;
#[cfg(feature = "wgpu")]
mod gpu;
mod interrupt;
mod output;
mod pattern_source;
mod player;
mod progress;
mod scene;
mod table;

use args::{Arguments, Command};
use clap::Parser as _;
use std::{io::IsTerminal as _, process::ExitCode};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = match EnvFilter::try_new(arguments.log()) {
        Ok(filter) => filter,
        Err(error) => {
            eprintln!("framewire: --log {}: {error}", arguments.log());
            return ExitCode::from(2);
        }
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    let result = match &arguments.command {
        Command::Demo(args) => commands::demo::run(args),
        Command::Serve(args) => commands::serve::run(args),
        Command::Encode(args) => commands::encode::run(args),
        Command::Decode(args) => commands::decode::run(args),
        Command::Probe(args) => commands::probe::run(args),
        Command::Remux(args) => commands::remux::run(args),
        Command::Record(args) => commands::record::run(args),
        Command::Save(args) => commands::save::run(args),
        Command::Doctor(args) => commands::doctor::run(args),
        Command::Load(args) => commands::load::run(args),
        Command::Bench(args) => commands::bench::run(args),
    };
    match result.and_then(|()| output::check()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
