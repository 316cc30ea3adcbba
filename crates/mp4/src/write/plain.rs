//! Plain files: one `mdat` and one `moov`.

use std::io::{self, Seek, SeekFrom, Write};

use super::{
    DescriptionId, NewSample,
    boxes::wide_mdat_head,
    movie::{self, OpenTrack},
    table::Entry,
};
use crate::{
    Error, MovieSettings, SampleEntry, TrackId, TrackSettings,
    limits::{MAX_SAMPLE_BYTES, MAX_TRACKS},
};

/// Writes a plain MP4 file: media first, then the index, of any size.
///
/// Samples go to the output as they come; those of several tracks should come in the order of their times, so that they
/// lie interleaved. What is kept for each sample is a few bytes: four, and eight more where it begins a chunk or has
/// another duration or composition offset than the one before. Before [`finish`](Self::finish) the file has no index and
/// cannot be played; [`FragmentedWriter`](crate::FragmentedWriter) writes files that can.
///
/// The output must be empty, and at its beginning. A write that fails leaves what was written before whole: `finish`
/// then makes a file of that, if it finds room.
#[derive(Debug)]
pub struct Mp4Writer<W> {
    pub(super) out: W,
    pub(super) movie: MovieSettings,
    pub(super) tracks: Vec<OpenTrack>,
    /// Where the head of `mdat` lies.
    pub(super) mdat: u64,
    /// Where the next sample goes.
    pub(super) position: u64,
    /// Whether a write failed, so that the output may stand elsewhere.
    misplaced: bool,
}

impl<W: Write + Seek> Mp4Writer<W> {
    /// Begins a file.
    pub fn new(mut out: W, movie: MovieSettings) -> Result<Self, Error> {
        let mut head = Vec::new();
        movie::ftyp(&mut head)?;
        let mdat = head.len() as u64;
        // An `mdat` up to the end of the file, with room in front for a size of 64 bits.
        head.extend_from_slice(&[0, 0, 0, 8]);
        head.extend_from_slice(b"free");
        head.extend_from_slice(&[0, 0, 0, 0]);
        head.extend_from_slice(b"mdat");
        out.write_all(&head).map_err(Error::Write)?;
        Ok(Self { out, movie, tracks: Vec::new(), mdat, position: head.len() as u64, misplaced: false })
    }

    /// Adds a track, at any time.
    pub fn add_track(&mut self, settings: TrackSettings) -> Result<TrackId, Error> {
        let track = OpenTrack::new(self.tracks.len(), settings)?;
        let id = track.id;
        self.tracks.push(track);
        Ok(id)
    }

    /// The number of a sample entry in a track, which gets it where it is new: for samples of another size or with other
    /// parameter sets.
    pub fn add_description(&mut self, track: TrackId, entry: SampleEntry) -> Result<DescriptionId, Error> {
        find(&mut self.tracks, track)?.add_description(entry)
    }

    /// Writes a sample behind those of its track.
    pub fn write_sample(&mut self, track: TrackId, sample: NewSample<'_>) -> Result<(), Error> {
        let size = sample_size(&sample)?;
        let open = find(&mut self.tracks, track)?;
        open.check_description(sample.description)?;
        open.table.check(track, sample.dts)?;
        if self.misplaced {
            self.out.seek(SeekFrom::Start(self.position)).map_err(Error::Write)?;
            self.misplaced = false;
        }
        if let Err(error) = self.out.write_all(sample.data) {
            self.misplaced = true;
            return Err(Error::Write(error));
        }
        let position = self.position;
        self.position += u64::from(size);
        open.table.push(track, Entry::of(&sample, size, position))
    }

    /// Bytes of the file so far.
    pub fn bytes_written(&self) -> u64 {
        self.position
    }

    /// Writes the index behind the media, and flushes. Gives the output back.
    ///
    /// Where there is no room for the index, the last samples give way to it: the file is then whole without them, and
    /// the error is returned all the same.
    pub fn finish(mut self) -> Result<W, Error> {
        self.write_index()?;
        Ok(self.out)
    }

    /// Writes the index behind the media, then the size of the media: from that moment on it is a whole file.
    pub(super) fn write_index(&mut self) -> Result<(), Error> {
        let end = self.position;
        let Err(error) = self.write_index_at(end) else { return Ok(()) };
        // What the file has now is its own: the index is written over the samples at its end.
        let bytes = self.index()?.len() as u64;
        let there = self.out.seek(SeekFrom::End(0)).map_err(Error::Write)?;
        let position = there.saturating_sub(bytes).clamp(self.mdat + WIDE_HEAD, end);
        for track in &mut self.tracks {
            track.table.shorten(position);
        }
        self.position = position;
        self.write_index_at(position)?;
        Err(error)
    }

    fn write_index_at(&mut self, position: u64) -> Result<(), Error> {
        let moov = self.index()?;
        write_tail(&mut self.out, position, &moov).map_err(Error::Write)?;
        let head = wide_mdat_head(position - self.mdat);
        patch(&mut self.out, self.mdat, &head).map_err(Error::Write)
    }

    /// The index for media that lie in front of it.
    fn index(&mut self) -> Result<Vec<u8>, Error> {
        for track in &mut self.tracks {
            track.table.settle();
        }
        let mut moov = Vec::new();
        movie::moov(&self.movie, &self.tracks, 0, &mut moov)?;
        Ok(moov)
    }
}

impl Entry {
    pub(super) fn of(sample: &NewSample<'_>, size: u32, position: u64) -> Self {
        Self {
            dts: sample.dts,
            composition_offset: sample.composition_offset,
            duration: sample.duration,
            sync: sample.sync,
            description: sample.description,
            size,
            position,
        }
    }
}

/// Bytes of the head of an `mdat` with a size of 64 bits.
const WIDE_HEAD: u64 = 16;

/// The track of a number.
pub(super) fn find(tracks: &mut [OpenTrack], id: TrackId) -> Result<&mut OpenTrack, Error> {
    let count = tracks.len().min(MAX_TRACKS) as u32;
    let index = id.0.checked_sub(1).filter(|index| *index < count);
    index.and_then(|index| tracks.get_mut(index as usize)).ok_or(Error::UnknownTrack(id.0))
}

/// The size of a sample that may be written.
pub(super) fn sample_size(sample: &NewSample<'_>) -> Result<u32, Error> {
    let bytes = sample.data.len() as u64;
    if bytes > MAX_SAMPLE_BYTES {
        return Err(Error::Limit { what: "bytes of one sample", value: bytes, limit: MAX_SAMPLE_BYTES });
    }
    Ok(bytes as u32)
}

/// Writes the last box of a file at a position, and covers what lies behind it, which a write that failed left there.
pub(super) fn write_tail<W: Write + Seek>(out: &mut W, position: u64, last: &[u8]) -> io::Result<()> {
    let there = out.seek(SeekFrom::End(0))?;
    out.seek(SeekFrom::Start(position))?;
    out.write_all(last)?;
    let end = position + last.len() as u64;
    if there > end {
        // Bytes of a sample that failed: at most `MAX_SAMPLE_BYTES`, so that 32 bits hold their count.
        let rest = u32::try_from(there - end).unwrap_or(0).max(8);
        out.write_all(&rest.to_be_bytes())?;
        out.write_all(b"free")?;
    }
    out.flush()
}

/// Overwrites some bytes, and flushes.
pub(super) fn patch<W: Write + Seek>(out: &mut W, position: u64, bytes: &[u8]) -> io::Result<()> {
    out.seek(SeekFrom::Start(position))?;
    out.write_all(bytes)?;
    out.flush()
}
