//! A vendor's name stands in its backend, the roster, the docs, what `doctor` prints and the benchmarks beside others, and
//! nowhere else.

use super::{sources, verdict};
use crate::report::StepResult;

const VENDORS: [&str; 7] = ["openh264", "nvenc", "nvdec", "videotoolbox", "x264", "cuda", "turbojpeg"];
/// The roster, what `doctor` prints, the benchmarks, which name what they compare with, and the golden vectors, which
/// hold messages as they are sent.
const MAY: [&str; 5] = [
    "crates/engine/src/roster",
    "crates/cli/src/commands/doctor",
    "crates/cli/src/commands/bench",
    "crates/cli/src/args/bench",
    "crates/protocol/src/generate/vectors",
];

pub fn check() -> StepResult {
    let mut problems = Vec::new();
    for source in sources::list(&[".rs"])? {
        let exempt = source.is_test() || MAY.iter().any(|place| source.path.starts_with(place));
        if exempt || source.crate_name().is_none() {
            continue;
        }
        for (number, line) in source.code_lines() {
            let lower = line.to_lowercase();
            if let Some(vendor) = VENDORS.iter().find(|vendor| lower.contains(*vendor)) {
                problems.push(format!("{}:{number} names {vendor}", source.path));
            }
        }
    }
    verdict(&problems)
}
