use crate::{
    ChangeMap, Error, Level, RgbWeights, YuvWeights,
    arch::{RgbToYuv, YuvToRgb},
    changes::update_row,
    rows::{ChromaRow, ChromaRowMut, Layout, RowPairMut, YuvRows, YuvRowsMut},
    scalar,
};
use framewire_frame::{Color, PictureMut, PictureRef, PixelFormat, Size};

/// A conversion between two formats at one size, planned once and used for every frame.
///
/// | from | to |
/// |---|---|
/// | RGBA, BGRA, RGB | NV12, I420 |
/// | NV12, I420 | NV12, I420, RGBA, BGRA, RGB |
/// | any | the same: a copy to other strides |
///
/// A 4:2:0 target may have the source's size or that [padded to even](Size::padded_to_even), where the padding
/// repeats the edge pixels. No byte outside the rows of the target is written.
///
/// ```
/// use framewire_convert::Converter;
/// use framewire_frame::{Color, PictureMut, PictureRef, PixelFormat, Size};
///
/// let size = Size::new(2, 2)?;
/// let to_nv12 = Converter::new(PixelFormat::Rgba8, PixelFormat::Nv12, size, Color::default())?;
///
/// let white = [255; 16];
/// let mut nv12 = [0; 6];
/// to_nv12.convert(
///     &PictureRef::packed(PixelFormat::Rgba8, size, &white)?,
///     &mut PictureMut::packed(PixelFormat::Nv12, size, &mut nv12)?,
/// )?;
/// assert_eq!(nv12, [235, 235, 235, 235, 128, 128]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Converter {
    source: PixelFormat,
    target: PixelFormat,
    size: Size,
    level: Level,
    plan: Plan,
}

#[derive(Clone, Debug)]
enum Plan {
    RgbToYuv { weights: YuvWeights, kernel: RgbToYuv },
    YuvToRgb { weights: RgbWeights, kernel: YuvToRgb },
    YuvToYuv,
    RgbCopy,
}

impl Converter {
    /// A plan for pictures of `size`, at the level that [`Level::detect`] finds. `color` says what the 4:2:0 side
    /// means; where there is none, or on both sides, it is of no effect.
    ///
    /// # Errors
    /// [`Error::UnsupportedPair`] between two different formats of packed RGB.
    pub fn new(source: PixelFormat, target: PixelFormat, size: Size, color: Color) -> Result<Self, Error> {
        let level = Level::detect();
        let plan = match (Layout::of(source), Layout::of(target)) {
            (Some(layout), None) => Plan::RgbToYuv {
                weights: YuvWeights::new(color),
                kernel: RgbToYuv::new(layout, level).unwrap_or(RgbToYuv::scalar(layout)),
            },
            (None, Some(layout)) => Plan::YuvToRgb {
                weights: RgbWeights::new(color),
                kernel: YuvToRgb::new(layout, level).unwrap_or(YuvToRgb::scalar(layout)),
            },
            (None, None) => Plan::YuvToYuv,
            (Some(_), Some(_)) if source == target => Plan::RgbCopy,
            (Some(_), Some(_)) => {
                return Err(Error::UnsupportedPair { source_format: source, target_format: target });
            }
        };
        Ok(Self { source, target, size, level, plan })
    }

    /// The same plan at another level, whatever the environment says; `None` where this machine lacks the level.
    pub fn with_level(mut self, level: Level) -> Option<Self> {
        if !level.is_available() {
            return None;
        }
        self.level = level;
        match &mut self.plan {
            Plan::RgbToYuv { kernel, .. } => *kernel = RgbToYuv::new(kernel.layout(), level)?,
            Plan::YuvToRgb { kernel, .. } => *kernel = YuvToRgb::new(kernel.layout(), level)?,
            Plan::YuvToYuv | Plan::RgbCopy => {}
        }
        Some(self)
    }

    /// The level in use.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The format to convert from.
    pub fn source_format(&self) -> PixelFormat {
        self.source
    }

    /// The format to convert to.
    pub fn target_format(&self) -> PixelFormat {
        self.target
    }

    /// The size of the source.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Converts a picture.
    ///
    /// # Errors
    /// When a picture has not the format or the size of the plan. Nothing is written then.
    pub fn convert(&self, source: &PictureRef<'_>, target: &mut PictureMut<'_>) -> Result<(), Error> {
        self.check(source, target)?;
        for index in 0..pairs(self.size) {
            self.convert_pair(source, index, RowPairMut::of(target, index));
        }
        Ok(())
    }

    /// Converts a picture over the one before it, which `target` still holds, and says in the same pass which blocks
    /// of the target have changed. `changes` is reset first. Blocks that have not changed are not written.
    ///
    /// # Errors
    /// As [`Converter::convert`]; `changes` is left as it was then.
    pub fn convert_tracking(
        &self,
        source: &PictureRef<'_>,
        target: &mut PictureMut<'_>,
        changes: &mut ChangeMap,
    ) -> Result<(), Error> {
        self.check(source, target)?;
        changes.reset(target.size());
        // Two rows stay in the first-level cache until they are compared.
        let row_bytes = [0, 1, 2].map(|plane| self.target.row_bytes(target.size(), plane));
        let mut scratch = vec![0; 2 * row_bytes[0] + row_bytes[1] + row_bytes[2]];
        for index in 0..pairs(self.size) {
            let old = RowPairMut::of(target, index);
            let mut new = RowPairMut::within(&mut scratch, row_bytes, old.bottom.is_some());
            self.convert_pair(source, index, new.reborrow());
            let flags = changes.row_of(2 * index);
            let (luma, chroma) = updates(self.target);
            let updates = [luma, luma, chroma, chroma];
            for ((new, old), update) in new.into_rows().into_iter().zip(old.into_rows()).zip(updates) {
                update(new, old, flags);
            }
        }
        Ok(())
    }

    /// Converts rows `2 * index` and the next, with the chroma that belongs to them.
    fn convert_pair(&self, source: &PictureRef<'_>, index: usize, target: RowPairMut<'_>) {
        let bottom = (2 * index + 1).min(self.size.height() as usize - 1);
        let rows = [source.plane(0).row(2 * index), source.plane(0).row(bottom)];
        match &self.plan {
            Plan::RgbToYuv { weights, kernel } => {
                self.write_yuv(target, |target| kernel.run(weights, rows, target));
            }
            Plan::YuvToYuv => self.write_yuv(target, |target| {
                target.luma_top.copy_from_slice(rows[0]);
                if let Some(luma_bottom) = target.luma_bottom {
                    luma_bottom.copy_from_slice(rows[1]);
                }
                scalar::copy_chroma(self.source_chroma(source, index), target.chroma);
            }),
            Plan::YuvToRgb { weights, kernel } => {
                let source = YuvRows { luma: rows, chroma: self.source_chroma(source, index) };
                kernel.run(weights, source, [Some(target.top), target.bottom]);
            }
            Plan::RgbCopy => {
                target.top.copy_from_slice(rows[0]);
                if let Some(target_bottom) = target.bottom {
                    target_bottom.copy_from_slice(rows[1]);
                }
            }
        }
    }

    /// Lets `write` fill as many columns as the source has, and repeats the last of them into the padding.
    fn write_yuv(&self, target: RowPairMut<'_>, write: impl FnOnce(YuvRowsMut<'_>)) {
        let width = self.size.width() as usize;
        let RowPairMut { top, mut bottom, chroma: [first, second] } = target;
        write(YuvRowsMut {
            luma_top: &mut top[..width],
            luma_bottom: bottom.as_deref_mut().map(|bottom| &mut bottom[..width]),
            chroma: match self.target {
                PixelFormat::I420 => ChromaRowMut::Planar { u: first, v: second },
                PixelFormat::Nv12 | PixelFormat::Rgba8 | PixelFormat::Bgra8 | PixelFormat::Rgb8 => {
                    ChromaRowMut::Interleaved(first)
                }
            },
        });
        for row in [Some(top), bottom].into_iter().flatten() {
            let edge = row[width - 1];
            row[width..].fill(edge);
        }
    }

    fn source_chroma<'a>(&self, source: &PictureRef<'a>, index: usize) -> ChromaRow<'a> {
        match self.source {
            PixelFormat::I420 => {
                ChromaRow::Planar { u: source.plane(1).row(index), v: source.plane(2).row(index) }
            }
            PixelFormat::Nv12 | PixelFormat::Rgba8 | PixelFormat::Bgra8 | PixelFormat::Rgb8 => {
                ChromaRow::Interleaved(source.plane(1).row(index))
            }
        }
    }

    fn check(&self, source: &PictureRef<'_>, target: &PictureMut<'_>) -> Result<(), Error> {
        if source.format() != self.source {
            return Err(Error::SourceFormat { expected: self.source, actual: source.format() });
        }
        if source.size() != self.size {
            return Err(Error::SourceSize { expected: self.size, actual: source.size() });
        }
        if target.format() != self.target {
            return Err(Error::TargetFormat { expected: self.target, actual: target.format() });
        }
        let padded = self.target.is_yuv() && target.size() == self.size.padded_to_even();
        if target.size() != self.size && !padded {
            return Err(Error::TargetSize { expected: self.size, actual: target.size() });
        }
        Ok(())
    }
}

fn pairs(size: Size) -> usize {
    size.height().div_ceil(2) as usize
}

/// How the rows of the first plane and those of the further ones are compared: by as many bytes as a block has.
fn updates(format: PixelFormat) -> (UpdateRow, UpdateRow) {
    match format {
        PixelFormat::Rgba8 | PixelFormat::Bgra8 => (update_row::<64>, update_row::<64>),
        PixelFormat::Rgb8 => (update_row::<48>, update_row::<48>),
        PixelFormat::Nv12 => (update_row::<16>, update_row::<16>),
        PixelFormat::I420 => (update_row::<16>, update_row::<8>),
    }
}

type UpdateRow = fn(&[u8], &mut [u8], &mut [bool]);
