//! Files stay small enough to be read in one sitting.

use super::{sources, verdict};
use crate::report::StepResult;

/// Production lines from which a file is listed as one to split.
const SOFT: usize = 400;
/// Production lines that no file may pass.
const HARD: usize = 700;
/// Written by a program, read by nobody.
const GENERATED: [&str; 2] = ["generated.ts", "crates/server/assets/"];

pub fn check() -> StepResult {
    let mut problems = Vec::new();
    for source in sources::list(&[".rs", ".ts", ".css"])? {
        if GENERATED.iter().any(|name| source.path.contains(name)) {
            continue;
        }
        let lines = source.production_lines().count();
        if lines > HARD {
            problems.push(format!("{} has {lines} lines; split it ({HARD} is the limit)", source.path));
        } else if lines > SOFT {
            eprintln!("   {lines} lines: {}", source.path);
        }
    }
    verdict(&problems)
}
