//! Which crate may use which. An edge that is not in this table does not exist.

use super::verdict;
use crate::{report::StepResult, shell};
use serde_json::Value;

/// A package and those of ours that it may depend on, tests aside.
const ALLOWED: [(&str, &[&str]); 19] = [
    ("framewire-frame", &[]),
    ("framewire-pattern", &["frame"]),
    ("framewire-convert", &["frame"]),
    ("framewire-bitstream", &[]),
    ("framewire-codec", &["frame", "convert", "bitstream"]),
    ("framewire-mp4", &["bitstream"]),
    ("framewire-media", &["frame", "convert", "bitstream", "codec", "mp4"]),
    ("framewire-protocol", &["frame"]),
    ("framewire-websocket", &[]),
    ("framewire-session", &["protocol", "frame"]),
    ("framewire-software", &["frame", "convert", "codec"]),
    // AVCC, which it is handed, is taken apart where all bytes are.
    ("framewire-videotoolbox", &["frame", "convert", "bitstream", "codec"]),
    // Only tests use it, and only under the cfg of `cargo xtask videotoolbox`.
    ("framewire-videotoolbox-double", &["frame", "convert", "bitstream", "codec", "software"]),
    ("framewire-wgpu", &["frame", "convert"]),
    (
        "framewire-engine",
        &["frame", "convert", "bitstream", "codec", "mp4", "protocol", "session", "software", "videotoolbox"],
    ),
    ("framewire-server", &["frame", "codec", "protocol", "websocket", "session", "engine"]),
    (
        "framewire",
        &[
            "frame",
            "convert",
            "bitstream",
            "codec",
            "mp4",
            "media",
            "protocol",
            "websocket",
            "session",
            "engine",
            "server",
            "pattern",
            "wgpu",
        ],
    ),
    // The program stands on the facade, as its users do.
    ("framewire-cli", &["", "pattern"]),
    ("xtask", &["protocol"]),
];

pub fn check() -> StepResult {
    let metadata = shell::output("cargo", &["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let mut problems = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(package, _)| *package == name) else {
            problems.push(format!("{name} is not in the table of xtask/src/structure/arrows.rs"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let Some(target) = dependency["name"].as_str().and_then(|name| name.strip_prefix("framewire"))
            else {
                continue;
            };
            let is_dev = dependency["kind"] == "dev";
            if !is_dev && !allowed.contains(&target.trim_start_matches('-')) {
                problems.push(format!("{name} uses framewire{target}, which does not lie below it"));
            }
        }
    }
    verdict(&problems)
}
