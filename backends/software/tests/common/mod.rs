//! What several tests need.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod stream;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

/// The published H.264 streams beside the repository, if they are there.
pub(crate) fn streams() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/h264");
    folder.is_dir().then_some(folder)
}

/// Whether FFmpeg, the outside judge, is installed.
pub(crate) fn has_ffmpeg() -> bool {
    Command::new("ffmpeg").arg("-version").output().is_ok_and(|output| output.status.success())
}

/// What FFmpeg decodes `file` to: I420 pictures one behind the other.
pub(crate) fn ffmpeg_decode(file: &Path) -> Vec<u8> {
    ffmpeg_decode_to(file, "yuv420p")
}

/// The same in a pixel format by FFmpeg's name.
pub(crate) fn ffmpeg_decode_to(file: &Path, format: &str) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-threads", "1", "-i"])
        .arg(file)
        .args(["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", format, "-"])
        .output()
        .expect("ffmpeg starts");
    output.stdout
}

/// A stream of 40 pictures of 320x180 that FFmpeg's libx264 makes with these arguments, in a file of its own; `None` without
/// them.
pub(crate) fn encoded_by_ffmpeg(arguments: &[&str]) -> Option<Temporary> {
    let file = Temporary::new("h264");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-frames:v", "40"])
        .args(["-c:v", "libx264"])
        .args(arguments)
        .arg(&file.0)
        .output();
    made.is_ok_and(|output| output.status.success()).then_some(file)
}

/// The video of an MP4 file as Annex B.
pub(crate) fn annex_b_of(clip: &Path) -> Temporary {
    let file = Temporary::new("h264");
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i"])
        .arg(clip)
        .args(["-map", "0:v", "-c", "copy", "-bsf:v", "h264_mp4toannexb"])
        .arg(&file.0)
        .output()
        .expect("ffmpeg starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    file
}

/// A file that is removed in the end.
pub(crate) struct Temporary(pub(crate) PathBuf);

impl Temporary {
    fn new(extension: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("framewire-{}-{count}.{extension}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The access units of an Annex B stream: a new one begins with a parameter set, a message or a delimiter behind a slice, or
/// with a slice of macroblock 0.
pub(crate) fn access_units(stream: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let mut seen_slice = true;
    let mut at = 0;
    while at + 4 < stream.len() {
        if stream[at..at + 3] != [0, 0, 1] {
            at += 1;
            continue;
        }
        let kind = stream[at + 3] & 31;
        let is_slice = matches!(kind, 1 | 5);
        let begins = match kind {
            6..=9 => seen_slice,
            1 | 5 => seen_slice && stream[at + 4] & 0x80 != 0,
            _ => false,
        };
        if begins {
            starts.push(if at > 0 && stream[at - 1] == 0 { at - 1 } else { at });
        }
        if begins || is_slice {
            seen_slice = is_slice;
        }
        at += 3;
    }
    let ends = starts.iter().copied().skip(1).chain([stream.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| &stream[start..end]).collect()
}

/// How alike two pictures are, in decibels.
pub(crate) fn psnr(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let squares: f64 = a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 * a.len() as f64 / squares.max(1e-9)).log10()
}
