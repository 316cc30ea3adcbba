use super::{Stamp, Timeline};
use crate::Unit;
use framewire_codec::Codec;
use framewire_frame::Timestamp;
use framewire_mp4::{
    AnnexBSamples, DescriptionId, FragmentSettings, FragmentedWriter, MovieSettings, NewSample, SampleEntry,
    TrackId, TrackSettings,
};
use std::{
    io::{self, Seek, Write},
    num::NonZeroU32,
    time::Duration,
};

/// Writes access units to an MP4 file as they come, without encoding anything: in fragments that can be played while it
/// is written and after a crash. At the end the file can become a plain one with an index.
///
/// A change of the parameter sets, as a change of size brings, begins another sample description. Times are those of the
/// units, counted from the first one; see [`RecordedUnit`].
#[derive(Debug)]
pub struct UnitWriter<W> {
    file: File<W>,
    samples: AnnexBSamples,
    description: DescriptionId,
    timeline: Timeline,
    units: u64,
    newest: Duration,
    /// About how long the newest unit is shown.
    usual: Duration,
}

/// The file before and after its first unit, which says what its track is.
#[derive(Debug)]
enum File<W> {
    New {
        sink: W,
        seekable: bool,
    },
    Begun {
        file: FragmentedWriter<W>,
        track: TrackId,
    },
    /// It could not be begun.
    Gone,
}

/// An access unit as a recording takes it.
#[derive(Clone, Copy, Debug)]
pub struct RecordedUnit<'a> {
    /// Annex B, with the parameter sets in each key unit.
    pub data: &'a [u8],
    /// Tells pictures apart: units with the same number in a row show the same frame, which rests.
    pub frame: u64,
    /// The moment that the picture shows. Where a frame rests, it stands still while time goes on.
    pub timestamp: Timestamp,
    /// When it was encoded or has arrived, on a clock that never stands still. It says how long a resting frame is shown.
    pub moment: Timestamp,
    /// About how long it is shown. It counts where nothing follows.
    pub duration: Duration,
}

/// Why units could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The file takes no more, or the units make no file.
    #[error(transparent)]
    File(#[from] framewire_mp4::Error),
    /// The file could not be brought to its end.
    #[error("the file cannot be finished: {0}")]
    Finish(#[from] io::Error),
    /// The units could not be read where they were kept.
    #[error("what was kept cannot be read: {0}")]
    Past(#[source] io::Error),
}

/// The longest fragment: less than the second that a crash may cost, as the newest unit waits for its successor.
const FRAGMENT: Duration = Duration::from_millis(500);
const MICROSECONDS: NonZeroU32 = NonZeroU32::new(1_000_000).expect("a million is not zero");

impl<'a> RecordedUnit<'a> {
    /// A unit of a stream.
    pub fn of(unit: &'a Unit) -> Self {
        Self {
            data: &unit.data,
            frame: unit.frame.0,
            timestamp: unit.timestamp,
            moment: unit.moment(),
            duration: unit.duration,
        }
    }
}

impl<W: Write> UnitWriter<W> {
    /// A file that stays in fragments.
    pub fn fragmented(sink: W, codec: Codec) -> Self {
        Self::new(sink, codec, false)
    }

    fn new(sink: W, codec: Codec, seekable: bool) -> Self {
        Self {
            file: File::New { sink, seekable },
            samples: AnnexBSamples::new(codec),
            description: DescriptionId::default(),
            timeline: Timeline::default(),
            units: 0,
            newest: Duration::ZERO,
            usual: Duration::ZERO,
        }
    }

    /// Takes the next unit. The first one is a key unit.
    ///
    /// # Errors
    /// When the file takes no more, or the unit is none of the codec. What was written before can be played.
    pub fn push(&mut self, unit: RecordedUnit<'_>) -> Result<(), RecordError> {
        let RecordedUnit { data, frame, timestamp, moment, duration } = unit;
        let media = self.timeline.place(Stamp { frame, timestamp, moment });
        self.push_at(media, data, duration)
    }

    /// Takes a unit whose moment in the file is known.
    pub(crate) fn push_at(
        &mut self,
        media: Duration,
        data: &[u8],
        duration: Duration,
    ) -> Result<(), RecordError> {
        let sample = self.samples.convert(data)?;
        if let Some(entry) = sample.new_entry {
            self.description = self.file.describe(entry)?;
        }
        let File::Begun { file, track } = &mut self.file else { return Ok(()) };
        if sample.data.is_empty() {
            return Ok(());
        }
        let mut new = NewSample::new(sample.data, i64::try_from(media.as_micros()).unwrap_or(i64::MAX));
        new.duration = u32::try_from(duration.as_micros()).ok();
        new.sync = sample.sync;
        new.description = self.description;
        file.write_sample(*track, new)?;
        self.units += 1;
        (self.newest, self.usual) = (media, duration);
        Ok(())
    }

    /// Hands on what waits for its fragment to be complete. For moments at which the next unit may be far away.
    ///
    /// # Errors
    /// When the file takes no more.
    pub fn flush(&mut self) -> Result<(), RecordError> {
        if let File::Begun { file, .. } = &mut self.file {
            file.flush()?;
        }
        Ok(())
    }

    /// Says that the newest unit is shown up to `moment` at least, on the clock of [`RecordedUnit::moment`], as nothing
    /// follows. The index of [`UnitWriter::finish_seekable`] has it.
    ///
    /// # Errors
    /// Never for a file that takes units; the type leaves room.
    pub fn rest_until(&mut self, moment: Timestamp) -> Result<(), RecordError> {
        let File::Begun { file, track } = &mut self.file else { return Ok(()) };
        let shown = self.timeline.shown_for(moment).max(self.usual);
        file.set_last_duration(*track, u32::try_from(shown.as_micros()).unwrap_or(u32::MAX))?;
        Ok(())
    }

    /// Units taken.
    pub fn units(&self) -> u64 {
        self.units
    }

    /// From the first unit to the newest.
    pub fn duration(&self) -> Duration {
        self.newest
    }

    /// Bytes handed on.
    pub fn bytes(&self) -> u64 {
        match &self.file {
            File::Begun { file, .. } => file.bytes_written(),
            File::New { .. } | File::Gone => 0,
        }
    }

    /// Writes what waits, and leaves the file in fragments. Without a unit nothing is written.
    ///
    /// # Errors
    /// When the file takes no more.
    pub fn finish(self) -> Result<W, RecordError> {
        match self.file {
            File::New { sink, .. } => Ok(sink),
            File::Begun { file, .. } => Ok(file.finish()?),
            File::Gone => Err(framewire_mp4::Error::EarlierWrite.into()),
        }
    }
}

impl<W: Write + Seek> UnitWriter<W> {
    /// A file that becomes a plain one with [`UnitWriter::finish_seekable`]. The sink is at its beginning.
    pub fn seekable(sink: W, codec: Codec) -> Self {
        Self::new(sink, codec, true)
    }

    /// Makes a plain file with an index of everything, without copying anything. Serves after a failure, too: then the
    /// index has what is whole. Without a unit nothing is written.
    ///
    /// # Errors
    /// When the file takes no more; it stays in fragments then.
    pub fn finish_seekable(self) -> Result<W, RecordError> {
        match self.file {
            File::Begun { file, .. } => Ok(file.finish_seekable()?),
            File::New { .. } | File::Gone => self.finish(),
        }
    }
}

impl<W: Write> File<W> {
    /// The number of a sample entry; the first one begins the file.
    fn describe(&mut self, entry: SampleEntry) -> Result<DescriptionId, framewire_mp4::Error> {
        let (sink, seekable) = match std::mem::replace(self, Self::Gone) {
            Self::New { sink, seekable } => (sink, seekable),
            begun => {
                *self = begun;
                let Self::Begun { file, track } = self else {
                    return Err(framewire_mp4::Error::EarlierWrite);
                };
                return file.add_description(*track, entry);
            }
        };
        let mut settings = FragmentSettings::default();
        (settings.longest, settings.seekable) = (FRAGMENT, seekable);
        let mut file = FragmentedWriter::new(sink, MovieSettings::default(), settings);
        let mut settings = TrackSettings::video(MICROSECONDS, entry);
        settings.may_change = true;
        let track = file.add_track(settings)?;
        *self = Self::Begun { file, track };
        Ok(DescriptionId::default())
    }
}
