use super::{AnnexBSink, Destination, Mp4Sink, OutputError, UnitSink, VideoFacts};
use crate::Cancel;
use std::{path::Path, str::FromStr};

/// A format of coded video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VideoFormat {
    /// MP4 with an index of the whole, or in fragments where it goes into a pipe.
    Mp4,
    /// MP4 with the index in front, for playing while it is loaded.
    FastStartMp4,
    /// MP4 in fragments.
    FragmentedMp4,
    /// Units behind start codes.
    AnnexB,
}

impl VideoFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Mp4, Self::FastStartMp4, Self::FragmentedMp4, Self::AnnexB];

    /// The name on a command line: `mp4`, `fast-start-mp4`, `fragmented-mp4`, `h264`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::FastStartMp4 => "fast-start-mp4",
            Self::FragmentedMp4 => "fragmented-mp4",
            Self::AnnexB => "h264",
        }
    }

    /// By the end of a file's name; `None` where it says nothing.
    pub fn of_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "mp4" | "m4v" => Some(Self::Mp4),
            "h264" | "264" | "avc" | "h265" | "265" | "hevc" => Some(Self::AnnexB),
            _ => None,
        }
    }
}

impl FromStr for VideoFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name.to_ascii_lowercase().as_str() {
            "annexb" | "annex-b" | "hevc" => Ok(Self::AnnexB),
            name => Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
                format!("\"{name}\" is no format of video: mp4, fast-start-mp4, fragmented-mp4 and h264 are")
            }),
        }
    }
}

/// Opens an output for coded units; see [`Destination::open`].
pub fn open_video(
    destination: &Destination,
    format: VideoFormat,
    facts: VideoFacts,
    cancel: &Cancel,
) -> Result<Box<dyn UnitSink>, OutputError> {
    let output = destination.open(cancel)?;
    Ok(match format {
        VideoFormat::AnnexB => Box::new(AnnexBSink::new(output.into())),
        VideoFormat::Mp4 => Box::new(Mp4Sink::plain(output, facts)),
        VideoFormat::FastStartMp4 => Box::new(Mp4Sink::fast_start(output, facts)),
        VideoFormat::FragmentedMp4 => Box::new(Mp4Sink::fragmented(output, facts)),
    })
}
