use super::{OutputError, Stream, UnitSink, VideoFacts};
use crate::Moment;
use framewire_codec::{AccessUnit, Codec};
use framewire_mp4::{
    AnnexBSamples, DescriptionId, Error, FragmentSettings, FragmentedWriter, Matrix, MovieSettings,
    NewSample, TrackId, TrackSettings,
};
use std::{fmt, fs::File, io::Write, num::NonZeroU32};

/// MP4 of one video track, in fragments of a second at most: what is written plays, whatever happens next.
///
/// In a file, a clean end makes a plain, seekable MP4 of it without a copy; see [`FragmentedWriter`] for how.
pub struct Mp4Sink<W> {
    /// `None` once the file is complete.
    writer: Option<FragmentedWriter<W>>,
    complete: fn(FragmentedWriter<W>) -> Result<W, Error>,
    samples: AnnexBSamples,
    facts: VideoFacts,
    track: Option<TrackId>,
    description: DescriptionId,
    bytes: u64,
}

impl Mp4Sink<File> {
    /// A file that becomes a plain MP4 at its end.
    pub fn plain(file: File, facts: VideoFacts) -> Result<Self, OutputError> {
        Self::new(file, facts, true, FragmentedWriter::finish_seekable)
    }

    /// A file that stays in fragments.
    pub fn fragmented(file: File, facts: VideoFacts) -> Result<Self, OutputError> {
        Self::new(file, facts, false, FragmentedWriter::finish)
    }
}

impl Mp4Sink<Stream> {
    /// Fragments into a pipe.
    pub fn stream(stream: Stream, facts: VideoFacts) -> Result<Self, OutputError> {
        Self::new(stream, facts, false, FragmentedWriter::finish)
    }
}

impl<W: Write> Mp4Sink<W> {
    fn new(
        output: W,
        facts: VideoFacts,
        seekable: bool,
        complete: fn(FragmentedWriter<W>) -> Result<W, Error>,
    ) -> Result<Self, OutputError> {
        let mut settings = FragmentSettings::default();
        settings.seekable = seekable;
        let mut movie = MovieSettings::default();
        movie.timescale = clock(facts);
        Ok(Self {
            writer: Some(FragmentedWriter::new(output, movie, settings)?),
            complete,
            samples: AnnexBSamples::new(Codec::H264),
            facts,
            track: None,
            description: DescriptionId::default(),
            bytes: 0,
        })
    }
}

impl<W: Write> UnitSink for Mp4Sink<W> {
    fn write(&mut self, unit: &AccessUnit, moment: Moment, lasts: u64) -> Result<(), OutputError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let sample = self.samples.convert(&unit.data)?;
        let track = match (self.track, sample.new_entry) {
            (Some(track), Some(entry)) => {
                self.description = writer.add_description(track, entry)?;
                track
            }
            (Some(track), None) => track,
            (None, Some(entry)) => {
                let mut settings = TrackSettings::video(clock(self.facts), entry);
                let size = settings.entries.first().map(|entry| entry.size()).unwrap_or_default();
                settings.matrix = Matrix::rotated(self.facts.rotation, size);
                // An encoder that takes the place of another brings parameter sets of its own.
                settings.may_change = true;
                *self.track.insert(writer.add_track(settings)?)
            }
            // A picture before its parameter sets; encoders here begin with a key frame.
            (None, None) => return Ok(()),
        };
        let mut new = NewSample::new(sample.data, i64::try_from(moment.ticks).unwrap_or(i64::MAX));
        new.sync = sample.sync;
        new.description = self.description;
        new.duration = u32::try_from(lasts).ok();
        writer.write_sample(track, new)?;
        self.bytes = writer.bytes_written();
        Ok(())
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        writer.flush()?;
        self.bytes = writer.bytes_written();
        (self.complete)(writer)?;
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl<W> fmt::Debug for Mp4Sink<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mp4Sink({} bytes)", self.bytes)
    }
}

fn clock(facts: VideoFacts) -> NonZeroU32 {
    facts.timescale.into()
}
