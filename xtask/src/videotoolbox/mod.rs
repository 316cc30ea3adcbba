//! The VideoToolbox backend's tests on systems that lack the frameworks, over the double of `backends/videotoolbox/double`.
//!
//! The bindings build anywhere once their request to link the frameworks is gone. So that neither the manifest nor the
//! lock file knows of that, the tests run in a workspace of their own in the target folder: links to this tree, the same
//! manifest with the changed bindings patched in, and a copy of the lock file.

mod program;

use crate::{
    report::{Outcome, Report, StepResult},
    shell,
};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

/// What the backend and the double ask for, to be something else than empty.
const CFG: &str = "--cfg framewire_videotoolbox_double";
/// Where programs keep what they can make again.
const CACHE_HOME: &str = "XDG_CACHE_HOME";
/// Where they keep it here, in the workspace.
const CACHE: &str = "cache";
/// The line of a binding that asks for a framework.
const LINK: &str = "#[link(";
const PACKAGES: [(&str, &str); 2] = [
    ("framewire-videotoolbox", "backends/videotoolbox/Cargo.toml"),
    ("framewire-videotoolbox-double", "backends/videotoolbox/double/Cargo.toml"),
];
/// What lies at the root and is not part of the tree, or is written anew.
const NOT_LINKED: [&str; 4] = ["Cargo.toml", "Cargo.lock", "target", ".git"];

/// The checks: clippy, then the tests.
pub fn check(report: &mut Report) {
    let mut workspace = None;
    report.step("videotoolbox: the double's workspace", || {
        if cfg!(target_os = "macos") {
            return Ok(Outcome::Skipped(
                "macOS has the frameworks, and the double is for systems that lack them".to_owned(),
            ));
        }
        let bindings = match bindings() {
            Ok(bindings) => bindings,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        workspace = Some(prepare(&bindings)?);
        Ok(Outcome::Passed)
    });
    let Some(workspace) = workspace else { return };
    report.step("videotoolbox: clippy over the double", || {
        cargo(&workspace, &["clippy", "--locked", "--all-targets", "--quiet"], &["--", "-D", "warnings"])
    });
    report.step("videotoolbox: tests over the double", || cargo(&workspace, &["test", "--locked"], &[]));
    program::check(&workspace, report);
}

/// The program over the double: `cargo xtask videotoolbox program -- doctor`.
pub fn run_program(arguments: &[&str], report: &mut Report) {
    report.step("videotoolbox: the program", || {
        let workspace = prepare(&bindings()?)?;
        let mut command = Command::new(program::build(&workspace)?);
        shell::status(command.args(arguments).env(CACHE_HOME, workspace.join(CACHE)))?;
        Ok(Outcome::Passed)
    });
}

/// Any other command over the same workspace: `cargo xtask videotoolbox test -- some_test`.
pub fn run(arguments: &[&str], report: &mut Report) {
    report.step("videotoolbox", || {
        let workspace = prepare(&bindings()?)?;
        let split = arguments.iter().position(|word| *word == "--").unwrap_or(arguments.len());
        cargo(&workspace, &arguments[..split], &arguments[split..])
    });
}

/// A binding as the registry has it.
struct Binding {
    name: String,
    folder: PathBuf,
}

/// The bindings that ask for a framework wherever they are built. An error is a reason to skip the step.
fn bindings() -> Result<Vec<Binding>, String> {
    let host = shell::output("rustc", &["--print", "host-tuple"])?;
    // All packages of the lock file would be fetched otherwise, those for Windows included.
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", host.trim()];
    let mut command = shell::command("cargo", &arguments);
    let metadata = shell::captured(command.env("RUSTFLAGS", rust_flags()))
        .map_err(|error| format!("the sources of the objc2 bindings could not be had: {error}"))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let mut bindings = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let folder = package["manifest_path"].as_str().map(Path::new).and_then(Path::parent);
        if let Some(folder) = folder.filter(|folder| name.starts_with("objc2-") && asks_for_framework(folder))
        {
            bindings.push(Binding { name: name.to_owned(), folder: folder.to_path_buf() });
        }
    }
    if bindings.is_empty() {
        return Err("no package uses the objc2 bindings".to_owned());
    }
    Ok(bindings)
}

fn generated(folder: &Path) -> PathBuf {
    folder.join("src/generated/mod.rs")
}

fn asks_for_framework(folder: &Path) -> bool {
    fs::read_to_string(generated(folder)).is_ok_and(|text| text.lines().any(|line| line.starts_with(LINK)))
}

/// Writes the workspace and returns its folder.
fn prepare(bindings: &[Binding]) -> Result<PathBuf, String> {
    let folder = shell::target_folder()?.join("videotoolbox");
    let root = shell::root();
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    link_tree(&root, &folder)?;

    let mut manifest = read(&root.join("Cargo.toml"))?;
    manifest.push_str("\n[patch.crates-io]\n");
    for binding in bindings {
        copy(&binding.folder, &folder.join("patched").join(&binding.name))?;
        manifest.push_str(&format!("{0} = {{ path = \"patched/{0}\" }}\n", binding.name));
    }
    write(&folder.join("Cargo.toml"), &manifest)?;
    write(&folder.join("Cargo.lock"), &without_source(&read(&root.join("Cargo.lock"))?, bindings))?;
    Ok(folder)
}

/// Links what lies at the root into the folder.
#[cfg(unix)]
fn link_tree(root: &Path, folder: &Path) -> Result<(), String> {
    let entries = fs::read_dir(root).map_err(|error| format!("{}: {error}", root.display()))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let link = folder.join(&name);
        let is_linked = fs::read_link(&link).is_ok_and(|target| target == entry.path());
        if is_linked || NOT_LINKED.contains(&&*text) || text.starts_with("target-") {
            continue;
        }
        if fs::symlink_metadata(&link).is_ok_and(|metadata| metadata.is_symlink()) {
            fs::remove_file(&link).map_err(|error| format!("{}: {error}", link.display()))?;
        }
        std::os::unix::fs::symlink(entry.path(), &link)
            .map_err(|error| format!("{}: {error}", link.display()))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn link_tree(_: &Path, _: &Path) -> Result<(), String> {
    Err("links to folders need a Unix".to_owned())
}

/// The lock file with the patched packages at the paths where they lie now, as Cargo would write it.
fn without_source(lock: &str, bindings: &[Binding]) -> String {
    let is_patched = |package: &str| {
        bindings.iter().any(|binding| package.contains(&format!("\nname = \"{}\"\n", binding.name)))
    };
    let packages = lock.split("[[package]]").map(|package| {
        if !is_patched(package) {
            return package.to_owned();
        }
        let stays = |line: &&str| !line.starts_with("source = ") && !line.starts_with("checksum = ");
        package.split('\n').filter(stays).collect::<Vec<_>>().join("\n")
    });
    packages.collect::<Vec<_>>().join("[[package]]")
}

/// Copies a binding, less what asks for the framework. A file that is the same stays untouched, so that nothing is built
/// again.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let entries = fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))?;
    fs::create_dir_all(to).map_err(|error| format!("{}: {error}", to.display()))?;
    for entry in entries.flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let is_source = source.extension().is_some_and(|extension| extension == "rs" || extension == "toml");
        if source.is_dir() {
            copy(&source, &target)?;
        } else if is_source {
            let text = read(&source)?;
            let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with(LINK)).collect();
            write(&target, &(kept.join("\n") + "\n"))?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Runs Cargo on the packages that are there.
fn cargo(workspace: &Path, first: &[&str], last: &[&str]) -> StepResult {
    let mut command = Command::new("cargo");
    command.current_dir(workspace).args(first);
    for (package, manifest) in PACKAGES {
        if workspace.join(manifest).is_file() {
            command.args(["-p", package]);
        }
    }
    command.arg("--target-dir").arg(workspace.join("build")).args(last).env("RUSTFLAGS", rust_flags());
    command.env(CACHE_HOME, fresh_cache(workspace)?);
    shell::status(&mut command)?;
    Ok(Outcome::Passed)
}

/// An empty folder for what programs keep of the double, whose faults are no findings for the user's own.
fn fresh_cache(workspace: &Path) -> Result<PathBuf, String> {
    let folder = workspace.join(CACHE);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(format!("{}: {error}", folder.display())),
        _ => Ok(folder),
    }
}

fn rust_flags() -> String {
    let given = std::env::var("RUSTFLAGS").unwrap_or_default();
    format!("{given} {CFG}").trim().to_owned()
}
