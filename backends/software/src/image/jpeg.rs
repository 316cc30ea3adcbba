use super::strips::{self, StripEncoder, Worker};
use framewire_codec::{BackendError, ImageBackend};
use framewire_frame::{Color, PictureRef, PixelFormat, Size};
use jpeg_encoder::{ImageBuffer, JpegColorType, SamplingFactor};

/// Baseline JPEG in 4:2:0, in Rust alone.
pub(super) struct Jpeg {
    workers: Vec<Worker<Strip>>,
}

impl Default for Jpeg {
    fn default() -> Self {
        Self { workers: (0..strips::threads()).map(|_| Worker::new(Strip)).collect() }
    }
}

impl ImageBackend for Jpeg {
    fn encode(
        &mut self,
        picture: PictureRef<'_>,
        color: Color,
        quality: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), BackendError> {
        strips::encode(&mut self.workers, picture, color, quality, out)
    }
}

struct Strip;

impl StripEncoder for Strip {
    fn encode(
        &mut self,
        picture: PictureRef<'_>,
        size: Size,
        quality: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), BackendError> {
        let mut encoder = jpeg_encoder::Encoder::new(out, quality.clamp(1, 100));
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.encode_image(Planes { picture, size }).map_err(|error| {
            BackendError::failed_with(format!("no JPEG could be made of a picture of {size}"), error)
        })
    }
}

/// An I420 picture as the encoder reads it: with every chroma sample four times, of which it takes the first.
struct Planes<'a> {
    picture: PictureRef<'a>,
    size: Size,
}

impl ImageBuffer for Planes<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        side(self.size.width())
    }

    fn height(&self) -> u16 {
        side(self.size.height())
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let y = usize::from(y);
        let [luma, blue, red, _] = buffers;
        let width = PixelFormat::I420.row_bytes(self.size, 0);
        luma.extend_from_slice(&self.picture.plane(0).row(y)[..width]);
        for (plane, buffer) in [(1, blue), (2, red)] {
            let start = buffer.len();
            buffer.resize(start + width, 0);
            for (pair, &sample) in buffer[start..].chunks_mut(2).zip(self.picture.plane(plane).row(y / 2)) {
                pair.fill(sample);
            }
        }
    }
}

/// A side of a picture, which is at most [`Size::MAX_SIDE`].
fn side(pixels: u32) -> u16 {
    u16::try_from(pixels).unwrap_or(u16::MAX)
}
