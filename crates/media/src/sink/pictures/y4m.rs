use super::{PictureSink, raw::write_packed};
use crate::sink::{OutputError, Stream};
use framewire_frame::{Color, FrameRate, PictureRef, PixelFormat, Range, Size};
use std::io::{BufWriter, Write as _};

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 1 << 20;

/// YUV4MPEG2 with I420, at a constant rate.
#[derive(Debug)]
pub struct Y4mSink {
    output: BufWriter<Stream>,
    rate: FrameRate,
    /// The size and colour of the header; `None` before it is written.
    shape: Option<(Size, Color)>,
    bytes: u64,
}

impl Y4mSink {
    /// Writes to `output`; the header says `rate`.
    pub fn new(output: Stream, rate: FrameRate) -> Self {
        Self { output: BufWriter::with_capacity(BUFFER_BYTES, output), rate, shape: None, bytes: 0 }
    }

    fn header(&mut self, size: Size, color: Color) -> Result<(), OutputError> {
        let range = match color.range {
            Range::Limited => "LIMITED",
            Range::Full => "FULL",
        };
        let header = format!(
            "YUV4MPEG2 W{} H{} F{}:{} Ip A0:0 C420jpeg XCOLORRANGE={range}\n",
            size.width(),
            size.height(),
            self.rate.numerator(),
            self.rate.denominator()
        );
        self.output.write_all(header.as_bytes())?;
        self.bytes += header.len() as u64;
        self.shape = Some((size, color));
        Ok(())
    }
}

impl PictureSink for Y4mSink {
    fn format(&self, _source: PixelFormat) -> PixelFormat {
        PixelFormat::I420
    }

    fn write(&mut self, picture: PictureRef<'_>, color: Color) -> Result<(), OutputError> {
        if picture.format() != PixelFormat::I420 {
            return Err(OutputError::Format { from: picture.format(), to: PixelFormat::I420 });
        }
        match self.shape {
            None => self.header(picture.size(), color)?,
            Some((size, _)) if size != picture.size() => {
                let now = picture.size();
                return Err(OutputError::Unsupported(format!(
                    "a picture of {now} follows pictures of {size}, and YUV4MPEG2 holds one size"
                )));
            }
            Some(_) => {}
        }
        self.output.write_all(b"FRAME\n")?;
        self.bytes += 6 + write_packed(&mut self.output, picture)?;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        Ok(self.output.flush()?)
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }
}
