//! Every test that `docs/robustness.md` names exists.

use super::verdict;
use crate::{report::StepResult, shell};

const DOCUMENT: &str = "docs/robustness.md";
/// The weaknesses that the document answers, W1 to this one.
const WEAKNESSES: u32 = 50;

pub fn check() -> StepResult {
    let text = read(DOCUMENT)?;
    let mut problems = Vec::new();
    for number in 1..=WEAKNESSES {
        if !text.lines().any(|line| line.starts_with(&format!("| W{number} |"))) {
            problems.push(format!("{DOCUMENT} has no row for W{number}"));
        }
    }
    // What stands between backticks is every second part.
    for (path, name) in text.split('`').skip(1).step_by(2).filter_map(|quoted| quoted.split_once("::")) {
        let definition = if path.ends_with(".rs") { format!("fn {name}(") } else { format!("\"{name}\"") };
        match read(path) {
            Ok(source) if source.contains(&definition) => {}
            Ok(_) => problems.push(format!("{path} has no test {name:?}")),
            Err(error) => problems.push(error),
        }
    }
    verdict(&problems)
}

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(shell::root().join(path)).map_err(|error| format!("{path}: {error}"))
}
