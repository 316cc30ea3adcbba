//! Whole programs, ours and FFmpeg's, with what the system says of them.

use crate::exit::Failure;
use std::{
    fs,
    io::Read as _,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How often the system is asked about a running program.
const INTERVAL: Duration = Duration::from_millis(5);
/// Clock ticks per second in `/proc` (`sysconf(_SC_CLK_TCK)`, which is 100 on every Linux).
const TICKS: f64 = 100.0;

/// One run of a program.
#[derive(Debug, Clone, Copy, Default)]
pub struct Run {
    /// From its start to its end.
    pub wall: Duration,
    /// Processor time of all its threads; zero where the system does not say.
    pub cpu: Duration,
    /// The most memory that it held, in bytes; zero where the system does not say.
    pub peak: u64,
}

/// This program, to be run again.
pub fn ourselves() -> Result<Command, Failure> {
    let path = std::env::current_exe()
        .map_err(|error| Failure::Failed(format!("this program does not know where it lies: {error}")))?;
    let mut command = Command::new(path);
    command.args(["--log", "error"]);
    Ok(command)
}

/// FFmpeg, quiet and without a terminal.
pub fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-v", "error", "-y"]);
    command
}

/// Whether FFmpeg is on the path.
pub fn has_ffmpeg() -> bool {
    let mut command = Command::new("ffmpeg");
    command.arg("-version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a program to its end; what it wrote to standard output comes back with the figures.
pub fn run(command: &mut Command) -> Result<(Run, String), Failure> {
    run_heard(command).map(|(run, said, _)| (run, said))
}

/// The same with what it wrote to standard error.
pub fn run_heard(command: &mut Command) -> Result<(Run, String, String), Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |what: String| Failure::Failed(format!("{name}: {what}"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let (id, ended) = (child.id(), AtomicBool::new(false));
    let (mut said, mut complained) = (String::new(), String::new());
    let (status, run) = thread::scope(|scope| {
        let observer = scope.spawn(|| observe(id, &ended));
        // Reports and errors are far smaller than a pipe holds, so that nobody waits for them to be read.
        let status = child.wait();
        let wall = start.elapsed();
        ended.store(true, Ordering::Relaxed);
        let seen = observer.join().unwrap_or_default();
        (status, Run { wall, ..seen })
    });
    let status = status.map_err(|error| failed(error.to_string()))?;
    if let (Some(mut out), Some(mut err)) = (child.stdout.take(), child.stderr.take()) {
        out.read_to_string(&mut said).map_err(|error| failed(error.to_string()))?;
        err.read_to_string(&mut complained).map_err(|error| failed(error.to_string()))?;
    }
    if status.success() {
        Ok((run, said, complained))
    } else {
        Err(failed(format!("it ended with {status}: {}", complained.trim())))
    }
}

/// Looks at a running program until it has ended. The figures only grow, so that the last look is the one that counts.
fn observe(id: u32, ended: &AtomicBool) -> Run {
    let read = |file: &str| fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
    let mut run = Run::default();
    while !ended.load(Ordering::Relaxed) {
        run.cpu = run.cpu.max(cpu_time(&read("stat")).unwrap_or_default());
        run.peak = run.peak.max(peak_bytes(&read("status")).unwrap_or_default());
        thread::sleep(INTERVAL);
    }
    run
}

/// `utime` and `stime` of `/proc/PID/stat` (`proc(5)`); the name before them may hold anything but ends in `)`.
fn cpu_time(stat: &str) -> Option<Duration> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(Duration::from_secs_f64((f64::from(ticks()?) + f64::from(ticks()?)) / TICKS))
}

/// `VmHWM` of `/proc/PID/status`.
fn peak_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_and_memory_are_read_as_the_system_writes_them() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0";
        assert_eq!(cpu_time(stat), Some(Duration::from_secs(2)));
        assert_eq!(peak_bytes("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"), Some(2 << 20));
        assert_eq!((cpu_time(""), peak_bytes("")), (None, None));
    }
}
