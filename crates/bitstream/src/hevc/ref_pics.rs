use crate::{
    Error,
    bits::{BitReader, BitWriter},
    limits::{MAX_LONG_TERM_PICS, MAX_REF_FRAMES, MAX_SHORT_TERM_SETS},
};

/// A short-term reference picture set as it is coded (`st_ref_pic_set`, 7.3.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShortTermRefPics {
    /// Picture by picture.
    Explicit {
        /// Pictures that are shown before the current one, the nearest first.
        before: Vec<RefPic>,
        /// Pictures that are shown after it, the nearest first.
        after: Vec<RefPic>,
    },
    /// From the set before it.
    Predicted {
        /// `delta_rps_sign`.
        negative: bool,
        /// `abs_delta_rps_minus1`.
        abs_delta_minus1: u16,
        /// What becomes of each picture of the set before, and of the picture that it belongs to.
        pictures: Vec<PredictedRefPic>,
    },
}

/// One picture of an explicit set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefPic {
    /// `delta_poc_minus1`: distance to the picture before it in the list, less one.
    pub delta_poc_minus1: u16,
    /// `used_by_curr_pic_flag`.
    pub used: bool,
}

/// One picture of a predicted set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PredictedRefPic {
    /// `used_by_curr_pic_flag`.
    Used,
    /// `use_delta_flag`: kept for later pictures.
    Kept,
    /// Neither.
    Dropped,
}

/// One long-term reference picture that slices can name (7.3.2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongTermRefPic {
    /// `lt_ref_pic_poc_lsb_sps`, as wide as the picture order counts in slices.
    pub poc_lsb: u16,
    /// `used_by_curr_pic_lt_sps_flag`.
    pub used: bool,
}

/// Distances in picture order count, the nearest first.
#[derive(Clone, Debug, Default)]
struct Deltas {
    /// `DeltaPocS0`: all negative.
    before: Vec<i32>,
    /// `DeltaPocS1`: all positive.
    after: Vec<i32>,
}

impl ShortTermRefPics {
    /// Reads the sets of an SPS.
    pub(super) fn read_all(r: &mut BitReader<'_>) -> Result<Vec<Self>, Error> {
        let count = r.ue_max("num_short_term_ref_pic_sets", MAX_SHORT_TERM_SETS)?;
        let mut sets = Vec::new();
        let mut last = Deltas::default();
        for index in 0..count {
            let set = Self::read(r, index > 0, last.len())?;
            last = set.deltas(&last);
            if last.len() > MAX_REF_FRAMES as usize {
                return Err(r.invalid("NumDeltaPocs", last.len() as i64));
            }
            sets.push(set);
        }
        Ok(sets)
    }

    pub(super) fn write_all(sets: &[Self], w: &mut BitWriter) {
        w.ue(sets.len() as u32);
        for (index, set) in sets.iter().enumerate() {
            set.write(w, index > 0);
        }
    }

    fn read(r: &mut BitReader<'_>, may_predict: bool, previous: usize) -> Result<Self, Error> {
        if may_predict && r.flag()? {
            let negative = r.flag()?;
            let abs_delta_minus1 = r.ue_max("abs_delta_rps_minus1", MAX_DELTA)? as u16;
            let pictures = (0..=previous).map(|_| PredictedRefPic::read(r)).collect::<Result<_, _>>()?;
            return Ok(Self::Predicted { negative, abs_delta_minus1, pictures });
        }
        let before = r.ue_max("num_negative_pics", MAX_REF_FRAMES)?;
        let after = r.ue_max("num_positive_pics", MAX_REF_FRAMES - before)?;
        let mut list = |count| (0..count).map(|_| RefPic::read(r)).collect::<Result<_, _>>();
        Ok(Self::Explicit { before: list(before)?, after: list(after)? })
    }

    fn write(&self, w: &mut BitWriter, may_predict: bool) {
        if may_predict {
            w.flag(matches!(self, Self::Predicted { .. }));
        }
        match self {
            Self::Explicit { before, after } => {
                w.ue(before.len() as u32);
                w.ue(after.len() as u32);
                for picture in before.iter().chain(after) {
                    w.ue(picture.delta_poc_minus1.into());
                    w.flag(picture.used);
                }
            }
            Self::Predicted { negative, abs_delta_minus1, pictures } => {
                w.flag(*negative);
                w.ue((*abs_delta_minus1).into());
                for picture in pictures {
                    w.flag(*picture == PredictedRefPic::Used);
                    if *picture != PredictedRefPic::Used {
                        w.flag(*picture == PredictedRefPic::Kept);
                    }
                }
            }
        }
    }

    /// The distances of the pictures of each set, those before and those after.
    #[cfg(test)]
    pub(super) fn distances(sets: &[Self]) -> Vec<[Vec<i32>; 2]> {
        let mut last = Deltas::default();
        sets.iter()
            .map(|set| {
                last = set.deltas(&last);
                [last.before.clone(), last.after.clone()]
            })
            .collect()
    }

    /// 7.4.8; `previous` is the set before.
    fn deltas(&self, previous: &Deltas) -> Deltas {
        match self {
            Self::Explicit { before, after } => {
                let sums = |pictures: &[RefPic], sign: i32| {
                    let mut sum = 0;
                    let next = |picture: &RefPic| {
                        sum += sign * (i32::from(picture.delta_poc_minus1) + 1);
                        sum
                    };
                    pictures.iter().map(next).collect()
                };
                Deltas { before: sums(before, -1), after: sums(after, 1) }
            }
            Self::Predicted { negative, abs_delta_minus1, pictures } => {
                let delta = (i32::from(*abs_delta_minus1) + 1) * if *negative { -1 } else { 1 };
                let all = previous.before.iter().chain(&previous.after).chain([&0]);
                let kept = all.zip(pictures).filter(|(_, picture)| **picture != PredictedRefPic::Dropped);
                let moved: Vec<i32> = kept.map(|(poc, _)| poc + delta).collect();
                let mut deltas = Deltas {
                    before: moved.iter().copied().filter(|&poc| poc < 0).collect(),
                    after: moved.iter().copied().filter(|&poc| poc > 0).collect(),
                };
                // (7-61) and (7-62) go through the pictures of the set before by their distance.
                deltas.before.sort_unstable_by_key(|poc| -poc);
                deltas.after.sort_unstable();
                deltas
            }
        }
    }
}

/// The largest `delta_poc_minus1` and `abs_delta_rps_minus1`.
const MAX_DELTA: u32 = (1 << 15) - 1;

impl RefPic {
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(Self { delta_poc_minus1: r.ue_max("delta_poc_minus1", MAX_DELTA)? as u16, used: r.flag()? })
    }
}

impl PredictedRefPic {
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(if r.flag()? {
            Self::Used
        } else if r.flag()? {
            Self::Kept
        } else {
            Self::Dropped
        })
    }
}

impl LongTermRefPic {
    pub(super) fn read_all(r: &mut BitReader<'_>, log2_max_poc_lsb: u8) -> Result<Vec<Self>, Error> {
        let count = r.ue_max("num_long_term_ref_pics_sps", MAX_LONG_TERM_PICS)?;
        (0..count)
            .map(|_| Ok(Self { poc_lsb: r.u(log2_max_poc_lsb.into())? as u16, used: r.flag()? }))
            .collect()
    }

    pub(super) fn write_all(pictures: &[Self], w: &mut BitWriter, log2_max_poc_lsb: u8) {
        w.ue(pictures.len() as u32);
        for picture in pictures {
            w.u(log2_max_poc_lsb.into(), picture.poc_lsb.into());
            w.flag(picture.used);
        }
    }
}

impl Deltas {
    fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }
}
