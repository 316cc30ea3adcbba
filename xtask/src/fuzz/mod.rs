//! Runs the fuzz targets, each for a given time, from seeds that are made here.

mod seeds;

use crate::{
    report::{Outcome, Report, StepResult},
    shell,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const DEFAULT_SECONDS: u64 = 120;
/// A run of a body that takes longer is a finding.
const TIMEOUT_SECONDS: u64 = 10;
/// A body that holds more memory is a finding.
const MEMORY_MB: u64 = 2048;
/// How much of a finding's output is shown.
const SHOWN_LINES: usize = 60;

/// `[--seconds N] [TARGET...]`; all targets where none is named. `false` where the arguments are not understood.
pub fn run(arguments: &[&str], report: &mut Report) -> bool {
    let (seconds, names) = match arguments {
        ["--seconds", seconds, names @ ..] => match seconds.parse() {
            Ok(seconds) => (seconds, names),
            Err(_) => return false,
        },
        names => (DEFAULT_SECONDS, names),
    };
    if names.iter().any(|name| name.starts_with('-')) {
        return false;
    }
    let mut fuzzer = None;
    report.step("fuzz: tools and build", || {
        let prepared = prepare()?;
        let skipped = prepared.as_ref().err().cloned();
        fuzzer = prepared.ok();
        Ok(skipped.map_or(Outcome::Passed, Outcome::Skipped))
    });
    let Some(fuzzer) = fuzzer else { return true };
    let unknown = names.iter().find(|name| !fuzzer.targets.iter().any(|target| target == *name));
    if let Some(unknown) = unknown {
        report.step("fuzz: targets", || {
            Err(format!("there is no target {unknown}; there are {}", fuzzer.targets.join(", ")))
        });
        return true;
    }
    for target in &fuzzer.targets {
        if names.is_empty() || names.contains(&target.as_str()) {
            report.step(&format!("fuzz: {target}"), || fuzzer.fuzz(target, seconds));
        }
    }
    true
}

struct Fuzzer {
    nightly: String,
    /// The folder of cargo-fuzz, where it was installed here.
    tools: PathBuf,
    seeds: PathBuf,
    targets: Vec<String>,
}

/// Builds all targets; the inner error is why they cannot be built here.
fn prepare() -> Result<Result<Fuzzer, String>, String> {
    let toolchains = shell::output("rustup", &["toolchain", "list"]).unwrap_or_default();
    let words = toolchains.lines().filter_map(|line| line.split_whitespace().next());
    let Some(nightly) = words.into_iter().find(|name| name.starts_with("nightly")) else {
        return Ok(Err("rustup has no nightly toolchain: rustup toolchain install nightly".to_owned()));
    };
    let target_folder = shell::target_folder()?;
    let tools = target_folder.join("tools");
    if !shell::exists("cargo-fuzz") && !tools.join("bin/cargo-fuzz").is_file() {
        let mut install = shell::command("cargo", &["install", "cargo-fuzz", "--locked", "--root"]);
        if let Err(error) = shell::status(install.arg(&tools)) {
            return Ok(Err(error));
        }
    }
    let mut fuzzer = Fuzzer {
        nightly: nightly.to_owned(),
        tools: tools.join("bin"),
        seeds: target_folder.join("fuzz/seeds"),
        targets: Vec::new(),
    };
    let listed = shell::captured(&mut fuzzer.cargo_fuzz("list"))?;
    fuzzer.targets = listed.lines().map(str::to_owned).collect();
    shell::status(&mut fuzzer.cargo_fuzz("build"))?;
    Ok(Ok(fuzzer))
}

impl Fuzzer {
    fn cargo_fuzz(&self, subcommand: &str) -> Command {
        let run = ["run", &self.nightly, "cargo", "fuzz", subcommand, "--fuzz-dir", "fuzz"];
        let mut command = shell::command("rustup", &run);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.tools.clone()).chain(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
        command
    }

    fn fuzz(&self, target: &str, seconds: u64) -> StepResult {
        let corpus = shell::root().join("fuzz/corpus").join(target);
        fs::create_dir_all(&corpus).map_err(|error| format!("{}: {error}", corpus.display()))?;
        let mut command = self.cargo_fuzz("run");
        command.arg(target).arg(corpus);
        if let Some(seeds) = seeds::of(target, &self.seeds)? {
            command.arg(seeds);
        }
        command.args([
            "--".to_owned(),
            format!("-max_total_time={seconds}"),
            format!("-timeout={TIMEOUT_SECONDS}"),
            format!("-rss_limit_mb={MEMORY_MB}"),
            "-print_final_stats=1".to_owned(),
        ]);
        let output = command.output().map_err(|error| format!("rustup could not be started: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            let [executions, speed] = ["number_of_executed_units", "average_exec_per_sec"]
                .map(|name| statistic(&said, name).unwrap_or("?"));
            println!("{target}: {executions} executions, {speed} a second, no finding");
            return Ok(Outcome::Passed);
        }
        let lines: Vec<&str> = said.lines().collect();
        let shown = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
        let place = Path::new("fuzz/artifacts").join(target);
        Err(format!("a finding, whose input is in {}:\n{shown}", place.display()))
    }
}

/// A number that libFuzzer prints at its end.
fn statistic<'a>(said: &'a str, name: &str) -> Option<&'a str> {
    said.lines()
        .find_map(|line| Some(line.strip_prefix("stat::")?.strip_prefix(name)?.strip_prefix(':')?.trim()))
}
