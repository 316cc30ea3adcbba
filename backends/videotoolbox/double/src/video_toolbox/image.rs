//! Between the formats of pixel buffers.
//!
//! Everything here reads and writes the pixels without locks: whoever passes a buffer to a session must leave it alone
//! until its callback, as with the frameworks.

use crate::core_video::{ARGB, BGRA, I420, NV12, NV12_FULL, PixelBuffer, RGB, RGBA};
use framewire_convert::{Converter, Scaler};
use framewire_frame::{Color, Matrix, PictureMut, PictureRef, PixelFormat, Range, Size};

/// An I420 picture without padding.
pub(super) struct Planes {
    pub(super) size: Size,
    pub(super) data: Vec<u8>,
}

impl Planes {
    /// The pixels of a buffer; `None` for a format that cannot be converted.
    pub(super) fn of(buffer: &PixelBuffer, matrix: Matrix) -> Option<Self> {
        let size = size(buffer)?;
        let shuffled;
        let picture = if buffer.format == ARGB {
            // SAFETY: nobody writes to the buffer while a session has it.
            shuffled = shuffle(unsafe { buffer.bytes(0) }, [1, 2, 3, 0]);
            PictureRef::new(PixelFormat::Rgba8, size, &[(&shuffled, buffer.planes[0].stride)]).ok()?
        } else {
            picture(buffer)?
        };
        let mut data = vec![0; PixelFormat::I420.packed_len(size)];
        let mut target = PictureMut::packed(PixelFormat::I420, size, &mut data).ok()?;
        let color = color(buffer.format, matrix);
        let converter = Converter::new(picture.format(), PixelFormat::I420, size, color).ok()?;
        converter.convert(&picture, &mut target).ok()?;
        Some(Self { size, data })
    }

    pub(super) fn picture(&self) -> Option<PictureRef<'_>> {
        PictureRef::packed(PixelFormat::I420, self.size, &self.data).ok()
    }

    /// The same picture at another size.
    pub(super) fn scaled(self, size: Size) -> Option<Self> {
        if self.size == size {
            return Some(self);
        }
        let mut data = vec![0; PixelFormat::I420.packed_len(size)];
        let mut target = PictureMut::packed(PixelFormat::I420, size, &mut data).ok()?;
        let source = self.picture()?;
        match Scaler::new(PixelFormat::I420, self.size, size) {
            Ok(scaler) => scaler.scale(&source, &mut target).ok()?,
            Err(_) => enlarge(&source, &mut target),
        }
        Some(Self { size, data })
    }
}

/// Writes an I420 picture into the upper left corner of a buffer; `false` for a format that cannot be converted.
pub(super) fn write(picture: &PictureRef<'_>, buffer: &PixelBuffer, matrix: Matrix) -> bool {
    let size = picture.size();
    if buffer.width < size.width() as usize || buffer.height < size.height() as usize {
        return false;
    }
    let format = match buffer.format {
        ARGB | RGBA => PixelFormat::Rgba8,
        BGRA => PixelFormat::Bgra8,
        NV12 | NV12_FULL => PixelFormat::Nv12,
        I420 => PixelFormat::I420,
        _ => return false,
    };
    // SAFETY: the buffer is the session's own, or the caller leaves it alone; each plane is borrowed once.
    let plane = |index| (unsafe { buffer.bytes_mut(index) }, buffer.planes[index].stride);
    let planes = (0..buffer.planes.len()).map(plane).collect();
    let Ok(mut target) = PictureMut::new(format, size, planes) else { return false };
    let Ok(converter) = Converter::new(PixelFormat::I420, format, size, color(buffer.format, matrix)) else {
        return false;
    };
    if converter.convert(picture, &mut target).is_err() {
        return false;
    }
    if buffer.format == ARGB {
        // SAFETY: as above; the borrow of before has ended.
        for pixel in unsafe { buffer.bytes_mut(0) }.as_chunks_mut::<4>().0 {
            pixel.rotate_right(1);
        }
    }
    true
}

/// Copies and converts between two buffers of any size; `false` for a pair of formats that cannot be converted.
pub(super) fn transfer(source: &PixelBuffer, target: &PixelBuffer, matrix: Matrix) -> bool {
    if let (Some(from), Some(to)) = (order(source.format), order(target.format)) {
        copy_rgb(source, from, target, to);
        return true;
    }
    let is_yuv = |format| order(format).is_none();
    let is_full = |buffer: &PixelBuffer| buffer.format == NV12_FULL;
    if is_yuv(source.format) && is_yuv(target.format) && is_full(source) != is_full(target) {
        return false;
    }
    // What lies between has the range of the side that is no RGB.
    let Some(size) = size(target) else { return false };
    let planes = if is_full(target) { full_range(source, matrix) } else { Planes::of(source, matrix) };
    let Some(planes) = planes.and_then(|planes| planes.scaled(size)) else { return false };
    let Some(picture) = planes.picture() else { return false };
    if is_full(source) && !is_yuv(target.format) {
        return write_full_range(&picture, target, matrix);
    }
    write(&picture, target, matrix)
}

/// RGB to full range.
fn full_range(source: &PixelBuffer, matrix: Matrix) -> Option<Planes> {
    let size = size(source)?;
    let copy = PixelBuffer::new(source.width, source.height, BGRA).ok()?;
    copy_rgb(source, order(source.format).unwrap_or([0, 1, 2, 3]), &copy, [2, 1, 0, 3]);
    if order(source.format).is_none() {
        return Planes::of(source, matrix);
    }
    let mut data = vec![0; PixelFormat::I420.packed_len(size)];
    let mut target = PictureMut::packed(PixelFormat::I420, size, &mut data).ok()?;
    let converter =
        Converter::new(PixelFormat::Bgra8, PixelFormat::I420, size, color(NV12_FULL, matrix)).ok()?;
    converter.convert(&picture(&copy)?, &mut target).ok()?;
    Some(Planes { size, data })
}

/// Full range to RGB.
fn write_full_range(source: &PictureRef<'_>, target: &PixelBuffer, matrix: Matrix) -> bool {
    let Ok(copy) = PixelBuffer::new(target.width, target.height, BGRA) else { return false };
    // SAFETY: the buffer was just made and is used here alone.
    let planes = vec![(unsafe { copy.bytes_mut(0) }, copy.planes[0].stride)];
    let Ok(mut picture) = PictureMut::new(PixelFormat::Bgra8, source.size(), planes) else { return false };
    let color = color(NV12_FULL, matrix);
    let done = Converter::new(PixelFormat::I420, PixelFormat::Bgra8, source.size(), color)
        .is_ok_and(|converter| converter.convert(source, &mut picture).is_ok());
    if let Some(to) = order(target.format).filter(|_| done) {
        copy_rgb(&copy, [2, 1, 0, 3], target, to);
        return true;
    }
    false
}

/// Where red, green, blue and alpha lie in a pixel, alpha behind its end where there is none; `None` for what is no RGB.
fn order(format: u32) -> Option<[usize; 4]> {
    match format {
        BGRA => Some([2, 1, 0, 3]),
        RGBA | RGB => Some([0, 1, 2, 3]),
        ARGB => Some([1, 2, 3, 0]),
        _ => None,
    }
}

/// Copies pixels in another order, at the nearest place where the sizes differ.
fn copy_rgb(source: &PixelBuffer, from: [usize; 4], target: &PixelBuffer, to: [usize; 4]) {
    if order(source.format).is_none() {
        return;
    }
    let (source_stride, target_stride) = (source.planes[0].stride, target.planes[0].stride);
    let bytes = |format| if format == RGB { 3 } else { 4 };
    let (source_bytes, target_bytes) = (bytes(source.format), bytes(target.format));
    // SAFETY: the caller of the session leaves both buffers alone, and they are not the same.
    let (bytes, out) = unsafe { (source.bytes(0), target.bytes_mut(0)) };
    for y in 0..target.height {
        let row = &bytes[y * source.height / target.height * source_stride..];
        for x in 0..target.width {
            let pixel = &row[x * source.width / target.width * source_bytes..][..source_bytes];
            let place = &mut out[y * target_stride + x * target_bytes..][..target_bytes];
            for channel in 0..4 {
                if let Some(place) = place.get_mut(to[channel]) {
                    *place = pixel.get(from[channel]).copied().unwrap_or(255);
                }
            }
        }
    }
}

/// The buffer as a picture; `None` for a format that is none.
fn picture(buffer: &PixelBuffer) -> Option<PictureRef<'_>> {
    let format = match buffer.format {
        BGRA => PixelFormat::Bgra8,
        RGBA => PixelFormat::Rgba8,
        RGB => PixelFormat::Rgb8,
        NV12 | NV12_FULL => PixelFormat::Nv12,
        I420 => PixelFormat::I420,
        _ => return None,
    };
    // SAFETY: nobody writes to the buffer while a session has it.
    let plane = |index| (unsafe { buffer.bytes(index) }, buffer.planes[index].stride);
    let planes: Vec<_> = (0..buffer.planes.len()).map(plane).collect();
    PictureRef::new(format, size(buffer)?, &planes).ok()
}

fn size(buffer: &PixelBuffer) -> Option<Size> {
    Size::new(u32::try_from(buffer.width).ok()?, u32::try_from(buffer.height).ok()?).ok()
}

/// What the samples of a format mean, or of what it is converted to and from.
pub(super) fn color(format: u32, matrix: Matrix) -> Color {
    let range = if format == NV12_FULL { Range::Full } else { Range::Limited };
    Color { matrix, range, ..Color::default() }
}

fn shuffle(bytes: &[u8], from: [usize; 4]) -> Vec<u8> {
    bytes.as_chunks::<4>().0.iter().flat_map(|pixel| from.map(|index| pixel[index])).collect()
}

/// Nearest neighbours, plane by plane.
fn enlarge(source: &PictureRef<'_>, target: &mut PictureMut<'_>) {
    let (source_size, size) = (source.size(), target.size());
    for (index, plane) in target.planes_mut().iter_mut().enumerate() {
        let (rows, width) = (PixelFormat::I420.rows(size, index), PixelFormat::I420.row_bytes(size, index));
        let (source_rows, source_width) =
            (PixelFormat::I420.rows(source_size, index), PixelFormat::I420.row_bytes(source_size, index));
        for y in 0..rows {
            let row = source.plane(index).row(y * source_rows / rows);
            for (x, sample) in plane.row_mut(y).iter_mut().enumerate() {
                *sample = row[x * source_width / width];
            }
        }
    }
}
