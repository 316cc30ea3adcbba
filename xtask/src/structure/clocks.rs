//! Time is an argument, and bytes come from a caller, in the crates that hold logic alone.

use super::{sources, verdict};
use crate::report::StepResult;

const PURE: [&str; 8] =
    ["frame", "pattern", "convert", "bitstream", "mp4", "protocol", "websocket", "session"];
const BANNED: [&str; 7] =
    ["Instant::now", "SystemTime", "std::thread", "thread::spawn", "std::net", "tokio::", "thread::sleep"];

pub fn check() -> StepResult {
    let mut problems = Vec::new();
    for source in sources::list(&[".rs"])? {
        if source.is_test() || !source.crate_name().is_some_and(|name| PURE.contains(&name)) {
            continue;
        }
        for (number, line) in source.code_lines() {
            if let Some(word) = BANNED.iter().find(|word| line.contains(*word)) {
                problems.push(format!("{}:{number} uses {word}", source.path));
            }
        }
    }
    verdict(&problems)
}
