use super::{InputError, images, y4m};
use framewire_mp4 as mp4;
use std::{
    fs::File,
    io::{self, BufReader, Read, Seek as _, SeekFrom},
    path::Path,
};

/// Bytes that are asked of a file or pipe at a time.
const BUFFER_BYTES: usize = 1 << 20;
/// Bytes by which a format is known.
const BEGINNING_BYTES: usize = 4096;

/// An input that was opened by its name.
pub(crate) enum Opened {
    /// A file that is not empty, at its beginning.
    File {
        file: File,
        bytes: u64,
        /// What it holds; `None` for a format that is not known here.
        kind: Option<Kind>,
    },
    /// A named pipe or a device, which cannot be wound back.
    Pipe(File),
}

/// A format that is known by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Y4m,
    AnnexB,
    Mp4,
    /// PNG or JPEG.
    Image,
}

impl Opened {
    pub(crate) fn new(path: &Path) -> Result<Self, InputError> {
        let mut file = File::open(path).map_err(InputError::Open)?;
        let facts = file.metadata()?;
        if facts.is_dir() {
            return Err(InputError::Open(io::Error::other("it is a folder")));
        }
        if !facts.is_file() {
            return Ok(Self::Pipe(file));
        }
        if facts.len() == 0 {
            return Err(InputError::Empty);
        }
        let mut beginning = Vec::new();
        file.by_ref().take(BEGINNING_BYTES as u64).read_to_end(&mut beginning)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Self::File { file, bytes: facts.len(), kind: Kind::of(&beginning) })
    }
}

impl Kind {
    /// By the first bytes, a dozen or more, or all where there are fewer.
    pub(crate) fn of(beginning: &[u8]) -> Option<Self> {
        let beginning = beginning.get(..BEGINNING_BYTES).unwrap_or(beginning);
        let word = beginning.get(..y4m::MAGIC.len()).unwrap_or(beginning);
        if y4m::MAGIC.starts_with(word) && word.len() >= 4 {
            Some(Self::Y4m)
        } else if mp4::is_mp4(beginning) {
            // Before Annex B, because the size of a box may look like a start code.
            Some(Self::Mp4)
        } else if begins_with_start_code(beginning) {
            Some(Self::AnnexB)
        } else if images::is_image(beginning) {
            Some(Self::Image)
        } else {
            None
        }
    }
}

pub(crate) fn buffered<R: Read>(input: R) -> BufReader<R> {
    BufReader::with_capacity(BUFFER_BYTES, input)
}

/// Any number of zeros may stand before the first start code (`leading_zero_8bits`, B.1.2).
fn begins_with_start_code(bytes: &[u8]) -> bool {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    zeros >= 2 && bytes.get(zeros) == Some(&1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        assert_eq!(Kind::of(b"YUV4MPEG2 W2"), Some(Kind::Y4m));
        assert_eq!(Kind::of(b"\0\0\0\x20ftypisom"), Some(Kind::Mp4));
        assert_eq!(Kind::of(b"\xff\xd8\xff\xe0"), Some(Kind::Image));
        for other in [&b"RIFF....AVI "[..], b"\x1aE\xdf\xa3", b"", b"Y", b"PK\x03\x04", &[0; 99], &[0, 1]] {
            assert_eq!(Kind::of(other), None);
        }
    }

    #[test]
    fn annex_b_may_begin_with_any_number_of_zeros() {
        for zeros in [2, 3, 4, 11, 12, 500] {
            let stream = [&vec![0; zeros][..], &[1, 0x67, 0x42]].concat();
            assert_eq!(Kind::of(&stream), Some(Kind::AnnexB), "{zeros}");
        }
    }

    #[test]
    fn a_box_whose_size_looks_like_a_start_code_is_mp4() {
        assert_eq!(Kind::of(b"\0\0\0\x01mdat\0\0\0\x01\0\0\0\0"), Some(Kind::Mp4));
        assert_eq!(Kind::of(b"\0\0\x01\x20moov\0\0\0\x6cmvhd"), Some(Kind::Mp4));
    }
}
