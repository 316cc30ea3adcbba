//! Pictures of any format as packed RGB, for the lossless formats.

use framewire_codec::BackendError;
use framewire_convert::Converter;
use framewire_frame::{Color, PictureMut, PictureRef, PixelFormat, Size};

/// The pixels of `picture` as RGB without padding: its own where they are that already, else written to `buffer`.
pub(super) fn packed_rgb<'a>(
    picture: PictureRef<'a>,
    color: Color,
    buffer: &'a mut Vec<u8>,
) -> Result<&'a [u8], BackendError> {
    let (format, size) = (picture.format(), picture.size());
    let len = PixelFormat::Rgb8.packed_len(size);
    let plane = picture.plane(0);
    if format == PixelFormat::Rgb8 && plane.stride() == PixelFormat::Rgb8.row_bytes(size, 0) {
        return Ok(&plane.data()[..len]);
    }
    buffer.resize(len, 0);
    let rows = buffer.chunks_exact_mut(PixelFormat::Rgb8.row_bytes(size, 0));
    match format {
        PixelFormat::Rgb8 => rows.enumerate().for_each(|(y, row)| row.copy_from_slice(plane.row(y))),
        PixelFormat::Rgba8 => {
            rows.enumerate().for_each(|(y, row)| pick(plane.row(y), row, |[r, g, b, _]| [r, g, b]));
        }
        PixelFormat::Bgra8 => {
            rows.enumerate().for_each(|(y, row)| pick(plane.row(y), row, |[b, g, r, _]| [r, g, b]));
        }
        PixelFormat::Nv12 | PixelFormat::I420 => convert(picture, PixelFormat::Rgb8, size, color, buffer)?,
    }
    Ok(&buffer[..len])
}

/// Converts to a packed picture of `size`: the same, or that padded to even where the format is 4:2:0.
pub(super) fn convert(
    picture: PictureRef<'_>,
    format: PixelFormat,
    size: Size,
    color: Color,
    target: &mut Vec<u8>,
) -> Result<(), BackendError> {
    target.resize(format.packed_len(size), 0);
    let failed = |error| BackendError::failed_with("a picture cannot be converted for an image", error);
    let mut target = PictureMut::packed(format, size, target)
        .map_err(|error| BackendError::failed_with("the buffer of an image is too short", error))?;
    Converter::new(picture.format(), format, picture.size(), color)
        .and_then(|converter| converter.convert(&picture, &mut target))
        .map_err(failed)
}

fn pick(source: &[u8], target: &mut [u8], pixel: impl Fn([u8; 4]) -> [u8; 3]) {
    let (source, _) = source.as_chunks::<4>();
    let (target, _) = target.as_chunks_mut::<3>();
    for (from, to) in source.iter().zip(target) {
        *to = pixel(*from);
    }
}
