//! The program as a child, a folder of its own, and FFmpeg as the judge.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The program with these arguments, whose streams are pipes.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_framewire"));
    command.args(["--log", "error"]).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program, with `input` on its standard input.
pub(crate) fn framewire(arguments: &[&str], input: Option<&[u8]>) -> Output {
    let mut command = command(arguments);
    let Some(bytes) = input.map(<[u8]>::to_vec) else { return command.output().unwrap() };
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The program may refuse before it has read everything.
    let writer = thread::spawn(move || drop(stdin.write_all(&bytes)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// Runs the program, which must succeed; its standard output.
pub(crate) fn works(arguments: &[&str]) -> Vec<u8> {
    let output = framewire(arguments, None);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {text}");
    output.stdout
}

/// The last line on standard error of a command that exits with `code`.
pub(crate) fn sentence(arguments: &[&str], input: Option<&[u8]>, code: i32) -> String {
    let output = framewire(arguments, input);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    text.lines().last().unwrap_or_default().to_owned()
}

/// The one line on standard error of a command that refuses its input and has printed nothing.
pub(crate) fn refusal(arguments: &[&str], input: Option<&[u8]>) -> String {
    let output = framewire(arguments, input);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
    assert!(output.stdout.is_empty(), "nothing is announced that does not run");
    assert_eq!(text.lines().count(), 1, "one sentence: {text}");
    text
}

/// Sends the signal that Ctrl-C sends.
pub(crate) fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Waits until `done`, at most a minute.
pub(crate) fn wait_until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what} did not come about");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("framewire-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A small clip of FFmpeg's: ten frames; `None`, with the reason printed, where there is none.
pub(crate) fn clip(test: &str, folder: &Folder, name: &str, options: &[&str]) -> Option<String> {
    let source = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1"];
    made(test, folder, name, &[&source, options].concat())
}

/// What FFmpeg makes with these arguments; `None`, with the reason printed, where it cannot.
pub(crate) fn made(test: &str, folder: &Folder, name: &str, arguments: &[&str]) -> Option<String> {
    let path = folder.path(name);
    let status = Command::new("ffmpeg").args(["-v", "error", "-y"]).args(arguments).arg(&path).status();
    let first = path.replace("%03d", "001");
    match status {
        Ok(status) if status.success() && Path::new(&first).exists() => Some(path),
        Ok(status) => {
            println!("SKIPPED {test}: ffmpeg cannot make {name} ({status})");
            None
        }
        Err(error) => {
            println!("SKIPPED {test}: no ffmpeg ({error})");
            None
        }
    }
}

/// Whether FFmpeg is here; the reason is printed where it is not.
pub(crate) fn has_ffmpeg(test: &str) -> bool {
    let found = Command::new("ffmpeg").arg("-version").output().is_ok_and(|output| output.status.success());
    if !found {
        println!("SKIPPED {test}: no ffmpeg");
    }
    found
}

/// What `ffprobe` says of the first video stream, a value of `entries` a line.
pub(crate) fn ffprobe(path: &str, entries: &str) -> Vec<String> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", entries])
        .args(["-of", "default=noprint_wrappers=1:nokey=1", path])
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{path}: {output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The times of the frames as `ffprobe` says them, in the order of showing, in seconds.
pub(crate) fn shown_times(path: &str) -> Vec<f64> {
    let mut times: Vec<f64> =
        ffprobe(path, "packet=pts_time").iter().map(|time| time.parse().unwrap()).collect();
    times.sort_by(f64::total_cmp);
    times
}

/// The frames that FFmpeg decodes, by the hash of each; no warning may come of it.
pub(crate) fn frame_hashes(path: &str, stream: &str) -> Vec<String> {
    let output = Command::new("ffmpeg")
        .args(["-v", "warning", "-i", path, "-map", stream, "-f", "framemd5", "-"])
        .output()
        .unwrap();
    let warnings = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && warnings.is_empty(), "{path}: {warnings}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit(',').next()).map(|hash| hash.trim().to_owned()).collect()
}
