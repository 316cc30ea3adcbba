//! `framewire doctor`: what works on this machine, what does not and why.

mod findings;
#[cfg(feature = "wgpu")]
mod gpu;
mod probe;

use crate::output::say;
use crate::{args::Doctor, exit::Failure, table};
use framewire::{convert::Level, engine};
use serde::Serialize;
use std::fmt;

/// Everything that the doctor found.
#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    platform: String,
    cpus: usize,
    /// One row for each thing that was tried.
    rows: Vec<Row>,
    /// The encoder that `auto` takes, or `image:…` without any.
    recommended: String,
    /// What to do to make it better.
    advice: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Row {
    component: String,
    status: Status,
    detail: String,
    /// Of a GPU, for programs that read this.
    #[cfg(feature = "wgpu")]
    #[serde(skip_serializing_if = "Option::is_none")]
    adapter: Option<gpu::Facts>,
    /// Of an encoder in hardware, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<findings::Facts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Warn,
    Missing,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Missing => "missing",
        })
    }
}

/// Tries everything and prints what came of it.
pub fn run(args: &Doctor) -> Result<(), Failure> {
    let report = Report::new(args.refresh);
    if args.json {
        return crate::output::json(&report);
    }
    report.print();
    Ok(())
}

impl Report {
    fn new(refresh: bool) -> Self {
        let roster = engine::roster();
        // First, so that all that follows goes by what is found now.
        let findings: Vec<Row> = engine::findings(refresh).iter().map(findings::row).collect();
        let mut rows = vec![Row::new("colour conversion", Status::Ok, kernels())];
        let encoders: Vec<(String, Row)> = roster
            .encoders
            .iter()
            .map(|candidate| (candidate.name.to_owned(), probe::encoder(&roster, candidate)))
            .collect();
        let images: Vec<(String, Row)> = roster
            .images
            .iter()
            .map(|candidate| (format!("image:{}", candidate.format), probe::image(candidate)))
            .collect();
        let recommended = encoders
            .iter()
            .chain(&images)
            .find(|(_, row)| row.status != Status::Missing)
            .map_or_else(|| "nothing works here".to_owned(), |(name, _)| name.clone());
        let advice = advice(&encoders);
        rows.extend(encoders.into_iter().chain(images).map(|(_, row)| row));
        rows.extend(findings);
        #[cfg(feature = "wgpu")]
        rows.extend(gpu::adapters());
        rows.extend(engine::system_libraries().iter().map(system_library));
        rows.extend(left_out());
        Self {
            version: env!("CARGO_PKG_VERSION"),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            rows,
            recommended,
            advice,
        }
    }

    fn print(&self) {
        say!("framewire {} on {}, {} processors\n", self.version, self.platform, self.cpus);
        let rows = self
            .rows
            .iter()
            .map(|row| vec![row.component.clone(), row.status.to_string(), row.detail.clone()]);
        table::print(&["component", "status", "detail"], 3, rows);
        say!();
        for line in &self.advice {
            say!("{line}");
        }
        say!("Recommended: {}", self.recommended);
    }
}

impl Row {
    fn new(component: impl Into<String>, status: Status, detail: impl Into<String>) -> Self {
        Self {
            component: component.into(),
            status,
            detail: detail.into(),
            #[cfg(feature = "wgpu")]
            adapter: None,
            finding: None,
        }
    }
}

fn kernels() -> String {
    let all: Vec<String> = Level::available().iter().map(ToString::to_string).collect();
    format!("{} in use; this machine has {}", Level::detect(), all.join(", "))
}

/// A library that belongs to the machine, not to the program.
fn system_library(library: &engine::SystemLibrary) -> Row {
    let detail = format!("{}; {}, the system's own, no part of framewire", library.found, library.licence);
    Row::new(format!("library of {}", library.name), Status::Ok, detail)
}

fn advice(encoders: &[(String, Row)]) -> Vec<String> {
    let mut advice = Vec::new();
    if encoders.is_empty() {
        advice.push("This build has no video encoder: build with the feature openh264.".to_owned());
    }
    if cfg!(feature = "openh264") && cfg!(target_arch = "x86_64") && !engine::software_encoder_is_assembled()
    {
        advice.push(
            "The software encoder was built without nasm and runs at about half its speed. Install nasm \
             (Debian: apt-get install nasm; macOS: brew install nasm) and build again."
                .to_owned(),
        );
    }
    advice
}

/// What this build could have and has not.
fn left_out() -> Vec<Row> {
    let mut rows = Vec::new();
    if !cfg!(feature = "openh264") {
        rows.push(Row::new(
            "openh264",
            Status::Missing,
            "left out of this build (feature openh264; needs a C++ compiler)",
        ));
    }
    if !cfg!(feature = "x264") {
        rows.push(Row::new("x264", Status::Missing, "left out of this build (feature x264)"));
    }
    if !cfg!(feature = "images") {
        rows.push(Row::new("images", Status::Missing, "left out of this build (feature images)"));
    }
    if !cfg!(feature = "wgpu") {
        rows.push(Row::new("gpu", Status::Missing, "left out of this build (feature wgpu)"));
    }
    if !cfg!(feature = "turbojpeg") {
        let detail =
            "left out of this build: JPEG is made in pure Rust (feature turbojpeg; needs cmake and nasm)";
        rows.push(Row::new("turbojpeg", Status::Warn, detail));
    }
    if !engine::roster().has_hardware() {
        let hardware = "no hardware encoder for this system is part of this version";
        rows.push(Row::new("hardware", Status::Missing, hardware));
    }
    rows
}
