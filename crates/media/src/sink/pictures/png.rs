use super::PictureSink;
use crate::{
    sink::{Destination, OutputError},
    source::NamePattern,
};
use framewire_frame::{Color, PictureRef, PixelFormat};
use std::io::{self, Write as _};

/// Numbered PNG files in RGB, from 0.
#[derive(Debug)]
pub struct PngSink {
    destination: Destination,
    pattern: NamePattern,
    number: u64,
    /// The pixels without padding and alpha, and the file: used again.
    rgb: Vec<u8>,
    file: Vec<u8>,
    bytes: u64,
}

impl PngSink {
    pub(super) fn new(destination: Destination, pattern: NamePattern) -> Self {
        Self { destination, pattern, number: 0, rgb: Vec::new(), file: Vec::new(), bytes: 0 }
    }
}

impl PictureSink for PngSink {
    fn format(&self, source: PixelFormat) -> PixelFormat {
        if source.is_yuv() { PixelFormat::Rgb8 } else { source }
    }

    fn write(&mut self, picture: PictureRef<'_>, _color: Color) -> Result<(), OutputError> {
        let size = picture.size();
        pack(picture, &mut self.rgb)?;
        self.file.clear();
        let mut encoder = png::Encoder::new(&mut self.file, size.width(), size.height());
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let made = encoder.write_header().and_then(|mut writer| {
            writer.write_image_data(&self.rgb)?;
            writer.finish()
        });
        made.map_err(io::Error::other)?;
        let path = self.pattern.path(self.number);
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let mut file = self.destination.create(&path).map_err(|error| match error {
            OutputError::Exists => OutputError::Usage(format!("{} exists already", path.display())),
            OutputError::Create(error) => OutputError::Create(named(error)),
            other => other,
        })?;
        file.write_all(&self.file).map_err(named)?;
        self.number += 1;
        self.bytes += self.file.len() as u64;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn whole_pictures(&self) -> u64 {
        self.number
    }
}

/// Replaces `rgb` by the pixels in RGB without padding.
fn pack(picture: PictureRef<'_>, rgb: &mut Vec<u8>) -> Result<(), OutputError> {
    let (step, order) = match picture.format() {
        PixelFormat::Rgb8 => (3, [0, 1, 2]),
        PixelFormat::Rgba8 => (4, [0, 1, 2]),
        PixelFormat::Bgra8 => (4, [2, 1, 0]),
        from @ (PixelFormat::Nv12 | PixelFormat::I420) => {
            return Err(OutputError::Format { from, to: PixelFormat::Rgb8 });
        }
    };
    rgb.clear();
    rgb.reserve(PixelFormat::Rgb8.packed_len(picture.size()));
    for y in 0..picture.size().height() as usize {
        let row = picture.plane(0).row(y);
        if step == 3 {
            rgb.extend_from_slice(row);
        } else {
            rgb.extend(row.chunks_exact(step).flat_map(|pixel| order.map(|at| pixel[at])));
        }
    }
    Ok(())
}
