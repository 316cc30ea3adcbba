//! What users take on: the licences of the dependencies, and the oldest Rust that compiles what they build. Tests may
//! need a newer one.

use std::collections::HashSet;

use crate::{
    report::{Outcome, StepResult},
    shell,
};
use serde_json::Value;

/// Licences whose terms an application under MIT or Apache-2.0 can meet by naming them.
const ALLOWED: [&str; 13] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "Unlicense",
    "0BSD",
    "IJG",
    "CC0-1.0",
];

/// Compiles everything with the oldest Rust that is promised, where that toolchain is installed.
pub fn check_minimum_rust() -> StepResult {
    let minimum = env!("CARGO_PKG_RUST_VERSION");
    let installed = shell::output("rustup", &["toolchain", "list"]).unwrap_or_default();
    let Some(toolchain) = installed
        .lines()
        .find(|line| line.starts_with(&format!("{minimum}-")) || line.starts_with(&format!("{minimum}.")))
    else {
        return Ok(Outcome::Skipped(format!(
            "Rust {minimum} is not installed (rustup toolchain install {minimum})"
        )));
    };
    let name = toolchain.split(' ').next().unwrap_or(toolchain);
    let mut check = shell::command("rustup", &["run", name, "cargo", "check", "--workspace", "--quiet"]);
    shell::status(check.env("CARGO_TARGET_DIR", shell::root().join("target/minimum-rust")))?;
    Ok(Outcome::Passed)
}

pub fn check() -> StepResult {
    let metadata =
        shell::output("cargo", &["metadata", "--format-version", "1", "--all-features", "--locked"])?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let ours = packages
        .iter()
        .find(|package| package["name"] == "framewire-frame")
        .and_then(|package| package["rust_version"].as_str())
        .ok_or("framewire-frame states no rust-version")?;
    let built = built_by_users(&metadata)?;
    let mut problems = Vec::new();
    for package in packages {
        let name = format!("{} {}", text(&package["name"]), text(&package["version"]));
        let licence = text(&package["license"]);
        if !is_allowed(licence) {
            problems.push(format!("{name}: licence \"{licence}\""));
        }
        let needed = package["rust_version"].as_str().unwrap_or("1.0");
        if built.contains(text(&package["id"])) && version(needed) > version(ours) {
            problems.push(format!("{name} needs Rust {needed}, and framewire promises {ours}"));
        }
    }
    if problems.is_empty() { Ok(Outcome::Passed) } else { Err(format!("\n  {}", problems.join("\n  "))) }
}

/// The packages that somebody who builds a crate of this workspace builds: what is reached without development
/// dependencies.
fn built_by_users(metadata: &Value) -> Result<HashSet<&str>, String> {
    let nodes = metadata["resolve"]["nodes"].as_array().ok_or("cargo metadata resolves nothing")?;
    let members = metadata["workspace_members"].as_array().ok_or("cargo metadata lists no members")?;
    let mut built = HashSet::new();
    let mut open: Vec<&str> = members.iter().map(text).collect();
    while let Some(id) = open.pop() {
        if !built.insert(id) {
            continue;
        }
        let node = nodes.iter().find(|node| text(&node["id"]) == id);
        let dependencies = node.and_then(|node| node["deps"].as_array()).into_iter().flatten();
        for dependency in dependencies {
            let mut kinds = dependency["dep_kinds"].as_array().into_iter().flatten();
            if kinds.any(|kind| kind["kind"] != "dev") {
                open.push(text(&dependency["pkg"]));
            }
        }
    }
    Ok(built)
}

/// Whether one side of every `OR`, with all of its `AND` parts, is allowed.
fn is_allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|licence| ALLOWED.contains(&licence.trim())))
}

fn version(text: &str) -> Vec<u32> {
    let mut parts: Vec<u32> = text.split('.').map(|part| part.parse().unwrap_or(0)).collect();
    parts.resize(3, 0);
    parts
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_tests_need_is_not_built_by_users() {
        let edge = |package: &str, kinds: &[Value]| {
            let kinds: Vec<Value> = kinds.iter().map(|kind| serde_json::json!({ "kind": kind })).collect();
            serde_json::json!({ "pkg": package, "dep_kinds": kinds })
        };
        let node = |id: &str, deps: &[Value]| serde_json::json!({ "id": id, "deps": deps });
        let (normal, build, dev) = (Value::Null, Value::from("build"), Value::from("dev"));
        let ours = [
            edge("a", std::slice::from_ref(&normal)),
            edge("b", &[build]),
            edge("c", &[Value::from("dev")]),
            edge("d", &[dev, normal.clone()]),
        ];
        let metadata = serde_json::json!({
            "workspace_members": ["ours"],
            "resolve": { "nodes": [node("ours", &ours), node("a", &[]), node("b", &[]), node("c", &[edge("e", &[normal])]), node("d", &[]), node("e", &[])] },
        });
        let mut built: Vec<_> = built_by_users(&metadata).unwrap().into_iter().collect();
        built.sort_unstable();
        assert_eq!(built, ["a", "b", "d", "ours"]);
    }
}
