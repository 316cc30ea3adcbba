//! Streams that FFmpeg makes, and what it says of streams.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Frames of each stream that is made.
const FRAMES: usize = 26;

/// A stream that was made.
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
    pub(crate) frames: usize,
}

/// Where the streams lie, in the target folder.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Writes a file into [`folder`].
pub(crate) fn write(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

impl Made {
    /// The same in an MP4 file that FFmpeg writes.
    pub(crate) fn remuxed(&self) -> PathBuf {
        let path = folder().join(format!("{}.mp4", self.name));
        let output = Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-i"])
            .arg(&self.path)
            .args(["-c", "copy", "-tag:v", "hvc1"])
            .arg(&path)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        path
    }
}

/// Encodes test pictures; why not, where this machine cannot.
pub(crate) fn x265(name: &str, size: &str, format: &str, params: &str) -> Result<Made, String> {
    let path = folder().join(format!("{name}.hevc"));
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i"])
        .arg(format!("testsrc2=size={size}:rate=25"))
        .args([
            "-frames:v",
            &FRAMES.to_string(),
            "-pix_fmt",
            format,
            "-c:v",
            "libx265",
            "-preset",
            "ultrafast",
        ])
        .args(["-x265-params", &format!("log-level=error:{params}")])
        .arg(&path)
        .output()
        .map_err(|error| format!("ffmpeg cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("ffmpeg says {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let bytes = std::fs::read(&path).unwrap();
    Ok(Made { name: name.to_owned(), path, bytes, frames: FRAMES })
}

/// What ffprobe says, a line for each stream or packet.
pub(crate) fn ffprobe(path: &Path, options: &[&str], entries: &str) -> String {
    let output = Command::new("ffprobe")
        .args(["-v", "error"])
        .args(options)
        .args(["-show_entries", entries, "-of", "csv=p=0"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().trim_end_matches(',').to_owned()
}

/// A hash of each picture that FFmpeg decodes; it may not complain.
pub(crate) fn decoded_hashes(path: &Path) -> Vec<String> {
    let output = Command::new("ffmpeg")
        .args(["-v", "warning", "-i"])
        .arg(path)
        .args(["-fps_mode", "passthrough", "-f", "framemd5", "-"])
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(complaints.is_empty(), "{}: {complaints}", path.display());
    let text = String::from_utf8(output.stdout).unwrap();
    let hash = |line: &str| line.rsplit(',').next().unwrap_or_default().trim().to_owned();
    text.lines().filter(|line| !line.starts_with('#')).map(hash).collect()
}
