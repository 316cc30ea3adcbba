use super::{AnnexBSink, Destination, Mp4Sink, OutputError, UnitSink, VideoFacts};
use crate::Cancel;
use framewire_codec::Codec;
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

    /// The name on a command line: `mp4`, `fast-start-mp4`, `fragmented-mp4`, `annexb`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::FastStartMp4 => "fast-start-mp4",
            Self::FragmentedMp4 => "fragmented-mp4",
            Self::AnnexB => "annexb",
        }
    }

    /// By the end of a file's name; `None` where it says nothing.
    pub fn of_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "mp4" | "m4v" => Some(Self::Mp4),
            name => Self::codec_of(name).map(|_| Self::AnnexB),
        }
    }

    /// The codec that the name of a format or the end of a file's name says, both of [`VideoFormat::AnnexB`]; `None` for any
    /// other name.
    pub fn codec_of(name: &str) -> Option<Codec> {
        match name.to_ascii_lowercase().as_str() {
            "h264" | "264" | "avc" => Some(Codec::H264),
            "h265" | "265" | "hevc" => Some(Codec::Hevc),
            _ => None,
        }
    }
}

impl FromStr for VideoFormat {
    type Err = String;

    /// Reads a name, and that of a codec for units behind start codes.
    fn from_str(name: &str) -> Result<Self, String> {
        let unknown = || {
            format!(
                "\"{name}\" is no format of video: mp4, fast-start-mp4, fragmented-mp4, h264 and hevc are"
            )
        };
        match name.to_ascii_lowercase().as_str() {
            "annex-b" => Ok(Self::AnnexB),
            name if Self::codec_of(name).is_some() => Ok(Self::AnnexB),
            name => Self::ALL.into_iter().find(|format| format.name() == name).ok_or_else(unknown),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_read_as_they_are_written_and_by_the_codec_that_they_hold() {
        for format in VideoFormat::ALL {
            assert_eq!(format.name().parse(), Ok(format));
            assert_eq!(VideoFormat::codec_of(format.name()), None, "a container, or start codes of either");
        }
        for (name, codec) in
            [("h264", Codec::H264), ("264", Codec::H264), ("HEVC", Codec::Hevc), ("h265", Codec::Hevc)]
        {
            assert_eq!(name.parse(), Ok(VideoFormat::AnnexB), "{name}");
            assert_eq!(
                VideoFormat::of_path(&Path::new("out").with_extension(name)),
                Some(VideoFormat::AnnexB)
            );
            assert_eq!(VideoFormat::codec_of(name), Some(codec), "{name}");
        }
        assert_eq!(VideoFormat::of_path(Path::new("out.mov")), None);
        assert!("mov".parse::<VideoFormat>().unwrap_err().contains("h264 and hevc are"));
    }
}
