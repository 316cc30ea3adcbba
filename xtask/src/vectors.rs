//! The golden vectors of the canonical arithmetic, which an example of `crates/convert` prints.

use crate::{
    report::{Outcome, StepResult},
    shell,
};
use std::fs;

const FILE: &str = "fixtures/convert/vectors.json";

/// Writes them.
pub fn generate() -> StepResult {
    fs::write(shell::root().join(FILE), print()?).map_err(|error| format!("{FILE}: {error}"))?;
    eprintln!("   {FILE}");
    Ok(Outcome::Passed)
}

/// Fails when they differ from what the crate generates.
pub fn check() -> StepResult {
    if fs::read_to_string(shell::root().join(FILE)).ok() == Some(print()?) {
        return Ok(Outcome::Passed);
    }
    Err(format!("{FILE} differs from crates/convert; run `cargo xtask vectors` and commit"))
}

fn print() -> Result<String, String> {
    shell::output("cargo", &["run", "--quiet", "-p", "framewire-convert", "--example", "vectors"])
}
