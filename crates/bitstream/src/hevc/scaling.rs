use crate::{
    Error,
    bits::{BitReader, BitWriter},
};

/// One scaling list as it is coded (7.3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScalingList {
    /// `scaling_list_pred_matrix_id_delta`: the list so many matrices before; zero is the default list.
    Predicted(u8),
    /// Its factors in coding order.
    Explicit {
        /// `scaling_list_dc_coef_minus8 + 8` of the 16x16 and 32x32 lists.
        dc: Option<u8>,
        /// 16 factors for 4x4 blocks, 64 for all others.
        factors: Vec<u8>,
    },
}

/// `scaling_list_data`: six lists each for blocks of 4x4, 8x8 and 16x16, two for 32x32.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalingLists(pub Vec<ScalingList>);

/// `sizeId` and the index within it that prediction counts in, for each list.
fn kinds() -> impl Iterator<Item = (u32, u8)> {
    (0..4).flat_map(|size| (0..if size == 3 { 2 } else { 6 }).map(move |index| (size, index)))
}

fn factor_count(size: u32) -> usize {
    if size == 0 { 16 } else { 64 }
}

impl ScalingLists {
    pub(super) fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        kinds().map(|(size, index)| ScalingList::read(r, size, index)).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn write(&self, w: &mut BitWriter) {
        self.0.iter().for_each(|list| list.write(w));
    }
}

impl ScalingList {
    fn read(r: &mut BitReader<'_>, size: u32, index: u8) -> Result<Self, Error> {
        if !r.flag()? {
            return Ok(Self::Predicted(r.ue_u8("scaling_list_pred_matrix_id_delta", index)?));
        }
        let dc = if size > 1 { Some(r.se_in("scaling_list_dc_coef_minus8", -7..=247)? + 8) } else { None };
        let dc = dc.map(|dc| dc as u8);
        let mut last = dc.unwrap_or(8);
        let mut factors = Vec::with_capacity(factor_count(size));
        for _ in 0..factor_count(size) {
            last = last.wrapping_add(r.se_in("scaling_list_delta_coef", -128..=127)? as u8);
            factors.push(last);
        }
        Ok(Self::Explicit { dc, factors })
    }

    fn write(&self, w: &mut BitWriter) {
        match self {
            Self::Predicted(delta) => {
                w.flag(false);
                w.ue((*delta).into());
            }
            Self::Explicit { dc, factors } => {
                w.flag(true);
                if let Some(dc) = dc {
                    w.se(i32::from(*dc) - 8);
                }
                let mut last = dc.unwrap_or(8);
                for &factor in factors {
                    w.se(i32::from(factor.wrapping_sub(last) as i8));
                    last = factor;
                }
            }
        }
    }
}
