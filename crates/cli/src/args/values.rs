//! Values that several commands take.

use framewire::{
    codec::{Codec, Profile},
    frame::{Matrix, Range},
    media::sink::VideoFormat,
};
use std::{fmt, path::PathBuf, str::FromStr};

/// A file, or `-` for standard input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileOrPipe {
    Pipe,
    File(PathBuf),
}

impl FromStr for FileOrPipe {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("name a file, or `-`".to_owned()),
            "-" => Ok(Self::Pipe),
            path => Ok(Self::File(path.into())),
        }
    }
}

impl fmt::Display for FileOrPipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pipe => f.pad("standard input"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// A format of coded video, and the codec where its name is one's: `h264`, `hevc`.
#[derive(Debug, Clone)]
pub struct NamedFormat {
    pub format: VideoFormat,
    pub codec: Option<Codec>,
    name: String,
}

impl FromStr for NamedFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Ok(Self { format: name.parse()?, codec: VideoFormat::codec_of(name), name: name.to_owned() })
    }
}

impl fmt::Display for NamedFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

pub fn matrix(text: &str) -> Result<Matrix, String> {
    match text {
        "601" | "bt601" => Ok(Matrix::Bt601),
        "709" | "bt709" => Ok(Matrix::Bt709),
        _ => Err("write 601 or 709".to_owned()),
    }
}

pub fn range(text: &str) -> Result<Range, String> {
    match text {
        "limited" => Ok(Range::Limited),
        "full" => Ok(Range::Full),
        _ => Err("write limited or full".to_owned()),
    }
}

pub fn profile(text: &str) -> Result<Profile, String> {
    match text {
        "baseline" => Ok(Profile::Baseline),
        "main" => Ok(Profile::Main),
        "high" => Ok(Profile::High),
        _ => Err("write baseline, main or high".to_owned()),
    }
}
