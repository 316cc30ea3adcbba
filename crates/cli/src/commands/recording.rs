//! The recording of a stream that `serve` and `demo` have, and its orderly end.

use super::files;
use crate::exit::Failure;
use framewire::{
    engine::{RecordOptions, Recording, Stream},
    frame::FrameId,
};
use std::{path::Path, time::Duration};

/// How long the last frame of an input may take to be recorded.
const LAST_FRAME: Duration = Duration::from_secs(1);

/// Whether a file can be recorded to while `input` is read. Nothing is made.
pub fn check(output: Option<&Path>, input: Option<&Path>, force: bool) -> Result<(), Failure> {
    let Some(output) = output else { return Ok(()) };
    files::check_file(output, input, force)
}

/// Records to a file, if there is one.
pub fn start(stream: &Stream, path: Option<&Path>, force: bool) -> Result<Option<Recording>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let recording = stream.record(RecordOptions::new(path).overwrite(force));
    recording.map(Some).map_err(|error| Failure::Input(error.to_string()))
}

/// Ends a recording; that of a stream which is over has its last frame first. `result` is how everything else ended: a
/// failure of that comes first, with what is in the file.
pub async fn finish(
    recording: Option<Recording>,
    over: Option<&Stream>,
    result: Result<(), Failure>,
) -> Result<(), Failure> {
    let Some(recording) = recording else { return result };
    let last = over.and_then(|stream| stream.metrics().frames_published.checked_sub(1)).map(FrameId);
    let end = move || {
        if let Some(last) = last {
            recording.wait_for(last, LAST_FRAME);
        }
        recording.stop()
    };
    let recorded = match tokio::task::spawn_blocking(end).await {
        Err(error) => Err(format!("the recording ended badly: {error}")),
        Ok(status) => match status.error {
            Some(why) => Err(format!("{}: {why}", status.file)),
            None if status.units == 0 => Err(format!("there was nothing to record in {}", status.file)),
            None => {
                let seconds = status.duration.as_secs_f64();
                Ok(format!("{} has {} frames of {seconds:.1} s", status.file, status.units))
            }
        },
    };
    match (result, recorded) {
        (Ok(()), Ok(summary)) => {
            tracing::info!("{summary}");
            Ok(())
        }
        (Ok(()), Err(why)) => Err(Failure::Failed(why)),
        (Err(failure), Ok(left) | Err(left)) => Err(failure.with(Some(left))),
    }
}
