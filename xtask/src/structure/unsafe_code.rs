//! Every crate but the ones with kernels, backends and bindings forbids unsafe code at its root.

use super::{sources, verdict};
use crate::report::StepResult;

/// Folders whose crates may open unsafe code, each block with its argument (clippy holds that).
const MAY: [&str; 2] = ["crates/convert/", "backends/"];

pub fn check() -> StepResult {
    let problems: Vec<String> = sources::list(&["src/lib.rs", "src/main.rs"])?
        .into_iter()
        .filter(|source| !MAY.iter().any(|folder| source.path.starts_with(folder)))
        .filter(|source| !source.path.starts_with("fuzz/"))
        .filter(|source| !source.text.lines().any(|line| line.trim() == "#![forbid(unsafe_code)]"))
        .map(|source| format!("{} lacks #![forbid(unsafe_code)]", source.path))
        .collect();
    verdict(&problems)
}
