//! How the program ends.

use std::process::ExitCode;

/// Why a command did not succeed: what is said on standard error, and the exit code.
#[derive(Debug)]
pub enum Failure {
    /// The input, an option or a file cannot be used; exit code 2.
    Input(String),
    /// Something that worked before went wrong, or the machine lacks it; exit code 1.
    Failed(String),
    /// The user ended it, and what was made until then is whole; exit code 130, as a shell gives it.
    Interrupted,
}

impl Failure {
    /// The same with what is left of the work, where something is.
    #[must_use]
    pub fn with(self, left: Option<String>) -> Self {
        let Some(left) = left else { return self };
        match self {
            Self::Input(text) => Self::Input(format!("{text}; {left}")),
            Self::Failed(text) => Self::Failed(format!("{text}; {left}")),
            Self::Interrupted => Self::Interrupted,
        }
    }

    /// Prints the sentence and gives the code.
    pub fn report(&self) -> ExitCode {
        let (text, code) = match self {
            Self::Input(text) => (Some(text), 2),
            Self::Failed(text) => (Some(text), 1),
            Self::Interrupted => (None, 130),
        };
        if let Some(text) = text {
            eprintln!("framewire: {text}");
        }
        ExitCode::from(code)
    }
}
