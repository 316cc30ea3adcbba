//! The rules of the tree that the compiler does not check.

mod arrows;
mod clocks;
mod robustness;
mod sizes;
mod sources;
mod unsafe_code;
mod vendors;

use crate::report::{Outcome, Report, StepResult};

pub fn check(report: &mut Report) {
    report.step("structure: arrows point down", arrows::check);
    report.step("structure: unsafe code has an address", unsafe_code::check);
    report.step("structure: no vendor above backends", vendors::check);
    report.step("structure: no clock, socket or thread below the engine", clocks::check);
    report.step("structure: file sizes", sizes::check);
    report.step("structure: the tests of docs/robustness.md exist", robustness::check);
}

/// Passed when there are no problems, else all of them, a line each.
fn verdict(problems: &[String]) -> StepResult {
    if problems.is_empty() { Ok(Outcome::Passed) } else { Err(format!("\n  {}", problems.join("\n  "))) }
}
