//! The Rust half: formatting, lints, feature sets, tests.

use crate::{
    report::{Outcome, Report, StepResult},
    shell,
};

/// Feature sets that must work beside the default one.
const FEATURE_SETS: [(&str, &[&str]); 5] = [
    ("none", &["check", "-p", "framewire-cli", "--no-default-features", "--quiet"]),
    ("a device of the caller's own", &["check", "-p", "framewire-wgpu", "--no-default-features", "--quiet"]),
    ("wgpu without the scene", &["check", "-p", "framewire", "--features", "wgpu", "--quiet"]),
    ("turbojpeg", &["test", "-p", "framewire-software", "--features", "turbojpeg", "--quiet"]),
    ("verify-kernels", &["test", "-p", "framewire-convert", "--features", "verify-kernels", "--quiet"]),
];

pub fn check(report: &mut Report) {
    report.step("formatting", || passed(shell::run("cargo", &["fmt", "--all", "--", "--check"])));
    report.step("clippy", || {
        passed(shell::run(
            "cargo",
            &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"],
        ))
    });
    test(report);
    for (name, arguments) in FEATURE_SETS {
        report.step(&format!("features: {name}"), || passed(shell::run("cargo", arguments)));
    }
    report.step("features: none needs no C compiler", no_c_compiler);
    report.step("convert: kernels for ARM", neon);
    report.step("documentation", || {
        let mut doc = shell::command("cargo", &["doc", "--workspace", "--no-deps", "--quiet"]);
        passed(shell::status(doc.env("RUSTDOCFLAGS", "-D warnings")))
    });
}

/// The build without features must not use a crate that compiles C or C++.
fn no_c_compiler() -> StepResult {
    let arguments = [
        "tree",
        "-p",
        "framewire-cli",
        "--no-default-features",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
    ];
    let tree = shell::output("cargo", &arguments)?;
    let compiles_c = |line: &&str| ["cc v", "cmake v", "nasm-rs v"].iter().any(|name| line.starts_with(name));
    match tree.lines().find(compiles_c) {
        None => Ok(Outcome::Passed),
        Some(package) => Err(format!("{package} is in the tree of `cargo {}`", arguments.join(" "))),
    }
}

/// The NEON kernels' tests on an emulated machine, where a cross toolchain can be had.
fn neon() -> StepResult {
    let mut script = shell::command("bash", &["xtask/neon.sh"]);
    match script.status() {
        Ok(status) if status.success() => Ok(Outcome::Passed),
        Ok(status) if status.code() == Some(3) => {
            Ok(Outcome::Skipped("no cross toolchain for aarch64 could be set up (see above)".to_owned()))
        }
        Ok(status) => Err(format!("xtask/neon.sh ended with {status}")),
        Err(error) => Err(format!("xtask/neon.sh could not be started: {error}")),
    }
}

/// Runs all tests and doctests. A test that could not run prints `SKIPPED name: reason`; those lines are counted.
fn test(report: &mut Report) {
    let mut skipped = Vec::new();
    report.step("tests and doctests", || {
        let mut command =
            shell::command("cargo", &["test", "--workspace", "--no-fail-fast", "--", "--show-output"]);
        let mut failing = false;
        passed(shell::lines(&mut command, |line| {
            if let Some(rest) = line.strip_prefix("SKIPPED ") {
                let (name, reason) = rest.split_once(": ").unwrap_or((rest, "no reason given"));
                skipped.push((name.to_owned(), reason.to_owned()));
            }
            failing = match line {
                "failures:" => true,
                "successes:" => false,
                _ => failing,
            };
            let worth_showing = line.starts_with("test result") || line.contains("... FAILED");
            if failing || worth_showing {
                println!("{line}");
            }
        }))
    });
    for (name, reason) in skipped {
        report.skip(&name, &reason);
    }
}

fn passed(result: Result<(), String>) -> StepResult {
    result.map(|()| Outcome::Passed)
}
