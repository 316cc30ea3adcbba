//! Out of Annex B, which has no times: frames are counted, and put where their picture order counts say.

use super::{CopiedTrack, Work, order::ShowOrder};
use crate::{
    Error, Timescale,
    access_units::{AccessUnits, stated_rate},
    sink::{
        OutputError,
        movie::{Movie, open_movie},
    },
    source::InputError,
};
use framewire_bitstream::{
    self as bitstream, Codec, StreamFacts,
    order::{Counts, Place},
};
use framewire_frame::FrameRate;
use framewire_mp4::{
    self as mp4, AnnexBSamples, DescriptionId, Edit, MovieSettings, NewSample, TrackId, TrackSettings,
};
use std::{
    collections::VecDeque,
    io::{Read, Write as _},
};

/// Samples that wait for their place in the order of showing; streams have a few dozen at most.
const MAX_WAITING: usize = 1024;

pub(super) fn copy(work: &mut Work<'_>, stream: Box<dyn Read + Send>) -> Result<(), Error> {
    let mut unit = Vec::new();
    let begun = begin(stream, &mut unit);
    // What the wish to end has cut off in its beginning is not taken.
    if work.cancel.is_wished() {
        return Ok(());
    }
    let (codec, mut units) = begun?;
    work.report.tracks.push(CopiedTrack {
        kind: "video".to_owned(),
        codec: codec.name().to_owned(),
        samples: 0,
    });
    match work.options.format.layout() {
        None => pass_on(work, &mut units, unit),
        Some(layout) => {
            let facts = StreamFacts::from_annexb(codec, &unit).ok();
            let rate = rate(work, facts.as_ref())?;
            let (timescale, interval) = Timescale::of_rate(rate);
            let mut settings = MovieSettings::default();
            settings.timescale = timescale.into();
            work.opened = true;
            let movie = open_movie(work.output.open(work.cancel)?, layout, settings);
            let delay = facts.map_or(0, |facts| facts.reorder_frames);
            let mut muxer = Muxer::new(codec, movie, Clock { timescale, interval, delay: delay.into() });
            let copied = muxer.copy(work, &mut units, unit);
            let settled = copied.and_then(|()| muxer.settle(work, true));
            work.finish(settled, muxer.movie)
        }
    }
}

/// The codec, the first unit, and the units behind it.
fn begin<R: Read>(stream: R, first: &mut Vec<u8>) -> Result<(Codec, AccessUnits<R>), InputError> {
    let (codec, mut units) = AccessUnits::open(stream, None)?;
    if units.next(first)? { Ok((codec, units)) } else { Err(InputError::NoVideo) }
}

/// The frame rate that was asked for, or that the stream states.
fn rate(work: &Work<'_>, facts: Option<&StreamFacts>) -> Result<FrameRate, InputError> {
    work.options.frame_rate.or_else(|| facts.and_then(stated_rate)).ok_or_else(|| {
        InputError::Usage("it does not say how many frames it has a second: give --fps".to_owned())
    })
}

/// Annex B into Annex B: every unit as it is.
fn pass_on<R: Read>(work: &mut Work<'_>, units: &mut AccessUnits<R>, mut unit: Vec<u8>) -> Result<(), Error> {
    work.opened = true;
    let mut output = work.output.open_stream(work.cancel)?;
    loop {
        output.write_all(&unit).map_err(OutputError::from)?;
        work.report.bytes += unit.len() as u64;
        work.report.tracks[0].samples += 1;
        work.report.whole_samples += 1;
        // A unit that the wish to end has cut off is not taken.
        let more = units.next(&mut unit)?;
        if !work.goes_on(None) || !more {
            return Ok(output.flush().map_err(OutputError::from)?);
        }
    }
}

/// How frames are counted.
#[derive(Clone, Copy)]
struct Clock {
    timescale: Timescale,
    /// Units from one frame to the next.
    interval: u64,
    /// Frames that the first one is shown after its decoding, so that none is shown before it: an edit takes them off
    /// again.
    delay: u64,
}

impl Clock {
    /// The time of a place, in units.
    fn ticks(self, place: u64) -> i64 {
        i64::try_from(place.saturating_mul(self.interval)).unwrap_or(i64::MAX)
    }
}

/// Makes samples of units: each waits until it is known when it is shown.
struct Muxer {
    movie: Box<dyn Movie>,
    clock: Clock,
    samples: AnnexBSamples,
    counts: Counts,
    order: ShowOrder,
    track: Option<TrackId>,
    description: DescriptionId,
    waiting: VecDeque<Waiting>,
    /// The place in decoding order of the first that waits.
    first: u64,
    /// Pictures before the first parameter sets.
    skipped: u64,
}

struct Waiting {
    data: Vec<u8>,
    sync: bool,
    description: DescriptionId,
    shown: Option<u64>,
}

impl Muxer {
    fn new(codec: Codec, movie: Box<dyn Movie>, clock: Clock) -> Self {
        Self {
            movie,
            clock,
            samples: AnnexBSamples::new(codec),
            counts: Counts::of(codec),
            order: ShowOrder::default(),
            track: None,
            description: DescriptionId::default(),
            waiting: VecDeque::new(),
            first: 0,
            skipped: 0,
        }
    }

    fn copy<R: Read>(
        &mut self,
        work: &mut Work<'_>,
        units: &mut AccessUnits<R>,
        mut unit: Vec<u8>,
    ) -> Result<(), Error> {
        loop {
            let offset = units.offset() - unit.len() as u64;
            self.take(&unit, offset)?;
            self.settle(work, false)?;
            // A unit that the wish to end has cut off is not taken.
            if !units.next(&mut unit)? || work.cancel.is_wished() {
                return Ok(());
            }
        }
    }

    /// Takes one unit, which lies at `offset`.
    fn take(&mut self, unit: &[u8], offset: u64) -> Result<(), Error> {
        let place = self.counts.read(unit).map_err(|unknown| {
            let what = format!("{unknown}, which cannot be copied from a stream without times");
            InputError::Unsupported(what)
        })?;
        let sample = match self.samples.convert(unit) {
            Ok(sample) if sample.data.is_empty() => return Ok(()),
            Ok(sample) => sample,
            Err(mp4::Error::Bitstream(
                bitstream::Error::NoParameterSets | bitstream::Error::UnknownParameterSet { .. },
            )) if self.track.is_none() => {
                self.skipped += 1;
                return Ok(());
            }
            Err(error) => return Err(InputError::Damaged { offset, what: error.to_string() }.into()),
        };
        match (self.track, sample.new_entry) {
            (Some(track), Some(entry)) => {
                self.description = self.movie.add_description(track, entry).map_err(OutputError::from)?;
            }
            (None, Some(entry)) => {
                let mut settings = TrackSettings::video(self.clock.timescale.into(), entry);
                settings.may_change = true;
                if self.clock.delay > 0 {
                    let start = self.clock.delay.saturating_mul(self.clock.interval);
                    // A duration of zero: up to the end of the media.
                    settings.edits.push(Edit::new(0, start));
                }
                self.track = Some(self.movie.add_track(settings).map_err(OutputError::from)?);
            }
            (_, None) => {}
        }
        let waiting = Waiting {
            data: sample.data.to_vec(),
            sync: sample.sync,
            description: self.description,
            shown: None,
        };
        if self.waiting.len() == MAX_WAITING {
            let what = format!("more than {MAX_WAITING} pictures wait for one that is shown before them");
            return Err(InputError::Damaged { offset, what }.into());
        }
        self.waiting.push_back(waiting);
        // A picture whose order cannot be read is shown where it is decoded.
        let place = place.unwrap_or(Place { begins: true, count: 0 });
        let mut settled = Vec::new();
        self.order.push(place, &mut settled);
        self.note(&settled);
        Ok(())
    }

    fn note(&mut self, settled: &[(u64, u64)]) {
        for (decoded, shown) in settled {
            let at = decoded.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
            if let Some(waiting) = at.and_then(|at| self.waiting.get_mut(at)) {
                waiting.shown = Some(*shown);
            }
        }
    }

    /// Writes the samples whose time is known; at the end all.
    fn settle(&mut self, work: &mut Work<'_>, end: bool) -> Result<(), Error> {
        if end {
            let mut settled = Vec::new();
            self.order.finish(&mut settled);
            self.note(&settled);
            if self.skipped > 0 {
                let what = format!("{} picture(s) before the first parameter sets", self.skipped);
                work.report.left_out.push(what);
            }
        }
        while let Some(shown) = self.waiting.front().and_then(|waiting| waiting.shown) {
            let (Some(waiting), Some(track)) = (self.waiting.pop_front(), self.track) else { break };
            let dts = self.clock.ticks(self.first);
            let mut sample = NewSample::new(&waiting.data, dts);
            let offset = self.clock.ticks(shown.saturating_add(self.clock.delay)).saturating_sub(dts);
            sample.composition_offset = i32::try_from(offset).unwrap_or(i32::MAX);
            sample.duration = u32::try_from(self.clock.interval).ok();
            sample.sync = waiting.sync;
            sample.description = waiting.description;
            self.movie.write_sample(track, sample).map_err(OutputError::from)?;
            self.first += 1;
            work.report.bytes = self.movie.bytes();
            work.report.tracks[0].samples += 1;
            work.goes_on(None);
        }
        Ok(())
    }
}
