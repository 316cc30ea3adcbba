use crate::Error;
use framewire_frame::{PictureMut, PictureRef, PixelFormat, Size};

/// Makes I420 and NV12 pictures smaller by area averaging, planned once and used for every frame.
///
/// A target sample is the mean of the part of the source plane that it covers, rounded to nearest. Plane by plane,
/// with `sw` x `sh` source samples and `tw` x `th` target samples, both sides of each ratio divided by their greatest
/// common divisor: source sample `j` overlaps target sample `i` by
/// `w(i, j) = max(0, min((i + 1) * sw, (j + 1) * tw) - max(i * sw, j * tw))`, the same vertically, and
///
/// ```text
/// target(i, k) = (sum over j, l of w(i, j) * w(k, l) * source(j, l) + (sw * sh) / 2) / (sw * sh)
/// ```
///
/// in integers, the division rounding down. Dividing each side by two is `(a + b + c + d + 2) / 4`.
#[derive(Clone, Debug)]
pub struct Scaler {
    format: PixelFormat,
    source_size: Size,
    target_size: Size,
    luma: PlaneScaler,
    chroma: PlaneScaler,
}

#[derive(Clone, Debug)]
struct PlaneScaler {
    columns: Axis,
    rows: Axis,
    divide: Divider,
}

/// The overlaps along one axis.
#[derive(Clone, Debug)]
struct Axis {
    /// What the weights of one target sample add up to.
    sum: u32,
    taps: Vec<Taps>,
    weights: Vec<u32>,
}

/// The source samples of one target sample: they begin at `first` and have `weights[start..end]`.
#[derive(Clone, Copy, Debug)]
struct Taps {
    first: usize,
    start: usize,
    end: usize,
}

/// Division by a constant, rounded to nearest.
#[derive(Clone, Copy, Debug)]
struct Divider {
    divisor: u64,
    /// `2^40 / divisor`, rounded up, where that is exact for every sum of bytes.
    reciprocal: Option<u64>,
}

impl Scaler {
    /// A plan from `source_size` to `target_size`, which may differ in shape.
    ///
    /// # Errors
    /// [`Error::UnsupportedScale`] for packed RGB, [`Error::NotSmaller`] where a side would grow.
    pub fn new(format: PixelFormat, source_size: Size, target_size: Size) -> Result<Self, Error> {
        if !format.is_yuv() {
            return Err(Error::UnsupportedScale(format));
        }
        if target_size.width() > source_size.width() || target_size.height() > source_size.height() {
            return Err(Error::NotSmaller { source_size, target_size });
        }
        Ok(Self {
            format,
            source_size,
            target_size,
            luma: PlaneScaler::new(source_size, target_size),
            chroma: PlaneScaler::new(source_size.chroma(), target_size.chroma()),
        })
    }

    /// The size that [`Scaler::scale`] writes.
    pub fn target_size(&self) -> Size {
        self.target_size
    }

    /// Scales a picture.
    ///
    /// # Errors
    /// When a picture has not the format or the size of the plan. Nothing is written then.
    pub fn scale(&self, source: &PictureRef<'_>, target: &mut PictureMut<'_>) -> Result<(), Error> {
        let expected = self.format;
        if source.format() != expected {
            return Err(Error::SourceFormat { expected, actual: source.format() });
        }
        if target.format() != expected {
            return Err(Error::TargetFormat { expected, actual: target.format() });
        }
        if source.size() != self.source_size {
            return Err(Error::SourceSize { expected: self.source_size, actual: source.size() });
        }
        if target.size() != self.target_size {
            return Err(Error::TargetSize { expected: self.target_size, actual: target.size() });
        }
        for (index, plane) in target.planes_mut().iter_mut().enumerate().take(self.format.plane_count()) {
            let scaler = if index == 0 { &self.luma } else { &self.chroma };
            let source_plane = source.plane(index);
            let source_row = |y| source_plane.row(y);
            if self.format == PixelFormat::Nv12 && index == 1 {
                scaler.scale::<2>(source_row, |y, write| write(plane.row_mut(y)));
            } else {
                scaler.scale::<1>(source_row, |y, write| write(plane.row_mut(y)));
            }
        }
        Ok(())
    }
}

impl PlaneScaler {
    fn new(source: Size, target: Size) -> Self {
        let columns = Axis::new(source.width(), target.width());
        let rows = Axis::new(source.height(), target.height());
        let divide = Divider::new(u64::from(columns.sum) * u64::from(rows.sum));
        Self { columns, rows, divide }
    }

    /// Scales a plane whose samples are `N` interleaved components.
    fn scale<'a, const N: usize>(
        &self,
        source_row: impl Fn(usize) -> &'a [u8],
        mut with_target_row: impl FnMut(usize, &mut dyn FnMut(&mut [u8])),
    ) {
        if self.halves() {
            for y in 0..self.rows.taps.len() {
                let rows = [source_row(2 * y), source_row(2 * y + 1)].map(|row| row.as_chunks::<N>().0);
                with_target_row(y, &mut |target| halve_row(rows, target));
            }
            return;
        }
        let mut sums: Vec<u32> = Vec::new();
        for (y, taps) in self.rows.taps.iter().enumerate() {
            sums.clear();
            sums.resize(source_row(0).len(), 0);
            for (row, &weight) in self.rows.weights[taps.start..taps.end].iter().enumerate() {
                for (sum, &sample) in sums.iter_mut().zip(source_row(taps.first + row)) {
                    *sum += weight * u32::from(sample);
                }
            }
            let columns = sums.as_chunks::<N>().0;
            with_target_row(y, &mut |target| self.scale_row(columns, target));
        }
    }

    /// Whether each target sample is the mean of 2x2 source samples, which needs no weights.
    fn halves(&self) -> bool {
        let is_half = |axis: &Axis| axis.sum == 2 && axis.weights.len() == 2 * axis.taps.len();
        is_half(&self.columns) && is_half(&self.rows)
    }

    fn scale_row<const N: usize>(&self, columns: &[[u32; N]], target: &mut [u8]) {
        for (samples, taps) in target.as_chunks_mut::<N>().0.iter_mut().zip(&self.columns.taps) {
            let weights = &self.columns.weights[taps.start..taps.end];
            let columns = &columns[taps.first..][..weights.len()];
            *samples = std::array::from_fn(|component| {
                let terms = columns.iter().zip(weights);
                self.divide.rounded(
                    terms.map(|(sums, &weight)| u64::from(sums[component]) * u64::from(weight)).sum(),
                )
            });
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the mean of bytes is a byte")]
fn halve_row<const N: usize>([top, bottom]: [&[[u8; N]]; 2], target: &mut [u8]) {
    let pairs = top.as_chunks::<2>().0.iter().zip(bottom.as_chunks::<2>().0);
    for (samples, (top, bottom)) in target.as_chunks_mut::<N>().0.iter_mut().zip(pairs) {
        *samples = std::array::from_fn(|component| {
            let four = [top[0], top[1], bottom[0], bottom[1]].map(|sample| u16::from(sample[component]));
            ((four.iter().sum::<u16>() + 2) / 4) as u8
        });
    }
}

impl Axis {
    fn new(source: u32, target: u32) -> Self {
        let divisor = gcd(source, target);
        let (from, to) = (source / divisor, target / divisor);
        let (mut taps, mut weights) = (Vec::with_capacity(target as usize), Vec::new());
        // In steps of which a source sample has `to` and a target sample `from`. At most 2^14 * 2^14 steps.
        for index in 0..target {
            let (left, right) = (index * from, (index + 1) * from);
            let start = weights.len();
            weights
                .extend((left / to..right.div_ceil(to)).map(|j| right.min((j + 1) * to) - left.max(j * to)));
            taps.push(Taps { first: (left / to) as usize, start, end: weights.len() });
        }
        Self { sum: from, taps, weights }
    }
}

impl Divider {
    const BITS: u32 = 40;

    fn new(divisor: u64) -> Self {
        // A sum is at most 255.5 * divisor and the reciprocal too large by less than 2^-40, so that the quotient is
        // too large by less than 256 * divisor / 2^40: no more than 1 / divisor as long as the divisor stays below 2^16.
        let reciprocal = (divisor < 1 << 16).then(|| (1_u64 << Self::BITS).div_ceil(divisor));
        Self { divisor, reciprocal }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the mean of bytes is a byte")]
    fn rounded(self, sum: u64) -> u8 {
        let sum = sum + self.divisor / 2;
        match self.reciprocal {
            Some(reciprocal) => ((sum * reciprocal) >> Self::BITS) as u8,
            None => (sum / self.divisor) as u8,
        }
    }
}

fn gcd(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
