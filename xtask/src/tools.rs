//! What the checks need beside Rust, installed where this can be done and named where it cannot.

use crate::{
    report::{Outcome, Report, StepResult},
    shell,
};

/// A program, the Debian package that has it, and what it is for.
struct Tool {
    program: &'static str,
    package: &'static str,
    purpose: &'static str,
}

const TOOLS: [Tool; 7] = [
    Tool { program: "g++", package: "g++", purpose: "compiles OpenH264" },
    Tool { program: "nasm", package: "nasm", purpose: "assembles OpenH264's and libjpeg-turbo's SIMD code" },
    Tool { program: "cmake", package: "cmake", purpose: "builds libjpeg-turbo for the feature `turbojpeg`" },
    Tool { program: "ffmpeg", package: "ffmpeg", purpose: "judges what was encoded and muxed" },
    Tool { program: "chromium", package: "chromium", purpose: "shows the page in the end-to-end tests" },
    Tool { program: "node", package: "nodejs", purpose: "builds and tests the browser client" },
    Tool { program: "npm", package: "npm", purpose: "fetches the browser client's tools" },
];

/// A library that some tests load, and the Debian package that has it.
const X264: &str = "libx264.so.164";
const X264_PACKAGE: &str = "libx264-164";

pub fn install_all(report: &mut Report) {
    report.step("tools", install);
    report.step("tools: x264", install_x264);
}

fn install() -> StepResult {
    let missing: Vec<&Tool> = TOOLS.iter().filter(|tool| !shell::exists(tool.program)).collect();
    if missing.is_empty() {
        return Ok(Outcome::Passed);
    }
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    if can_install() {
        apt_install(&packages)?;
    }
    let still_missing: Vec<String> = TOOLS
        .iter()
        .filter(|tool| !shell::exists(tool.program))
        .map(|tool| format!("\n  {:<9} {}", tool.program, tool.purpose))
        .collect();
    if still_missing.is_empty() {
        return Ok(Outcome::Passed);
    }
    Err(format!(
        "these programs are missing:{}\ninstall them, on Debian or Ubuntu with: sudo apt-get install {}",
        still_missing.concat(),
        packages.join(" ")
    ))
}

/// Nothing is wrong with a machine that has another build of the library or none: its tests are skipped.
fn install_x264() -> StepResult {
    if has_x264() || can_install() && apt_install(&[X264_PACKAGE]).is_ok() && has_x264() {
        return Ok(Outcome::Passed);
    }
    Ok(Outcome::Skipped(format!(
        "{X264} is missing, without which the tests of x264 are skipped (Debian has it in {X264_PACKAGE})"
    )))
}

/// Whether the dynamic loader knows the library.
fn has_x264() -> bool {
    let known = shell::output("ldconfig", &["-p"]).or_else(|_| shell::output("/sbin/ldconfig", &["-p"]));
    known.is_ok_and(|libraries| libraries.lines().any(|line| line.trim_start().starts_with(X264)))
}

fn can_install() -> bool {
    shell::exists("apt-get") && shell::output("id", &["-u"]).is_ok_and(|id| id.trim() == "0")
}

fn apt_install(packages: &[&str]) -> Result<(), String> {
    // A package list may be missing altogether on a fresh machine; an outdated one is good enough.
    shell::run("apt-get", &["update", "-qq"])?;
    let mut install = shell::command("apt-get", &["install", "-y", "-qq", "--no-install-recommends"]);
    shell::status(install.args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
}
