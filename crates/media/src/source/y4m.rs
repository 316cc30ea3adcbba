//! YUV4MPEG2, the stream of raw pictures that `mjpegtools` defined and FFmpeg and others write (`yuv4mpeg(5)`).

use super::{Due, InputError, Position, SPARE_PICTURES, Source, SourceOptions, Timed, read_picture};
use crate::Moment;
use framewire_frame::{Color, Frame, FrameRate, PixelFormat, Pool, Range, Size};
use std::{
    fs::File,
    io::{BufRead, BufReader, Read as _},
};

/// What a stream begins with.
pub(super) const MAGIC: &[u8] = b"YUV4MPEG2";
/// The longest header line that is read.
const MAX_LINE: u64 = 1024;
/// What each frame begins with, before its own fields and the end of the line.
const FRAME: &str = "FRAME";

/// A Y4M file, or standard input that holds one.
pub struct Y4m<R> {
    input: Position<R>,
    header: Header,
    frame_rate: FrameRate,
    frame_count: Option<u64>,
    pool: Pool,
    index: u64,
    rewind: Rewind<R>,
}

/// Starts over; false where that cannot be done.
type Rewind<R> = fn(&mut Position<R>) -> std::io::Result<bool>;

#[derive(Debug, PartialEq)]
struct Header {
    size: Size,
    frame_rate: FrameRate,
    color: Color,
}

impl Y4m<BufReader<File>> {
    /// From a file of `file_bytes`, which can start over.
    pub fn from_file(
        input: BufReader<File>,
        file_bytes: u64,
        options: &SourceOptions,
    ) -> Result<Self, InputError> {
        let opened = Self::new(input, options, |input| input.rewind().map(|()| true))?;
        let frame_bytes = (FRAME.len() + 1 + PixelFormat::I420.packed_len(opened.header.size)) as u64;
        let media_bytes = file_bytes.saturating_sub(opened.input.offset());
        Ok(Self { frame_count: Some(media_bytes / frame_bytes), ..opened })
    }
}

impl<R: BufRead + Send> Y4m<R> {
    /// From a stream, which cannot start over.
    pub fn from_stream(input: R, options: &SourceOptions) -> Result<Self, InputError> {
        Self::new(input, options, |_| Ok(false))
    }

    fn new(input: R, options: &SourceOptions, rewind: Rewind<R>) -> Result<Self, InputError> {
        let mut input = Position::new(input);
        let line = read_line(&mut input).map_err(|error| match error {
            InputError::Damaged { .. } => not_y4m(),
            other => other,
        })?;
        let line = line.ok_or(InputError::Empty)?;
        let header = Header::parse(&line, options.color)?;
        let frame_rate = options.frame_rate.unwrap_or(header.frame_rate);
        let pool = Pool::new(SPARE_PICTURES);
        Ok(Self { input, header, frame_rate, frame_count: None, pool, index: 0, rewind })
    }
}

impl<R: BufRead + Send> Source for Y4m<R> {
    fn describe(&self) -> String {
        format!("YUV4MPEG2, {}, {} fps", self.header.size, self.frame_rate)
    }

    fn frame_rate(&self) -> Option<FrameRate> {
        Some(self.frame_rate)
    }

    fn frame_count(&self) -> Option<u64> {
        self.frame_count
    }

    fn next(&mut self) -> Result<Option<Timed>, InputError> {
        let offset = self.input.offset();
        let Some(line) = read_line(&mut self.input)? else { return Ok(None) };
        if line.split(' ').next() != Some(FRAME) {
            let what = format!("frame {} does not begin with {FRAME}", self.index);
            return Err(InputError::Damaged { offset, what });
        }
        let Some(picture) = read_picture(&mut self.input, PixelFormat::I420, self.header.size, &self.pool)?
        else {
            let what = "the last frame has no pixels".to_owned();
            return Err(InputError::Truncated { offset: self.input.offset(), what });
        };
        let due = Due::At(Moment::of_frame(self.frame_rate, self.index));
        self.index += 1;
        let frame = Frame { color: self.header.color, ..Frame::new(picture) };
        Ok(Some(Timed::new(frame, due)))
    }

    fn rewind(&mut self) -> Result<bool, InputError> {
        if !(self.rewind)(&mut self.input)? {
            return Ok(false);
        }
        read_line(&mut self.input)?;
        self.index = 0;
        Ok(true)
    }
}

impl Header {
    fn parse(line: &str, color: Color) -> Result<Self, InputError> {
        let broken = |what: &str| InputError::Broken(format!("its header has {what}"));
        let (mut width, mut height) = (None, None);
        let mut fields = line.split(' ');
        if fields.next().map(str::as_bytes) != Some(MAGIC) {
            return Err(not_y4m());
        }
        let mut header =
            Self { size: Size::new(2, 2).expect("a size"), frame_rate: FrameRate::whole(25), color };
        for field in fields.filter(|field| !field.is_empty()) {
            let Some((kind, value)) = field.split_at_checked(1) else {
                return Err(broken("a field that is no ASCII"));
            };
            match kind {
                "W" => width = value.parse().ok(),
                "H" => height = value.parse().ok(),
                "F" => {
                    let fraction = value.replace(':', "/");
                    header.frame_rate = fraction
                        .parse()
                        .map_err(|_| broken(&format!("the impossible frame rate {value}")))?;
                }
                "I" if !matches!(value, "p" | "?" | "") => {
                    return Err(InputError::Unsupported(
                        "it is interlaced, and only progressive video can be read".to_owned(),
                    ));
                }
                "C" if !is_420_8bit(value) => {
                    return Err(InputError::Unsupported(format!(
                        "its pixels are {value}, and only 8-bit 4:2:0 can be read"
                    )));
                }
                "X" if value == "COLORRANGE=FULL" => header.color.range = Range::Full,
                "X" if value == "COLORRANGE=LIMITED" => header.color.range = Range::Limited,
                _ => {}
            }
        }
        let (Some(width), Some(height)) = (width, height) else { return Err(broken("no size")) };
        header.size = Size::new(width, height).map_err(|error| InputError::Broken(error.to_string()))?;
        Ok(header)
    }
}

/// The names of 8-bit 4:2:0 differ in where chroma sits, which does not matter here.
fn is_420_8bit(name: &str) -> bool {
    matches!(name, "420" | "420jpeg" | "420mpeg2" | "420paldv")
}

/// One line without its end; `None` at the end of the input.
fn read_line(input: &mut Position<impl BufRead>) -> Result<Option<String>, InputError> {
    let offset = input.offset();
    let mut line = Vec::new();
    input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
    let length = line.len() as u64;
    match line.pop() {
        None => Ok(None),
        Some(last) if last != b'\n' && length == MAX_LINE => {
            let what = format!("a header line has more than {MAX_LINE} bytes");
            Err(InputError::Damaged { offset, what })
        }
        Some(b'\n') => String::from_utf8(line)
            .map(Some)
            .map_err(|_| InputError::Damaged { offset, what: "a header is no text".to_owned() }),
        Some(_) => {
            let what = "a header line does not end".to_owned();
            Err(InputError::Truncated { offset: input.offset(), what })
        }
    }
}

fn not_y4m() -> InputError {
    InputError::Usage(
        "it is not YUV4MPEG2, which ffmpeg writes with -pix_fmt yuv420p -f yuv4mpegpipe; for raw frames, give --size WxH and --pixel-format FORMAT".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(bytes: &[u8]) -> Result<Y4m<&[u8]>, InputError> {
        Y4m::from_stream(bytes, &SourceOptions::default())
    }

    #[test]
    fn frames_come_with_their_moments() {
        let mut file = b"YUV4MPEG2 W4 H2 F30000:1001 Ip A1:1 C420jpeg XCOLORRANGE=FULL\n".to_vec();
        for frame in 0..2_u8 {
            file.extend(if frame == 0 { &b"FRAME\n"[..] } else { b"FRAME Ip\n" });
            file.extend([frame; 12]);
        }
        let mut source = open(&file).unwrap();
        assert_eq!(source.describe(), "YUV4MPEG2, 4x2, 29.97 fps");
        source.next().unwrap().unwrap();
        let second = source.next().unwrap().unwrap();
        let rate = FrameRate::new(30_000, 1001).unwrap();
        assert_eq!(second.due, Due::At(Moment::of_frame(rate, 1)));
        assert_eq!(second.frame.color.range, Range::Full);
        assert!(source.next().unwrap().is_none());
        assert!(!source.rewind().unwrap());
    }

    #[test]
    fn each_flaw_has_its_sentence() {
        let sentence = |bytes: &[u8]| match open(bytes).map(|mut source| source.next()) {
            Err(error) | Ok(Err(error)) => error.to_string(),
            Ok(Ok(_)) => panic!("{bytes:?} was read"),
        };
        assert_eq!(sentence(b""), "it is empty");
        assert_eq!(sentence(b"YUV4MPEG2 W4"), "it is cut off at byte 12: a header line does not end");
        assert_eq!(sentence(b"YUV4MPEG2 W4\n"), "it is broken: its header has no size");
        assert!(sentence(b"YUV4MPEG2 W4 H2 C444\n").contains("444"));
        assert!(sentence(b"YUV4MPEG2 W4 H2 It\n").contains("interlaced"));
        assert_eq!(
            sentence(b"YUV4MPEG2 W4 H2\nFRAME\n123"),
            "it is cut off at byte 25: the last frame has 3 of 12 bytes"
        );
        assert_eq!(
            sentence(b"YUV4MPEG2 W4 H2\nFRAME\n"),
            "it is cut off at byte 22: the last frame has no pixels"
        );
        for line in ["FRAGE", "FRAMEX", "FRAME\r"] {
            assert_eq!(
                sentence(format!("YUV4MPEG2 W4 H2\n{line}\n0123456789ab").as_bytes()),
                "it is broken at byte 16: frame 0 does not begin with FRAME"
            );
        }
        assert!(sentence(b"YUV4MPEG2X W4 H2\nFRAME\n0123456789ab").contains("it is not YUV4MPEG2"));
        assert!(sentence(b"YUV4MPEG2 W99999 H2\n").contains("99999x2"));
    }
}
