use super::{InputError, Position};
use framewire_convert::Converter;
use framewire_frame::{Color, Picture, PictureMut, PictureRef, PixelFormat, Pool, Size};
use std::{
    io::{self, Read},
    time::{Duration, Instant},
};

/// Bytes of a band of rows, which stay in a processor's own cache from the read to the conversion: the pixels never
/// travel to memory and back.
const BAND_BYTES: usize = 256 * 1024;

/// Reads packed pictures a band of rows at a time and converts each band while it is at hand. The picture is equal to
/// the byte to one that was read whole and then converted.
pub(super) struct Bands {
    shape: Size,
    source: PixelFormat,
    target: PixelFormat,
    /// Rows of a band; even, so that no row of chroma belongs to two.
    rows: u32,
    whole: Converter,
    /// The rows that are left over at the lower edge.
    last: Option<Converter>,
    band: Vec<u8>,
}

/// A picture that was read and converted.
pub(super) struct Converted {
    pub(super) picture: Picture,
    /// The part of the time that was conversion.
    pub(super) conversion: Duration,
}

impl Bands {
    /// From packed RGB to 4:2:0; `None` for other pairs, which are read whole.
    pub(super) fn new(source: PixelFormat, target: PixelFormat, size: Size, color: Color) -> Option<Self> {
        if source.is_yuv() || !target.is_yuv() {
            return None;
        }
        let row_bytes = source.row_bytes(size, 0);
        let rows = u32::try_from(BAND_BYTES / row_bytes / 2 * 2).ok()?.clamp(2, size.height().max(2));
        let plan =
            |rows: u32| Converter::new(source, target, Size::new(size.width(), rows).ok()?, color).ok();
        let left_over = size.height() % rows;
        let last = if left_over == 0 { None } else { Some(plan(left_over)?) };
        let rows = rows.min(size.height());
        let band = vec![0; row_bytes * rows as usize];
        Some(Self { shape: size, source, target, rows, whole: plan(rows)?, last, band })
    }

    /// The format of the pictures.
    pub(super) fn target(&self) -> PixelFormat {
        self.target
    }

    /// Reads exactly one picture; `None` at a clean end.
    pub(super) fn read(
        &mut self,
        input: &mut Position<impl Read>,
        pool: &Pool,
    ) -> Result<Option<Converted>, InputError> {
        let mut buffer = pool.take(self.target.packed_len(self.shape));
        let (mut top, mut conversion, mut read) = (0, Duration::ZERO, 0);
        while top < self.shape.height() {
            let rows = self.rows.min(self.shape.height() - top);
            let bytes = self.source.row_bytes(self.shape, 0) * rows as usize;
            let filled = fill(input, &mut self.band[..bytes])?;
            read += filled;
            if read == 0 {
                return Ok(None);
            }
            if filled < bytes {
                let needed = self.source.packed_len(self.shape);
                let what = format!("the last frame has {read} of {needed} bytes");
                return Err(InputError::Truncated { offset: input.offset(), what });
            }
            let start = Instant::now();
            self.convert(top, rows, &mut buffer);
            conversion += start.elapsed();
            top += rows;
        }
        let picture = Picture::packed(self.target, self.shape, buffer.freeze())
            .expect("the buffer has the packed length");
        Ok(Some(Converted { picture, conversion }))
    }

    /// Converts the band at hand into the rows of `target` from `top` on.
    fn convert(&self, top: u32, rows: u32, target: &mut [u8]) {
        let size = Size::new(self.shape.width(), rows).expect("a band is no larger than its picture");
        let bytes = self.source.packed_len(size);
        let source = PictureRef::packed(self.source, size, &self.band[..bytes])
            .expect("the band has the packed length of its rows");
        let (mut planes, mut rest) = (Vec::new(), target);
        for plane in 0..self.target.plane_count() {
            let stride = self.target.row_bytes(self.shape, plane);
            let (this, after) = rest.split_at_mut(stride * self.target.rows(self.shape, plane));
            let first = if plane == 0 { top } else { top / 2 } as usize;
            planes.push((&mut this[first * stride..], stride));
            rest = after;
        }
        let mut target =
            PictureMut::new(self.target, size, planes).expect("the rows of the band lie within the picture");
        let plan = if rows == self.rows { &self.whole } else { self.last.as_ref().unwrap_or(&self.whole) };
        plan.convert(&source, &mut target).expect("each plan was made for the formats and rows of its bands");
    }
}

/// Reads until `buffer` is full or the input ends; how much there was.
pub(super) fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_read_in_bands_equals_one_that_was_converted_whole() {
        for text in ["1x1", "3x5", "64x66", "700x333", "4096x34", "16384x7"] {
            let size: Size = text.parse().unwrap();
            for source in [PixelFormat::Rgba8, PixelFormat::Bgra8, PixelFormat::Rgb8] {
                for target in [PixelFormat::Nv12, PixelFormat::I420] {
                    let bytes: Vec<u8> =
                        (0..source.packed_len(size)).map(|at| (at * at / 7 + at) as u8).collect();
                    let mut wanted = vec![0; target.packed_len(size)];
                    Converter::new(source, target, size, Color::default())
                        .unwrap()
                        .convert(
                            &PictureRef::packed(source, size, &bytes).unwrap(),
                            &mut PictureMut::packed(target, size, &mut wanted).unwrap(),
                        )
                        .unwrap();
                    let mut bands = Bands::new(source, target, size, Color::default()).unwrap();
                    let mut input = Position::new(&bytes[..]);
                    let converted = bands.read(&mut input, &Pool::new(1)).unwrap().unwrap();
                    let mut got = vec![1; wanted.len()];
                    converted.picture.as_ref().copy_packed_to(&mut got);
                    assert!(got == wanted, "{text} {source} {target}");
                    assert!(bands.read(&mut input, &Pool::new(1)).unwrap().is_none());
                }
            }
        }
    }

    #[test]
    fn a_picture_that_ends_in_any_band_is_said_to_be_cut_off() {
        let size = Size::new(700, 333).unwrap();
        let len = PixelFormat::Rgb8.packed_len(size);
        for given in [1, BAND_BYTES, len - 1] {
            let bytes = vec![5; given];
            let mut bands = Bands::new(PixelFormat::Rgb8, PixelFormat::Nv12, size, Color::default()).unwrap();
            let error = bands.read(&mut Position::new(&bytes[..]), &Pool::new(1)).err().unwrap();
            let said = format!("it is cut off at byte {given}: the last frame has {given} of {len} bytes");
            assert_eq!(error.to_string(), said);
        }
    }
}
