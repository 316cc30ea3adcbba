use super::Kept;
use crate::{
    Error, RecordOptions,
    record::{RecordError, UnitWriter},
};
use framewire_codec::Codec;
use std::{
    io::{Seek, Write},
    time::Duration,
};

/// A stretch of a stream's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    from: Duration,
    to: Duration,
}

/// A stretch of a stream's past, held until it is dropped, whatever the stream keeps meanwhile.
///
/// It begins with the key unit at or before the moment that was asked for, as no other unit can be decoded first: up to two
/// seconds earlier.
#[derive(Debug)]
pub struct Recent {
    units: Vec<Kept>,
    codec: Codec,
}

impl Stretch {
    /// The last so much of it.
    pub const fn last(duration: Duration) -> Self {
        Self { from: duration, to: Duration::ZERO }
    }

    /// From so long before now to so long before now.
    pub const fn between(from: Duration, to: Duration) -> Self {
        Self { from, to }
    }

    pub(crate) const fn from(self) -> Duration {
        self.from
    }

    pub(crate) const fn to(self) -> Duration {
        self.to
    }
}

impl Recent {
    pub(crate) fn new(units: Vec<Kept>, codec: Codec) -> Self {
        Self { units, codec }
    }

    /// How many units it has; none where nothing of that time is kept.
    pub fn units(&self) -> usize {
        self.units.len()
    }

    /// From its first unit to its last.
    pub fn duration(&self) -> Duration {
        let ends = self.units.first().zip(self.units.last());
        ends.map_or(Duration::ZERO, |(first, last)| last.media - first.media)
    }

    /// Writes it as a fragmented MP4, without encoding anything. Nothing is written where it has no units.
    ///
    /// # Errors
    /// When the writer takes no more, or what was kept on disk can't be read.
    pub fn write_to<W: Write>(&self, writer: W) -> Result<W, RecordError> {
        let mut writer = UnitWriter::fragmented(writer, self.codec);
        self.push_all(&mut writer)?;
        writer.finish()
    }

    /// Writes it as a plain MP4 with an index.
    ///
    /// # Errors
    /// As [`Recent::write_to`].
    pub fn write_seekable<W: Write + Seek>(&self, writer: W) -> Result<W, RecordError> {
        let mut writer = UnitWriter::seekable(writer, self.codec);
        self.push_all(&mut writer)?;
        writer.finish_seekable()
    }

    /// Writes it to a file as a plain MP4 with an index.
    ///
    /// # Errors
    /// [`Error::RecordFile`] when the file can't be opened, [`Error::Save`] when it can't be written.
    pub fn save(&self, options: impl Into<RecordOptions>) -> Result<(), Error> {
        let options = options.into();
        let failed = |source| Error::Save { path: options.path.clone(), source };
        let file = self.write_seekable(options.open()?).map_err(failed)?;
        file.settle(self.units.len() as u64).map_err(|error| failed(error.into()))
    }

    fn push_all<W: Write>(&self, writer: &mut UnitWriter<W>) -> Result<(), RecordError> {
        let Some(first) = self.units.first() else { return Ok(()) };
        let mut buffer = Vec::new();
        for unit in &self.units {
            let media = unit.media - first.media;
            let pushed = unit.with_data(&mut buffer, |data| writer.push_at(media, data, unit.duration));
            pushed.map_err(RecordError::Past)??;
        }
        Ok(())
    }
}
