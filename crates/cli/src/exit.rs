//! How the program ends.

use std::process::ExitCode;

/// Why a command did not succeed: what is said on standard error, and the exit code.
#[derive(Debug)]
pub enum Failure {
    /// The input, an option or a file cannot be used; exit code 2.
    Input(String),
    /// Something that worked before went wrong, or the machine lacks it; exit code 1.
    Failed(String),
}

impl Failure {
    /// Prints the sentence and gives the code.
    pub fn report(&self) -> ExitCode {
        let (Self::Input(text) | Self::Failed(text)) = self;
        eprintln!("framewire: {text}");
        ExitCode::from(match self {
            Self::Input(_) => 2,
            Self::Failed(_) => 1,
        })
    }
}
