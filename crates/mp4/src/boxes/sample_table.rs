//! `stbl` (8.5.1): the tables of a plain file, unfolded into samples.

use super::{Children, Cursor};
use crate::{
    Error, FourCc, Sample,
    limits::{MAX_SAMPLE_BYTES, MAX_SAMPLES},
};

/// The number of samples, from `stsz` or `stz2`.
pub(crate) fn sample_count(stbl: Cursor<'_>) -> Result<u64, Error> {
    Sizes::find(stbl).map(|sizes| sizes.count() as u64)
}

/// All samples, in a file of `file_bytes`. The caller has seen that they are not too many.
pub(crate) fn samples(stbl: Cursor<'_>, shift: i64, file_bytes: u64) -> Result<Vec<Sample>, Error> {
    let children = Children::of(stbl);
    let sizes = Sizes::find(stbl)?;
    sizes.check_constant(file_bytes)?;
    if sizes.count() == 0 {
        return Ok(Vec::new());
    }
    let mut durations = Runs::read(children.require(b"stts")?)?;
    let mut offsets = children.find(b"ctts")?.map(Runs::read).transpose()?;
    let mut sync = children.find(b"stss")?.map(SyncSamples::read).transpose()?;
    let mut chunks = Chunks::read(children)?;
    let mut samples = Vec::with_capacity(sizes.count());
    let mut dts = shift;
    for index in 0..sizes.count() {
        let size = sizes.get(index);
        let place = chunks.place(size)?;
        check_bytes(place.offset, size, file_bytes)?;
        // A duration is unsigned, a composition offset is signed in version 1 and in what many write as version 0.
        let duration = durations.next();
        let composition = offsets.as_mut().map_or(0, |offsets| offsets.next() as i32);
        samples.push(Sample {
            dts,
            pts: dts.saturating_add(composition.into()),
            duration,
            size,
            offset: place.offset,
            description: place.description,
            sync: sync.as_mut().is_none_or(|sync| sync.contains(index)),
        });
        dts = dts.saturating_add(duration.into());
    }
    Ok(samples)
}

/// Refuses samples that do not lie in the file.
pub(crate) fn check_bytes(offset: u64, size: u32, file_bytes: u64) -> Result<(), Error> {
    if u64::from(size) > MAX_SAMPLE_BYTES {
        return Err(Error::Limit {
            what: "bytes of one sample",
            value: size.into(),
            limit: MAX_SAMPLE_BYTES,
        });
    }
    match offset.checked_add(size.into()) {
        Some(end) if end <= file_bytes => Ok(()),
        end => Err(Error::Truncated {
            name: FourCc(*b"mdat"),
            at: file_bytes,
            expected: end.unwrap_or(u64::MAX),
        }),
    }
}

/// Refuses more samples than are kept.
pub(crate) fn check_count(count: u64) -> Result<(), Error> {
    if count > MAX_SAMPLES {
        return Err(Error::Limit { what: "samples", value: count, limit: MAX_SAMPLES });
    }
    Ok(())
}

/// `stsz` and `stz2` (8.7.3).
enum Sizes<'a> {
    Constant { size: u32, count: usize },
    Table { entries: &'a [u8], bits: usize, count: usize },
}

impl<'a> Sizes<'a> {
    fn find(stbl: Cursor<'a>) -> Result<Self, Error> {
        let children = Children::of(stbl);
        if let Some(stsz) = children.find(b"stsz")? {
            return Self::stsz(stsz);
        }
        match children.find(b"stz2")? {
            Some(stz2) => Self::stz2(stz2),
            None => children.require(b"stsz").and_then(Self::stsz),
        }
    }

    fn stsz(mut b: Cursor<'a>) -> Result<Self, Error> {
        b.version_and_flags()?;
        let size = b.u32()?;
        if size == 0 {
            let count = b.count(4)?;
            return Ok(Self::Table { entries: b.rest(), bits: 32, count });
        }
        Ok(Self::Constant { size, count: b.u32()? as usize })
    }

    /// Nothing in the box stands behind the count of samples of one size but the media itself.
    fn check_constant(&self, file_bytes: u64) -> Result<(), Error> {
        match self {
            Self::Constant { size, count } if u64::from(*size) * *count as u64 > file_bytes => {
                let expected = u64::from(*size) * *count as u64;
                Err(Error::Truncated { name: FourCc(*b"mdat"), at: file_bytes, expected })
            }
            _ => Ok(()),
        }
    }

    fn stz2(mut b: Cursor<'a>) -> Result<Self, Error> {
        b.version_and_flags()?;
        b.skip(3)?;
        let bits = usize::from(b.u8()?);
        if !matches!(bits, 4 | 8 | 16) {
            return Err(b.damaged("a field size other than 4, 8 and 16"));
        }
        let count = b.u32()? as usize;
        if (count as u64 * bits as u64).div_ceil(8) > b.rest().len() as u64 {
            return Err(b.damaged("a table is larger than its box"));
        }
        Ok(Self::Table { entries: b.rest(), bits, count })
    }

    fn count(&self) -> usize {
        match self {
            Self::Constant { count, .. } | Self::Table { count, .. } => *count,
        }
    }

    fn get(&self, index: usize) -> u32 {
        match self {
            Self::Constant { size, .. } => *size,
            Self::Table { entries, bits: 4, .. } => {
                let byte = entries.get(index / 2).copied().unwrap_or_default();
                u32::from(if index.is_multiple_of(2) { byte >> 4 } else { byte & 15 })
            }
            Self::Table { entries, bits, .. } => {
                let bytes = bits / 8;
                let entry = entries.get(index * bytes..(index + 1) * bytes).unwrap_or_default();
                entry.iter().fold(0, |size, &byte| size << 8 | u32::from(byte))
            }
        }
    }
}

/// `stts` (8.6.1.2) and `ctts` (8.6.1.3): runs of equal values. Behind the last run its value goes on.
struct Runs<'a> {
    table: Cursor<'a>,
    left: u32,
    value: u32,
}

impl<'a> Runs<'a> {
    fn read(mut b: Cursor<'a>) -> Result<Self, Error> {
        b.version_and_flags()?;
        let count = b.count(8)?;
        Ok(Self { table: b.first(count * 8), left: 0, value: 0 })
    }

    fn next(&mut self) -> u32 {
        while self.left == 0 {
            let (Ok(left), Ok(value)) = (self.table.u32(), self.table.u32()) else { return self.value };
            (self.left, self.value) = (left, value);
        }
        self.left -= 1;
        self.value
    }
}

/// `stss` (8.6.2): ascending numbers, counted from one.
struct SyncSamples<'a> {
    table: Cursor<'a>,
    next: Option<u32>,
}

impl<'a> SyncSamples<'a> {
    fn read(mut b: Cursor<'a>) -> Result<Self, Error> {
        b.version_and_flags()?;
        let count = b.count(4)?;
        let mut table = b.first(count * 4);
        let next = table.u32().ok();
        Ok(Self { table, next })
    }

    /// Whether a sample is listed; asked in ascending order.
    fn contains(&mut self, index: usize) -> bool {
        let number = index as u64 + 1;
        while self.next.is_some_and(|next| u64::from(next) < number) {
            self.next = self.table.u32().ok();
        }
        self.next.map(u64::from) == Some(number)
    }
}

/// `stsc` (8.7.4) with `stco` or `co64` (8.7.5): where samples lie.
struct Chunks<'a> {
    runs: Cursor<'a>,
    /// `first_chunk`, `samples_per_chunk` and description of the run that comes next.
    next_run: Option<(u32, u32, u32)>,
    samples_per_chunk: u32,
    description: u16,
    offsets: Cursor<'a>,
    wide: bool,
    /// How many chunks have begun.
    chunk: u32,
    left_in_chunk: u32,
    offset: u64,
}

struct Place {
    offset: u64,
    description: u16,
}

impl<'a> Chunks<'a> {
    fn read(children: Children<'a>) -> Result<Self, Error> {
        let mut runs = children.require(b"stsc")?;
        runs.version_and_flags()?;
        let count = runs.count(12)?;
        let runs = runs.first(count * 12);
        let (mut offsets, wide) = match children.find(b"co64")? {
            Some(offsets) => (offsets, true),
            None => (children.require(b"stco")?, false),
        };
        offsets.version_and_flags()?;
        let entry_bytes = if wide { 8 } else { 4 };
        let count = offsets.count(entry_bytes)?;
        let offsets = offsets.first(count * entry_bytes);
        let mut chunks = Self {
            runs,
            next_run: None,
            samples_per_chunk: 0,
            description: 0,
            offsets,
            wide,
            chunk: 0,
            left_in_chunk: 0,
            offset: 0,
        };
        chunks.next_run = chunks.read_run();
        Ok(chunks)
    }

    /// Where the next sample lies.
    fn place(&mut self, size: u32) -> Result<Place, Error> {
        while self.left_in_chunk == 0 {
            self.begin_chunk()?;
        }
        self.left_in_chunk -= 1;
        let place = Place { offset: self.offset, description: self.description };
        self.offset = self.offset.saturating_add(size.into());
        Ok(place)
    }

    fn begin_chunk(&mut self) -> Result<(), Error> {
        let missing = self.offsets.damaged("fewer places than samples");
        let offset = if self.wide { self.offsets.u64() } else { self.offsets.u32().map(u64::from) };
        self.offset = offset.map_err(|_| missing)?;
        self.chunk += 1;
        while let Some((_, samples, description)) = self.next_run.filter(|run| run.0 <= self.chunk) {
            self.samples_per_chunk = samples;
            self.description = u16::try_from(description.saturating_sub(1)).unwrap_or(u16::MAX);
            self.next_run = self.read_run();
        }
        self.left_in_chunk = self.samples_per_chunk;
        Ok(())
    }

    fn read_run(&mut self) -> Option<(u32, u32, u32)> {
        Some((self.runs.u32().ok()?, self.runs.u32().ok()?, self.runs.u32().ok()?))
    }
}
