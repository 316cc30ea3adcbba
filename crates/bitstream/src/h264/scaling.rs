use crate::{
    Error,
    bits::{BitReader, BitWriter},
};

/// One scaling list, in zig-zag order as it is coded (7.3.2.1.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScalingList<const N: usize> {
    /// Not coded: the fall-back rule of table 7-2 holds.
    #[default]
    Absent,
    /// The default list of the standard.
    UseDefault,
    /// These factors, 1 to 255.
    Explicit([u8; N]),
}

/// The scaling lists of a parameter set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScalingMatrix {
    /// Intra Y, Cb, Cr, then inter Y, Cb, Cr.
    pub lists_4x4: [ScalingList<16>; 6],
    /// Intra Y, inter Y, and for 4:4:4 intra Cb, inter Cb, intra Cr, inter Cr.
    pub lists_8x8: [ScalingList<64>; 6],
}

impl ScalingMatrix {
    pub(super) fn read(r: &mut BitReader<'_>, count_8x8: usize) -> Result<Self, Error> {
        let mut matrix = Self::default();
        for list in &mut matrix.lists_4x4 {
            *list = ScalingList::read(r)?;
        }
        for list in matrix.lists_8x8.iter_mut().take(count_8x8) {
            *list = ScalingList::read(r)?;
        }
        Ok(matrix)
    }

    pub(super) fn write(&self, w: &mut BitWriter, count_8x8: usize) {
        for list in &self.lists_4x4 {
            list.write(w);
        }
        for list in self.lists_8x8.iter().take(count_8x8) {
            list.write(w);
        }
    }
}

impl<const N: usize> ScalingList<N> {
    // 7.3.2.1.1.1: a factor of zero means "as the last one from here on", at the first place "the default list".
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        if !r.flag()? {
            return Ok(Self::Absent);
        }
        let mut factors = [8u8; N];
        let mut last = 8u8;
        for j in 0..N {
            let delta = r.se_in("delta_scale", -128..=127)?;
            let next = last.wrapping_add(delta as u8);
            if next == 0 {
                if j == 0 {
                    return Ok(Self::UseDefault);
                }
                factors[j..].fill(last);
                break;
            }
            factors[j] = next;
            last = next;
        }
        Ok(Self::Explicit(factors))
    }

    fn write(&self, w: &mut BitWriter) {
        w.flag(!matches!(self, Self::Absent));
        match self {
            Self::Absent => {}
            Self::UseDefault => w.se(-8),
            Self::Explicit(factors) => {
                let mut last = 8u8;
                for &factor in factors {
                    w.se(i32::from(factor.wrapping_sub(last) as i8));
                    last = factor;
                }
            }
        }
    }
}
