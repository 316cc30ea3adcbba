//! MP4 in its three layouts, behind one face.

use super::Opened;
use framewire_mp4::{
    DescriptionId, Error, FragmentSettings, FragmentedWriter, MovieSettings, NewSample, SampleEntry, TrackId,
    TrackSettings,
};
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
};

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
    /// Writes what waits. Where that fails, the file is completed all the same as well as can be.
    fn flush(&mut self) -> Result<(), Error>;
    /// Bytes of the file so far.
    fn bytes(&self) -> u64;
    /// Samples in whole fragments, which play whatever happens next.
    fn whole(&self) -> u64;
    /// Completes the file; how many bytes it has.
    fn finish(self: Box<Self>) -> Result<u64, Error>;
}

/// Begins a file. A pipe gets fragments, whatever the layout.
pub(crate) fn open_movie(opened: Opened, layout: Layout, settings: MovieSettings) -> Box<dyn Movie> {
    match opened {
        Opened::Stream(stream) => {
            let writer = FragmentedWriter::new(stream, settings, FragmentSettings::default());
            Box::new(Fragments::new(writer, None, finish_fragments))
        }
        Opened::File(file) => {
            let again = file.again();
            Box::new(in_file(file, again, layout, settings))
        }
    }
}

fn in_file<W: Read + Write + Seek>(
    out: W,
    again: Option<File>,
    layout: Layout,
    settings: MovieSettings,
) -> Fragments<W> {
    let mut fragments = FragmentSettings::default();
    fragments.seekable = layout != Layout::Fragmented;
    let complete: fn(FragmentedWriter<W>) -> Result<u64, Error> = match layout {
        Layout::Plain => |writer| length(writer.finish_seekable()?),
        Layout::FastStart => |writer| length(writer.finish_fast_start()?),
        Layout::Fragmented => finish_fragments,
    };
    Fragments::new(FragmentedWriter::new(out, settings, fragments), again, complete)
}

fn length<W: Seek>(mut file: W) -> Result<u64, Error> {
    file.seek(SeekFrom::End(0)).map_err(Error::Write)
}

fn finish_fragments<W: Write>(writer: FragmentedWriter<W>) -> Result<u64, Error> {
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
    /// Samples that came, and those of them in whole fragments.
    samples: u64,
    whole: u64,
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
        Self { writer, waiting: 0, written: 0, samples: 0, whole: 0, file, complete }
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
        let taken = self.writer.write_sample(track, sample);
        if self.writer.bytes_written() != self.written {
            // The fragment ended before this sample.
            (self.waiting, self.written) = (0, self.writer.bytes_written());
            self.whole = self.samples;
        }
        taken?;
        self.samples += 1;
        self.waiting += bytes;
        if self.waiting > MOST_WAITING { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.writer.flush()?;
        (self.waiting, self.written) = (0, self.writer.bytes_written());
        self.whole = self.samples;
        Ok(())
    }

    fn whole(&self) -> u64 {
        self.whole
    }

    fn bytes(&self) -> u64 {
        self.writer.bytes_written()
    }

    fn finish(mut self: Box<Self>) -> Result<u64, Error> {
        // The last fragment stands for itself: it stays where there is no room for an index.
        let flushed = self.writer.flush();
        let whole = self.writer.bytes_written();
        let completed = (self.complete)(self.writer);
        // What failed is said already. A move that broke off leaves nothing to take off, and before the first byte what the
        // file held before is still there.
        if let (Err(error), Some(file), 1..) = (&completed, self.file, whole)
            && !matches!(error, Error::Move(_))
        {
            let _ = file.set_len(whole);
        }
        match flushed {
            // It was said when it happened.
            Ok(()) | Err(Error::EarlierWrite) => completed,
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
