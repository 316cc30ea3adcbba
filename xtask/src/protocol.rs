//! What is generated from `crates/protocol`: the TypeScript types and the golden vectors.

use crate::{
    report::{Outcome, StepResult},
    shell,
};
use framewire_protocol::generate::{OutputFile, outputs};
use std::fs;

/// Writes every generated file.
pub fn generate() -> StepResult {
    for OutputFile { path, contents } in outputs() {
        let file = shell::root().join(&path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        fs::write(&file, contents).map_err(|error| format!("{}: {error}", file.display()))?;
        eprintln!("   {}", path.display());
    }
    Ok(Outcome::Passed)
}

/// Fails when a generated file differs from what the crate generates.
pub fn check() -> StepResult {
    let changed: Vec<String> = outputs()
        .into_iter()
        .filter(|output| {
            fs::read_to_string(shell::root().join(&output.path)).ok().as_ref() != Some(&output.contents)
        })
        .map(|output| output.path.display().to_string())
        .collect();
    if changed.is_empty() {
        return Ok(Outcome::Passed);
    }
    Err(format!(
        "{} differ(s) from crates/protocol; run `cargo xtask protocol` and commit",
        changed.join(", ")
    ))
}
