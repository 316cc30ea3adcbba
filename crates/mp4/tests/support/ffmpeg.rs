//! FFmpeg's programs, for tests.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) struct Temporary(pub(crate) PathBuf);

impl Temporary {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("framewire-mp4-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Makes a clip of a test pattern with these arguments; `None` where this FFmpeg is missing or cannot.
pub(crate) fn clip(test: &str, folder: &Path, arguments: &str) -> Option<PathBuf> {
    make(test, folder.join("clip.mp4"), arguments)
}

/// The same, as any file.
pub(crate) fn make(test: &str, path: PathBuf, arguments: &str) -> Option<PathBuf> {
    let input = "-hide_banner -v error -y -f lavfi -i testsrc2=size=128x96:rate=30:duration=2";
    let made = Command::new("ffmpeg")
        .args(input.split(' '))
        .args(arguments.split_ascii_whitespace())
        .args(["-pix_fmt", "yuv420p"])
        .arg(&path)
        .output();
    match made {
        Ok(output) if output.status.success() => Some(path),
        Ok(output) => {
            println!("SKIPPED {test}: ffmpeg says {}", String::from_utf8_lossy(&output.stderr).trim());
            None
        }
        Err(error) => {
            println!("SKIPPED {test}: ffmpeg cannot be run: {error}");
            None
        }
    }
}

/// A hash of each decoded picture.
pub(crate) fn hashes(path: &Path) -> Vec<String> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "-"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let pictures: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit(',').next().unwrap_or_default().trim().to_owned())
        .collect();
    assert!(!pictures.is_empty());
    pictures
}

/// What a program prints; it must succeed, and say nothing on its standard error.
pub(crate) fn quiet(program: &str, arguments: &[&str], path: &Path) -> String {
    let at = arguments.iter().position(|argument| *argument == "FILE").unwrap();
    let mut command = Command::new(program);
    command.args(&arguments[..at]).arg(path).args(&arguments[at + 1..]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{program} of {}: {said}", path.display());
    String::from_utf8(output.stdout).unwrap()
}

/// What ffprobe shows of entries, a line for each.
pub(crate) fn probe(path: &Path, entries: &str) -> String {
    let arguments = ["-v", "warning", "-show_entries", entries, "-of", "compact=p=0:nk=0", "-i", "FILE"];
    quiet("ffprobe", &arguments, path)
}

/// The lines of what ffprobe prints, sorted.
pub(crate) fn sorted(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.trim_end_matches('|'));
    let mut lines: Vec<String> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Fails at the first line that differs.
pub(crate) fn assert_same_lines(ours: &[String], theirs: &[String], of: &str) {
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours, theirs, "{of}");
    }
    assert_eq!(ours.len(), theirs.len(), "{of}");
}
