//! How far a recording is, on standard error.

use std::{
    fmt::Display,
    io::IsTerminal as _,
    time::{Duration, Instant},
};

/// One line that is written over on a terminal, and a line now and then elsewhere.
pub struct Progress {
    file: String,
    terminal: bool,
    next: Instant,
}

impl Progress {
    pub fn new(file: String) -> Self {
        Self { file, terminal: std::io::stderr().is_terminal(), next: Instant::now() }
    }

    /// Shows the state, unless it was shown a moment ago.
    pub fn show(&mut self, state: &impl Display) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        if self.terminal {
            eprint!("\r\x1b[K{}: {state}", self.file);
            self.next = now + Duration::from_millis(500);
        } else {
            eprintln!("{}: {state}", self.file);
            self.next = now + Duration::from_secs(5);
        }
    }

    /// Shows the last state.
    pub fn end(self, state: &str) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
        eprintln!("{}: {state}", self.file);
    }
}
