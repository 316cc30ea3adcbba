//! One JPEG out of strips that were encoded independently of each other, on as many threads.
//!
//! A restart marker resets everything that the entropy coding of a JPEG remembers (ITU-T T.81, E.1.4). So the scans of
//! images with the same tables follow each other in one scan, when each is as long as the restart interval says.

use super::rgb::convert;
use framewire_codec::BackendError;
use framewire_frame::{Color, Matrix, PictureRef, PixelFormat, Range, Size};
use std::{num::NonZeroUsize, thread};

/// The side of a 4:2:0 minimum coded unit.
const UNIT: usize = 16;
/// A strip is at least so many units high: below, starting a thread costs more than it gains.
const LEAST_UNIT_ROWS: usize = 8;
/// The most threads for one image.
const MAX_THREADS: usize = 4;
/// The colour of every JPEG (JFIF 1.02): BT.601 in full range.
const JFIF: Color = Color { matrix: Matrix::Bt601, range: Range::Full, ..DEFAULT };
const DEFAULT: Color = Color {
    primaries: framewire_frame::Primaries::Bt709,
    transfer: framewire_frame::Transfer::Srgb,
    matrix: Matrix::Bt601,
    range: Range::Limited,
};

/// Encodes one strip as a whole JPEG with the standard Huffman tables and the quality's quantization tables.
pub(super) trait StripEncoder: Send {
    /// Appends the JPEG of the upper left `size` of an I420 picture in the colour of JFIF. The picture has that size padded
    /// to even.
    fn encode(
        &mut self,
        picture: PictureRef<'_>,
        size: Size,
        quality: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), BackendError>;
}

/// What one thread uses, kept from image to image.
pub(super) struct Worker<E> {
    encoder: E,
    rgb: Vec<u8>,
    yuv: Vec<u8>,
    strips: Vec<Vec<u8>>,
    /// How many of `strips` belong to the current image.
    count: usize,
}

impl<E: StripEncoder> Worker<E> {
    pub(super) fn new(encoder: E) -> Self {
        Self { encoder, rgb: Vec::new(), yuv: Vec::new(), strips: Vec::new(), count: 0 }
    }

    fn encode(&mut self, strip: PictureRef<'_>, color: Color, quality: u8) -> Result<(), BackendError> {
        if self.strips.len() == self.count {
            self.strips.push(Vec::new());
        }
        let out = &mut self.strips[self.count];
        out.clear();
        self.count += 1;

        let is_jfif = color.matrix == JFIF.matrix && color.range == JFIF.range;
        let size = strip.size();
        if strip.format() == PixelFormat::I420 && is_jfif && size.is_even() {
            return self.encoder.encode(strip, size, quality, out);
        }
        let mut source = strip;
        if strip.format().is_yuv() && !is_jfif {
            convert(strip, PixelFormat::Rgb8, size, color, &mut self.rgb)?;
            source = packed(PixelFormat::Rgb8, size, &self.rgb)?;
        }
        let even = size.padded_to_even();
        convert(source, PixelFormat::I420, even, JFIF, &mut self.yuv)?;
        self.encoder.encode(packed(PixelFormat::I420, even, &self.yuv)?, size, quality, out)
    }
}

/// Appends the JPEG of `picture`, made by all workers at once.
pub(super) fn encode<E: StripEncoder>(
    workers: &mut [Worker<E>],
    picture: PictureRef<'_>,
    color: Color,
    quality: u8,
    out: &mut Vec<u8>,
) -> Result<(), BackendError> {
    let plan = Plan::new(picture.size(), workers.len());
    let strips = (0..plan.strips).map(|index| plan.strip(picture, index)).collect::<Result<Vec<_>, _>>()?;
    let per_worker = strips.len().div_ceil(workers.len());
    let mut shares = workers.iter_mut().zip(strips.chunks(per_worker)).collect::<Vec<_>>();
    let run = |(worker, share): &mut (&mut Worker<E>, &[PictureRef<'_>])| {
        worker.count = 0;
        share.iter().try_for_each(|strip| worker.encode(*strip, color, quality))
    };
    let (first, others) =
        shares.split_first_mut().ok_or_else(|| BackendError::failed("no worker for a JPEG"))?;
    thread::scope(|scope| {
        let others: Vec<_> = others.iter_mut().map(|share| scope.spawn(move || run(share))).collect();
        let mut result = run(first);
        for other in others {
            let other =
                other.join().unwrap_or_else(|_| Err(BackendError::failed("a thread of a JPEG panicked")));
            result = result.and(other);
        }
        result
    })?;
    let made = shares.iter().flat_map(|(worker, _)| &worker.strips[..worker.count]);
    join(made.map(Vec::as_slice), plan.interval, picture.size(), out)
}

/// The number of threads that pay off on this machine.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MAX_THREADS)
}

/// How a picture is divided: strips of equal height, the last one lower.
struct Plan {
    strips: usize,
    rows: usize,
    /// Minimum coded units per strip.
    interval: u16,
}

impl Plan {
    fn new(size: Size, workers: usize) -> Self {
        let columns = (size.width() as usize).div_ceil(UNIT);
        let unit_rows = (size.height() as usize).div_ceil(UNIT);
        let wanted = workers.min(unit_rows / LEAST_UNIT_ROWS).max(1);
        let most = usize::from(u16::MAX) / columns;
        let rows_per_strip = unit_rows.div_ceil(wanted).min(most).max(1);
        Self {
            strips: unit_rows.div_ceil(rows_per_strip),
            rows: rows_per_strip * UNIT,
            interval: u16::try_from(rows_per_strip * columns).unwrap_or(u16::MAX),
        }
    }

    fn strip<'a>(&self, picture: PictureRef<'a>, index: usize) -> Result<PictureRef<'a>, BackendError> {
        let (format, size) = (picture.format(), picture.size());
        let start = index * self.rows;
        let height = self.rows.min(size.height() as usize - start);
        let size = u32::try_from(height)
            .ok()
            .and_then(|height| Size::new(size.width(), height).ok())
            .ok_or_else(|| BackendError::failed("a JPEG has an empty strip"))?;
        let planes = [0, 1, 2].map(|plane| {
            let first_row = if plane == 0 { start } else { start / 2 };
            let plane = picture.plane(plane);
            (plane.data().get(first_row * plane.stride()..).unwrap_or_default(), plane.stride())
        });
        PictureRef::new(format, size, &planes[..format.plane_count()])
            .map_err(|error| BackendError::failed_with("a JPEG cannot be divided", error))
    }
}

fn packed(format: PixelFormat, size: Size, data: &[u8]) -> Result<PictureRef<'_>, BackendError> {
    PictureRef::packed(format, size, data)
        .map_err(|error| BackendError::failed_with("a strip of a JPEG is too short", error))
}

/// Appends the JPEG of the whole size: the head of the first strip with that size and the restart interval, and all scans
/// with restart markers between them.
fn join<'a>(
    strips: impl Iterator<Item = &'a [u8]>,
    interval: u16,
    size: Size,
    out: &mut Vec<u8>,
) -> Result<(), BackendError> {
    let strange = || BackendError::failed("a strip of a JPEG has no scan");
    for (index, strip) in strips.enumerate() {
        let head = Head::find(strip).ok_or_else(strange)?;
        let scan = strip.get(head.scan..strip.len().saturating_sub(2)).ok_or_else(strange)?;
        if index == 0 {
            let height = u16::try_from(size.height()).map_err(|_| strange())?.to_be_bytes();
            out.extend_from_slice(&strip[..head.height]);
            out.extend_from_slice(&height);
            out.extend_from_slice(&strip[head.height + 2..head.start_of_scan]);
            out.extend_from_slice(&[0xff, 0xdd, 0, 4]);
            out.extend_from_slice(&interval.to_be_bytes());
            out.extend_from_slice(&strip[head.start_of_scan..head.scan]);
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "restart markers count modulo 8")]
            out.extend_from_slice(&[0xff, 0xd0 + ((index - 1) % 8) as u8]);
        }
        out.extend_from_slice(scan);
    }
    out.extend_from_slice(&[0xff, 0xd9]);
    Ok(())
}

/// Where things are in a baseline JPEG with one scan.
struct Head {
    /// The two bytes of the height in the frame header.
    height: usize,
    /// The marker of the scan header.
    start_of_scan: usize,
    /// The first entropy-coded byte.
    scan: usize,
}

impl Head {
    fn find(jpeg: &[u8]) -> Option<Self> {
        let mut at = 2;
        let mut height = None;
        loop {
            let &[0xff, marker, high, low] = jpeg.get(at..at + 4)? else { return None };
            let next = at + 2 + usize::from(u16::from_be_bytes([high, low]));
            match marker {
                0xc0 => height = Some(at + 5),
                0xda => return Some(Self { height: height?, start_of_scan: at, scan: next }),
                _ => {}
            }
            at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_cover_the_picture_and_respect_the_longest_interval() {
        for (width, height, workers) in
            [(1, 1, 4), (17, 33, 4), (1920, 1080, 2), (16_384, 16_384, 2), (640, 16_384, 3)]
        {
            let size = Size::new(width, height).unwrap();
            let plan = Plan::new(size, workers);
            assert!((plan.strips - 1) * plan.rows < height as usize, "{size}");
            assert!(plan.strips * plan.rows >= height as usize, "{size}");
            assert_eq!(
                usize::from(plan.interval),
                plan.rows / UNIT * (width as usize).div_ceil(UNIT),
                "{size}"
            );
        }
        assert_eq!(Plan::new(Size::new(1920, 1080).unwrap(), 2).strips, 2);
    }

    #[test]
    fn what_is_no_jpeg_is_an_error() {
        let size = Size::new(16, 16).unwrap();
        for bytes in [&[][..], &[0xff, 0xd8], &[0xff, 0xd8, 0xff, 0xda, 0, 4], &[0xff, 0xd8, 0, 0, 0, 0]] {
            assert!(join([bytes].into_iter(), 1, size, &mut Vec::new()).is_err());
        }
    }
}
