//! Lines on standard output.

use crate::exit::Failure;
use serde::Serialize;
use std::{
    io::{self, Write as _},
    sync::OnceLock,
};

/// The first line that could not be written, and why.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Prints a line. A reader that has gone, as `head` goes, is no reason to fail: nobody wants the rest. Anything else that
/// goes wrong is said by [`check`].
pub fn line(text: std::fmt::Arguments<'_>) {
    let mut output = io::stdout().lock();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            // Later lines fail for the same reason.
            let _ = LOST.set(error);
        }
        Ok(()) | Err(_) => {}
    }
}

/// Whether all lines went out, as far as somebody wanted them.
pub fn check() -> Result<(), Failure> {
    LOST.get().map_or(Ok(()), |error| Err(Failure::Failed(format!("standard output: {error}"))))
}

/// Prints a report as JSON.
pub fn json(report: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(report).map_err(|error| Failure::Failed(error.to_string()))?;
    say!("{text}");
    Ok(())
}

/// Prints a line like `println!`, without its panic when nobody reads.
macro_rules! say {
    () => { $crate::output::line(format_args!("")) };
    ($($text:tt)*) => { $crate::output::line(format_args!($($text)*)) };
}

pub(crate) use say;
