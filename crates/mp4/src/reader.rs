use std::{
    collections::BTreeMap,
    io::{Read, Seek, SeekFrom},
};

use crate::{
    Error, FourCc, Sample, Track, TrackId, TrackKind,
    boxes::{
        Children, Cursor,
        edits::Edits,
        fragment::{self, FragmentedTrack},
        header, sample_entry, sample_table,
    },
    limits::{MAX_INDEX_BYTES, MAX_TOP_BOXES, MAX_TRACKS},
};

/// An MP4 file whose tables have been read.
#[derive(Debug)]
pub struct Mp4Reader<R> {
    file: R,
    tracks: Vec<Track>,
    truncated: bool,
}

impl<R: Read + Seek> Mp4Reader<R> {
    /// Reads the tables of a plain or fragmented file. `file` should be buffered.
    pub fn open(mut file: R) -> Result<Self, Error> {
        let file_bytes = file.seek(SeekFrom::End(0))?;
        let mut movie = Movie { file_bytes, ..Movie::default() };
        let truncated = match movie.read(&mut file) {
            Ok(()) => false,
            // A recording that was cut off plays up to its last whole sample.
            Err(Error::Truncated(_)) if movie.has_fragments() => true,
            Err(error) => return Err(error),
        };
        Ok(Self { file, tracks: movie.finish(), truncated })
    }

    /// All tracks that could be read.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// The track of a number.
    pub fn track(&self, id: TrackId) -> Option<&Track> {
        self.tracks.iter().find(|track| track.id == id)
    }

    /// The first H.264 track; an error in words for the user where there is none.
    pub fn video_track(&self) -> Result<&Track, Error> {
        let mut videos = self.tracks.iter().filter(|track| track.kind == TrackKind::Video);
        let first = videos.clone().next().ok_or(Error::NoVideo)?;
        let track = videos.find(|track| track.require_h264().is_ok()).unwrap_or(first);
        track.require_h264()?;
        if track.samples.is_empty() {
            return Err(Error::NoVideo);
        }
        Ok(track)
    }

    /// Whether a fragmented file ends in the middle of a fragment; the samples that are whole were kept.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// Replaces `bytes` by the bytes of a sample, length-prefixed as they are in the file;
    /// [`Track::to_annexb`] makes Annex B of them.
    pub fn read_sample(
        &mut self,
        track: TrackId,
        index: usize,
        bytes: &mut Vec<u8>,
    ) -> Result<Sample, Error> {
        bytes.clear();
        let sample = self
            .track(track)
            .and_then(|track| track.samples.get(index))
            .copied()
            .ok_or(Error::NoSample { track: track.0, index })?;
        read_at(&mut self.file, sample.offset, sample.size.into(), FourCc(*b"mdat"), bytes)?;
        Ok(sample)
    }
}

/// What is gathered while the boxes of a file are passed.
#[derive(Default)]
struct Movie {
    file_bytes: u64,
    has_moov: bool,
    tracks: Vec<Track>,
    /// The video tracks of a fragmented file.
    fragments: BTreeMap<TrackId, FragmentedTrack>,
}

impl Movie {
    fn read<R: Read + Seek>(&mut self, file: &mut R) -> Result<(), Error> {
        if self.file_bytes == 0 {
            return Err(Error::Empty);
        }
        let mut buffer = Vec::new();
        let mut position = 0;
        for number in 0.. {
            if number > MAX_TOP_BOXES {
                let limit = MAX_TOP_BOXES as u64;
                return Err(Error::Limit { what: "boxes", value: limit + 1, limit });
            }
            let Some(head) = TopBox::read(file, position, self.file_bytes, number == 0)? else { break };
            match &head.name.0 {
                b"moov" if !self.has_moov => {
                    head.contents(file, &mut buffer)?;
                    self.moov(Cursor::new(head.name, &buffer))?;
                }
                b"moof" if self.has_moov => {
                    head.contents(file, &mut buffer)?;
                    let place = fragment::Place { moof: position, file_bytes: self.file_bytes };
                    fragment::moof(Cursor::new(head.name, &buffer), place, &mut self.fragments)?;
                }
                _ => {}
            }
            position = head.end;
        }
        if self.has_moov { Ok(()) } else { Err(Error::Missing(FourCc(*b"moov"))) }
    }

    fn has_fragments(&self) -> bool {
        self.fragments.values().any(|track| !track.samples.is_empty())
    }

    fn finish(mut self) -> Vec<Track> {
        for track in self.tracks.iter_mut().filter(|track| track.kind == TrackKind::Video) {
            if let Some(fragments) = self.fragments.remove(&track.id) {
                track.samples.extend(fragments.samples);
            }
            track.sample_count = track.samples.len() as u64;
        }
        self.tracks
    }

    fn moov(&mut self, moov: Cursor<'_>) -> Result<(), Error> {
        self.has_moov = true;
        let movie_timescale = Children::of(moov).find(b"mvhd")?.map(header::mvhd).transpose()?.unwrap_or(1);
        let children = Children::of(moov);
        let mut shifts = BTreeMap::new();
        for child in children {
            let child = child?;
            if child.name() == FourCc(*b"trak") {
                self.trak(child, movie_timescale, &mut shifts)?;
            }
        }
        let Some(mvex) = children.find(b"mvex")? else { return Ok(()) };
        for trex in Children::of(mvex) {
            let trex = trex?;
            if trex.name() == FourCc(*b"trex") {
                self.trex(trex, &shifts)?;
            }
        }
        Ok(())
    }

    fn trex(&mut self, trex: Cursor<'_>, shifts: &BTreeMap<TrackId, i64>) -> Result<(), Error> {
        let (id, defaults) = fragment::trex(trex)?;
        let shift = shifts.get(&id).copied().unwrap_or_default();
        if let Some(track) = self.tracks.iter().find(|track| track.id == id && track.kind == TrackKind::Video)
        {
            let end =
                track.samples.last().map_or(shift, |last| last.dts.saturating_add(last.duration.into()));
            let next_dts = end.saturating_sub(shift);
            self.fragments.insert(id, FragmentedTrack { defaults, next_dts, shift, samples: Vec::new() });
        }
        Ok(())
    }

    fn trak(
        &mut self,
        trak: Cursor<'_>,
        movie_timescale: u32,
        shifts: &mut BTreeMap<TrackId, i64>,
    ) -> Result<(), Error> {
        if self.tracks.len() == MAX_TRACKS {
            let limit = MAX_TRACKS as u64;
            return Err(Error::Limit { what: "tracks", value: limit + 1, limit });
        }
        let mdia = Children::of(Children::of(trak).require(b"mdia")?);
        let kind = header::hdlr(mdia.require(b"hdlr")?)?;
        match self.read_track(trak, kind, movie_timescale) {
            Ok((track, shift)) => {
                shifts.insert(track.id, shift);
                self.tracks.push(track);
                Ok(())
            }
            Err(error) if kind == TrackKind::Video => Err(error),
            // Broken sound does not stand in the way of the pictures.
            Err(_) => Ok(()),
        }
    }

    fn read_track(
        &self,
        trak: Cursor<'_>,
        kind: TrackKind,
        movie_timescale: u32,
    ) -> Result<(Track, i64), Error> {
        let children = Children::of(trak);
        let header = header::tkhd(children.require(b"tkhd")?)?;
        let mdia = Children::of(children.require(b"mdia")?);
        let media = header::mdhd(mdia.require(b"mdhd")?)?;
        let stbl = Children::of(mdia.require(b"minf")?).require(b"stbl")?;
        let entries = sample_entry::stsd(Children::of(stbl).require(b"stsd")?, kind)?;
        let edits = match children.find(b"edts")? {
            Some(edts) => Children::of(edts).find(b"elst")?.map(Edits::read).transpose()?.unwrap_or_default(),
            None => Edits::default(),
        };
        let shift = edits.shift(movie_timescale, media.timescale);
        let (sample_count, samples) = if kind == TrackKind::Video {
            (0, sample_table::samples(stbl, shift, self.file_bytes)?)
        } else {
            (sample_table::sample_count(stbl)?, Vec::new())
        };
        let first = entries.first();
        let track = Track {
            id: header.id,
            kind,
            codec: first.map(|entry| entry.codec),
            size: first.map(|entry| entry.size).unwrap_or_default(),
            rotation: header.rotation,
            timescale: media.timescale,
            header_duration: media.duration,
            descriptions: entries.into_iter().map(|entry| entry.avc).collect(),
            sample_count,
            samples,
        };
        Ok((track, shift))
    }
}

/// The head of a box at the top of the file.
struct TopBox {
    name: FourCc,
    contents: u64,
    end: u64,
}

impl TopBox {
    /// Names with which MP4 and QuickTime files begin.
    const FIRST: [&'static [u8; 4]; 10] =
        [b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid", b"sidx"];

    /// The box at `position`, or `None` at the end of the file and before a rest too short for a box.
    fn read<R: Read + Seek>(
        file: &mut R,
        position: u64,
        file_bytes: u64,
        first: bool,
    ) -> Result<Option<Self>, Error> {
        let left = file_bytes.saturating_sub(position);
        let mut head = Vec::with_capacity(16);
        file.seek(SeekFrom::Start(position))?;
        file.take(left.min(16)).read_to_end(&mut head)?;
        let mut cursor = Cursor::new(FourCc(*b"file"), &head);
        let (Ok(size), Ok(name)) = (cursor.u32(), cursor.four_cc()) else {
            return if first { Err(Error::NotMp4) } else { Ok(None) };
        };
        if first && !Self::FIRST.contains(&&name.0) {
            return Err(Error::NotMp4);
        }
        let (size, head_bytes) = match size {
            0 => (left, 8),
            1 => (cursor.u64().map_err(|_| Error::Truncated(name))?, 16),
            size => (size.into(), 8),
        };
        if size < head_bytes {
            return Err(Error::Damaged { name, reason: "an impossible size" });
        }
        if size > left {
            return Err(Error::Truncated(name));
        }
        Ok(Some(Self { name, contents: position + head_bytes, end: position + size }))
    }

    fn contents<R: Read + Seek>(&self, file: &mut R, buffer: &mut Vec<u8>) -> Result<(), Error> {
        let bytes = self.end - self.contents;
        if bytes > MAX_INDEX_BYTES {
            return Err(Error::Limit { what: "bytes of tables", value: bytes, limit: MAX_INDEX_BYTES });
        }
        buffer.clear();
        read_at(file, self.contents, bytes, self.name, buffer)
    }
}

/// Appends bytes of the file; fewer than asked for mean that `name` is cut off.
fn read_at<R: Read + Seek>(
    file: &mut R,
    offset: u64,
    bytes: u64,
    name: FourCc,
    buffer: &mut Vec<u8>,
) -> Result<(), Error> {
    file.seek(SeekFrom::Start(offset))?;
    let read = file.take(bytes).read_to_end(buffer)?;
    if (read as u64) < bytes { Err(Error::Truncated(name)) } else { Ok(()) }
}
