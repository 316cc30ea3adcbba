//! Pictures that move, the same in every run.

use framewire_convert::Converter;
use framewire_frame::{Color, Frame, Picture, PictureMut, PictureRef, PixelFormat, Size};

/// Picture `index` of a film in RGBA: a gradient that drifts, with a box that walks over it.
pub fn rgba(size: Size, index: u64) -> Picture {
    let (width, height) = (size.width(), size.height());
    let shift = (index % 256) as u32;
    let side = (width.min(height) / 4).max(1);
    let (left, top) = (7 * shift % width, 5 * shift % height);
    let mut data = Vec::with_capacity(size.pixels() * 4);
    for y in 0..height {
        for x in 0..width {
            let inside = (left..left + side).contains(&x) && (top..top + side).contains(&y);
            let ramp = |at: u32, length: u32| (at * 200 / length + shift) as u8;
            let pixel = if inside { [240, 200, 16, 255] } else { [ramp(x, width), ramp(y, height), 90, 255] };
            data.extend_from_slice(&pixel);
        }
    }
    Picture::packed(PixelFormat::Rgba8, size, data).expect("the bytes were made for this size")
}

/// The same picture in another format; its 4:2:0 side means the default colour.
pub fn picture(format: PixelFormat, size: Size, index: u64) -> Picture {
    let source = rgba(size, index);
    let data = match format {
        PixelFormat::Rgba8 => return source,
        PixelFormat::Bgra8 => pixels(source.as_ref(), |[r, g, b, a]| [b, g, r, a].to_vec()),
        PixelFormat::Rgb8 => pixels(source.as_ref(), |[r, g, b, _]| [r, g, b].to_vec()),
        PixelFormat::Nv12 | PixelFormat::I420 => to_yuv(source.as_ref(), format, size, Color::default()),
    };
    Picture::packed(format, size, data).expect("the bytes were made for this size")
}

/// The same picture in a frame.
pub fn frame(format: PixelFormat, size: Size, index: u64) -> Frame {
    Frame::new(picture(format, size, index))
}

/// What a lossless encoder codes for `source`: packed I420 with even sides.
pub fn coded(source: PictureRef<'_>, color: Color) -> Picture {
    let size = source.size().padded_to_even();
    let data = to_yuv(source, PixelFormat::I420, size, color);
    Picture::packed(PixelFormat::I420, size, data).expect("the bytes were made for this size")
}

/// The same picture with `padding` bytes of garbage after each row.
pub fn with_stride(source: PictureRef<'_>, padding: usize) -> Picture {
    let (format, size) = (source.format(), source.size());
    let mut data = Vec::new();
    let mut planes = Vec::new();
    for plane in 0..format.plane_count() {
        planes.push((data.len(), format.row_bytes(size, plane) + padding));
        for y in 0..format.rows(size, plane) {
            data.extend_from_slice(source.plane(plane).row(y));
            data.resize(data.len() + padding, 0xa5);
        }
    }
    Picture::new(format, size, data, &planes).expect("the planes were made for this size")
}

fn pixels(source: PictureRef<'_>, convert: impl Fn([u8; 4]) -> Vec<u8>) -> Vec<u8> {
    let rows = (0..source.size().height() as usize).map(|y| source.plane(0).row(y));
    rows.flat_map(|row| row.as_chunks().0.iter().flat_map(|&pixel| convert(pixel))).collect()
}

fn to_yuv(source: PictureRef<'_>, format: PixelFormat, size: Size, color: Color) -> Vec<u8> {
    let mut data = vec![0; format.packed_len(size)];
    let mut target = PictureMut::packed(format, size, &mut data).expect("the buffer was made for this size");
    Converter::new(source.format(), format, source.size(), color)
        .and_then(|converter| converter.convert(&source, &mut target))
        .expect("every format becomes 4:2:0 of the same or the even size");
    data
}
