use super::PictureSink;
use crate::sink::{OutputError, Stream};
use framewire_frame::{Color, PictureRef, PixelFormat};
use std::{
    collections::VecDeque,
    io::{BufWriter, Write},
};

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 1 << 20;

/// One picture behind the other, without padding and without a header.
#[derive(Debug)]
pub struct RawSink {
    output: BufWriter<Stream>,
    format: PixelFormat,
    bytes: u64,
    /// Bytes of the output where each picture ends: of those that may still wait in the buffer.
    ends: Ends,
}

impl RawSink {
    /// Writes pictures of `format` to `output`.
    pub fn new(output: Stream, format: PixelFormat) -> Self {
        Self {
            output: BufWriter::with_capacity(BUFFER_BYTES, output),
            format,
            bytes: 0,
            ends: Ends::default(),
        }
    }
}

impl PictureSink for RawSink {
    fn format(&self, _source: PixelFormat) -> PixelFormat {
        self.format
    }

    fn write(&mut self, picture: PictureRef<'_>, _color: Color) -> Result<(), OutputError> {
        if picture.format() != self.format {
            return Err(OutputError::Format { from: picture.format(), to: self.format });
        }
        self.bytes += write_packed(&mut self.output, picture)?;
        self.ends.push(self.bytes, self.output.get_ref().written());
        Ok(())
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        Ok(self.output.flush()?)
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn whole_pictures(&self) -> u64 {
        self.ends.whole(self.output.get_ref().written())
    }
}

/// Where pictures end that wait in a buffer, and how many are written.
#[derive(Debug, Default)]
pub(super) struct Ends {
    waiting: VecDeque<u64>,
    written: u64,
}

impl Ends {
    /// Takes a picture that ends at byte `end`, when the output has `written` bytes.
    pub(super) fn push(&mut self, end: u64, written: u64) {
        self.waiting.push_back(end);
        while self.waiting.front().is_some_and(|end| *end <= written) {
            self.waiting.pop_front();
            self.written += 1;
        }
    }

    /// Pictures that are whole in the first `written` bytes of the output.
    pub(super) fn whole(&self, written: u64) -> u64 {
        self.written + self.waiting.iter().filter(|end| **end <= written).count() as u64
    }
}

/// Writes the samples without padding; how many bytes they are.
pub(super) fn write_packed(output: &mut impl Write, picture: PictureRef<'_>) -> Result<u64, OutputError> {
    let (format, size) = (picture.format(), picture.size());
    for index in 0..format.plane_count() {
        let (plane, row_bytes) = (picture.plane(index), format.row_bytes(size, index));
        let rows = format.rows(size, index);
        if plane.stride() == row_bytes {
            output.write_all(&plane.data()[..row_bytes * rows])?;
        } else {
            (0..rows).try_for_each(|y| output.write_all(plane.row(y)))?;
        }
    }
    Ok(format.packed_len(size) as u64)
}
