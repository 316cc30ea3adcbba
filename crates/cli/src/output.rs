//! Lines on standard output.

use std::io::{self, Write as _};

/// Prints a line. A reader that has gone, as `head` goes, is no reason to fail: nobody wants the rest.
pub fn line(text: std::fmt::Arguments<'_>) {
    let mut output = io::stdout().lock();
    if writeln!(output, "{text}").and_then(|()| output.flush()).is_err() {
        tracing::debug!("standard output is closed");
    }
}

/// Prints a line like `println!`, without its panic when nobody reads.
macro_rules! say {
    () => { $crate::output::line(format_args!("")) };
    ($($text:tt)*) => { $crate::output::line(format_args!($($text)*)) };
}

pub(crate) use say;
