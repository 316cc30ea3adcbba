//! The unchanged program over the double: it finds the frameworks' symbols in a dynamic library.

use super::{CACHE_HOME, fresh_cache, rust_flags};
use crate::{
    report::{Outcome, Report, StepResult},
    shell,
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const FRAMES: u64 = 24;
/// As `--size` takes it, and the bytes of a frame in RGB.
const SIZE: &str = "160x120";
const FRAME_BYTES: usize = 160 * 120 * 3;

/// Builds the program and sees that it finds, uses and misses the hardware.
pub(super) fn check(workspace: &Path, report: &mut Report) {
    let mut program = None;
    report.step("videotoolbox: the program, built over the double", || {
        program = Some(build(workspace)?);
        Ok(Outcome::Passed)
    });
    let Some(program) = program else { return };
    report.step("videotoolbox: doctor of the program over the double", || doctor(&program, workspace));
    report.step("videotoolbox: a file by the program over the double", || encode(&program, workspace));
}

/// The program, with software encoders beside the double's hardware.
pub(super) fn build(workspace: &Path) -> Result<PathBuf, String> {
    let target = workspace.join("build");
    let library = target.join("debug/libframewire_videotoolbox_double.so");
    cargo(workspace, &target, &["framewire-videotoolbox-double", "--lib", "--crate-type", "cdylib"], &[])?;
    let link = format!("link-arg={}", library.display());
    let path = format!("link-arg=-Wl,-rpath,{}", target.join("debug").display());
    cargo(
        workspace,
        &target,
        &["framewire-cli", "--bin", "framewire", "--no-default-features", "--features", "openh264"],
        &["-C", &link, "-C", &path],
    )?;
    Ok(target.join("debug/framewire"))
}

fn cargo(workspace: &Path, target: &Path, package: &[&str], flags: &[&str]) -> Result<(), String> {
    let mut command = Command::new("cargo");
    command.current_dir(workspace).args(["rustc", "--locked", "--quiet", "-p"]).args(package);
    command.arg("--target-dir").arg(target).arg("--").args(flags).env("RUSTFLAGS", rust_flags());
    shell::status(&mut command)
}

/// What is found, what is kept, and what a quirk changes.
fn doctor(program: &Path, workspace: &Path) -> StepResult {
    let cache = fresh_cache(workspace)?;
    let doctor = |faults: &str, arguments: &[&str]| -> Result<Row, String> {
        let mut command = Command::new(program);
        command.args(["doctor", "--json"]).args(arguments);
        command.env(CACHE_HOME, &cache).env("FRAMEWIRE_DOUBLE_FAULTS", faults);
        Row::of(&shell::captured(&mut command)?)
    };
    let first = doctor("", &[])?;
    first.is("ok", "low-latency rate control", false)?;
    doctor("all_keys_in_low_latency", &[])?.is("ok", "low-latency rate control", true)?;
    doctor("all_keys_in_low_latency", &["--refresh"])?.is("ok", "the usual rate control", false)?;
    doctor("all_keys", &["--refresh"])?.is("warn", "low-latency rate control", false)?;
    let refused = doctor("refuse:RealTime", &[])?;
    match refused.0["finding"]["refused"][0].as_str() {
        Some(said) if said.contains("RealTime") && said.contains("kVTPropertyNotSupportedErr") => {
            Ok(Outcome::Passed)
        }
        said => Err(format!("a property that is refused is told as {said:?}")),
    }
}

/// A row of the doctor's about the hardware's encoder of H.264.
struct Row(Value);

impl Row {
    fn of(report: &str) -> Result<Self, String> {
        let report: Value =
            serde_json::from_str(report).map_err(|error| format!("doctor --json: {error}"))?;
        let rows = report["rows"].as_array().into_iter().flatten();
        let mut rows = rows.filter(|row| row["finding"]["codec"] == "h264");
        rows.next().cloned().map(Self).ok_or_else(|| "doctor has no row of the hardware".to_owned())
    }

    fn is(&self, status: &str, settings: &str, kept: bool) -> Result<(), String> {
        let finding = &self.0["finding"];
        let is = (&self.0["status"], &finding["settings"], &finding["kept"]);
        if is == (&Value::from(status), &Value::from(settings), &Value::from(kept)) {
            Ok(())
        } else {
            Err(format!("doctor says {} and not {status}, {settings}, kept: {kept}", self.0))
        }
    }
}

/// Hardware that works makes a file that a judge counts; hardware that is lost, before or in mid-stream, is an error with the
/// reason.
fn encode(program: &Path, workspace: &Path) -> StepResult {
    if !shell::exists("ffprobe") {
        return Ok(Outcome::Skipped("ffprobe is not installed".to_owned()));
    }
    let cache = fresh_cache(workspace)?;
    let (source, target) = (workspace.join("frames.rgb"), workspace.join("frames.mp4"));
    let frames = (0..FRAMES as usize * FRAME_BYTES).map(|at| (at / 7 + at / FRAME_BYTES * 5) as u8);
    fs::write(&source, frames.collect::<Vec<_>>())
        .map_err(|error| format!("{}: {error}", source.display()))?;
    let encode = |target: &Path, faults: &str| {
        let mut command = Command::new(program);
        command.args(["encode", "--encoder", "hardware", "--json", "--quiet", "--force", "--size", SIZE]);
        command.args(["--pixel-format", "rgb"]).args([&*source, target]);
        command.env(CACHE_HOME, &cache).env("FRAMEWIRE_DOUBLE_FAULTS", faults);
        shell::captured(&mut command)
    };
    let made: Value =
        serde_json::from_str(&encode(&target, "")?).map_err(|error| format!("encode --json: {error}"))?;
    if (&made["encoder"], &made["frames"]) != (&Value::from("videotoolbox"), &Value::from(FRAMES)) {
        return Err(format!("it made {made}"));
    }
    let mut judge = Command::new("ffprobe");
    judge.args(["-v", "error", "-count_frames", "-show_entries", "stream=codec_name,nb_read_frames"]);
    let judged = shell::captured(judge.args(["-of", "csv=p=0"]).arg(&target))?;
    if judged.trim() != format!("h264,{FRAMES}") {
        return Err(format!("ffprobe finds {judged}"));
    }
    let by_name = encode(&workspace.join("frames.hevc"), "")?;
    if !by_name.contains("\"codec\": \"hvc1.") {
        return Err(format!("a name that ends in .hevc made {by_name}"));
    }
    for (fault, reason) in [
        (
            "hardware_lost",
            "hardware was asked for, and no encoder of h264 works: videotoolbox refused (VideoToolbox has no hardware",
        ),
        (
            "invalid_after:9",
            "videotoolbox refused (VideoToolbox failed to take a picture: kVTInvalidSessionErr",
        ),
    ] {
        match encode(&target, fault) {
            Err(why) if why.contains(reason) => {}
            Err(why) => return Err(format!("with {fault} it says: {why}")),
            Ok(made) => return Err(format!("with {fault} it made {made}")),
        }
    }
    Ok(Outcome::Passed)
}
