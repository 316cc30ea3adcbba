//! MP4 in its three layouts, behind one face.

use super::{Opened, OutputFile};
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
            let again = if layout == Layout::FastStart { None } else { file.again() };
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

fn length(file: &OutputFile) -> Result<u64, Error> {
    file.len().map_err(Error::Write)
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

    fn finish(self: Box<Self>) -> Result<u64, Error> {
        let whole = self.writer.bytes_written();
        let completed = (self.complete)(self.writer);
        // Before the first byte, what the file held before is still there.
        if let (Err(_), Some(file), 1..) = (&completed, self.file, whole) {
            // What failed is said already.
            let _ = file.set_len(whole);
        }
        completed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::Stream;
    use framewire_mp4::TrackKind;
    use std::{io, num::NonZeroU32};

    /// Takes so many bytes.
    struct Disk(usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Samples that play where the disk takes so many bytes, of five seconds with four samples in each.
    fn whole(room: usize) -> u64 {
        let entry = [&[0, 0, 0, 48][..], b"mp4a", &[7; 40]].concat();
        let entry = SampleEntry::from_bytes(TrackKind::Audio, &entry).unwrap();
        let opened = Opened::Stream(Stream::of(Disk(room)));
        let mut movie = open_movie(opened, Layout::Fragmented, MovieSettings::default()).unwrap();
        let track = movie
            .add_track(TrackSettings::new(TrackKind::Audio, NonZeroU32::new(4).unwrap(), entry))
            .unwrap();
        for dts in 0..20 {
            if movie.write_sample(track, NewSample::new(&[1; 1000], dts)).is_err() {
                break;
            }
        }
        // A full disk says so here as well.
        let _ = movie.flush();
        movie.whole()
    }

    #[test]
    fn what_plays_on_a_full_disk_is_counted_in_whole_fragments() {
        assert_eq!(whole(100), 0, "not even the index");
        assert_eq!(whole(3000), 0);
        assert_eq!(whole(6000), 4);
        assert_eq!(whole(15_000), 12);
        assert_eq!(whole(1_000_000), 20);
    }
}
