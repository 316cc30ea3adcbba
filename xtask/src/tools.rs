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

pub fn install_all(report: &mut Report) {
    report.step("tools", install);
}

fn install() -> StepResult {
    let missing: Vec<&Tool> = TOOLS.iter().filter(|tool| !shell::exists(tool.program)).collect();
    if missing.is_empty() {
        return Ok(Outcome::Passed);
    }
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    if shell::exists("apt-get") && is_root() {
        // A package list may be missing altogether on a fresh machine; an outdated one is good enough.
        shell::run("apt-get", &["update", "-qq"])?;
        let mut install = shell::command("apt-get", &["install", "-y", "-qq", "--no-install-recommends"]);
        install.args(&packages).env("DEBIAN_FRONTEND", "noninteractive");
        shell::status(&mut install)?;
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

fn is_root() -> bool {
    shell::output("id", &["-u"]).is_ok_and(|id| id.trim() == "0")
}
