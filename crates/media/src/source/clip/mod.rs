//! Video files: access units from a container, decoded one after the other.

mod annex_b;
mod mp4;
mod tape;

use super::{Due, InputError, SPARE_PICTURES, Source, SourceOptions, Timed};
use crate::{Moment, Timescale};
use annex_b::AnnexB;
use framewire_codec::{Choice, Codec, DecodeError, FrameDecoder, OpenError, Refusal, Roster};
use framewire_frame::{Frame, FrameRate, Pool, Timestamp};
use framewire_mp4::Rotation;
use mp4::Mp4;
use std::{
    collections::VecDeque,
    fs::File,
    io::{Read, Seek},
};
use tape::{Limits, Tape};

/// Units in a row without a picture after which a file is given up.
const MAX_BROKEN_UNITS: u32 = 300;

/// The moment of a picture that is decoded and not shown: an edit list leaves it out.
const HIDDEN: u64 = u64::MAX;

/// Where access units come from.
trait Units: Send {
    /// What they are coded in.
    fn codec(&self) -> Codec;

    /// Replaces `unit` by the next access unit in Annex B, in the order to decode; its moment of showing in units of
    /// the [`timescale`](Self::timescale) or [`HIDDEN`], or `None` at the end.
    fn next(&mut self, unit: &mut Vec<u8>) -> Result<Option<u64>, InputError>;

    /// Starts over; false where that cannot be done.
    fn rewind(&mut self) -> Result<bool, InputError>;

    /// The clock of the moments.
    fn timescale(&self) -> Timescale;

    /// The frame rate, where moments are counted and not stored.
    fn counted(&self) -> Option<FrameRate>;

    /// Frames a second on average, where moments are stored.
    fn average(&self) -> Option<FrameRate>;

    /// How many units there are to show, where that is known.
    fn count(&self) -> Option<u64>;

    /// How the pictures are to be turned.
    fn rotation(&self) -> Rotation;

    /// The tracks that are not decoded.
    fn left_out(&self) -> Vec<String> {
        Vec::new()
    }

    /// Format, size and rate, for a person.
    fn describe(&self) -> String;
}

/// A file of H.264 or HEVC, with or without a container. Its frames are where the decoder has them: on a device, or in host memory.
///
/// Where a decoder fails, the next one of the roster begins again at the last key frame, and no picture is lost or shown
/// twice; only behind a key frame with more than 64 MiB or 4096 units they are lost up to the next one
/// ([`lost`](Source::lost)).
pub struct Clip {
    units: Box<dyn Units>,
    roster: Roster,
    decoder: FrameDecoder,
    /// How many decoders there are to try.
    candidates: usize,
    tape: Tape,
    limits: Limits,
    /// Pictures that were lost before it started over.
    lost: u64,
    unit: Vec<u8>,
    /// Frames with their moments.
    decoded: VecDeque<(Frame, u64)>,
    pool: Pool,
    frame_rate: Option<FrameRate>,
    /// Frames given out since the start.
    index: u64,
    /// The moment of the first frame, which is the beginning of the clip.
    first: Option<u64>,
    broken_in_a_row: u32,
    /// What ends the clip, when the pictures that were decoded before have been given out.
    failure: Option<InputError>,
    /// What was wrong with the last broken unit.
    fault: Option<String>,
    ended: bool,
}

impl Clip {
    /// A file of Annex B.
    pub fn annex_b_file(file: File, options: &SourceOptions, roster: &Roster) -> Result<Self, InputError> {
        Self::open(Box::new(AnnexB::from_file(file)?), options, roster)
    }

    /// Annex B that cannot start over.
    pub fn annex_b_stream(
        stream: impl Read + Send + 'static,
        options: &SourceOptions,
        roster: &Roster,
    ) -> Result<Self, InputError> {
        Self::open(Box::new(AnnexB::from_stream(stream)?), options, roster)
    }

    /// An MP4 file, which should be buffered.
    pub fn mp4(
        file: impl Read + Seek + Send + 'static,
        options: &SourceOptions,
        roster: &Roster,
    ) -> Result<Self, InputError> {
        Self::open(Box::new(Mp4::open(file)?), options, roster)
    }

    fn open(units: Box<dyn Units>, options: &SourceOptions, roster: &Roster) -> Result<Self, InputError> {
        Self::open_within(units, options, roster, Limits::DEFAULT)
    }

    fn open_within(
        units: Box<dyn Units>,
        options: &SourceOptions,
        roster: &Roster,
        limits: Limits,
    ) -> Result<Self, InputError> {
        let codec = units.codec();
        let candidates = roster.decoders.iter().filter(|decoder| decoder.codecs.contains(&codec)).count();
        if candidates == 0 {
            let why = format!("the video is {}, which cannot be decoded here", name(codec));
            return Err(InputError::Unsupported(why));
        }
        let limits = if candidates == 1 { Limits::NOTHING } else { limits };
        let pool = Pool::new(SPARE_PICTURES);
        let mut clip = Self {
            frame_rate: options.frame_rate.or(units.counted()),
            units,
            roster: roster.clone(),
            decoder: decoder(roster, codec, &pool),
            candidates,
            tape: Tape::new(codec, limits),
            limits,
            lost: 0,
            unit: Vec::new(),
            decoded: VecDeque::new(),
            pool,
            index: 0,
            first: None,
            broken_in_a_row: 0,
            failure: None,
            fault: None,
            ended: false,
        };
        // The first picture is decoded here, so that a file that cannot be shown is known before anything is made of it.
        clip.fill()?;
        if clip.decoded.is_empty() {
            let why = clip.fault.map_or_else(String::new, |fault| format!(": {fault}"));
            Err(InputError::Broken(format!("it has no picture{why}")))
        } else {
            Ok(clip)
        }
    }

    /// Decodes until a picture is there or the file ends.
    fn fill(&mut self) -> Result<(), InputError> {
        while self.decoded.is_empty() {
            if let Some(failure) = self.failure.take() {
                self.ended = true;
                return Err(failure);
            }
            if self.ended {
                return Ok(());
            }
            self.step()?;
        }
        Ok(())
    }

    /// Gives the decoder one unit, or has it give out the rest at the end.
    fn step(&mut self) -> Result<(), InputError> {
        let number = self.next_unit()?;
        if number.is_some_and(|number| self.tape.passes_over(number)) {
            return Ok(());
        }
        let failed = self.decoder.failed().len();
        let mut emitted = Vec::new();
        let mut emit = |frame: Frame| emitted.push(frame);
        let result = match number {
            // The decoder hands timestamps through as they are, so that they may count units.
            Some(number) => self.decoder.decode(&self.unit, Timestamp::from_micros(number), &mut emit),
            None => {
                self.ended = true;
                self.decoder.flush(&mut emit)
            }
        };
        if let Err(DecodeError::Open(error)) = result {
            self.show(emitted);
            self.give_up(error);
        } else if self.decoder.failed().len() > failed {
            self.replace_decoder(emitted);
        } else {
            self.show(emitted);
            match result {
                Ok(()) => self.broken_in_a_row = 0,
                Err(error) => self.pass_over(number, &error),
            }
        }
        Ok(())
    }

    /// The number of the next unit, which stands in `unit`; `None` at the end.
    fn next_unit(&mut self) -> Result<Option<u64>, InputError> {
        if !self.tape.again(&mut self.unit) {
            let Some(moment) = self.units.next(&mut self.unit)? else { return Ok(None) };
            self.tape.push(&mut self.unit, moment);
        }
        Ok(Some(self.tape.take()))
    }

    fn show(&mut self, frames: Vec<Frame>) {
        for frame in frames {
            if let Some(moment) = frame.timestamp.and_then(|number| self.tape.show(number.as_micros())) {
                self.decoded.push_back((Frame { timestamp: None, ..frame }, moment));
            }
        }
    }

    /// Begins again at the last key frame with the next candidate. What the one that failed has emitted last comes again.
    fn replace_decoder(&mut self, emitted: Vec<Frame>) {
        let tried = self.decoder.failed().to_vec();
        if tried.len() >= self.candidates {
            self.show(emitted);
            let (what, of) = ("decoder", self.units.codec().name());
            return self.give_up(OpenError::NoneWorks { what, of, tried });
        }
        if self.tape.has_key_frame() {
            // The next candidate may have begun already, with the key frame at which the other one failed.
            // Should it fail here, it is replaced at its next unit.
            let _ = self.decoder.flush(&mut |_| {});
            self.tape.rewind();
            self.ended = false;
            self.broken_in_a_row = 0;
        } else {
            self.show(emitted);
            self.tape.rewind();
            tracing::warn!(
                "pictures are lost up to the next key frame: too much has come since the last one to decode it again ({})",
                Refusal::list(&tried)
            );
        }
    }

    /// No decoder is left.
    fn give_up(&mut self, error: OpenError) {
        self.tape.abandon();
        let has_begun = self.index > 0 || !self.decoded.is_empty();
        self.failure = Some(match has_begun {
            true => InputError::Decoder(error),
            false => InputError::Unsupported(error.to_string()),
        });
    }

    /// A broken unit is passed over; a file of nothing else is not.
    fn pass_over(&mut self, number: Option<u64>, error: &DecodeError) {
        if let Some(number) = number {
            self.tape.broken(number);
        }
        self.broken_in_a_row += 1;
        if self.broken_in_a_row > MAX_BROKEN_UNITS {
            self.failure = Some(InputError::Broken(error.to_string()));
        }
        tracing::debug!("a broken picture is left out: {error}");
        self.fault = Some(error.to_string());
    }
}

impl Source for Clip {
    fn left_out(&self) -> Vec<String> {
        self.units.left_out()
    }

    fn describe(&self) -> String {
        let picture =
            self.decoded.front().map_or_else(String::new, |(frame, _)| format!(", {}", frame.size()));
        let rate = self.frame_rate().map_or_else(String::new, |rate| format!(", {rate} fps"));
        format!("{}{picture}{rate}", self.units.describe())
    }

    fn frame_rate(&self) -> Option<FrameRate> {
        self.frame_rate.or(self.units.average())
    }

    fn frame_count(&self) -> Option<u64> {
        self.units.count()
    }

    fn rotation(&self) -> Rotation {
        self.units.rotation()
    }

    fn lost(&self) -> u64 {
        self.lost + self.tape.lost()
    }

    fn next(&mut self) -> Result<Option<Timed>, InputError> {
        self.fill()?;
        let Some((frame, ticks)) = self.decoded.pop_front() else { return Ok(None) };
        let due = match self.frame_rate {
            Some(rate) => Moment::of_frame(rate, self.index),
            None => {
                let first = *self.first.get_or_insert(ticks);
                Moment { ticks: ticks.saturating_sub(first), timescale: self.units.timescale() }
            }
        };
        self.index += 1;
        Ok(Some(Timed::new(frame, Due::At(due))))
    }

    fn rewind(&mut self) -> Result<bool, InputError> {
        if !self.units.rewind()? {
            return Ok(false);
        }
        self.decoder = decoder(&self.roster, self.units.codec(), &self.pool);
        self.lost += self.tape.lost();
        self.tape = Tape::new(self.units.codec(), self.limits);
        self.decoded.clear();
        self.failure = None;
        (self.index, self.first, self.ended, self.broken_in_a_row) = (0, None, false, 0);
        Ok(true)
    }
}

fn decoder(roster: &Roster, codec: Codec, pool: &Pool) -> FrameDecoder {
    FrameDecoder::new(roster, &Choice::Auto, codec, pool.clone())
}

/// What people call a codec.
fn name(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "H.264",
        Codec::Hevc => "HEVC",
    }
}

/// So many frames in so many units of a clock, as a rate: exact where the file's times are.
fn average_rate(frames: u64, ticks: u64, timescale: u32) -> Option<FrameRate> {
    let (numerator, denominator) = (u128::from(frames) * u128::from(timescale), u128::from(ticks));
    let rate = numerator as f64 / denominator as f64;
    // Times are rounded to the units of the clock, so that a whole rate is seldom met exactly.
    if (1.0..1000.0).contains(&rate) && (rate / rate.round() - 1.0).abs() < 3e-4 {
        return Some(FrameRate::whole(rate.round() as u32));
    }
    let (mut divisor, mut rest) = (numerator, denominator);
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    let reduced = |value: u128| u32::try_from(value.checked_div(divisor)?).ok();
    match (reduced(numerator), reduced(denominator)) {
        (Some(numerator), Some(denominator)) => FrameRate::new(numerator, denominator),
        _ => FrameRate::new((rate * 1e6) as u32, 1_000_000),
    }
}

#[cfg(test)]
mod tests;
