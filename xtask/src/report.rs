//! Counts what passed, failed and could not run, and says so at the end.

use std::{process::ExitCode, time::Instant};

/// What one step came to.
pub enum Outcome {
    /// It ran and found nothing wrong.
    Passed,
    /// It could not run; the reason.
    Skipped(String),
}

/// A step's result: an outcome, or what is wrong.
pub type StepResult = Result<Outcome, String>;

/// The steps so far.
#[derive(Default)]
pub struct Report {
    passed: usize,
    failed: Vec<String>,
    skipped: Vec<String>,
}

impl Report {
    /// Runs one step and notes what came of it. Later steps run also after a failure.
    pub fn step(&mut self, name: &str, run: impl FnOnce() -> StepResult) {
        eprintln!("\n== {name}");
        let started = Instant::now();
        match run() {
            Ok(Outcome::Passed) => self.passed += 1,
            Ok(Outcome::Skipped(reason)) => self.skip(name, &reason),
            Err(problem) => {
                eprintln!("FAILED {name}: {problem}");
                self.failed.push(format!("{name}: {problem}"));
            }
        }
        eprintln!("   {name}: {:.0} s", started.elapsed().as_secs_f64());
    }

    /// Notes a step or a test that could not run.
    pub fn skip(&mut self, name: &str, reason: &str) {
        eprintln!("SKIPPED {name}: {reason}");
        self.skipped.push(format!("{name}: {reason}"));
    }

    /// Prints the sums. The process fails when a step failed.
    pub fn finish(self) -> ExitCode {
        eprintln!();
        for line in &self.skipped {
            eprintln!("SKIPPED {line}");
        }
        for line in &self.failed {
            eprintln!("FAILED {line}");
        }
        println!("{} passed, {} failed, {} skipped", self.passed, self.failed.len(), self.skipped.len());
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
