//! `framewire record`: a viewer of a running server that writes what it gets.

mod viewer;

use super::{files, listen};
use crate::{args, client::Remote, exit::Failure, progress::Display};
use framewire::engine::{RecordError, RecordOptions};
use serde::Serialize;
use std::time::Duration;
use viewer::{End, Viewer};

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    output: String,
    frames: u64,
    /// From the first frame to the last.
    media_seconds: f64,
    bytes: u64,
}

/// Records until the stream ends, the time is over or the user ends it.
pub fn run(args: &args::Record) -> Result<(), Failure> {
    // One thread: a slow disk makes the acknowledgements late, and the server sends less.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("no runtime: {error}")))?;
    runtime.block_on(record(args))
}

async fn record(args: &args::Record) -> Result<(), Failure> {
    let Remote { target, tls } = Remote::new(&args.remote)?;
    files::check_file(&args.output, None, args.said.force)?;
    let output = args.output.display();
    let mut viewer = Viewer::join(&target, tls.as_ref())
        .await
        .map_err(|error| Failure::Failed(format!("{target} cannot be reached: {error}")))?;
    // Only now, so that a wrong address leaves no file behind.
    let options = RecordOptions::new(&args.output).overwrite(args.said.force);
    let file = options.open().map_err(|error| Failure::Input(error.to_string()))?;
    let mut recording = viewer::Recording::new(file);
    let mut display = Display::new(args.said.quiet);
    let end = tokio::select! {
        end = viewer.watch(&mut recording, |recording| {
            display.received(recording.units(), || recording.to_string());
        }) => end,
        () = sleep(args.duration) => End::Asked,
        () = listen::shutdown_wish() => End::Asked,
    };
    listen::insist();
    viewer.leave().await;
    let units = recording.units();
    let summary = recording.to_string();
    let report = Report {
        output: output.to_string(),
        frames: units,
        media_seconds: recording.duration().as_secs_f64(),
        bytes: recording.bytes(),
    };
    let settle = move || -> Result<(), RecordError> {
        let file = recording.finish()?;
        Ok(file.map_or(Ok(()), |file| file.settle(units))?)
    };
    let settled = tokio::task::spawn_blocking(settle).await;
    let settled = settled.map_err(|error| Failure::Failed(format!("{output} ended badly: {error}")))?;
    display.finish();
    if units > 0 {
        display.say(&format!("{output}: {summary}"));
    }
    let unwritable = |error| Failure::Failed(format!("{output}: {error}"));
    match end {
        End::Write(error) => return Err(unwritable(error)),
        End::Connection(error) => {
            settled.map_err(unwritable)?;
            return Err(Failure::Failed(format!("{target}: {error}")));
        }
        End::Closed(reason) => display.say(&format!("{target}: {reason}")),
        End::Asked => {}
    }
    settled.map_err(unwritable)?;
    if units == 0 {
        return Err(Failure::Failed(format!("{target} showed nothing, and nothing was written to {output}")));
    }
    if args.said.json { crate::output::json(&report) } else { Ok(()) }
}

async fn sleep(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}
