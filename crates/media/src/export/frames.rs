//! Frames to a file without coding.

use super::{
    Event, Report,
    convert::{Converters, Wanted},
    flow::{self, Depths, Shared},
    moment_of,
    read::{self, Item, Place},
    report::{Begin, Tally},
    route::Route,
};
use crate::{
    Cancel, Error, Failed,
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
) -> Result<Report, Failed<Report>> {
    let Some(first) = source.next().map_err(Failed::early)? else {
        return Err(Failed::early(InputError::Empty));
    };
    let mut sink = open().map_err(Failed::early)?;
    let format = first.frame.surface.format();
    let shared = Arc::new(Shared::new(cancel.clone(), Route::default()));
    let mut tally = Tally::new(Begin {
        rate,
        total: source.frame_count(),
        left_out: source.left_out(),
        timescale: moment_of(&first, rate, 0).timescale,
        size: first.frame.size(),
        converts: sink.format(format) != format,
        encoder: None,
    });
    observe(Event::Started(&tally.report(&shared, sink.bytes())));
    let depths = Depths::of(&first.frame);
    let (reading, inputs) = read::start(source, first, rate, Place::Host, depths, &shared);
    let target = sink.format(format);
    // A source has one format for all its pictures.
    let wanted: Wanted = Arc::new(move |_| target);
    let mut frames = Converters::start(inputs, &wanted, depths, &shared);
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
    // An output that nothing came into stays without a byte.
    let is_void = failure.is_some() && tally.is_empty();
    let completed = if is_void { Ok(()) } else { shared.times.mux.measure(|| sink.finish()) };
    let report = Report {
        cancelled: cancel.is_wished(),
        whole_frames: sink.whole_pictures(),
        ..tally.report(&shared, sink.bytes())
    };
    match failure.or(completed.err().map(Error::from)) {
        Some(error) => Err(Failed { error, report: Some(Box::new(report)) }),
        None => Ok(report),
    }
}

fn write(sink: &mut dyn PictureSink, frame: &Frame) -> Result<(), Error> {
    let picture = frame.surface.to_host().map_err(framewire_codec::EncodeError::from)?;
    Ok(sink.write(picture.as_ref(), frame.color)?)
}
