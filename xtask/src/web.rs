//! The browser client: built into `crates/server/assets`, which the program embeds.

use crate::{
    report::{Outcome, Report, StepResult},
    shell,
};
use std::{collections::BTreeMap, fs, path::Path, process::Command};

const ASSETS: &str = "crates/server/assets";

pub fn build() -> StepResult {
    install()?;
    npm(&["run", "build"])?;
    Ok(Outcome::Passed)
}

pub fn check(report: &mut Report) {
    report.step("web: packages", install);
    report.step("web: types", || npm(&["run", "check"]));
    report.step("web: tests", || npm(&["test"]));
    report.step("web: drift of the built assets", drift);
}

/// Installs the packages of the lock file, unless exactly those are there already.
pub fn install() -> StepResult {
    let web = shell::root().join("web");
    let lock =
        fs::read(web.join("package-lock.json")).map_err(|error| format!("web/package-lock.json: {error}"))?;
    let stamp = web.join("node_modules/.framewire-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(Outcome::Passed);
    }
    npm(&["ci", "--no-audit", "--no-fund"])?;
    fs::write(&stamp, lock).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(Outcome::Passed)
}

/// Builds again and compares with what is committed; leaves the committed files as they were.
fn drift() -> StepResult {
    let folder = shell::root().join(ASSETS);
    let committed = read_all(&folder)?;
    npm(&["run", "build"])?;
    let built = read_all(&folder)?;
    let changed: Vec<&str> = committed
        .keys()
        .chain(built.keys())
        .filter(|name| committed.get(*name) != built.get(*name))
        .map(String::as_str)
        .collect();
    if changed.is_empty() {
        return Ok(Outcome::Passed);
    }
    Err(format!(
        "{ASSETS}: {} differ(s) from the source; commit what `cargo xtask web` builds",
        changed.join(", ")
    ))
}

fn npm(arguments: &[&str]) -> StepResult {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(shell::root().join("web"));
    shell::status(&mut command)?;
    Ok(Outcome::Passed)
}

fn read_all(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let entries = fs::read_dir(&next).map_err(|error| format!("{}: {error}", next.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
                files.insert(name, bytes);
            }
        }
    }
    Ok(files)
}
