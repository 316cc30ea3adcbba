//! MP4 in its three layouts, behind one face.

use super::Opened;
use framewire_mp4::{
    DescriptionId, Error, FragmentSettings, FragmentedWriter, MovieSettings, Mp4Writer, NewSample,
    SampleEntry, TrackId, TrackSettings,
};
use std::{fs::File, io::Write};

/// Bytes of samples after which a fragment is written, however short it is: they wait in memory.
const MOST_WAITING: usize = 2 * 1024 * 1024;

/// How the boxes of an MP4 file lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Fragments while it is written, so that it plays whatever happens; at the end an index behind them, which makes it
    /// a plain file without a copy.
    Plain,
    /// The index in front. It is written at the end, and the media moved behind it.
    FastStart,
    /// Fragments that stay.
    Fragmented,
}

/// An MP4 file that is being written.
pub(crate) trait Movie {
    fn add_track(&mut self, settings: TrackSettings) -> Result<TrackId, Error>;
    fn add_description(&mut self, track: TrackId, entry: SampleEntry) -> Result<DescriptionId, Error>;
    fn write_sample(&mut self, track: TrackId, sample: NewSample<'_>) -> Result<(), Error>;
    /// Bytes of the file so far.
    fn bytes(&self) -> u64;
    /// Completes the file; how many bytes it has.
    fn finish(self: Box<Self>) -> Result<u64, Error>;
}

/// Begins a file. A pipe gets fragments, whatever the layout.
pub(crate) fn open_movie(
    opened: Opened,
    layout: Layout,
    settings: MovieSettings,
) -> Result<Box<dyn Movie>, Error> {
    let mut fragments = FragmentSettings::default();
    Ok(match (opened, layout) {
        (Opened::File(file), Layout::FastStart) => Box::new(Mp4Writer::new(file, settings)?),
        (Opened::File(file), Layout::Plain) => {
            fragments.seekable = true;
            let writer = FragmentedWriter::new(file, settings, fragments)?;
            Box::new(Fragments::new(writer, |writer| {
                Ok(writer.finish_seekable()?.metadata().map_err(Error::Write)?.len())
            }))
        }
        (Opened::File(file), Layout::Fragmented) => {
            Box::new(Fragments::new(FragmentedWriter::new(file, settings, fragments)?, finish_fragments))
        }
        (Opened::Stream(stream), _) => {
            Box::new(Fragments::new(FragmentedWriter::new(stream, settings, fragments)?, finish_fragments))
        }
    })
}

fn finish_fragments<W: Write>(mut writer: FragmentedWriter<W>) -> Result<u64, Error> {
    writer.flush()?;
    let bytes = writer.bytes_written();
    writer.finish()?;
    Ok(bytes)
}

struct Fragments<W> {
    writer: FragmentedWriter<W>,
    /// Bytes of samples since the last fragment.
    waiting: usize,
    /// Bytes of the file at the last fragment.
    written: u64,
    complete: fn(FragmentedWriter<W>) -> Result<u64, Error>,
}

impl<W> Fragments<W> {
    fn new(writer: FragmentedWriter<W>, complete: fn(FragmentedWriter<W>) -> Result<u64, Error>) -> Self {
        Self { writer, waiting: 0, written: 0, complete }
    }
}

impl<W: Write> Movie for Fragments<W> {
    fn add_track(&mut self, settings: TrackSettings) -> Result<TrackId, Error> {
        self.writer.add_track(settings)
    }

    fn add_description(&mut self, track: TrackId, entry: SampleEntry) -> Result<DescriptionId, Error> {
        self.writer.add_description(track, entry)
    }

    fn write_sample(&mut self, track: TrackId, sample: NewSample<'_>) -> Result<(), Error> {
        let bytes = sample.data.len();
        self.writer.write_sample(track, sample)?;
        if self.writer.bytes_written() != self.written {
            (self.waiting, self.written) = (0, self.writer.bytes_written());
        }
        self.waiting += bytes;
        if self.waiting > MOST_WAITING {
            self.writer.flush()?;
            (self.waiting, self.written) = (0, self.writer.bytes_written());
        }
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.writer.bytes_written()
    }

    fn finish(self: Box<Self>) -> Result<u64, Error> {
        (self.complete)(self.writer)
    }
}

impl Movie for Mp4Writer<File> {
    fn add_track(&mut self, settings: TrackSettings) -> Result<TrackId, Error> {
        self.add_track(settings)
    }

    fn add_description(&mut self, track: TrackId, entry: SampleEntry) -> Result<DescriptionId, Error> {
        self.add_description(track, entry)
    }

    fn write_sample(&mut self, track: TrackId, sample: NewSample<'_>) -> Result<(), Error> {
        self.write_sample(track, sample)
    }

    fn bytes(&self) -> u64 {
        self.bytes_written()
    }

    fn finish(self: Box<Self>) -> Result<u64, Error> {
        Ok(self.finish_fast_start()?.metadata().map_err(Error::Write)?.len())
    }
}
