//! Frames to a file without coding.

use super::{
    Cancel, Error, Event, Failed, Report,
    convert::Converters,
    flow::{self, Depths, Shared},
    moment_of,
    read::{self, Item},
    report::{Begin, Tally},
};
use crate::{
    sink::{OutputError, PictureSink},
    source::{InputError, Source},
};
use framewire_frame::{Frame, FrameRate};
use std::sync::Arc;

/// Writes all frames of `source` into the sink that `open` makes, which is called once the first frame is there. Frames
/// that are due at once are counted at `rate`. All else is as in [`export`](super::export()).
///
/// # Errors
/// [`Failed`] has the reason and the report of what was written.
pub fn save_pictures(
    mut source: Box<dyn Source>,
    rate: FrameRate,
    open: impl FnOnce() -> Result<Box<dyn PictureSink>, OutputError>,
    cancel: &Cancel,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Report, Failed> {
    let early = |error: Error| Failed { error, report: None };
    let Some(first) = source.next().map_err(|error| early(error.into()))? else {
        return Err(early(InputError::Empty.into()));
    };
    let mut sink = open().map_err(|error| early(error.into()))?;
    let format = first.frame.surface.format();
    let shared = Arc::new(Shared::new(cancel.clone()));
    let mut tally = Tally::new(Begin {
        rate,
        total: source.frame_count(),
        timescale: moment_of(&first, rate, 0).timescale,
        size: first.frame.size(),
        converts: sink.format(format) != format,
        encoder: None,
    });
    observe(Event::Started(tally.report(&shared.times, sink.bytes())));
    let depths = Depths::of(&first.frame);
    let (reading, inputs) = read::start(source, first, rate, depths, &shared);
    let wanted = sink.format(format);
    // A source has one format for all its pictures.
    let mut frames = Converters::start(inputs, Arc::new(move |_| wanted), depths, &shared);
    let mut failure: Option<Error> = None;
    while failure.is_none() {
        match frames.next() {
            Some(Item::Frame(frame, moment)) => {
                match shared.times.mux.measure(|| write(&mut *sink, &frame)) {
                    Ok(()) => tally.frame(frame.size(), moment),
                    Err(error) => failure = Some(error),
                }
                observe(Event::Progress(tally.progress(sink.bytes())));
            }
            Some(Item::Failed(error)) => failure = Some(error),
            Some(Item::End) | None => break,
        }
    }
    shared.end();
    frames.finish();
    flow::join_reader(reading, failure.is_none() && !cancel.is_wished());
    let completed = shared.times.mux.measure(|| sink.finish());
    let report = Report { cancelled: cancel.is_wished(), ..tally.report(&shared.times, sink.bytes()) };
    match failure.or(completed.err().map(Error::from)) {
        Some(error) => Err(Failed { error, report: Some(Box::new(report)) }),
        None => Ok(report),
    }
}

fn write(sink: &mut dyn PictureSink, frame: &Frame) -> Result<(), Error> {
    let picture = frame.surface.to_host().map_err(framewire_codec::EncodeError::from)?;
    Ok(sink.write(picture.as_ref(), frame.color)?)
}
