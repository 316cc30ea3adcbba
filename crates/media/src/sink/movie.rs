//! MP4 in its three layouts, behind one face.

use super::Opened;
use framewire_mp4::{
    DescriptionId, Error, FragmentSettings, FragmentedWriter, MovieSettings, NewSample, SampleEntry, TrackId,
    TrackSettings,
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
    /// The same, and at the end the media are moved behind the index.
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
    fragments.seekable = layout != Layout::Fragmented && matches!(opened, Opened::File(_));
    Ok(match opened {
        Opened::Stream(stream) => {
            let writer = FragmentedWriter::new(stream, settings, fragments)?;
            Box::new(Fragments::new(writer, None, finish_fragments))
        }
        Opened::File(file) => {
            // A move that breaks off leaves nothing to take off.
            let again = if layout == Layout::FastStart { None } else { file.try_clone().ok() };
            let writer = FragmentedWriter::new(file, settings, fragments)?;
            Box::new(Fragments::new(
                writer,
                again,
                match layout {
                    Layout::Plain => |writer| length(&writer.finish_seekable()?),
                    Layout::FastStart => |writer| length(&writer.finish_fast_start()?),
                    Layout::Fragmented => finish_fragments,
                },
            ))
        }
    })
}

fn length(file: &File) -> Result<u64, Error> {
    Ok(file.metadata().map_err(Error::Write)?.len())
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
    /// The file once more, to take off again what a full disk left half-way.
    file: Option<File>,
    complete: fn(FragmentedWriter<W>) -> Result<u64, Error>,
}

impl<W> Fragments<W> {
    fn new(
        writer: FragmentedWriter<W>,
        file: Option<File>,
        complete: fn(FragmentedWriter<W>) -> Result<u64, Error>,
    ) -> Self {
        Self { writer, waiting: 0, written: 0, file, complete }
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
        let whole = self.writer.bytes_written();
        let completed = (self.complete)(self.writer);
        if let (Err(_), Some(file)) = (&completed, self.file) {
            // What failed is said already.
            let _ = file.set_len(whole);
        }
        completed
    }
}
