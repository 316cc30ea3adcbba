//! Video files: access units from a container, decoded one after the other.

mod annex_b;
mod mp4;

use super::{Due, InputError, SPARE_PICTURES, Source, SourceOptions, Timed};
use crate::{Moment, Timescale};
use annex_b::AnnexB;
use framewire_codec::{Choice, Codec, DecodeError, FrameDecoder, Roster};
use framewire_frame::{Frame, FrameRate, Pool, Timestamp};
use framewire_mp4::Rotation;
use mp4::Mp4;
use std::{
    collections::VecDeque,
    fs::File,
    io::{Read, Seek},
};

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
pub struct Clip {
    units: Box<dyn Units>,
    roster: Roster,
    decoder: FrameDecoder,
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
        let codec = units.codec();
        if !roster.decoders.iter().any(|decoder| decoder.codecs.contains(&codec)) {
            let why = format!("the video is {}, which cannot be decoded here", name(codec));
            return Err(InputError::Unsupported(why));
        }
        let pool = Pool::new(SPARE_PICTURES);
        let mut clip = Self {
            frame_rate: options.frame_rate.or(units.counted()),
            units,
            roster: roster.clone(),
            decoder: decoder(roster, codec, &pool),
            unit: Vec::new(),
            decoded: VecDeque::new(),
            pool,
            index: 0,
            first: None,
            broken_in_a_row: 0,
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
        while self.decoded.is_empty() && !self.ended {
            let decoded = &mut self.decoded;
            let mut emit = |frame: Frame| {
                let moment = frame.timestamp.map_or(HIDDEN, Timestamp::as_micros);
                if moment != HIDDEN {
                    decoded.push_back((Frame { timestamp: None, ..frame }, moment));
                }
            };
            let result = match self.units.next(&mut self.unit)? {
                // The decoder hands moments through as they are, so that they may count any unit.
                Some(moment) => self.decoder.decode(&self.unit, Timestamp::from_micros(moment), &mut emit),
                None => {
                    self.ended = true;
                    self.decoder.flush(&mut emit)
                }
            };
            self.judge(result)?;
        }
        Ok(())
    }

    /// A broken unit is passed over; a decoder that cannot be had, or a file of nothing but broken units, is not.
    fn judge(&mut self, result: Result<(), DecodeError>) -> Result<(), InputError> {
        match result {
            Ok(()) => {
                self.broken_in_a_row = 0;
                Ok(())
            }
            Err(DecodeError::Open(error)) => Err(InputError::Unsupported(error.to_string())),
            Err(error) => {
                self.broken_in_a_row += 1;
                if self.broken_in_a_row > MAX_BROKEN_UNITS {
                    return Err(InputError::Broken(error.to_string()));
                }
                tracing::debug!("a broken picture is left out: {error}");
                self.fault = Some(error.to_string());
                Ok(())
            }
        }
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
        self.decoded.clear();
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
mod tests {
    use super::*;

    #[test]
    fn an_average_rate_is_exact_where_times_are_and_whole_where_they_are_rounded() {
        let rate = |frames, ticks, timescale| average_rate(frames, ticks, timescale).unwrap();
        assert_eq!(rate(90, 90_090, 30_000), FrameRate::new(30_000, 1001).unwrap());
        assert_eq!(rate(300, 11_999, 1000), FrameRate::whole(25));
        assert_eq!(rate(7, 3_000_007, 999_983).as_f64().round(), 2.0);
        assert!(average_rate(3, 0, 90_000).is_none());
    }
}
