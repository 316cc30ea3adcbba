use crate::{
    ChangeMap, Error, Level, RgbWeights, YuvWeights,
    arch::{Moves, RgbToYuv, YuvToRgb},
    pass::Pass,
    rows::Layout,
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
    pub(crate) plan: Plan,
    pub(crate) moves: Moves,
}

#[derive(Clone, Debug)]
pub(crate) enum Plan {
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
        Ok(Self { source, target, size, level, plan, moves: Moves::new(level) })
    }

    /// The same plan at another level, whatever the environment says; `None` where this machine lacks the level.
    pub fn with_level(mut self, level: Level) -> Option<Self> {
        if !level.is_available() {
            return None;
        }
        self.level = level;
        self.moves = Moves::new(level);
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
        Pass::new(self, *source, target).convert();
        Ok(())
    }

    /// Converts a picture over an earlier one, which `target` holds, and marks in the same pass which blocks of the
    /// target have changed. Blocks that have not changed are not written.
    ///
    /// What is marked in `changes` stays so: differences gather until [`ChangeMap::clear`]. A map for pictures of
    /// another size is [reset](ChangeMap::reset) first.
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
        Pass::new(self, *source, target).convert_tracking(changes);
        Ok(())
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
