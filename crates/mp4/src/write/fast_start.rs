//! The index in front of the media, so that a file plays while it is still loading.

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    ops::Range,
};

use super::{
    FragmentedWriter, Mp4Writer,
    movie::{self, OpenTrack},
    plain::patch,
};
use crate::{Error, MovieSettings};

/// How much is moved at once.
const BLOCK: usize = 1 << 20;

impl<W: Read + Write + Seek> Mp4Writer<W> {
    /// Writes the index as [`finish`](Self::finish) does, then moves the media behind it within the file, block by block.
    /// The memory that takes is the index and one MiB. While it moves, the file is not whole: an interruption then costs
    /// it; one that is seen is [`Error::Move`]. Gives the output back.
    pub fn finish_fast_start(mut self) -> Result<W, Error> {
        // The index at the end claims the room before anything is moved, so that a full disk leaves a whole file.
        self.write_index()?;
        index_first(&mut self.out, &self.movie, &self.tracks, self.mdat..self.position)?;
        Ok(self.out)
    }
}

impl<W: Read + Write + Seek> FragmentedWriter<W> {
    /// Makes a plain file as [`finish_seekable`](Self::finish_seekable) does, then moves the media behind the index, as
    /// [`Mp4Writer::finish_fast_start`] does. Until the moving begins, the file plays whatever happens.
    pub fn finish_fast_start(mut self) -> Result<W, Error> {
        self.write_index()?;
        index_first(&mut self.out, &self.movie, &self.open, self.reserved..self.position)?;
        Ok(self.out)
    }
}

/// Moves the media behind the index, which lies behind them and takes their place. What fails is [`Error::Move`].
fn index_first<W: Read + Write + Seek>(
    out: &mut W,
    movie: &MovieSettings,
    tracks: &[OpenTrack],
    media: Range<u64>,
) -> Result<(), Error> {
    let moov = shifted_index(movie, tracks)?;
    move_behind(out, &moov, media).map_err(Error::Move)
}

fn move_behind<W: Read + Write + Seek>(out: &mut W, moov: &[u8], media: Range<u64>) -> io::Result<()> {
    let shift = moov.len() as u64;
    let moved = media.end + shift;
    let end = out.seek(SeekFrom::End(0))?;
    if end < moved {
        // The index grew, because positions need more bits.
        patch(out, end, &vec![0; (moved - end) as usize])?;
    }
    move_back(out, media.start, media.end, shift)?;
    patch(out, media.start, moov)?;
    cover(out, moved)
}

/// The index for media that lie behind it. Its own size moves the media, and a move may make it larger.
fn shifted_index(movie: &MovieSettings, tracks: &[OpenTrack]) -> Result<Vec<u8>, Error> {
    let mut moov = Vec::new();
    movie::moov(movie, tracks, 0, &mut moov)?;
    loop {
        let shift = moov.len() as u64;
        moov.clear();
        movie::moov(movie, tracks, shift, &mut moov)?;
        // It grows at most once for each track, from `stco` to `co64`.
        if moov.len() as u64 == shift {
            return Ok(moov);
        }
    }
}

/// Moves the bytes from `start` to `end` towards the end of the file, the last ones first.
fn move_back<W: Read + Write + Seek>(out: &mut W, start: u64, end: u64, by: u64) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    let mut left = end - start;
    while left > 0 {
        let bytes = left.min(BLOCK as u64) as usize;
        left -= bytes as u64;
        let block = &mut block[..bytes];
        out.seek(SeekFrom::Start(start + left))?;
        out.read_exact(block)?;
        out.seek(SeekFrom::Start(start + left + by))?;
        out.write_all(block)?;
    }
    Ok(())
}

/// Makes a box of whatever lies behind the media.
fn cover<W: Write + Seek>(out: &mut W, end: u64) -> io::Result<()> {
    super::plain::write_tail(out, end, &[])
}
