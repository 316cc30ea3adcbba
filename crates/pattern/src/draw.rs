use crate::{Pattern, PatternError};
use framewire_frame::{PictureMut, PixelFormat, Size};
use std::ops::Range;

type Rgb = [u8; 3];

const PALETTE: [Rgb; 4] = [[220, 40, 40], [40, 200, 40], [40, 40, 220], [220, 200, 40]];
const BACKGROUND: Rgb = [16, 16, 24];
const BOX: Rgb = [240, 80, 40];
const WHITE: Rgb = [255; 3];
const DARK: Rgb = [20; 3];
const LIGHT: Rgb = [235; 3];
const CHECKER_CELL: u64 = 16;

pub(crate) fn draw(pattern: Pattern, seq: u64, target: &mut PictureMut<'_>) -> Result<(), PatternError> {
    match target.format() {
        PixelFormat::Rgb8 => draw_rows(pattern, seq, target, |[r, g, b]| [r, g, b]),
        PixelFormat::Rgba8 => draw_rows(pattern, seq, target, |[r, g, b]| [r, g, b, 255]),
        PixelFormat::Bgra8 => draw_rows(pattern, seq, target, |[r, g, b]| [b, g, r, 255]),
        format => return Err(PatternError::Format(format)),
    }
    Ok(())
}

/// Most rows equal the one above them, so each distinct row is computed once and then copied.
fn draw_rows<const N: usize>(
    pattern: Pattern,
    seq: u64,
    target: &mut PictureMut<'_>,
    pixel: impl Fn(Rgb) -> [u8; N] + Copy,
) {
    let size = target.size();
    let height = size.height() as usize;
    let plane = &mut target.planes_mut()[0];
    let mut template = vec![0; size.width() as usize * N];
    let mut band = None;
    for y in 0..height {
        let this = band_of(pattern, seq, size, y);
        if band != Some(this) {
            fill_row(pattern, seq, size, y, &mut Row { bytes: &mut template, pixel });
            band = Some(this);
        }
        plane.row_mut(y).copy_from_slice(&template);
    }
}

/// Rows next to each other with the same number look the same.
fn band_of(pattern: Pattern, seq: u64, size: Size, y: usize) -> usize {
    match pattern {
        Pattern::Gradient | Pattern::Solid => 0,
        Pattern::Noise => y,
        Pattern::TestCard => usize::from(y >= size.height() as usize / 2),
        Pattern::Counter => usize::from(y >= counter_cell(size)),
        Pattern::Checkerboard => y / index(CHECKER_CELL),
        Pattern::BouncingBox => usize::from(bouncing_box(seq, size).rows.contains(&y)),
    }
}

fn fill_row<const N: usize, P: Fn(Rgb) -> [u8; N]>(
    pattern: Pattern,
    seq: u64,
    size: Size,
    y: usize,
    row: &mut Row<'_, P>,
) {
    let width = size.width() as usize;
    match pattern {
        Pattern::Solid => row.fill(0..width, PALETTE[index(seq % 4)]),
        Pattern::Gradient => {
            let shift = low_byte(seq.wrapping_mul(4));
            let blue = low_byte(seq.wrapping_mul(2));
            row.each(|x| {
                let red = low_byte(x as u64).wrapping_add(shift);
                [red, 255 - red, blue]
            });
        }
        Pattern::TestCard => {
            let left = if y < size.height() as usize / 2 { 0 } else { 2 };
            let color = |quadrant: u64| PALETTE[index((seq % 4 + quadrant) % 4)];
            row.fill(0..width / 2, color(left));
            row.fill(width / 2..width, color(left + 1));
        }
        Pattern::Counter => {
            row.fill(0..width, [3, 5, 7].map(|factor| low_byte(seq.wrapping_mul(factor))));
            let cell = counter_cell(size);
            if y < cell {
                for bit in (0..32).filter(|bit| seq >> bit & 1 == 1) {
                    row.fill(bit * cell..(bit + 1) * cell, WHITE);
                }
            }
        }
        Pattern::Checkerboard => {
            let down = y as u64 / CHECKER_CELL;
            let shift = seq % (2 * CHECKER_CELL);
            row.each(|x| {
                let across = (x as u64 + shift) / CHECKER_CELL;
                if (across + down).is_multiple_of(2) { DARK } else { LIGHT }
            });
        }
        Pattern::BouncingBox => {
            row.fill(0..width, BACKGROUND);
            let area = bouncing_box(seq, size);
            if area.rows.contains(&y) {
                row.fill(area.columns, BOX);
            }
        }
        Pattern::Noise => {
            let mut random = Xorshift::new(seq, y as u64);
            row.each_pair(|| {
                let [r, g, b, _, r2, g2, b2, _] = random.next().to_le_bytes();
                [[r, g, b], [r2, g2, b2]]
            });
        }
    }
}

/// One row's bytes and how a colour becomes some of them.
struct Row<'a, P> {
    bytes: &'a mut [u8],
    pixel: P,
}

impl<const N: usize, P: Fn(Rgb) -> [u8; N]> Row<'_, P> {
    /// Paints columns in one colour; those beyond the edge are cut off.
    fn fill(&mut self, columns: Range<usize>, color: Rgb) {
        let end = columns.end.saturating_mul(N).min(self.bytes.len());
        let start = columns.start.saturating_mul(N).min(end);
        let pixel = (self.pixel)(color);
        for target in self.bytes[start..end].as_chunks_mut::<N>().0 {
            *target = pixel;
        }
    }

    fn each(&mut self, color: impl Fn(usize) -> Rgb) {
        for (x, target) in self.bytes.as_chunks_mut::<N>().0.iter_mut().enumerate() {
            *target = (self.pixel)(color(x));
        }
    }

    fn each_pair(&mut self, mut colors: impl FnMut() -> [Rgb; 2]) {
        for pair in self.bytes.as_chunks_mut::<N>().0.chunks_mut(2) {
            for (target, color) in pair.iter_mut().zip(colors()) {
                *target = (self.pixel)(color);
            }
        }
    }
}

struct Area {
    columns: Range<usize>,
    rows: Range<usize>,
}

fn bouncing_box(seq: u64, size: Size) -> Area {
    let (width, height) = (u64::from(size.width()), u64::from(size.height()));
    let side = 8.max(width.min(height) / 8);
    let span = |position: u64| index(position)..index(position + side);
    Area {
        columns: span(triangle(seq, 7, width.saturating_sub(side))),
        rows: span(triangle(seq, 5, height.saturating_sub(side))),
    }
}

/// Where something is after `seq` steps of `speed` when it goes up and down between 0 and `most`.
fn triangle(seq: u64, speed: u64, most: u64) -> u64 {
    if most == 0 {
        return 0;
    }
    let period = 2 * most;
    let phase = (seq % period) * speed % period;
    phase.min(period - phase)
}

fn counter_cell(size: Size) -> usize {
    4.max(size.width() as usize / 32)
}

fn low_byte(value: u64) -> u8 {
    value.to_le_bytes()[0]
}

/// A number that is known to be at most a few picture sides.
fn index(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Marsaglia's xorshift with the shifts 13, 7 and 17, seeded per row by the finalizer of SplitMix64.
struct Xorshift(u64);

impl Xorshift {
    fn new(seq: u64, y: u64) -> Self {
        let mut z =
            seq.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(y.wrapping_mul(0xD1B5_4A32_D192_ED03));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        // Zero is the one state that xorshift never leaves.
        Self((z ^ (z >> 31)) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
