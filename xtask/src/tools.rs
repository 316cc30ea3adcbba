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

/// A library that some tests load, the Debian package that has it, and what is skipped without it.
struct Library {
    file: &'static str,
    package: &'static str,
    purpose: &'static str,
}

const LIBRARIES: [Library; 2] = [
    Library { file: "libx264.so.164", package: "libx264-164", purpose: "the tests of x264" },
    Library {
        file: "libvulkan_lvp.so",
        package: "mesa-vulkan-drivers",
        purpose: "the tests of GPUs, if there is no other GPU",
    },
];

pub fn install_all(report: &mut Report) {
    report.step("tools", install);
    for library in &LIBRARIES {
        report.step(&format!("tools: {}", library.file), || library.install());
    }
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

impl Library {
    /// Nothing is wrong with a machine that has another build of the library or none: its tests are skipped.
    fn install(&self) -> StepResult {
        let Self { file, package, purpose } = self;
        if self.is_there() || can_install() && apt_install(&[package]).is_ok() && self.is_there() {
            return Ok(Outcome::Passed);
        }
        Ok(Outcome::Skipped(format!(
            "{file} is missing, without which are skipped: {purpose} (Debian has it in {package})"
        )))
    }

    /// Whether the dynamic loader knows it.
    fn is_there(&self) -> bool {
        let known = shell::output("ldconfig", &["-p"]).or_else(|_| shell::output("/sbin/ldconfig", &["-p"]));
        known.is_ok_and(|libraries| libraries.lines().any(|line| line.trim_start().starts_with(self.file)))
    }
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
