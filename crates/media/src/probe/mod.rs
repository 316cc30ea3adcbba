//! What a file is: container, tracks, codec, size, colour, times, key frames; and each access unit.

mod annex_b;
mod facts;
mod layout;
mod mp4;
mod pictures;

pub use facts::{
    ColorFacts, EditFacts, FileFacts, KeyFrames, LayoutFacts, NalFacts, TrackFacts, UnitFacts, VideoFacts,
};

use crate::source::{InputError, Kind, Source as _, SourceOptions, Y4m, buffered};
use std::{
    fs::File,
    io::{self, BufReader, Read as _, Seek as _, SeekFrom},
    ops::ControlFlow,
    path::Path,
};

/// Bytes by which a format is known.
const MAGIC_BYTES: u64 = 12;

/// Takes access units one after the other, until it has had enough.
pub type EachUnit<'a> = &'a mut dyn FnMut(&UnitFacts) -> ControlFlow<()>;

/// What a file is. Of MP4 the index is read, and not the media; a stream of Annex B is read whole.
pub fn probe(path: &Path) -> Result<FileFacts, InputError> {
    let opened = Opened::new(path)?;
    let facts = match opened.kind {
        Kind::Mp4 => mp4::probe(buffered(opened.file), opened.bytes)?,
        Kind::AnnexB => annex_b::probe(opened.file)?,
        Kind::Y4m => y4m(opened.file, opened.bytes)?,
    };
    let bitrate =
        facts.seconds.filter(|seconds| *seconds > 0.0).map(|seconds| opened.bytes as f64 * 8.0 / seconds);
    Ok(FileFacts { bytes: opened.bytes, bitrate, ..facts })
}

/// Gives each access unit of the first video track to `each`, in decoding order.
pub fn units(path: &Path, each: EachUnit<'_>) -> Result<(), InputError> {
    let opened = Opened::new(path)?;
    match opened.kind {
        Kind::Mp4 => mp4::units(buffered(opened.file), each),
        Kind::AnnexB => annex_b::units(opened.file, each),
        Kind::Y4m => Err(InputError::Unsupported("its pictures are not coded: it has no units".to_owned())),
    }
}

struct Opened {
    file: File,
    kind: Kind,
    bytes: u64,
}

impl Opened {
    fn new(path: &Path) -> Result<Self, InputError> {
        let mut file = File::open(path).map_err(InputError::Open)?;
        let facts = file.metadata()?;
        if !facts.is_file() {
            return Err(InputError::Open(io::Error::other("it is no file")));
        }
        if facts.len() == 0 {
            return Err(InputError::Empty);
        }
        let mut magic = Vec::new();
        file.by_ref().take(MAGIC_BYTES).read_to_end(&mut magic)?;
        file.seek(SeekFrom::Start(0))?;
        let kind = Kind::of(&magic).ok_or(InputError::NoVideo)?;
        Ok(Self { file, kind, bytes: facts.len() })
    }
}

fn y4m(file: File, bytes: u64) -> Result<FileFacts, InputError> {
    let mut source = Y4m::from_file(BufReader::new(file), bytes, &SourceOptions::default())?;
    let (frames, rate) = (source.frame_count().unwrap_or(0), source.frame_rate());
    let first = source.next()?;
    let size = first.as_ref().map_or_else(String::new, |first| first.frame.size().to_string());
    let seconds = rate.map(|rate| frames as f64 / rate.as_f64());
    let video = VideoFacts {
        size,
        chroma: Some("4:2:0".to_owned()),
        bit_depth: Some(8),
        frame_rate: rate.map(framewire_frame::FrameRate::as_f64),
        constant_frame_rate: Some(true),
        ..VideoFacts::default()
    };
    let track = TrackFacts {
        kind: "video".to_owned(),
        samples: frames,
        seconds,
        bytes,
        descriptions: 0,
        video: Some(video),
        ..TrackFacts::default()
    };
    Ok(FileFacts { format: "yuv4mpeg2".to_owned(), seconds, tracks: vec![track], ..FileFacts::default() })
}
