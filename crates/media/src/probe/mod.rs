//! What a file is: container, tracks, codec, size, colour, times, key frames; and each access unit.

mod annex_b;
mod facts;
mod layout;
mod mp4;
mod pictures;

pub use facts::{
    ColorFacts, EditFacts, FileFacts, KeyFrames, LayoutFacts, NalFacts, TrackFacts, UnitFacts, VideoFacts,
};

use crate::source::{InputError, Kind, Opened, Source as _, SourceOptions, Y4m, buffered};
use std::{fs::File, io::BufReader, ops::ControlFlow, path::Path};

/// Takes access units one after the other, until it has had enough.
pub type EachUnit<'a> = &'a mut dyn FnMut(&UnitFacts) -> ControlFlow<()>;

/// What a file is. Of MP4 the index is read, and not the media; a stream of Annex B is read whole.
pub fn probe(path: &Path) -> Result<FileFacts, InputError> {
    let (file, bytes, kind) = open(path)?;
    let facts = match kind {
        Kind::Mp4 => mp4::probe(buffered(file), bytes)?,
        Kind::AnnexB => annex_b::probe(file)?,
        Kind::Y4m => y4m(file, bytes)?,
        Kind::Image => return Err(InputError::NoVideo),
    };
    let bitrate = facts.seconds.filter(|seconds| *seconds > 0.0).map(|seconds| bytes as f64 * 8.0 / seconds);
    Ok(FileFacts { bytes, bitrate, ..facts })
}

/// Gives each access unit of the first video track to `each`, in decoding order.
pub fn units(path: &Path, each: EachUnit<'_>) -> Result<(), InputError> {
    let (file, _, kind) = open(path)?;
    match kind {
        Kind::Mp4 => mp4::units(buffered(file), each),
        Kind::AnnexB => annex_b::units(file, each),
        Kind::Y4m => Err(InputError::Unsupported("its pictures are not coded: it has no units".to_owned())),
        Kind::Image => Err(InputError::NoVideo),
    }
}

/// The file with its length and what it holds.
fn open(path: &Path) -> Result<(File, u64, Kind), InputError> {
    match Opened::new(path)? {
        Opened::File { file, bytes, kind: Some(kind) } => Ok((file, bytes, kind)),
        Opened::File { kind: None, .. } => Err(InputError::NoVideo),
        Opened::Pipe(_) => Err(InputError::Usage(
            "it is a pipe or a device, which cannot be wound back: name a file".to_owned(),
        )),
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
