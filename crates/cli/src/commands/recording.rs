//! The recording of a stream that `serve` and `demo` have, and its orderly end.

use crate::exit::Failure;
use framewire::{
    engine::{RecordOptions, Recording, Stream},
    frame::FrameId,
};
use std::{path::Path, time::Duration};

/// How long the last frame of an input may take to be recorded.
const LAST_FRAME: Duration = Duration::from_secs(1);

/// Records to a file, if there is one.
pub fn start(stream: &Stream, path: Option<&Path>, force: bool) -> Result<Option<Recording>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let recording = stream.record(RecordOptions::new(path).overwrite(force));
    recording.map(Some).map_err(|error| Failure::Input(error.to_string()))
}

/// Ends a recording; that of a stream which is over has its last frame first.
pub async fn finish(recording: Option<Recording>, over: Option<&Stream>) -> Result<(), Failure> {
    let Some(recording) = recording else { return Ok(()) };
    let last = over.and_then(|stream| stream.metrics().frames_published.checked_sub(1)).map(FrameId);
    let end = move || {
        if let Some(last) = last {
            recording.wait_for(last, LAST_FRAME);
        }
        recording.stop()
    };
    let status = tokio::task::spawn_blocking(end).await;
    let status = status.map_err(|error| Failure::Failed(format!("the recording ended badly: {error}")))?;
    match status.error {
        Some(why) => Err(Failure::Failed(format!("{}: {why}", status.file))),
        None if status.units == 0 => {
            Err(Failure::Failed(format!("there was nothing to record in {}", status.file)))
        }
        None => {
            let seconds = status.duration.as_secs_f64();
            tracing::info!("{} has {} frames of {seconds:.1} s", status.file, status.units);
            Ok(())
        }
    }
}
