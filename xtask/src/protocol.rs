//! What is generated from `crates/protocol`: the TypeScript types and the golden vectors.

use crate::{
    report::{Outcome, StepResult},
    shell,
};

const GENERATOR: [&str; 8] =
    ["run", "--quiet", "-p", "framewire-protocol", "--features", "generate", "--example", "generate"];

pub fn generate() -> StepResult {
    shell::run("cargo", &GENERATOR)?;
    Ok(Outcome::Passed)
}

/// Fails when a generated file differs from what the crate generates.
pub fn check() -> StepResult {
    let mut arguments = GENERATOR.to_vec();
    arguments.extend(["--", "--check"]);
    shell::run("cargo", &arguments)
        .map_err(|error| format!("{error}; run `cargo xtask protocol` and commit"))?;
    Ok(Outcome::Passed)
}
