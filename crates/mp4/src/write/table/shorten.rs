//! Samples taken back, the last first, where their room is needed for the index.

use super::{Chunks, Last, Runs, SampleTable, Sizes, SyncSamples};

impl SampleTable {
    /// Takes back the samples that do not end before a position of the file.
    pub(crate) fn shorten(&mut self, position: u64) {
        if self.durations.total == self.count {
            self.durations.take_back();
        }
        while self.count > 0 && self.chunks.end > position {
            self.take_back();
        }
        self.composition_end = self.latest_end();
    }

    fn take_back(&mut self) {
        let size = self.sizes.take_back();
        self.chunks.take_back(size, &self.sizes);
        self.sync.take_back(self.count);
        self.compositions.take_back();
        self.count -= 1;
        let duration = self.durations.take_back();
        self.last = match (self.last, duration, self.compositions.last()) {
            (Some(last), Some(duration), Some(composition_offset)) => Some(Last {
                dts: last.dts - i64::from(duration),
                composition_offset,
                duration: Some(duration),
            }),
            _ => None,
        };
    }

    /// When the latest of the samples whose duration is settled ends.
    fn latest_end(&self) -> i64 {
        let mut compositions = self.compositions.iter();
        let (mut dts, mut latest) = (self.first_dts, self.first_dts);
        for duration in self.durations.iter() {
            let composition = compositions.next().unwrap_or_default();
            latest = latest.max(dts + i64::from(composition) + i64::from(duration));
            dts += i64::from(duration);
        }
        latest
    }
}

impl<T: Copy + PartialEq> Runs<T> {
    fn take_back(&mut self) -> Option<T> {
        let (count, value) = self.runs.last_mut()?;
        let value = *value;
        *count -= 1;
        if *count == 0 {
            self.runs.pop();
        }
        self.total -= 1;
        Some(value)
    }

    fn iter(&self) -> impl Iterator<Item = T> {
        self.runs.iter().flat_map(|&(count, value)| std::iter::repeat_n(value, count as usize))
    }
}

impl Sizes {
    fn take_back(&mut self) -> u32 {
        match self {
            Self::Equal { count, size } => {
                *count = count.saturating_sub(1);
                *size
            }
            Self::Different(sizes) => sizes.pop().unwrap_or_default(),
        }
    }

    /// The bytes of the last samples together.
    fn last_bytes(&self, samples: u32) -> u64 {
        match self {
            Self::Equal { size, .. } => u64::from(*size) * u64::from(samples),
            Self::Different(sizes) => {
                sizes.iter().rev().take(samples as usize).map(|size| u64::from(*size)).sum()
            }
        }
    }
}

impl SyncSamples {
    fn take_back(&mut self, number: u32) {
        if let Self::Some(numbers) = self {
            numbers.pop_if(|last| *last == number);
        }
    }
}

impl Chunks {
    /// Takes back a sample of `size`; `sizes` are those of the samples before it.
    fn take_back(&mut self, size: u32, sizes: &Sizes) {
        self.end -= u64::from(size);
        self.open -= 1;
        if self.open > 0 {
            return;
        }
        // The chunk before is the last one now, and open again.
        self.positions.pop();
        let Some(&start) = self.positions.last() else {
            self.end = 0;
            return;
        };
        if let Some(&(first, samples, description)) = self.runs.last() {
            (self.open, self.description) = (samples, description);
            if first as usize == self.positions.len() {
                self.runs.pop();
            }
        }
        self.start = start;
        self.end = start + sizes.last_bytes(self.open);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{DescriptionId, TrackId, write::table::Entry};

    proptest! {
        #[test]
        fn what_is_taken_back_might_never_have_been(
            rows in prop::collection::vec((1_u32..5, 0_u32..3, -2_i32..3, any::<bool>(), 0_u16..2, any::<bool>()), 1..40),
            keep in any::<prop::sample::Index>(),
            settled in any::<bool>(),
        ) {
            let keep = keep.index(rows.len());
            let (mut table, mut short) = (SampleTable::default(), SampleTable::default());
            let (mut dts, mut position, mut cut) = (7, 100, 0);
            for (index, (size, duration, composition_offset, sync, description, gap)) in rows.into_iter().enumerate() {
                position += if gap { 10 } else { 0 };
                let entry = Entry {
                    dts,
                    composition_offset,
                    duration: Some(duration),
                    sync,
                    description: DescriptionId(description),
                    size,
                    position,
                };
                table.push(TrackId(1), entry).unwrap();
                position += u64::from(size);
                if index < keep {
                    short.push(TrackId(1), entry).unwrap();
                    cut = position;
                }
                dts += i64::from(duration);
            }
            if settled {
                table.settle();
            }
            table.shorten(cut);
            table.settle();
            short.settle();
            table.write(0, &mut Vec::new()).unwrap();
            prop_assert_eq!(table.duration(), short.duration());
            prop_assert_eq!(table.composition_end(), short.composition_end());
            prop_assert_eq!(table.count, short.count);
            prop_assert_eq!(&table.durations.runs, &short.durations.runs);
            prop_assert_eq!(&table.compositions.runs, &short.compositions.runs);
            prop_assert_eq!(&table.chunks.positions, &short.chunks.positions);
            prop_assert_eq!(all_runs(&table.chunks), all_runs(&short.chunks));
            prop_assert_eq!(table.sizes.last_bytes(table.count), short.sizes.last_bytes(short.count));
            prop_assert_eq!(sync_numbers(&table), sync_numbers(&short));
        }
    }

    fn all_runs(chunks: &Chunks) -> Vec<(u32, u32, DescriptionId)> {
        let mut runs = chunks.runs.clone();
        if chunks.open > 0 && runs.last().map(|run| (run.1, run.2)) != Some((chunks.open, chunks.description))
        {
            runs.push((chunks.positions.len() as u32, chunks.open, chunks.description));
        }
        runs
    }

    fn sync_numbers(table: &SampleTable) -> Vec<u32> {
        match &table.sync {
            SyncSamples::All => (1..=table.count).collect(),
            SyncSamples::Some(numbers) => numbers.clone(),
        }
    }
}
