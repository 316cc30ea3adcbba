//! Everything that runs on a Mac, type-checked for macOS on another system by a tool that stands beside the checkout.

use crate::{
    report::{Outcome, Report, StepResult},
    shell,
};
use std::process::Command;

/// Beside the checkout, and not part of it: it sets up a toolchain with the standard library's source.
const TOOL: &str = "../shared/tools/apple-check";
/// The tool's exit status where it could not set itself up.
const NOT_SET_UP: i32 = 3;
/// What `timeout` ends with.
const TOO_LATE: i32 = 124;
/// One run at a time: they share a folder that they mount.
const LOCK: &str = "/var/tmp/framewire-apple-check.lock";
/// Of this checkout alone: Cargo goes by the times of files, and to the tool every checkout lies at the same path.
const TARGET: &str = "target/apple";
/// What a set-up over a slow network may take, in seconds.
const PATIENCE: &str = "900";

/// What is checked. No C compiler for the target exists there, so that C and C++ are left out by feature.
const SETS: [(&str, &[&str]); 3] = [
    ("the backend", &["-p", "framewire-videotoolbox", "--all-targets"]),
    (
        "the program and the libraries",
        &[
            "-p",
            "framewire-cli",
            "-p",
            "framewire",
            "-p",
            "framewire-server",
            "-p",
            "framewire-engine",
            "-p",
            "framewire-wgpu",
            "--no-default-features",
            "--features",
            "framewire-cli/wgpu",
        ],
    ),
    ("the examples", &["-p", "framewire", "--no-default-features", "--features", "server", "--examples"]),
];

/// A step for each set. What keeps one from running keeps the others.
pub fn check(report: &mut Report) {
    let mut missing = missing();
    for (name, arguments) in SETS {
        report.step(&format!("macOS: types of {name}"), || {
            let outcome = match &missing {
                Some(reason) => Outcome::Skipped(reason.clone()),
                None => check_set(arguments)?,
            };
            if let Outcome::Skipped(reason) = &outcome {
                missing = Some(reason.clone());
            }
            Ok(outcome)
        });
    }
}

fn check_set(arguments: &[&str]) -> StepResult {
    let mut command = Command::new("flock");
    command
        .current_dir(shell::root())
        .args([LOCK, "timeout", PATIENCE, TOOL, "--", "--target-dir", TARGET])
        .args(arguments);
    let mut warned = Vec::new();
    let status = shell::errors(&mut command, |line| {
        if line.starts_with("warning: `framewire") {
            warned.push(line.to_owned());
        }
    })?;
    match status.code() {
        Some(0) if warned.is_empty() => Ok(Outcome::Passed),
        Some(0) => Err(warned.join("; ")),
        Some(NOT_SET_UP) => Ok(Outcome::Skipped("its toolchain could not be set up (see above)".to_owned())),
        Some(TOO_LATE) => Ok(Outcome::Skipped(format!("{TOOL} was not done after {PATIENCE} seconds"))),
        _ => Err(format!("{TOOL} ended with {status}")),
    }
}

/// Why the tool cannot run here.
fn missing() -> Option<String> {
    if cfg!(target_os = "macos") {
        return Some("this is macOS: clippy has checked it".to_owned());
    }
    if !shell::root().join(TOOL).is_file() {
        return Some(format!("{TOOL} is not there"));
    }
    let is_root = shell::output("id", &["-u"]).is_ok_and(|id| id.trim() == "0");
    (!is_root).then(|| format!("{TOOL} needs root"))
}
