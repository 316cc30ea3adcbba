//! Both writers behind one face, in every shape that a file can get.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::Cursor;

use framewire_mp4::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Plain,
    FastStart,
    Fragmented,
    Seekable,
    /// Of fragments, with the index in front in the end.
    SeekableFront,
}

pub(crate) const SHAPES: [Shape; 5] =
    [Shape::Plain, Shape::FastStart, Shape::Fragmented, Shape::Seekable, Shape::SeekableFront];

/// A file of a shape that is being written.
pub(crate) struct Writer {
    shape: Shape,
    file: Either,
}

enum Either {
    Plain(Mp4Writer<Cursor<Vec<u8>>>),
    Fragmented(FragmentedWriter<Cursor<Vec<u8>>>),
}

impl Writer {
    pub(crate) fn new(shape: Shape, movie: MovieSettings) -> Result<Self, Error> {
        let out = Cursor::new(Vec::new());
        let mut settings = FragmentSettings::default();
        settings.seekable = shape != Shape::Fragmented;
        let file = match shape {
            Shape::Plain | Shape::FastStart => Either::Plain(Mp4Writer::new(out, movie)?),
            Shape::Fragmented | Shape::Seekable | Shape::SeekableFront => {
                Either::Fragmented(FragmentedWriter::new(out, movie, settings))
            }
        };
        Ok(Self { shape, file })
    }

    pub(crate) fn add_track(&mut self, settings: TrackSettings) -> Result<TrackId, Error> {
        match &mut self.file {
            Either::Plain(writer) => writer.add_track(settings),
            Either::Fragmented(writer) => writer.add_track(settings),
        }
    }

    pub(crate) fn add_description(
        &mut self,
        track: TrackId,
        entry: SampleEntry,
    ) -> Result<DescriptionId, Error> {
        match &mut self.file {
            Either::Plain(writer) => writer.add_description(track, entry),
            Either::Fragmented(writer) => writer.add_description(track, entry),
        }
    }

    pub(crate) fn write_sample(&mut self, track: TrackId, sample: NewSample<'_>) -> Result<(), Error> {
        match &mut self.file {
            Either::Plain(writer) => writer.write_sample(track, sample),
            Either::Fragmented(writer) => writer.write_sample(track, sample),
        }
    }

    pub(crate) fn finish(self) -> Result<Vec<u8>, Error> {
        let out = match (self.file, self.shape) {
            (Either::Plain(writer), Shape::FastStart) => writer.finish_fast_start(),
            (Either::Plain(writer), _) => writer.finish(),
            (Either::Fragmented(writer), Shape::SeekableFront) => writer.finish_fast_start(),
            (Either::Fragmented(writer), Shape::Seekable) => writer.finish_seekable(),
            (Either::Fragmented(writer), _) => writer.finish(),
        };
        Ok(out?.into_inner())
    }
}
