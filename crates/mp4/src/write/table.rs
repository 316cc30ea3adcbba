//! The samples of one track, kept until the tables of a file are written.

mod shorten;

use mp4_atom::{Co64, Ctts, CttsEntry, Stco, Stsc, StscEntry, Stss, Stsz, StszSamples, Stts, SttsEntry};

use super::{DescriptionId, boxes::encode};
use crate::{
    Error, TrackId,
    limits::{MAX_DTS, MAX_SAMPLES},
};

/// The samples of one track: four bytes for each and eight for each key frame, chunk, and change of duration or of
/// composition offset; nothing for sizes that are all the same.
#[derive(Debug, Default)]
pub(crate) struct SampleTable {
    count: u32,
    first_dts: i64,
    /// The last sample.
    last: Option<Last>,
    durations: Runs<u32>,
    compositions: Runs<i32>,
    sizes: Sizes,
    sync: SyncSamples,
    chunks: Chunks,
    composition_end: i64,
}

/// What is told of a sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) dts: i64,
    pub(crate) composition_offset: i32,
    pub(crate) duration: Option<u32>,
    pub(crate) sync: bool,
    pub(crate) description: DescriptionId,
    pub(crate) size: u32,
    pub(crate) position: u64,
}

/// What the next sample must follow.
#[derive(Clone, Copy, Debug)]
struct Last {
    dts: i64,
    composition_offset: i32,
    duration: Option<u32>,
}

/// The most bytes of a chunk: what a player reads at once for one track.
const CHUNK_BYTES: u64 = 1 << 20;

impl SampleTable {
    /// Fails, without a change, where a sample cannot follow the last one.
    pub(crate) fn check(&self, track: TrackId, dts: i64) -> Result<(), Error> {
        if u64::from(self.count) >= MAX_SAMPLES {
            return Err(Error::Limit { what: "samples", value: MAX_SAMPLES + 1, limit: MAX_SAMPLES });
        }
        let units = dts.unsigned_abs();
        if units > MAX_DTS {
            return Err(Error::Limit { what: "units of time from zero", value: units, limit: MAX_DTS });
        }
        match self.last {
            Some(last) => duration_between(track, last.dts, dts).map(drop),
            None => Ok(()),
        }
    }

    pub(crate) fn push(&mut self, track: TrackId, entry: Entry) -> Result<(), Error> {
        self.check(track, entry.dts)?;
        match self.last {
            Some(last) => {
                let duration = duration_between(track, last.dts, entry.dts)?;
                self.durations.push(duration);
                self.note_end(last, duration);
            }
            None => self.first_dts = entry.dts,
        }
        self.count += 1;
        self.last = Some(Last {
            dts: entry.dts,
            composition_offset: entry.composition_offset,
            duration: entry.duration,
        });
        self.compositions.push(entry.composition_offset);
        self.sizes.push(entry.size);
        self.sync.push(self.count, entry.sync);
        self.chunks.push(entry.position, entry.size, entry.description);
        Ok(())
    }

    /// Settles the duration of the last sample, when all samples have come.
    pub(crate) fn settle(&mut self) {
        let Some(last) = self.last.filter(|_| self.durations.total < self.count) else { return };
        let duration = last.duration.or(self.durations.last()).unwrap_or(0);
        self.durations.push(duration);
        self.note_end(last, duration);
    }

    /// The decoding time of the first sample; the tables count from it.
    pub(crate) fn first_dts(&self) -> i64 {
        self.first_dts
    }

    /// How long all samples last.
    pub(crate) fn duration(&self) -> u64 {
        self.durations.runs.iter().map(|&(count, value)| u64::from(count) * u64::from(value)).sum()
    }

    /// When the sample that is shown last ends, counted from the decoding of the first; zero without samples.
    pub(crate) fn composition_end(&self) -> u64 {
        if self.count == 0 { 0 } else { self.composition_end.abs_diff(self.first_dts) }
    }

    /// Appends `stts`, `ctts`, `stss`, `stsc`, `stsz` and `stco` or `co64`, with positions moved by `shift`.
    pub(crate) fn write(&self, shift: u64, out: &mut Vec<u8>) -> Result<(), Error> {
        let durations = self.durations.runs.iter();
        encode(
            out,
            &Stts {
                entries: durations
                    .map(|&(sample_count, sample_delta)| SttsEntry { sample_count, sample_delta })
                    .collect(),
            },
        )?;
        if self.compositions.runs.iter().any(|run| run.1 != 0) {
            let entries = self.compositions.runs.iter();
            encode(
                out,
                &Ctts {
                    entries: entries
                        .map(|&(sample_count, offset)| CttsEntry {
                            sample_count,
                            sample_offset: offset.into(),
                        })
                        .collect(),
                },
            )?;
        }
        if let SyncSamples::Some(numbers) = &self.sync {
            encode(out, &Stss { entries: numbers.clone() })?;
        }
        self.chunks.write_runs(out)?;
        encode(out, &Stsz { samples: self.sizes.samples() })?;
        self.chunks.write_offsets(shift, out)
    }

    fn note_end(&mut self, last: Last, duration: u32) {
        let end = last.dts.saturating_add(i64::from(last.composition_offset) + i64::from(duration));
        let end = end.max(self.first_dts);
        self.composition_end = if self.durations.total == 1 { end } else { self.composition_end.max(end) };
    }
}

/// How long the sample at `from` lasts if the next is at `to`.
pub(crate) fn duration_between(track: TrackId, from: i64, to: i64) -> Result<u32, Error> {
    if to < from {
        return Err(Error::OutOfOrder { track: track.0, dts: to, previous: from });
    }
    let duration = to.abs_diff(from);
    u32::try_from(duration).map_err(|_| Error::Limit {
        what: "units of time between two samples",
        value: duration,
        limit: u32::MAX.into(),
    })
}

/// Equal values in a row.
#[derive(Debug)]
struct Runs<T> {
    runs: Vec<(u32, T)>,
    total: u32,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { runs: Vec::new(), total: 0 }
    }
}

impl<T: Copy + PartialEq> Runs<T> {
    fn push(&mut self, value: T) {
        self.total += 1;
        match self.runs.last_mut() {
            Some((count, last)) if *last == value => *count += 1,
            _ => self.runs.push((1, value)),
        }
    }

    fn last(&self) -> Option<T> {
        self.runs.last().map(|run| run.1)
    }
}

/// The sizes of samples.
#[derive(Debug)]
enum Sizes {
    Equal { count: u32, size: u32 },
    Different(Vec<u32>),
}

impl Default for Sizes {
    fn default() -> Self {
        Self::Equal { count: 0, size: 0 }
    }
}

impl Sizes {
    fn push(&mut self, new: u32) {
        match self {
            // A size of zero for all would mean that a table follows.
            Self::Equal { count: 0, .. } if new > 0 => *self = Self::Equal { count: 1, size: new },
            Self::Equal { count, size } if *size == new && new > 0 => *count += 1,
            Self::Equal { count, size } => {
                let mut sizes = vec![*size; *count as usize];
                sizes.push(new);
                *self = Self::Different(sizes);
            }
            Self::Different(sizes) => sizes.push(new),
        }
    }

    fn samples(&self) -> StszSamples {
        match self {
            Self::Equal { count, size } => StszSamples::Identical { count: *count, size: *size },
            Self::Different(sizes) => StszSamples::Different { sizes: sizes.clone() },
        }
    }
}

/// At which samples decoding can begin, counted from one.
#[derive(Debug, Default)]
enum SyncSamples {
    /// At all.
    #[default]
    All,
    Some(Vec<u32>),
}

impl SyncSamples {
    fn push(&mut self, number: u32, sync: bool) {
        match self {
            Self::All if sync => {}
            Self::All => *self = Self::Some((1..number).collect()),
            Self::Some(numbers) if sync => numbers.push(number),
            Self::Some(_) => {}
        }
    }
}

/// Where samples lie: chunks of samples that follow each other in the file.
#[derive(Debug, Default)]
struct Chunks {
    positions: Vec<u64>,
    /// First chunk (from one), samples in each, and description; the last chunk is not in it before it ends.
    runs: Vec<(u32, u32, DescriptionId)>,
    /// Samples in the last chunk, their description, and where it ends.
    open: u32,
    description: DescriptionId,
    start: u64,
    end: u64,
}

impl Chunks {
    fn push(&mut self, position: u64, size: u32, description: DescriptionId) {
        let follows = self.open > 0
            && position == self.end
            && description == self.description
            && position - self.start < CHUNK_BYTES;
        if !follows {
            self.close();
            self.positions.push(position);
            (self.description, self.start) = (description, position);
        }
        self.open += 1;
        self.end = position + u64::from(size);
    }

    fn close(&mut self) {
        let samples = std::mem::take(&mut self.open);
        let closed = self.runs.last().map(|run| (run.1, run.2));
        if samples > 0 && closed != Some((samples, self.description)) {
            self.runs.push((self.positions.len() as u32, samples, self.description));
        }
    }

    fn write_runs(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        let mut runs = self.runs.clone();
        if self.open > 0 && runs.last().map(|run| (run.1, run.2)) != Some((self.open, self.description)) {
            runs.push((self.positions.len() as u32, self.open, self.description));
        }
        let entries = runs.into_iter().map(|(first_chunk, samples_per_chunk, description)| StscEntry {
            first_chunk,
            samples_per_chunk,
            sample_description_index: description.number(),
        });
        encode(out, &Stsc { entries: entries.collect() })
    }

    fn write_offsets(&self, shift: u64, out: &mut Vec<u8>) -> Result<(), Error> {
        let moved = self.positions.iter().map(|position| position + shift);
        match moved.clone().map(u32::try_from).collect::<Result<Vec<_>, _>>() {
            Ok(entries) => encode(out, &Stco { entries }),
            Err(_) => encode(out, &Co64 { entries: moved.collect() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_beyond_the_limit_is_refused() {
        let entry = |dts| Entry {
            dts,
            composition_offset: i32::MAX,
            duration: Some(u32::MAX),
            sync: true,
            description: DescriptionId(0),
            size: 1,
            position: 0,
        };
        let most = MAX_DTS as i64;
        for dts in [i64::MIN, -most - 1, most + 1, i64::MAX] {
            let refused = SampleTable::default().push(TrackId(1), entry(dts));
            assert!(matches!(refused, Err(Error::Limit { .. })), "{dts}: {refused:?}");
        }
        for dts in [-most, most] {
            let mut table = SampleTable::default();
            table.push(TrackId(1), entry(dts)).unwrap();
            table.settle();
            assert!(table.composition_end() > 0);
        }
    }
}
