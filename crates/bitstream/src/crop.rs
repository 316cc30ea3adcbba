use crate::{
    Dimensions, Error,
    bits::{BitReader, BitWriter},
};

/// What is cut off before a picture is shown, in crop units: 2x2 pixels in 4:2:0 frames. H.264's `frame_cropping`
/// (7.4.2.1.1), HEVC's windows (7.4.3.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crop {
    /// Units cut off on the left.
    pub left: u32,
    /// Units cut off on the right.
    pub right: u32,
    /// Units cut off at the top.
    pub top: u32,
    /// Units cut off at the bottom.
    pub bottom: u32,
}

impl Crop {
    pub(crate) fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(Self { left: r.ue()?, right: r.ue()?, top: r.ue()?, bottom: r.ue()? })
    }

    pub(crate) fn write(self, w: &mut BitWriter) {
        for units in [self.left, self.right, self.top, self.bottom] {
            w.ue(units);
        }
    }

    /// What is left of `coded`; zero where nothing is.
    pub(crate) fn apply(self, coded: Dimensions, unit: Dimensions) -> Dimensions {
        let cut = |side: u32, unit: u32, a: u32, b: u32| {
            side.saturating_sub(unit.saturating_mul(a.saturating_add(b)))
        };
        Dimensions::new(
            cut(coded.width, unit.width, self.left, self.right),
            cut(coded.height, unit.height, self.top, self.bottom),
        )
    }

    /// Cuts the right and the bottom so that `display` is left, rounded up to whole units; what `before` cuts on the
    /// left and at the top stays.
    pub(crate) fn to_show(
        display: Dimensions,
        coded: Dimensions,
        unit: Dimensions,
        before: Option<Self>,
    ) -> Result<Option<Self>, Error> {
        let Self { left, top, .. } = before.unwrap_or_default();
        let cut = |side: u32, unit: u32, before: u32, wanted: u32| {
            let room = side.checked_sub(unit.checked_mul(before)?)?;
            let rest = room.checked_sub(wanted.checked_next_multiple_of(unit)?)?;
            (wanted > 0).then_some(rest / unit)
        };
        let error = || Error::Crop { coded, display };
        let right = cut(coded.width, unit.width, left, display.width).ok_or_else(error)?;
        let bottom = cut(coded.height, unit.height, top, display.height).ok_or_else(error)?;
        let crop = Self { left, right, top, bottom };
        Ok((crop != Self::default()).then_some(crop))
    }
}

/// Refuses a crop that leaves nothing.
pub(crate) fn check(coded: Dimensions, display: Dimensions) -> Result<(), Error> {
    if display.width == 0 || display.height == 0 {
        return Err(Error::Crop { coded, display });
    }
    Ok(())
}
