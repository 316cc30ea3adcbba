//! What users take on: the licences of the dependencies, and the oldest Rust that compiles everything.

use crate::{
    report::{Outcome, StepResult},
    shell,
};
use serde_json::Value;

/// Licences whose terms an application under MIT or Apache-2.0 can meet by naming them.
const ALLOWED: [&str; 13] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unlicense",
    "0BSD",
    "IJG",
    "CC0-1.0",
];

/// Compiles everything with the oldest Rust that is promised, where that toolchain is installed.
pub fn check_minimum_rust() -> StepResult {
    let minimum = env!("CARGO_PKG_RUST_VERSION");
    let installed = shell::output("rustup", &["toolchain", "list"]).unwrap_or_default();
    let Some(toolchain) = installed
        .lines()
        .find(|line| line.starts_with(&format!("{minimum}-")) || line.starts_with(&format!("{minimum}.")))
    else {
        return Ok(Outcome::Skipped(format!(
            "Rust {minimum} is not installed (rustup toolchain install {minimum})"
        )));
    };
    let name = toolchain.split(' ').next().unwrap_or(toolchain);
    let mut check = shell::command("rustup", &["run", name, "cargo", "check", "--workspace", "--quiet"]);
    shell::status(check.env("CARGO_TARGET_DIR", shell::root().join("target/minimum-rust")))?;
    Ok(Outcome::Passed)
}

pub fn check() -> StepResult {
    let metadata =
        shell::output("cargo", &["metadata", "--format-version", "1", "--all-features", "--locked"])?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let ours = packages
        .iter()
        .find(|package| package["name"] == "framewire-frame")
        .and_then(|package| package["rust_version"].as_str())
        .ok_or("framewire-frame states no rust-version")?;
    let mut problems = Vec::new();
    for package in packages {
        let name = format!("{} {}", text(&package["name"]), text(&package["version"]));
        let licence = text(&package["license"]);
        if !is_allowed(licence) {
            problems.push(format!("{name}: licence \"{licence}\""));
        }
        let needed = package["rust_version"].as_str().unwrap_or("1.0");
        if version(needed) > version(ours) {
            problems.push(format!("{name} needs Rust {needed}, and framewire promises {ours}"));
        }
    }
    if problems.is_empty() { Ok(Outcome::Passed) } else { Err(format!("\n  {}", problems.join("\n  "))) }
}

/// Whether one side of every `OR`, with all of its `AND` parts, is allowed.
fn is_allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|licence| ALLOWED.contains(&licence.trim())))
}

fn version(text: &str) -> Vec<u32> {
    let mut parts: Vec<u32> = text.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    parts.resize(3, 0);
    parts
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
