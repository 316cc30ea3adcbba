use framewire_engine::Stream;
use framewire_session::Time;
use std::time::Duration;

/// The moment on a stream's clock, as sessions count it: the stream's own zero is their epoch.
pub(crate) fn now(stream: &Stream) -> Time {
    Time::from_epoch(Duration::from_micros(stream.now().as_micros()))
}
