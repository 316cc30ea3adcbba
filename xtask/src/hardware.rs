//! What only a machine with the hardware can show: the conformance suite on its codecs, the tests of its own frames, and
//! the benchmark.
//!
//! They run nowhere else, since a machine without a free encoder would fail them for no fault of framewire's.

use crate::{
    report::{Outcome, Report, StepResult},
    shell,
};

/// Has tests use the hardware; without it they say `SKIPPED`.
const VARIABLE: &str = "FRAMEWIRE_HARDWARE";

/// A backend, and why it cannot run here.
struct Backend {
    package: &'static str,
    /// Its encoder in the roster.
    encoder: &'static str,
    /// Its test binaries that use the hardware.
    tests: &'static [&'static str],
    absent: Option<&'static str>,
}

const BACKENDS: [Backend; 1] = [Backend {
    package: "framewire-videotoolbox",
    encoder: "videotoolbox",
    tests: &["conformance", "metal"],
    absent: if cfg!(target_os = "macos") { None } else { Some("VideoToolbox is part of macOS") },
}];

/// The tests of each backend, what the doctor sees, and the benchmark.
pub fn run(report: &mut Report) {
    let mut encoders = Vec::new();
    for Backend { package, encoder, tests, absent } in &BACKENDS {
        for test in *tests {
            report.step(&format!("hardware: {test} of {package}"), || {
                if let Some(reason) = absent {
                    return Ok(Outcome::Skipped((*reason).to_owned()));
                }
                let arguments = ["test", "-p", package, "--test", test, "--", "--test-threads=1"];
                let mut command = shell::command("cargo", &arguments);
                shell::status(command.env(VARIABLE, "1"))?;
                Ok(Outcome::Passed)
            });
        }
        if absent.is_none() {
            encoders.push(*encoder);
        }
    }
    if !encoders.is_empty() {
        report.step("hardware: doctor", || program(&["doctor", "--refresh"]));
        report.step("hardware: benchmark", || {
            program(&["bench", "encode", "--compare-pipeline", "--encoders", &encoders.join(",")])
        });
    }
}

fn program(arguments: &[&str]) -> StepResult {
    let mut command = shell::command("cargo", &["run", "--release", "-p", "framewire-cli", "--"]);
    shell::status(command.args(arguments))?;
    Ok(Outcome::Passed)
}
