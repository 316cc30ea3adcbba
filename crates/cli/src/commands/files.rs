//! What the commands on files have in common: names, options, sentences and exit codes.

use crate::{
    args::FileOrPipe,
    exit::Failure,
    progress::{self, Display},
};
use framewire::codec::EncodeError;
use framewire::media::{
    Error, Failed,
    export::{Converted, Report},
    sink::{Destination, OutputError, VideoFormat},
    source::InputError,
};
use std::{fmt, path::Path};

/// The names of a command's input and output.
pub struct Names {
    pub input: String,
    pub output: String,
}

impl Names {
    pub fn of(input: &FileOrPipe, output: &Destination) -> Self {
        Self { input: input.to_string(), output: output.to_string() }
    }

    /// An input that cannot be used, or that the machine failed to read.
    pub fn input(&self, error: &InputError) -> Failure {
        let text = format!("{}: {error}", self.input);
        if error.is_read_failure() { Failure::Failed(text) } else { Failure::Input(text) }
    }

    /// An output that cannot be used, or that the machine failed to write.
    pub fn output(&self, error: &OutputError) -> Failure {
        unusable(&self.output, error)
    }

    /// What ended a piece of work.
    pub fn error(&self, error: &Error) -> Failure {
        match error {
            Error::Input(error) => self.input(error),
            Error::Output(error) => self.output(error),
            // No input is to blame for the lack of an encoder.
            Error::Open(error) | Error::Encode(EncodeError::Open(error)) => {
                Failure::Failed(error.to_string())
            }
            other => Failure::Failed(format!("{}: {other}", self.input)),
        }
    }

    /// What plays of an output that is not complete: so many of a kind.
    pub fn left(&self, whole: u64, kind: &str) -> String {
        match whole {
            0 => format!("nothing in {} plays", self.output),
            1 => format!("1 {kind} is in {}", self.output),
            count => format!("{count} {kind}s are in {}", self.output),
        }
    }

    /// An export that did not come to its end, with what was written.
    pub fn failed(&self, failed: &Failed<Report>) -> Failure {
        self.error(&failed.error).with(self.written(failed))
    }

    /// What was written of an export that did not come to its end.
    pub fn written(&self, failed: &Failed<Report>) -> Option<String> {
        let written = failed.report.as_ref().filter(|report| report.frames > 0);
        written.map(|report| match &failed.error {
            Error::Output(_) => self.left(report.whole_frames, "frame"),
            _ => self.left(report.frames, "frame"),
        })
    }
}

fn unusable(output: &impl fmt::Display, error: &OutputError) -> Failure {
    if matches!(error, OutputError::Cancelled) {
        return Failure::Interrupted;
    }
    let advice = if matches!(error, OutputError::Exists) { "; --force replaces it" } else { "" };
    let text = format!("{output}: {error}{advice}");
    if error.is_write_failure() { Failure::Failed(text) } else { Failure::Input(text) }
}

/// Where an output goes.
pub fn destination(output: &FileOrPipe, force: bool) -> Destination {
    match output {
        FileOrPipe::Pipe => Destination::Stdout,
        FileOrPipe::File(path) => Destination::Path { path: path.clone(), overwrite: force },
    }
}

/// Whether a file can be written while `input` is read. Nothing is made.
pub fn check_file(output: &Path, input: Option<&Path>, force: bool) -> Result<(), Failure> {
    if output == Path::new("-") {
        let why = "an MP4 file is completed at its beginning, which a pipe has no way back to: name a file";
        return Err(Failure::Input(why.to_owned()));
    }
    let output = Destination::Path { path: output.to_owned(), overwrite: force };
    output.check(input).map_err(|error| unusable(&output, &error))
}

/// The input as a file, where it is one.
pub fn input_path(input: &FileOrPipe) -> Option<&Path> {
    match input {
        FileOrPipe::Pipe => None,
        FileOrPipe::File(path) => Some(path),
    }
}

/// What to write: as asked for, or as the name says.
pub fn video_format(
    output: &Destination,
    asked: Option<VideoFormat>,
    fast_start: bool,
) -> Result<VideoFormat, OutputError> {
    let named = match output {
        Destination::Stdout => None,
        Destination::Path { path, .. } => VideoFormat::of_path(path),
    };
    let format = asked.or(named).ok_or_else(|| {
        OutputError::Usage(
            "its name does not say what to write: end it in .mp4, .h264 or .hevc, or give --format"
                .to_owned(),
        )
    })?;
    match (fast_start, format) {
        (false, format) => Ok(format),
        (true, VideoFormat::Mp4 | VideoFormat::FastStartMp4) => Ok(VideoFormat::FastStartMp4),
        (true, other) => {
            Err(OutputError::Usage(format!("--fast-start is of mp4, and this is {}", other.name())))
        }
    }
}

/// A report on standard output cannot stand beside a video there.
pub fn check_json(json: bool, output: &Destination) -> Result<(), Failure> {
    if json && *output == Destination::Stdout {
        return Err(Failure::Input("--json and the output cannot both go to standard output".to_owned()));
    }
    Ok(())
}

/// A count with its noun: `1 frame`, `2 frames`.
pub fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// What the output lacks.
pub fn say_left_out(display: &Display, left_out: &[String]) {
    for what in left_out {
        display.say(&format!("left out: {what}"));
    }
}

/// Warns of frames of the input that the output does not have.
pub fn warn_of_losses(names: &Names, report: &Report) {
    let Report { lost_frames, undecoded_frames, .. } = report;
    if *undecoded_frames > 0 {
        let frames = counted(*undecoded_frames, "frame");
        tracing::warn!("{frames} of {} could not be decoded and are not in {}", names.input, names.output);
    }
    let encoder = lost_frames - undecoded_frames;
    if encoder > 0 {
        tracing::warn!("{} lost with an encoder that failed", counted(encoder, "frame"));
    }
}

/// What was made, in a line.
pub fn summary(names: &Names, report: &Report) -> String {
    let Report { frames, lost_frames, media_seconds, bytes, fps, speed, .. } = report;
    let codec = report.codec.as_ref().map_or_else(String::new, |codec| format!(", {codec}"));
    let lost = if *lost_frames == 0 { String::new() } else { format!(" ({lost_frames} lost)") };
    let frames = counted(*frames, "frame") + &lost;
    let rate = *bytes as f64 * 8.0 / media_seconds.max(1e-9) / 1e6;
    format!(
        "{}: {frames}, {media_seconds:.2} s{codec}, {}, {rate:.2} Mb/s; {fps:.1} fps, {speed:.2} times real time{}",
        names.output,
        progress::size(*bytes),
        converted(report.converted, report.machine_converter)
    )
}

/// Who has converted how many frames, where it was not the processor alone; `name` is the machine's converter.
fn converted(by: Converted, name: Option<&str>) -> String {
    let Some(name) = name.filter(|_| by.machine > 0) else { return String::new() };
    let machine = counted(by.machine, "frame");
    match by.processor {
        0 => format!("; {machine} converted by {name}"),
        processor => format!("; {machine} converted by {name}, {processor} by the processor"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire::codec::OpenError;

    #[test]
    fn a_decoder_that_gives_out_in_mid_file_is_the_machines_failure() {
        let names = Names { input: "in.mp4".to_owned(), output: "out.mp4".to_owned() };
        let error =
            InputError::Decoder(OpenError::NoneWorks { what: "decoder", of: "h264", tried: Vec::new() });
        let failure = names.input(&error);
        assert!(matches!(failure, Failure::Failed(text) if text.starts_with("in.mp4: it was not decoded")));
    }

    #[test]
    fn the_machines_converter_is_named_where_it_has_converted_anything() {
        let words = |machine, processor| converted(Converted { machine, processor }, Some("chip"));
        assert_eq!(words(0, 9), "");
        assert_eq!(words(1, 0), "; 1 frame converted by chip");
        assert_eq!(words(8, 2), "; 8 frames converted by chip, 2 by the processor");
        assert_eq!(converted(Converted { machine: 0, processor: 9 }, None), "");
    }
}
