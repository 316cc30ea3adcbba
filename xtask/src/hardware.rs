//! What only a machine with the hardware can show: the conformance suite on its codecs, and the benchmark.
//!
//! The suite runs nowhere else, since a machine without a free encoder would fail it for no fault of framewire's.

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
    absent: Option<&'static str>,
}

const BACKENDS: [Backend; 1] = [Backend {
    package: "framewire-videotoolbox",
    encoder: "videotoolbox",
    absent: if cfg!(target_os = "macos") { None } else { Some("VideoToolbox is part of macOS") },
}];

/// The suite for each backend, what the doctor sees, and the benchmark.
pub fn run(report: &mut Report) {
    let mut encoders = Vec::new();
    for Backend { package, encoder, absent } in &BACKENDS {
        report.step(&format!("hardware: conformance of {package}"), || {
            if let Some(reason) = absent {
                return Ok(Outcome::Skipped((*reason).to_owned()));
            }
            encoders.push(*encoder);
            let arguments = ["test", "-p", package, "--test", "conformance", "--", "--test-threads=1"];
            let mut command = shell::command("cargo", &arguments);
            shell::status(command.env(VARIABLE, "1"))?;
            Ok(Outcome::Passed)
        });
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
