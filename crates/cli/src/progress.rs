//! How far a command is: a bar on a terminal, lines now and then where there is none.

use framewire::media::{
    export::{Event, Progress, Report},
    remux,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

/// How often a line is printed.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// How often the bar is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// Shows the progress of one command on standard error.
pub enum Display {
    /// Nothing.
    Quiet,
    /// On a terminal, with the moment of the last drawing.
    Bar(ProgressBar, Option<Instant>),
    /// Elsewhere: when the last line was printed.
    Lines(Instant),
}

impl Display {
    /// For this standard error.
    pub fn new(quiet: bool) -> Self {
        if quiet {
            Self::Quiet
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            Self::Bar(bar.with_style(style("{msg}")), None)
        } else {
            Self::Lines(Instant::now())
        }
    }

    /// Prints a line that stays.
    pub fn say(&self, text: &str) {
        match self {
            Self::Quiet => {}
            Self::Bar(bar, _) => bar.suspend(|| eprintln!("{text}")),
            Self::Lines(_) => eprintln!("{text}"),
        }
    }

    /// Shows what an export has reached.
    pub fn observe(&mut self, event: &Event<'_>) {
        match event {
            Event::Started(report) => self.say(&started(report)),
            // The log has it already, as a warning.
            Event::Replaced(_) => {}
            Event::Progress(progress) => self.progress(progress),
        }
    }

    /// Shows what a copy has reached.
    pub fn copied(&mut self, progress: &remux::Progress) {
        let remux::Progress { samples, total, bytes } = *progress;
        let of = total.map_or_else(String::new, |total| format!(" of {total}"));
        self.reach(samples, total, || format!("{samples}{of} samples, {}", size(bytes)));
    }

    /// Shows what has come over a network, in the words of whoever takes it; `done` grows with it.
    pub fn received(&mut self, done: u64, words: impl FnOnce() -> String) {
        self.reach(done, None, words);
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Self::Bar(bar, _) = self {
            bar.finish_and_clear();
        }
    }

    fn progress(&mut self, progress: &Progress) {
        self.reach(progress.frames, progress.total, || words(progress));
    }

    fn reach(&mut self, done: u64, total: Option<u64>, words: impl FnOnce() -> String) {
        match self {
            Self::Quiet => {}
            Self::Bar(bar, last) => {
                if last.is_some_and(|last| last.elapsed() < DRAW_EVERY) {
                    return;
                }
                if last.is_none() {
                    let template =
                        if total.is_some() { "{wide_bar} {percent:>3} %  {msg}" } else { "{spinner} {msg}" };
                    bar.set_style(style(template));
                    total.into_iter().for_each(|total| bar.set_length(total));
                }
                *last = Some(Instant::now());
                bar.set_message(words());
                bar.set_position(done);
            }
            Self::Lines(last) => {
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    eprintln!("{}", words());
                }
            }
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn started(report: &Report) -> String {
    let work = match (&report.encoder, report.converter) {
        (Some(encoder), Some(level)) => format!("encoded by {encoder}, converted by {level}"),
        (Some(encoder), None) => format!("encoded by {encoder}, without a conversion"),
        (None, Some(level)) => format!("converted by {level}"),
        (None, None) => "without a conversion".to_owned(),
    };
    format!("{}, {work}", report.size)
}

fn words(progress: &Progress) -> String {
    let Progress { frames, total, fps, speed, bytes, left } = progress;
    let of = total.map_or_else(String::new, |total| format!(" of {total}"));
    let left =
        left.filter(|left| !left.is_zero()).map_or_else(String::new, |left| format!(", {} left", time(left)));
    format!("{frames}{of} frames, {fps:.1} fps, {speed:.2}x, {}{left}", size(*bytes))
}

/// A number of bytes for people.
pub fn size(bytes: u64) -> String {
    let number = bytes as f64;
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", number / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", number / 1e6),
        _ => format!("{:.2} GB", number / 1e9),
    }
}

/// A time for people.
fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_said_for_people() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(12_345), "12.3 kB");
        assert_eq!(size(12_345_678), "12.3 MB");
        assert_eq!(time(Duration::from_secs(59)), "59 s");
        assert_eq!(time(Duration::from_secs(3_725)), "1:02:05");
    }
}
