use crate::Scale;
use framewire_convert::{Converter, Error, Scaler};
use framewire_frame::{Color, Picture, PictureMut, PixelFormat, Pool, Size};

/// Makes pictures smaller for the scaled renditions: to I420 at full size, then area averages.
pub(crate) struct Shrinker {
    scale: Scale,
    plan: Option<Plan>,
    pool: Pool,
}

struct Plan {
    source: (PixelFormat, Size, Color),
    /// `None` where the source is I420 already.
    converter: Option<Converter>,
    scaler: Scaler,
    full: Vec<u8>,
}

impl Shrinker {
    pub(crate) fn new(scale: Scale) -> Self {
        Self { scale, plan: None, pool: Pool::new(2) }
    }

    /// The size of this scale; that of the source where it is too small to be divided.
    pub(crate) fn target_size(scale: Scale, source: Size) -> Size {
        let target = source.divided_by(scale.divisor());
        let fits = target.width() <= source.width() && target.height() <= source.height();
        if scale != Scale::Full && fits { target } else { source }
    }

    pub(crate) fn shrink(&mut self, picture: &Picture, color: Color) -> Result<Picture, Error> {
        let target = Self::target_size(self.scale, picture.size());
        if target == picture.size() {
            return Ok(picture.clone());
        }
        let source = (picture.format(), picture.size(), color);
        if self.plan.as_ref().is_none_or(|plan| plan.source != source) {
            self.plan = Some(Plan::new(source, target)?);
        }
        let Some(plan) = &mut self.plan else { return Ok(picture.clone()) };
        let mut buffer = self.pool.take(PixelFormat::I420.packed_len(target));
        let mut small = PictureMut::packed(PixelFormat::I420, target, &mut buffer)
            .expect("the buffer was taken with the picture's length");
        match &plan.converter {
            None => plan.scaler.scale(&picture.as_ref(), &mut small)?,
            Some(converter) => {
                let mut full = PictureMut::packed(PixelFormat::I420, picture.size(), &mut plan.full)
                    .expect("the plan's buffer has the picture's length");
                converter.convert(&picture.as_ref(), &mut full)?;
                plan.scaler.scale(&full.as_ref(), &mut small)?;
            }
        }
        Ok(Picture::packed(PixelFormat::I420, target, buffer.freeze())
            .expect("the buffer was taken with the picture's length"))
    }
}

impl Plan {
    fn new(source: (PixelFormat, Size, Color), target: Size) -> Result<Self, Error> {
        let (format, size, color) = source;
        let converter = match format {
            PixelFormat::I420 => None,
            _ => Some(Converter::new(format, PixelFormat::I420, size, color)?),
        };
        let full = if converter.is_some() { PixelFormat::I420.packed_len(size) } else { 0 };
        Ok(Self {
            source,
            converter,
            scaler: Scaler::new(PixelFormat::I420, size, target)?,
            full: vec![0; full],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).unwrap()
    }

    #[test]
    fn every_format_becomes_a_smaller_i420() {
        for format in PixelFormat::ALL {
            for scale in [Scale::Half, Scale::Quarter] {
                let mut shrinker = Shrinker::new(scale);
                let source = size(37, 22);
                let picture = Picture::packed(format, source, vec![128; format.packed_len(source)]).unwrap();
                let small = shrinker.shrink(&picture, Color::default()).unwrap();
                assert_eq!(small.format(), PixelFormat::I420);
                assert_eq!(small.size(), source.divided_by(scale.divisor()));
                let luma = small.as_ref().plane(0).row(0)[0];
                assert!((126..=128).contains(&luma), "grey stays grey: {format} {luma}");
            }
        }
    }

    #[test]
    fn a_change_of_source_is_followed() {
        let mut shrinker = Shrinker::new(Scale::Half);
        for side in [16, 32, 16] {
            let picture =
                Picture::packed(PixelFormat::Rgb8, size(side, side), vec![9; (side * side * 3) as usize]);
            let small = shrinker.shrink(&picture.unwrap(), Color::default()).unwrap();
            assert_eq!(small.size(), size(side / 2, side / 2));
        }
    }

    #[test]
    fn a_picture_too_small_to_be_divided_stays_as_it_is() {
        let picture = Picture::packed(PixelFormat::Rgb8, size(1, 9), vec![0; 27]).unwrap();
        let same = Shrinker::new(Scale::Half).shrink(&picture, Color::default()).unwrap();
        assert_eq!(same.size(), size(1, 9));
    }
}
