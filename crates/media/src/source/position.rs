use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// A reader that knows how many bytes it has given, so that a fault can be said to be at one of them.
#[derive(Debug)]
pub(super) struct Position<R> {
    inner: R,
    offset: u64,
}

impl<R> Position<R> {
    /// At the beginning.
    pub(super) fn new(inner: R) -> Self {
        Self { inner, offset: 0 }
    }

    /// The place of the next byte.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }
}

impl<R: Seek> Position<R> {
    /// Back to the beginning.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.inner.seek(SeekFrom::Start(0))?;
        self.offset = 0;
        Ok(())
    }
}

impl<R: Read> Read for Position<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.offset += count as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Position<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.inner.consume(count);
        self.offset += count as u64;
    }
}
