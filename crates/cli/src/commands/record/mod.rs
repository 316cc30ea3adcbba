//! `framewire record`: a viewer of a running server that writes what it gets.

mod progress;
mod viewer;

use super::listen;
use crate::{args, client::Remote, exit::Failure};
use framewire::engine::{RecordError, RecordOptions};
use progress::Progress;
use std::time::Duration;
use viewer::{End, Viewer};

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
    let output = args.output.display();
    let mut viewer = Viewer::join(&target, tls.as_ref())
        .await
        .map_err(|error| Failure::Failed(format!("{target} cannot be reached: {error}")))?;
    // Only now, so that a wrong address leaves no file behind.
    let options = RecordOptions::new(&args.output).overwrite(args.force);
    let file = options.open().map_err(|error| Failure::Input(error.to_string()))?;
    let mut recording = viewer::Recording::new(file);
    let mut progress = Progress::new(args.output.display().to_string());
    let end = tokio::select! {
        end = viewer.watch(&mut recording, |recording| progress.show(recording)) => end,
        () = sleep(args.seconds) => End::Asked,
        () = listen::shutdown_wish() => End::Asked,
    };
    listen::insist();
    viewer.leave().await;
    let units = recording.units();
    let summary = recording.to_string();
    let settle = move || -> Result<(), RecordError> {
        let file = recording.finish()?;
        Ok(file.map_or(Ok(()), |file| options.settle(&file, units))?)
    };
    let settled = tokio::task::spawn_blocking(settle).await;
    let settled = settled.map_err(|error| Failure::Failed(format!("{output} ended badly: {error}")))?;
    progress.end(&summary);
    let unwritable = |error| Failure::Failed(format!("{output}: {error}"));
    match end {
        End::Write(error) => return Err(unwritable(error)),
        End::Connection(error) => {
            settled.map_err(unwritable)?;
            return Err(Failure::Failed(format!("{target}: {error}")));
        }
        End::Closed(reason) => eprintln!("{target}: {reason}"),
        End::Asked => {}
    }
    settled.map_err(unwritable)?;
    if units == 0 {
        return Err(Failure::Failed(format!("{target} showed nothing, and there is no {output}")));
    }
    Ok(())
}

async fn sleep(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}
