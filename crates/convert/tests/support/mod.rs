//! Pictures with guard bytes around every row, and a small source of random numbers.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test file uses a part")]

pub mod vectors;

use framewire_convert::Converter;
use framewire_frame::{Color, Matrix, PictureMut, PictureRef, PixelFormat, Range, Size};

/// What stands where nothing may be written.
const GUARD: u8 = 0xa5;

/// All colours that the arithmetic tells apart.
pub fn colors() -> impl Iterator<Item = Color> {
    [Matrix::Bt601, Matrix::Bt709].into_iter().flat_map(|matrix| {
        [Range::Limited, Range::Full].map(|range| Color { matrix, range, ..Color::default() })
    })
}

/// xorshift64*: enough for pixels.
pub struct Random(pub u64);

impl Random {
    pub fn byte(&mut self) -> u8 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8
    }

    /// Noise with runs of the extremes, where saturation happens.
    pub fn pixels(&mut self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(24) {
            match self.byte() % 8 {
                0 => chunk.fill(0),
                1 => chunk.fill(255),
                2 => chunk.fill_with(|| if self.byte() < 128 { 0 } else { 255 }),
                _ => chunk.fill_with(|| self.byte()),
            }
        }
    }
}

/// How the planes of a [`Canvas`] lie in memory.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Bytes before the first row: what moves the rows off their alignment.
    pub lead: usize,
    /// Bytes after each row.
    pub padding: usize,
}

/// A picture whose every byte that is no sample is a guard.
#[derive(Clone)]
pub struct Canvas {
    pub format: PixelFormat,
    pub size: Size,
    shape: Shape,
    planes: Vec<Vec<u8>>,
}

impl Canvas {
    pub fn new(format: PixelFormat, size: Size, shape: Shape) -> Self {
        let planes = (0..format.plane_count()).map(|plane| {
            let (row_bytes, rows) = (format.row_bytes(size, plane), format.rows(size, plane));
            // The last row has no padding: it ends with its samples and the guard of one byte.
            vec![GUARD; shape.lead + (rows - 1) * (row_bytes + shape.padding) + row_bytes + 1]
        });
        Self { format, size, shape, planes: planes.collect() }
    }

    pub fn random(format: PixelFormat, size: Size, shape: Shape, random: &mut Random) -> Self {
        let mut canvas = Self::new(format, size, shape);
        canvas.each_row(|row| random.pixels(row));
        canvas
    }

    pub fn each_row(&mut self, mut write: impl FnMut(&mut [u8])) {
        for (plane, bytes) in self.planes.iter_mut().enumerate() {
            let (row_bytes, rows) =
                (self.format.row_bytes(self.size, plane), self.format.rows(self.size, plane));
            for y in 0..rows {
                write(&mut bytes[self.shape.lead + y * (row_bytes + self.shape.padding)..][..row_bytes]);
            }
        }
    }

    pub fn as_ref(&self) -> PictureRef<'_> {
        let planes: Vec<_> = (0..self.planes.len())
            .map(|plane| {
                let bytes = &self.planes[plane][self.shape.lead..];
                (&bytes[..bytes.len() - 1], self.format.row_bytes(self.size, plane) + self.shape.padding)
            })
            .collect();
        PictureRef::new(self.format, self.size, &planes).unwrap()
    }

    pub fn as_mut(&mut self) -> PictureMut<'_> {
        let Self { format, size, shape, planes } = self;
        let planes = planes.iter_mut().enumerate().map(|(plane, bytes)| {
            let len = bytes.len();
            (&mut bytes[shape.lead..len - 1], format.row_bytes(*size, plane) + shape.padding)
        });
        PictureMut::new(*format, *size, planes.collect()).unwrap()
    }

    /// The samples without anything between them.
    pub fn samples(&self) -> Vec<u8> {
        let mut packed = vec![0; self.format.packed_len(self.size)];
        self.as_ref().copy_packed_to(&mut packed);
        packed
    }

    /// Which 16x16 blocks differ from those of `other`, a picture of the same format and size.
    pub fn differences(&self, other: &Self) -> Vec<bool> {
        let (width, height) = (self.size.width() as usize, self.size.height() as usize);
        let mut flags = vec![false; width.div_ceil(16) * height.div_ceil(16)];
        for plane in 0..self.format.plane_count() {
            let (ours, theirs) = (self.as_ref(), other.as_ref());
            let (chroma, interleaved) = (plane > 0, self.format == PixelFormat::Nv12 && plane > 0);
            let pixel = match self.format {
                PixelFormat::Rgba8 | PixelFormat::Bgra8 => 4,
                PixelFormat::Rgb8 => 3,
                PixelFormat::Nv12 | PixelFormat::I420 => 1 + usize::from(interleaved),
            };
            let side = if chroma { 8 } else { 16 };
            for y in 0..self.format.rows(self.size, plane) {
                let pairs = ours.plane(plane).row(y).iter().zip(theirs.plane(plane).row(y));
                for (byte, _) in pairs.enumerate().filter(|(_, (ours, theirs))| ours != theirs) {
                    flags[y / side * width.div_ceil(16) + byte / pixel / side] = true;
                }
            }
        }
        flags
    }

    pub fn assert_guards(&self, context: &str) {
        let mut blank = self.clone();
        blank.each_row(|row| row.fill(GUARD));
        for (plane, bytes) in blank.planes.iter().enumerate() {
            let touched = bytes.iter().position(|&byte| byte != GUARD);
            assert_eq!(touched, None, "plane {plane} was written outside its rows: {context}");
        }
    }
}

pub fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).unwrap()
}

/// A conversion of packed pictures.
pub fn convert(converter: &Converter, source: &[u8]) -> Vec<u8> {
    let (from, to) = (converter.source_format(), converter.target_format());
    let mut target = vec![0; to.packed_len(converter.size())];
    let source = PictureRef::packed(from, converter.size(), source).unwrap();
    let mut picture = PictureMut::packed(to, converter.size(), &mut target).unwrap();
    converter.convert(&source, &mut picture).unwrap();
    target
}
