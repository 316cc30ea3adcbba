use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read, Seek, SeekFrom},
    num::NonZeroU32,
};

use crate::{
    Error, FourCc, MovieSettings, Sample, Track, TrackId, TrackKind,
    boxes::{
        Children, Cursor, edits,
        fragment::{self, FragmentedTrack},
        header, sample_description, sample_table,
    },
    limits::{MAX_INDEX_BYTES, MAX_TOP_BOXES, MAX_TRACKS},
    write::boxes::boxed,
};

/// An MP4 file whose tables have been read.
#[derive(Debug)]
pub struct Mp4Reader<R> {
    file: Source<R>,
    movie: MovieSettings,
    tracks: Vec<Track>,
    truncated: bool,
}

impl<R: Read + Seek> Mp4Reader<R> {
    /// Reads the tables of a plain or fragmented file. `file` should be buffered.
    pub fn open(mut file: R) -> Result<Self, Error> {
        let file_bytes = file.seek(SeekFrom::End(0))?;
        let mut file = Source { file, position: None };
        let mut movie = Movie { file_bytes, ..Movie::default() };
        let truncated = match movie.read(&mut file) {
            Ok(()) => false,
            // A recording that was cut off plays up to its last whole sample.
            Err(Error::Truncated { .. }) if movie.has_fragments() => true,
            Err(error) => return Err(error),
        };
        Ok(Self { file, movie: movie.settings, tracks: movie.finish(), truncated })
    }

    /// What holds for the whole file.
    pub fn movie(&self) -> &MovieSettings {
        &self.movie
    }

    /// All tracks that could be read.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// The track of a number.
    pub fn track(&self, id: TrackId) -> Option<&Track> {
        self.tracks.iter().find(|track| track.id == id)
    }

    /// The first H.264 track, else the first HEVC track; an error in words for the user where there is neither.
    pub fn video_track(&self) -> Result<&Track, Error> {
        let mut videos = self.tracks.iter().filter(|track| track.kind == TrackKind::Video);
        let first = videos.clone().next().ok_or(Error::NoVideo)?;
        let known = videos.clone().find(|track| track.require_known().is_ok()).unwrap_or(first);
        let track = videos.find(|track| track.require_h264().is_ok()).unwrap_or(known);
        track.require_known()?;
        if track.samples.is_empty() {
            return Err(Error::NoVideo);
        }
        Ok(track)
    }

    /// The samples of some tracks in the order in which they are decoded: how a copy writes them.
    pub fn interleaved(&self, tracks: &[TrackId]) -> Interleaved {
        Interleaved { tracks: tracks.iter().map(|id| (*id, 0)).collect() }
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
        self.file.read_at(sample.offset, sample.size.into(), FourCc(*b"mdat"), bytes)?;
        Ok(sample)
    }
}

/// Goes through the samples of several tracks; from [`Mp4Reader::interleaved`].
#[derive(Clone, Debug)]
pub struct Interleaved {
    /// Each with the index of its next sample.
    tracks: Vec<(TrackId, usize)>,
}

impl Interleaved {
    /// The next sample: its track and its index in that. `None` at the end.
    pub fn next<R: Read + Seek>(&mut self, reader: &Mp4Reader<R>) -> Option<(TrackId, usize)> {
        let time = |&(id, index): &(TrackId, usize)| {
            let track = reader.track(id)?;
            let sample = track.samples.get(index)?;
            // In a unit that all timescales share, as a fraction.
            Some((i128::from(sample.dts), i128::from(track.timescale.get())))
        };
        let earlier = |a: &(i128, i128), b: &(i128, i128)| (a.0 * b.1).cmp(&(b.0 * a.1));
        let times = self.tracks.iter().enumerate().filter_map(|(at, next)| Some((at, time(next)?)));
        let (at, _) = times.min_by(|a, b| earlier(&a.1, &b.1))?;
        let next = &mut self.tracks[at];
        next.1 += 1;
        Some((next.0, next.1 - 1))
    }
}

/// What is gathered while the boxes of a file are passed.
#[derive(Default)]
struct Movie {
    file_bytes: u64,
    has_moov: bool,
    settings: MovieSettings,
    tracks: Vec<Track>,
    /// Tracks that were passed, those that could not be read included.
    passed: usize,
    /// Samples that the tables in `moov` announce, those of tracks that could not be read included.
    announced: u64,
    /// The tracks of a fragmented file.
    fragments: BTreeMap<TrackId, FragmentedTrack>,
}

impl Movie {
    fn read<R: Read + Seek>(&mut self, file: &mut Source<R>) -> Result<(), Error> {
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
                    self.moov(Cursor::new(head.name, &buffer, head.contents))?;
                }
                b"moof" if self.has_moov => {
                    head.contents(file, &mut buffer)?;
                    let (file_bytes, known) = (self.file_bytes, self.announced);
                    let place = fragment::Place { moof: position, file_bytes, known };
                    let moof = Cursor::new(head.name, &buffer, head.contents);
                    fragment::moof(moof, place, &mut self.fragments)?;
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
        for track in &mut self.tracks {
            if let Some(fragments) = self.fragments.remove(&track.id) {
                track.sample_count += fragments.samples.len() as u64;
                track.samples.extend(fragments.samples);
            }
        }
        self.tracks
    }

    fn moov(&mut self, moov: Cursor<'_>) -> Result<(), Error> {
        self.has_moov = true;
        let children = Children::of(moov);
        self.settings = match children.find(b"mvhd")? {
            Some(mvhd) => header::mvhd(mvhd)?,
            None => MovieSettings { timescale: NonZeroU32::MIN, ..MovieSettings::default() },
        };
        for child in children {
            let child = child?;
            if child.name() == FourCc(*b"trak") {
                self.trak(child)?;
            }
        }
        let Some(mvex) = children.find(b"mvex")? else { return Ok(()) };
        for trex in Children::of(mvex) {
            let trex = trex?;
            if trex.name() == FourCc(*b"trex") {
                self.trex(trex)?;
            }
        }
        Ok(())
    }

    fn trex(&mut self, trex: Cursor<'_>) -> Result<(), Error> {
        let (id, defaults) = fragment::trex(trex)?;
        if let Some(track) = self.tracks.iter().find(|track| track.id == id) {
            let shift = track.shift;
            let end =
                track.samples.last().map_or(shift, |last| last.dts.saturating_add(last.duration.into()));
            let next_dts = end.saturating_sub(shift);
            self.fragments.insert(id, FragmentedTrack { defaults, next_dts, shift, samples: Vec::new() });
        }
        Ok(())
    }

    fn trak(&mut self, trak: Cursor<'_>) -> Result<(), Error> {
        self.passed += 1;
        if self.passed > MAX_TRACKS {
            let limit = MAX_TRACKS as u64;
            return Err(Error::Limit { what: "tracks", value: limit + 1, limit });
        }
        let mdia = Children::of(Children::of(trak).require(b"mdia")?);
        let kind = header::hdlr(mdia.require(b"hdlr")?)?;
        match self.read_track(trak, kind) {
            // Fragments, and whoever asks for a track, would find only the first.
            Ok(track) if self.tracks.iter().any(|other| other.id == track.id) => {
                Err(trak.damaged("the number of an earlier track"))
            }
            Ok(track) => {
                self.tracks.push(track);
                Ok(())
            }
            Err(error) if kind == TrackKind::Video => Err(error),
            // Broken sound does not stand in the way of the pictures.
            Err(_) => Ok(()),
        }
    }

    fn read_track(&mut self, trak: Cursor<'_>, kind: TrackKind) -> Result<Track, Error> {
        let children = Children::of(trak);
        let header = header::tkhd(children.require(b"tkhd")?)?;
        let mdia = Children::of(children.require(b"mdia")?);
        let media = header::mdhd(mdia.require(b"mdhd")?)?;
        let minf = mdia.require(b"minf")?;
        let stbl = Children::of(minf).require(b"stbl")?;
        let entries = sample_description::stsd(Children::of(stbl).require(b"stsd")?, kind)?;
        let edits = match children.find(b"edts")? {
            Some(edts) => Children::of(edts).find(b"elst")?.map(edits::elst).transpose()?.unwrap_or_default(),
            None => Vec::new(),
        };
        let shift = edits::shift(&edits, self.settings.timescale, media.timescale);
        let media_header = media_header(minf)?;
        let sample_count = sample_table::sample_count(stbl)?;
        let samples = match sample_table::check_count(self.announced.saturating_add(sample_count)) {
            Ok(()) => {
                self.announced += sample_count;
                sample_table::samples(stbl, shift, self.file_bytes)?
            }
            Err(error) if kind == TrackKind::Video => return Err(error),
            // Sound of more samples than are kept is told of, and stands in nobody's way.
            Err(_) => Vec::new(),
        };
        Ok(Track {
            id: header.id,
            kind,
            timescale: media.timescale,
            header_duration: media.duration,
            entries,
            matrix: header.matrix,
            shown: header.shown,
            language: media.language,
            volume: header.volume,
            alternate_group: header.alternate_group,
            enabled: header.enabled,
            media_header,
            edits,
            shift,
            sample_count,
            samples,
        })
    }
}

/// The box of `minf` that depends on what the track carries, whole.
fn media_header(minf: Cursor<'_>) -> Result<Option<Vec<u8>>, Error> {
    const NAMES: [&[u8; 4]; 6] = [b"vmhd", b"smhd", b"hmhd", b"nmhd", b"sthd", b"gmhd"];
    for child in Children::of(minf) {
        let child = child?;
        if NAMES.contains(&&child.name().0) {
            let mut bytes = Vec::new();
            boxed(&mut bytes, &child.name().0, |out| {
                out.extend_from_slice(child.rest());
                Ok(())
            })?;
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// A file, and where it stands: samples that follow each other are read without a seek, which keeps buffers filled.
#[derive(Debug)]
struct Source<R> {
    file: R,
    position: Option<u64>,
}

impl<R: Read + Seek> Source<R> {
    /// Appends bytes of the file, up to its end. The caller knows that the file had so many when it was opened.
    fn read_up_to(&mut self, offset: u64, bytes: u64, buffer: &mut Vec<u8>) -> Result<u64, Error> {
        match self.position.take() {
            Some(position) if position == offset => {}
            // A step keeps what a buffered reader has read ahead, which a seek to a place throws away.
            Some(position) if i64::try_from(offset.abs_diff(position)).is_ok() => {
                self.file.seek_relative(offset.wrapping_sub(position) as i64)?;
            }
            _ => drop(self.file.seek(SeekFrom::Start(offset))?),
        }
        let start = buffer.len();
        buffer.resize(start + bytes as usize, 0);
        let mut end = start;
        while end < buffer.len() {
            match self.file.read(&mut buffer[end..]) {
                Ok(0) => break,
                Ok(count) => end += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        buffer.truncate(end);
        let read = (end - start) as u64;
        self.position = Some(offset + read);
        Ok(read)
    }

    /// Appends bytes of the file; fewer than asked for mean that `name` is cut off.
    fn read_at(&mut self, offset: u64, bytes: u64, name: FourCc, buffer: &mut Vec<u8>) -> Result<(), Error> {
        let read = self.read_up_to(offset, bytes, buffer)?;
        if read < bytes {
            return Err(Error::Truncated { name, at: offset + read, expected: offset + bytes });
        }
        Ok(())
    }
}

/// Names with which MP4 and QuickTime files, and parts of fragmented ones, begin.
const FIRST_BOXES: [&[u8; 4]; 11] =
    [b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid", b"sidx"];

/// Whether a file whose first bytes these are, eight or more, is MP4 or QuickTime: by the name of its first box.
pub fn is_mp4(beginning: &[u8]) -> bool {
    beginning.get(4..8).is_some_and(|name| FIRST_BOXES.iter().any(|first| first.as_slice() == name))
}

/// The head of a box at the top of the file.
struct TopBox {
    name: FourCc,
    contents: u64,
    end: u64,
}

impl TopBox {
    /// The box at `position`, or `None` at the end of the file and before a rest too short for a box.
    fn read<R: Read + Seek>(
        file: &mut Source<R>,
        position: u64,
        file_bytes: u64,
        first: bool,
    ) -> Result<Option<Self>, Error> {
        let left = file_bytes.saturating_sub(position);
        let mut head = Vec::with_capacity(16);
        file.read_up_to(position, left.min(16), &mut head)?;
        let mut cursor = Cursor::new(FourCc(*b"file"), &head, position);
        let (Ok(size), Ok(name)) = (cursor.u32(), cursor.four_cc()) else {
            return if first { Err(Error::NotMp4) } else { Ok(None) };
        };
        if first && !is_mp4(&head) {
            return Err(Error::NotMp4);
        }
        let truncated =
            |name, size| Error::Truncated { name, at: file_bytes, expected: position.saturating_add(size) };
        let (size, head_bytes) = match size {
            0 => (left, 8),
            1 => (cursor.u64().map_err(|_| truncated(name, 16))?, 16),
            size => (size.into(), 8),
        };
        if size < head_bytes {
            return Err(Error::Damaged { name, offset: position, reason: "an impossible size" });
        }
        if size > left {
            return Err(truncated(name, size));
        }
        Ok(Some(Self { name, contents: position + head_bytes, end: position + size }))
    }

    fn contents<R: Read + Seek>(&self, file: &mut Source<R>, buffer: &mut Vec<u8>) -> Result<(), Error> {
        let bytes = self.end - self.contents;
        if bytes > MAX_INDEX_BYTES {
            return Err(Error::Limit { what: "bytes of tables", value: bytes, limit: MAX_INDEX_BYTES });
        }
        buffer.clear();
        file.read_at(self.contents, bytes, self.name, buffer)
    }
}
