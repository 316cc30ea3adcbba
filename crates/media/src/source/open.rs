use super::{Clip, Images, InputError, Raw, Source, Y4m, images, y4m};
use framewire_codec::Roster;
use framewire_frame::{Color, FrameRate, PixelFormat, Size};
use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read, Seek as _, SeekFrom},
    path::Path,
};

/// Bytes that are asked of a file or pipe at a time.
const BUFFER_BYTES: usize = 1 << 20;
/// Bytes by which a format is known.
const MAGIC_BYTES: usize = 12;

/// What is said about an input beside its name.
#[derive(Debug, Clone, Copy, Default)]
pub struct SourceOptions {
    /// Instead of the input's own rate: frames are then counted, and their own moments left aside.
    pub frame_rate: Option<FrameRate>,
    /// What RGB is converted to.
    pub color: Color,
    /// The input is raw pictures of this shape.
    pub raw: Option<RawShape>,
    /// The number of the first of numbered images; the lowest that is there without it.
    pub start: Option<u64>,
}

/// What raw pictures are: nothing in them says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawShape {
    /// The size of each.
    pub size: Size,
    /// The format of each.
    pub format: PixelFormat,
}

/// Opens a file by what it holds, whatever its name says; or numbered images, where the name has a place for a number,
/// such as `%04d`.
pub fn open_file(
    path: &Path,
    options: &SourceOptions,
    roster: &Roster,
) -> Result<Box<dyn Source>, InputError> {
    if let Some(images) = Images::matching(path, options)? {
        return Ok(Box::new(images));
    }
    let mut file = File::open(path).map_err(InputError::Open)?;
    let facts = file.metadata()?;
    if facts.is_dir() {
        return Err(InputError::Open(io::Error::other("it is a folder")));
    }
    if !facts.is_file() {
        return open_stream(file, options, roster);
    }
    if facts.len() == 0 {
        return Err(InputError::Empty);
    }
    if let Some(shape) = options.raw {
        let frames = facts.len().div_ceil(shape.format.packed_len(shape.size) as u64);
        return Ok(Box::new(Raw::new(buffered(file), shape, options).with_frame_count(frames)));
    }
    let mut magic = Vec::new();
    file.by_ref().take(MAGIC_BYTES as u64).read_to_end(&mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    match Kind::of(&magic) {
        Some(Kind::Y4m) => Ok(Box::new(Y4m::from_file(buffered(file), facts.len(), options)?)),
        Some(Kind::AnnexB) => Ok(Box::new(Clip::annex_b_file(file, options, roster)?)),
        Some(Kind::Mp4) => Ok(Box::new(Clip::mp4(buffered(file), options, roster)?)),
        None if images::is_image(&magic) => Ok(Box::new(Images::single(path, options)?)),
        None => Err(InputError::NoVideo),
    }
}

/// Opens what can be read but not wound back: a pipe or standard input. Raw pictures need their shape; YUV4MPEG2 and
/// Annex B are known by their first bytes.
pub fn open_stream(
    stream: impl Read + Send + 'static,
    options: &SourceOptions,
    roster: &Roster,
) -> Result<Box<dyn Source>, InputError> {
    let mut stream = buffered(stream);
    if let Some(shape) = options.raw {
        return Ok(Box::new(Raw::new(stream, shape, options)));
    }
    let magic = stream.fill_buf()?;
    match Kind::of(&magic[..magic.len().min(MAGIC_BYTES)]) {
        Some(Kind::AnnexB) => Ok(Box::new(Clip::annex_b_stream(stream, options, roster)?)),
        Some(Kind::Mp4) => Err(mp4_in_a_pipe()),
        Some(Kind::Y4m) | None => Ok(Box::new(Y4m::from_stream(stream, options)?)),
    }
}

/// What is said about MP4 that does not come from a file.
pub(crate) fn mp4_in_a_pipe() -> InputError {
    InputError::Usage(
        "MP4 cannot be read from a pipe, because its index may lie anywhere: name the file".to_owned(),
    )
}

pub(crate) fn buffered<R: Read>(input: R) -> BufReader<R> {
    BufReader::with_capacity(BUFFER_BYTES, input)
}

/// A format that is known by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Y4m,
    AnnexB,
    Mp4,
}

impl Kind {
    /// By the first twelve bytes, or all where there are fewer.
    pub(crate) fn of(magic: &[u8]) -> Option<Self> {
        let box_type = magic.get(4..8).unwrap_or_default();
        if y4m::MAGIC.starts_with(magic.get(..y4m::MAGIC.len()).unwrap_or(magic)) && magic.len() >= 4 {
            Some(Self::Y4m)
        } else if magic.starts_with(&[0, 0, 1]) || magic.starts_with(&[0, 0, 0, 1]) {
            Some(Self::AnnexB)
        } else if [b"ftyp", b"moov", b"moof", b"styp", b"mdat", b"free", b"skip", b"wide"]
            .iter()
            .any(|t| *t == box_type)
        {
            Some(Self::Mp4)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        assert_eq!(Kind::of(b"YUV4MPEG2 W2"), Some(Kind::Y4m));
        assert_eq!(Kind::of(&[0, 0, 0, 1, 0x67, 0x42]), Some(Kind::AnnexB));
        assert_eq!(Kind::of(b"\0\0\0\x20ftypisom"), Some(Kind::Mp4));
        for other in [&b"RIFF....AVI "[..], b"\x1aE\xdf\xa3", b"", b"Y", b"PK\x03\x04"] {
            assert_eq!(Kind::of(other), None);
        }
    }
}
