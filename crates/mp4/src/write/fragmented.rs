//! Files in fragments, which play while they are written and after a crash.

use std::{
    io::{Seek, Write},
    time::Duration,
};

use super::{
    DescriptionId, NewSample,
    boxes::wide_mdat_head,
    fragment::{self, Part, Pending, PendingSample},
    movie::{self, OpenTrack},
    parameter_sets::{InBandSets, length_size},
    plain::{find, patch, sample_size, write_tail},
    table::{Entry, duration_between},
};
use crate::{
    Error, MovieSettings, SampleEntry, TrackId, TrackKind, TrackSettings,
    limits::{MAX_FRAGMENT_BYTES, MAX_FRAGMENT_SAMPLES},
};

/// How a fragmented file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FragmentSettings {
    /// The longest fragment, unless one sample lasts longer: what a crash can cost. One second by default.
    pub longest: Duration,
    /// Whether the file can become a plain, seekable one in the end
    /// ([`finish_seekable`](FragmentedWriter::finish_seekable)), at the cost of 16 bytes in the file and a few bytes of
    /// memory for each sample, as [`Mp4Writer`](crate::Mp4Writer) has. `false` by default: memory stays constant.
    pub seekable: bool,
}

impl Default for FragmentSettings {
    fn default() -> Self {
        Self { longest: Duration::from_secs(1), seekable: false }
    }
}

/// Writes a fragmented MP4 file: an index without samples, then fragments, each a `moof` and an `mdat`.
///
/// A fragment ends before a key frame of the first video track, before it gets longer than
/// [`FragmentSettings::longest`], where a description changes, and at [`flush`](Self::flush); it is then written and
/// flushed. A file that is cut off anywhere plays up to its last whole fragment. Every sample's decoding time is exact;
/// where the last of a fragment does not know its duration yet, it says that of the one before. A sample without bytes
/// stands in no fragment: the one before lasts as much longer.
///
/// A fragment is one write, so that a process that is killed leaves it whole or not at all. Where a file ends inside a
/// `moof` all the same, FFmpeg opens it only with `-fflags +ignidx` or from a pipe; [`Mp4Reader`](crate::Mp4Reader) does.
///
/// # Descriptions that come later
///
/// The index lies at the front, so a sample entry cannot be added to it once samples came, and a second `moov`
/// is forbidden (8.2.1). The standard's way out are the entries `avc3` and `hev1`, whose samples may carry their parameter
/// sets (ISO/IEC 14496-15, 5.4.2.1.2 and 8.4.3.1). They are used for a track that says
/// [`TrackSettings::may_change`] or begins with several descriptions: the sets of its description then stand at the front
/// of every key frame and of every sample at which the description changes, so that decoding can begin there whatever
/// the index says. Players follow such sets, also to another size; FFmpeg does not follow `sample_description_index` of
/// fragments, so that separate entries alone would not do. Other tracks keep their entries as they are, and a
/// later description is refused.
///
/// # A seekable file at the end
///
/// With [`FragmentSettings::seekable`] a `free` box of 16 bytes is left behind `ftyp`. [`finish_seekable`] appends a
/// `moov` with all samples and all descriptions, and then overwrites that box with the head of an `mdat` that reaches to
/// it: first index and fragments become media data, the file a plain one, and nothing was copied. At every moment before
/// that write it is a fragmented file. The plain index names the samples behind their parameter sets, so its entries
/// are `avc1` and `hvc1`, one for each description.
///
/// The output must be at its beginning. After a write that failed, nothing more is written but by `finish_seekable`,
/// which goes back behind the last whole fragment.
///
/// [`finish_seekable`]: Self::finish_seekable
#[derive(Debug)]
pub struct FragmentedWriter<W> {
    pub(super) out: W,
    pub(super) movie: MovieSettings,
    settings: FragmentSettings,
    tracks: Vec<FragmentedTrack>,
    /// The tables, filled where the file is to be seekable.
    pub(super) open: Vec<OpenTrack>,
    /// Where the box lies that becomes the head of an `mdat`.
    pub(super) reserved: u64,
    /// Behind the last whole fragment.
    pub(super) position: u64,
    /// Fragments that were written.
    sequence: u32,
    /// Whether the first index was written.
    begun: bool,
    failed: bool,
}

/// What a track has beside its settings.
#[derive(Debug, Default)]
struct FragmentedTrack {
    pending: Pending,
    last: Option<LastSample>,
    /// Whether samples carry parameter sets. Settled when the first index is written.
    in_band: bool,
    /// The parameter sets of each description.
    sets: Vec<Option<InBandSets>>,
    /// How many descriptions the first index has.
    indexed: usize,
}

#[derive(Clone, Copy, Debug)]
struct LastSample {
    dts: i64,
    description: DescriptionId,
}

impl<W: Write> FragmentedWriter<W> {
    /// Begins a file. Nothing is written before the first sample.
    pub fn new(out: W, movie: MovieSettings, settings: FragmentSettings) -> Self {
        Self {
            out,
            movie,
            settings,
            tracks: Vec::new(),
            open: Vec::new(),
            reserved: 0,
            position: 0,
            sequence: 0,
            begun: false,
            failed: false,
        }
    }

    /// Adds a track, before the first sample.
    pub fn add_track(&mut self, settings: TrackSettings) -> Result<TrackId, Error> {
        if self.begun {
            return Err(Error::LateTrack);
        }
        let track = OpenTrack::new(self.open.len(), settings)?;
        let id = track.id;
        self.open.push(track);
        self.tracks.push(FragmentedTrack::default());
        Ok(id)
    }

    /// The number of a sample entry in a track, which gets it where it is new: for samples of another size or with other
    /// parameter sets. Behind the first sample that needs a track that [`may_change`](TrackSettings::may_change), and a
    /// codec whose parameter sets can stand in samples.
    pub fn add_description(&mut self, track: TrackId, entry: SampleEntry) -> Result<DescriptionId, Error> {
        let open = find(&mut self.open, track)?;
        let known = open.settings.entries.contains(&entry);
        if self.begun && !known {
            let extra = &self.tracks[track.0 as usize - 1];
            let first = open.settings.entries.first().and_then(length_size);
            if !extra.in_band || entry.in_band().is_none() || length_size(&entry) != first {
                return Err(Error::LateDescription { track: track.0 });
            }
        }
        open.add_description(entry)
    }

    /// Takes a sample behind those of its track; a fragment that it ends is written.
    pub fn write_sample(&mut self, track: TrackId, sample: NewSample<'_>) -> Result<(), Error> {
        if self.failed {
            return Err(Error::EarlierWrite);
        }
        let size = sample_size(&sample)?;
        if sample.dts < 0 {
            return Err(Error::NegativeTime { dts: sample.dts });
        }
        let open = find(&mut self.open, track)?;
        open.check_description(sample.description)?;
        open.table.check(track, sample.dts)?;
        let index = track.0 as usize - 1;
        self.tracks[index].settle_duration(track, sample.dts)?;
        if self.ends_fragment(index, &sample) {
            self.flush()?;
        }
        self.begin()?;
        self.tracks[index].push(&self.open[index], &sample, size)
    }

    /// Writes the samples that wait as a fragment, and flushes the output. For moments at which the next sample is far away.
    pub fn flush(&mut self) -> Result<(), Error> {
        if self.failed {
            return Err(Error::EarlierWrite);
        }
        self.begin()?;
        let written = self.write_fragment();
        self.failed = written.is_err();
        written
    }

    /// Says how long the newest sample of a track lasts, in units of its timescale, where nothing follows that would. A
    /// fragment that was written keeps what it says; the index of [`finish_seekable`](Self::finish_seekable) has this.
    pub fn set_last_duration(&mut self, track: TrackId, duration: u32) -> Result<(), Error> {
        let open = find(&mut self.open, track)?;
        match self.tracks[track.0 as usize - 1].pending.samples.last_mut() {
            Some(sample) => sample.entry.duration = Some(duration),
            None => open.table.set_last_duration(duration),
        }
        Ok(())
    }

    /// Bytes of the file so far, without the samples that wait.
    pub fn bytes_written(&self) -> u64 {
        self.position
    }

    /// Writes what waits. The file stays a fragmented one. Gives the output back.
    pub fn finish(mut self) -> Result<W, Error> {
        self.flush()?;
        Ok(self.out)
    }

    /// Whether a sample belongs into the next fragment.
    fn ends_fragment(&self, index: usize, sample: &NewSample<'_>) -> bool {
        let track = &self.tracks[index];
        if track.changes_description(sample) && !track.pending.samples.is_empty() {
            return true;
        }
        let leading = self.open.iter().position(|open| open.settings.kind == TrackKind::Video);
        if sample.sync && leading == Some(index) && !track.pending.samples.is_empty() {
            return true;
        }
        let bytes: usize = self.tracks.iter().map(|track| track.pending.data.len()).sum();
        if bytes > 0 && (bytes + sample.data.len()) as u64 > MAX_FRAGMENT_BYTES {
            return true;
        }
        if track.pending.samples.len() >= MAX_FRAGMENT_SAMPLES {
            return true;
        }
        let duration = sample.duration.unwrap_or(track.pending.usual_duration);
        let end = self.nanoseconds(index, sample.dts.saturating_add(duration.into()));
        let starts = self.tracks.iter().enumerate().filter_map(|(index, track)| {
            track.pending.samples.first().map(|first| self.nanoseconds(index, first.entry.dts))
        });
        starts.min().is_some_and(|start| end - start > self.settings.longest.as_nanos() as i128)
    }

    fn nanoseconds(&self, index: usize, units: i64) -> i128 {
        i128::from(units) * 1_000_000_000 / i128::from(self.open[index].settings.timescale.get())
    }

    /// Writes the first index, and settles which tracks carry parameter sets in their samples.
    fn begin(&mut self) -> Result<(), Error> {
        if self.begun {
            return Ok(());
        }
        for (track, open) in self.tracks.iter_mut().zip(&self.open) {
            let entries = &open.settings.entries;
            let same_length = entries.iter().all(|entry| length_size(entry) == length_size(&entries[0]));
            track.in_band = (open.settings.may_change || entries.len() > 1)
                && same_length
                && entries.iter().all(|entry| entry.in_band().is_some());
            track.indexed = entries.len();
        }
        let mut head = Vec::new();
        movie::ftyp(&mut head)?;
        self.reserved = head.len() as u64;
        if self.settings.seekable {
            head.extend_from_slice(&[0, 0, 0, 16]);
            head.extend_from_slice(b"free");
            head.extend_from_slice(&[0; 8]);
        }
        let entries: Vec<Vec<SampleEntry>> = self
            .tracks
            .iter()
            .zip(&self.open)
            .map(|(track, open)| {
                let entries = open.settings.entries.iter();
                let in_band = |entry: &SampleEntry| entry.in_band().filter(|_| track.in_band);
                entries.map(|entry| in_band(entry).unwrap_or_else(|| entry.clone())).collect()
            })
            .collect();
        movie::fragmented_moov(&self.movie, &self.open, &entries, &mut head)?;
        self.begun = true;
        if let Err(error) = self.out.write_all(&head) {
            self.failed = true;
            return Err(Error::Write(error));
        }
        self.position = head.len() as u64;
        Ok(())
    }

    fn write_fragment(&mut self) -> Result<(), Error> {
        let parts: Vec<Part<'_>> = self
            .tracks
            .iter()
            .zip(&self.open)
            .filter_map(|(track, open)| {
                let first = track.pending.samples.first().filter(|_| track.pending.has_bytes())?;
                // A description that is not in the first index has its parameter sets in the samples.
                let indexed = usize::from(first.entry.description.0) < track.indexed;
                let description = if indexed { first.entry.description } else { DescriptionId(0) };
                Some(Part { track: open.id, description: description.number(), pending: &track.pending })
            })
            .collect();
        if !parts.is_empty() {
            let mut fragment = Vec::new();
            fragment::moof(self.sequence + 1, &parts, &mut fragment)?;
            let head = fragment.len();
            // All of it in one write: a process that ends leaves a whole fragment, or nothing of it.
            for part in &parts {
                fragment.extend_from_slice(&part.pending.data);
            }
            self.out.write_all(&fragment).map_err(Error::Write)?;
            self.sequence += 1;
            self.position += head as u64;
        }
        self.out.flush().map_err(Error::Write)?;
        for (track, open) in self.tracks.iter_mut().zip(&mut self.open) {
            let bytes = track.pending.data.len() as u64;
            if self.settings.seekable {
                track.index(open, self.position)?;
            }
            track.pending.samples.clear();
            track.pending.data.clear();
            self.position += bytes;
        }
        Ok(())
    }
}

impl<W: Write + Seek> FragmentedWriter<W> {
    /// Writes what waits, then an index of everything, and makes a plain file of the fragmented one. Fails, and leaves it
    /// fragmented, where [`FragmentSettings::seekable`] was not set. Gives the output back.
    pub fn finish_seekable(mut self) -> Result<W, Error> {
        self.write_index()?;
        Ok(self.out)
    }

    /// Writes the index behind everything, then the head of the media over the box that was reserved for it.
    pub(super) fn write_index(&mut self) -> Result<(), Error> {
        if !self.settings.seekable {
            return Err(Error::NotReserved);
        }
        if !self.failed {
            self.flush()?;
        }
        for open in &mut self.open {
            open.table.settle();
        }
        let mut moov = Vec::new();
        movie::moov(&self.movie, &self.open, 0, &mut moov)?;
        write_tail(&mut self.out, self.position, &moov).map_err(Error::Write)?;
        let head = wide_mdat_head(self.position - self.reserved);
        patch(&mut self.out, self.reserved, &head).map_err(Error::Write)
    }
}

impl FragmentedTrack {
    /// Tells the sample before how long it lasts.
    fn settle_duration(&mut self, track: TrackId, dts: i64) -> Result<(), Error> {
        let Some(last) = self.last else { return Ok(()) };
        let duration = duration_between(track, last.dts, dts)?;
        self.pending.usual_duration = duration;
        if let Some(sample) = self.pending.samples.last_mut() {
            sample.entry.duration = Some(duration);
        }
        Ok(())
    }

    fn changes_description(&self, sample: &NewSample<'_>) -> bool {
        self.last.is_some_and(|last| last.description != sample.description)
    }

    fn push(&mut self, open: &OpenTrack, sample: &NewSample<'_>, size: u32) -> Result<(), Error> {
        let carries_sets =
            self.in_band && (sample.sync || self.last.is_none() || self.changes_description(sample));
        let mut entry = Entry::of(sample, size, 0);
        let mut lead = 0;
        if carries_sets {
            while let Some(entry) = open.settings.entries.get(self.sets.len()) {
                self.sets.push(InBandSets::of(entry)?);
            }
        }
        let sets = self.sets.get(usize::from(sample.description.0)).and_then(Option::as_ref);
        match sets.filter(|_| carries_sets) {
            Some(sets) => {
                let with = sets.before(sample.data);
                lead = with.lead;
                let before = self.pending.data.len();
                for part in with.parts {
                    self.pending.data.extend_from_slice(part);
                }
                entry.size = (self.pending.data.len() - before) as u32;
            }
            None => self.pending.data.extend_from_slice(sample.data),
        }
        self.pending.samples.push(PendingSample { entry, lead });
        self.last = Some(LastSample { dts: sample.dts, description: sample.description });
        Ok(())
    }

    /// Enters the samples of a fragment, whose data lie at `position`, into the table.
    fn index(&self, open: &mut OpenTrack, mut position: u64) -> Result<(), Error> {
        for PendingSample { entry, lead } in &self.pending.samples {
            let size = entry.size - lead;
            let entry = Entry { size, position: position + u64::from(*lead), ..*entry };
            open.table.push(open.id, entry)?;
            position += u64::from(size + lead);
        }
        Ok(())
    }
}
