use super::{Clip, Images, InputError, Kind, Opened, Raw, Source, Y4m, buffered};
use framewire_codec::Roster;
use framewire_frame::{Color, FrameRate, PixelFormat, Size};
use std::{
    io::{BufRead as _, Read},
    path::Path,
};

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
    let (file, bytes, kind) = match Opened::new(path)? {
        Opened::File { file, bytes, kind } => (file, bytes, kind),
        Opened::Pipe(pipe) => return open_stream(pipe, options, roster),
    };
    if let Some(shape) = options.raw {
        // A part of a frame at the end is none.
        let frames = bytes / shape.format.packed_len(shape.size) as u64;
        return Ok(Box::new(Raw::new(buffered(file), shape, options).with_frame_count(frames)));
    }
    match kind {
        Some(Kind::Y4m) => Ok(Box::new(Y4m::from_file(buffered(file), bytes, options)?)),
        Some(Kind::AnnexB) => Ok(Box::new(Clip::annex_b_file(file, options, roster)?)),
        Some(Kind::Mp4) => Ok(Box::new(Clip::mp4(buffered(file), options, roster)?)),
        Some(Kind::Image) => Ok(Box::new(Images::single(path, options)?)),
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
    match Kind::of(stream.fill_buf()?) {
        Some(Kind::AnnexB) => Ok(Box::new(Clip::annex_b_stream(stream, options, roster)?)),
        Some(Kind::Mp4) => Err(mp4_in_a_pipe()),
        Some(Kind::Y4m | Kind::Image) | None => Ok(Box::new(Y4m::from_stream(stream, options)?)),
    }
}

/// What is said about MP4 that does not come from a file.
pub(crate) fn mp4_in_a_pipe() -> InputError {
    InputError::Usage(
        "MP4 cannot be read from a pipe, because its index may lie anywhere: name the file".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, fs, process};

    #[test]
    fn a_part_of_a_raw_frame_is_not_counted() {
        let path = env::temp_dir().join(format!("framewire-media-raw-{}", process::id()));
        let shape = RawShape { size: Size::new(2, 2).unwrap(), format: PixelFormat::Rgb8 };
        let options = SourceOptions { raw: Some(shape), ..SourceOptions::default() };
        fs::write(&path, [7; 2 * 12 + 5]).unwrap();
        let count = open_file(&path, &options, &Roster::default()).map(|source| source.frame_count());
        fs::remove_file(&path).unwrap();
        assert_eq!(count.unwrap(), Some(2));
    }
}
