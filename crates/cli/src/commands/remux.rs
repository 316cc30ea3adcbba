//! `framewire remux`: from one container into another.

use super::files::{self, Names};
use crate::{
    args::{self, FileOrPipe},
    exit::Failure,
    interrupt, progress,
    progress::Display,
};
use framewire::media::{
    Cancel, Error,
    remux::{self, Input, RemuxOptions, Report},
};

/// Copies until the input ends or the user does.
pub fn run(args: &args::Remux) -> Result<(), Failure> {
    let output = files::destination(&args.output, args.said.force);
    let names = Names::of(&args.input, &output);
    files::check_json(args.said.json, &output)?;
    let format =
        files::video_format(&output, args.format, args.fast_start).map_err(|error| names.output(&error))?;
    output.check(files::input_path(&args.input)).map_err(|error| names.output(&error))?;
    let mut display = Display::new(args.said.quiet);
    let cancel = Cancel::default();
    let wish = cancel.clone();
    interrupt::on_interrupt(move || wish.cancel())?;
    let input = match &args.input {
        FileOrPipe::File(path) => Input::File(path),
        FileOrPipe::Pipe => Input::Stream(Box::new(std::io::stdin())),
    };
    let options = RemuxOptions { format, frame_rate: args.fps };
    let result = remux::remux(input, &output, options, &cancel, &mut |progress| display.copied(&progress));
    display.finish();
    let report = result.map_err(|failed| {
        let written = failed.report.as_ref().filter(|report| report.samples > 0);
        let left = written.map(|report| match &failed.error {
            Error::Output(_) => names.left(report.whole_samples, "sample"),
            _ => names.left(report.samples, "sample"),
        });
        names.error(&failed.error).with(left)
    })?;
    if report.input_is_cut_off {
        tracing::warn!("{} is cut off; what is there was copied", names.input);
    }
    files::say_left_out(&display, &report.left_out);
    // An end that was wished for before anything was read leaves no file.
    if !report.tracks.is_empty() {
        display.say(&summary(&names, &report));
    }
    if args.said.json {
        crate::output::json(&report)?;
    }
    if report.cancelled { Err(Failure::Interrupted) } else { Ok(()) }
}

fn summary(names: &Names, report: &Report) -> String {
    let tracks: Vec<_> = report
        .tracks
        .iter()
        .map(|track| format!("{} ({}, {})", track.kind, track.codec, files::counted(track.samples, "sample")))
        .collect();
    let size = progress::size(report.bytes);
    format!("{}: {}, {size} in {:.2} s", names.output, tracks.join(", "), report.seconds)
}
