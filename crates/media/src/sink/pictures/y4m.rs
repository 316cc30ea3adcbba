use super::{
    PictureSink,
    raw::{Ends, write_packed},
};
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
    ends: Ends,
}

impl Y4mSink {
    /// Writes to `output`; the header says `rate`.
    pub fn new(output: Stream, rate: FrameRate) -> Self {
        Self {
            output: BufWriter::with_capacity(BUFFER_BYTES, output),
            rate,
            shape: None,
            bytes: 0,
            ends: Ends::default(),
        }
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
        self.ends.push(self.bytes, self.output.get_ref().written());
        Ok(())
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        Ok(self.output.flush()?)
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn whole_pictures(&self) -> u64 {
        self.ends.whole(self.output.get_ref().written())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_frame::Picture;
    use std::io;

    /// Takes so many bytes.
    struct Disk(usize);

    impl io::Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.0);
            self.0 -= count;
            if count == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(count) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_whole_on_a_full_disk_is_counted() {
        let size = Size::new(1024, 512).unwrap();
        let frame = PixelFormat::I420.packed_len(size);
        let picture = Picture::packed(PixelFormat::I420, size, vec![7; frame]).unwrap();
        for (room, whole) in [(10, 0), (frame, 0), (frame * 2 + 200, 2), (frame * 3, 2), (frame * 20, 6)] {
            let mut sink = Y4mSink::new(Stream::of(Disk(room)), FrameRate::whole(30));
            let written = (0..6).try_for_each(|_| sink.write(picture.as_ref(), Color::default()));
            assert_eq!(written.and_then(|()| sink.finish()).is_ok(), whole == 6);
            assert_eq!(sink.whole_pictures(), whole, "{room}");
        }
    }
}
