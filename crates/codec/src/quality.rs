//! How far a decoded picture is from its source.

use framewire_frame::{PictureRef, PixelFormat};

/// Peak signal-to-noise ratios in decibels; [`f64::INFINITY`] for equal samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Psnr {
    /// Of luma alone.
    pub luma: f64,
    /// Of all samples of all planes together.
    pub all: f64,
}

/// Squared differences of many pictures, added up. Averages of decibels would hide a bad picture among good ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    planes: [Sum; 3],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    squares: u64,
    samples: u64,
}

/// Two pictures that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {0} and a {1} picture cannot be compared: both must be i420 or nv12 of one size")]
pub struct NotComparable(String, String);

/// The ratios of one pair of pictures, both I420 or NV12, of one size.
pub fn psnr(a: PictureRef<'_>, b: PictureRef<'_>) -> Result<Psnr, NotComparable> {
    let mut difference = Difference::default();
    difference.add(a, b)?;
    Ok(difference.psnr())
}

impl Difference {
    /// Adds one pair of pictures, both I420 or NV12, of one size.
    pub fn add(&mut self, a: PictureRef<'_>, b: PictureRef<'_>) -> Result<(), NotComparable> {
        if a.size() != b.size() || !a.format().is_yuv() || !b.format().is_yuv() {
            let say = |picture: PictureRef<'_>| format!("{} {}", picture.size(), picture.format());
            return Err(NotComparable(say(a), say(b)));
        }
        for y in 0..a.size().height() as usize {
            self.planes[0].add(a.plane(0).row(y), b.plane(0).row(y));
        }
        let chroma = a.size().chroma();
        let width = chroma.width() as usize;
        for y in 0..chroma.height() as usize {
            for plane in 1..3 {
                match (a.format(), b.format()) {
                    (PixelFormat::I420, PixelFormat::I420) => {
                        self.planes[plane].add(a.plane(plane).row(y), b.plane(plane).row(y));
                    }
                    _ => {
                        let (a, b) = (chroma_row(&a, plane, y), chroma_row(&b, plane, y));
                        (0..width).for_each(|x| self.planes[plane].add(&[a(x)], &[b(x)]));
                    }
                }
            }
        }
        Ok(())
    }

    /// The ratios of everything that was added.
    pub fn psnr(&self) -> Psnr {
        let all = self.planes.iter().fold(Sum::default(), |sum, plane| Sum {
            squares: sum.squares + plane.squares,
            samples: sum.samples + plane.samples,
        });
        Psnr { luma: self.planes[0].decibels(), all: all.decibels() }
    }
}

impl Sum {
    fn add(&mut self, a: &[u8], b: &[u8]) {
        // A row has at most 2^14 samples, whose squares are below 2^16: no overflow.
        let row: u32 = a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum();
        self.squares += u64::from(row);
        self.samples += a.len() as u64;
    }

    fn decibels(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a ratio of sums needs no more than 52 bits")]
        let mean = self.squares as f64 / self.samples as f64;
        10.0 * (255.0_f64.powi(2) / mean).log10()
    }
}

/// Row `y` of U (plane 1) or V (plane 2), by column.
fn chroma_row<'a>(picture: &PictureRef<'a>, plane: usize, y: usize) -> impl Fn(usize) -> u8 + use<'a> {
    let (row, step, offset) = match picture.format() {
        PixelFormat::Nv12 => (picture.plane(1).row(y), 2, plane - 1),
        _ => (picture.plane(plane).row(y), 1, 0),
    };
    move |x| row[x * step + offset]
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_frame::Size;

    fn picture(format: PixelFormat, data: &[u8]) -> PictureRef<'_> {
        PictureRef::packed(format, Size::new(2, 2).unwrap(), data).unwrap()
    }

    #[test]
    fn equal_pictures_have_no_noise_in_any_layout() {
        let i420 = picture(PixelFormat::I420, &[1, 2, 3, 4, 5, 6]);
        let nv12 = picture(PixelFormat::Nv12, &[1, 2, 3, 4, 5, 6]);
        for (a, b) in [(i420, i420), (i420, nv12), (nv12, nv12)] {
            assert_eq!(psnr(a, b).unwrap(), Psnr { luma: f64::INFINITY, all: f64::INFINITY });
        }
    }

    #[test]
    fn one_wrong_sample_is_weighed_against_all_of_its_kind() {
        let a = picture(PixelFormat::I420, &[10, 10, 10, 10, 0, 0]);
        let luma = psnr(a, picture(PixelFormat::I420, &[12, 10, 10, 10, 0, 0])).unwrap();
        assert!((luma.luma - 10.0 * (65025.0_f64 / 1.0).log10()).abs() < 1e-9);
        assert!((luma.all - 10.0 * (65025.0_f64 * 6.0 / 4.0).log10()).abs() < 1e-9);
        let chroma = psnr(a, picture(PixelFormat::Nv12, &[10, 10, 10, 10, 0, 3])).unwrap();
        assert!(chroma.luma.is_infinite() && chroma.all.is_finite());
    }

    #[test]
    fn pictures_of_other_sizes_or_formats_are_refused_by_name() {
        let size = Size::new(1, 1).unwrap();
        let small = PictureRef::packed(PixelFormat::I420, size, &[0; 3]).unwrap();
        let error = psnr(small, picture(PixelFormat::I420, &[0; 6])).unwrap_err();
        assert!(error.to_string().starts_with("a 1x1 i420 and a 2x2 i420 picture"), "{error}");
        let rgb = PictureRef::packed(PixelFormat::Rgb8, size, &[0; 3]).unwrap();
        assert!(psnr(rgb, small).is_err());
    }
}
