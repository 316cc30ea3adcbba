//! The project's checks and generators: one definition of "checked" for people and for CI.
#![forbid(unsafe_code)]
#![expect(unreachable_pub, reason = "a program has no outside: `pub` marks what its other modules use")]

mod apple;
mod cargo;
mod clips;
mod e2e;
mod fuzz;
mod hardware;
mod licences;
mod metal;
mod protocol;
mod report;
mod shell;
mod structure;
mod test;
mod tools;
mod vectors;
mod videotoolbox;
mod web;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask COMMAND

  test                 everything below that checks; what CI runs
  test --hardware      the conformance suite and the benchmark on this machine's hardware codecs
  rust                 formatting, clippy, feature sets, tests and doctests
  web [--check]        build the browser client into crates/server/assets; --check: types, tests and drift
  protocol [--check]   write the TypeScript types and golden vectors from crates/protocol; --check: drift
  vectors [--check]    write the golden vectors of crates/convert; --check: drift
  metal [--check]      write the kernels of crates/shader in Metal's language; --check: drift
  structure            the rules of the tree: arrows, unsafe code, vendor names, clocks, file sizes
  licences             licences and minimum Rust version of every dependency
  videotoolbox         the VideoToolbox backend's tests on a system without the frameworks, over their double
  videotoolbox test|clippy|... [ARGUMENT...]
                       another command of Cargo there
  videotoolbox program [--] [ARGUMENT...]
                       the program over the double
  apple                types for macOS, checked on another system
  e2e                  the program in a real headless Chromium
  tools                what the checks need, installed where possible
  clips                real clips for tests and benchmarks, into clips/ of the target folder
  fuzz [--seconds N] [TARGET...]
                       every fuzz target, or those named, for 120 seconds each or as said
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut report = report::Report::default();
    match words.as_slice() {
        ["test"] => test::run(&mut report),
        ["test", "--hardware"] => hardware::run(&mut report),
        ["rust"] => cargo::check(&mut report),
        ["web"] => report.step("web: build", web::build),
        ["web", "--check"] => web::check(&mut report),
        ["protocol"] => report.step("protocol: generate", protocol::generate),
        ["protocol", "--check"] => report.step("protocol: drift", protocol::check),
        ["vectors"] => report.step("vectors: generate", vectors::generate),
        ["vectors", "--check"] => report.step("vectors: drift", vectors::check),
        ["metal"] => report.step("metal: generate", metal::generate),
        ["metal", "--check"] => report.step("metal: drift", metal::check),
        ["structure"] => structure::check(&mut report),
        ["licences"] => report.step("licences, and the Rust that dependencies need", licences::check),
        ["videotoolbox"] => videotoolbox::check(&mut report),
        ["videotoolbox", "program", "--", arguments @ ..] | ["videotoolbox", "program", arguments @ ..] => {
            videotoolbox::run_program(arguments, &mut report);
        }
        ["videotoolbox", arguments @ ..] => videotoolbox::run(arguments, &mut report),
        ["apple"] => apple::check(&mut report),
        ["e2e"] => e2e::run(&mut report),
        ["tools"] => tools::install_all(&mut report),
        ["clips"] => report.step("clips", clips::fetch),
        ["fuzz", arguments @ ..] if fuzz::run(arguments, &mut report) => {}
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    report.finish()
}
