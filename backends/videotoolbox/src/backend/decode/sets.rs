//! The parameter sets that a session stands on.

use framewire_bitstream::ParameterSets;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sets {
    vps: Vec<Vec<u8>>,
    sps: Vec<Vec<u8>>,
    pps: Vec<Vec<u8>>,
}

impl Sets {
    /// These, with each kind that is in `found` replaced by it.
    pub(super) fn with(&self, found: &ParameterSets<'_>) -> Self {
        let newer = |old: &[Vec<u8>], new: &[&[u8]]| {
            if new.is_empty() { old.to_vec() } else { new.iter().map(|set| set.to_vec()).collect() }
        };
        Self {
            vps: newer(&self.vps, &found.vps),
            sps: newer(&self.sps, &found.sps),
            pps: newer(&self.pps, &found.pps),
        }
    }

    /// The first sequence parameter set.
    pub(super) fn sps(&self) -> Option<&[u8]> {
        self.sps.first().map(Vec::as_slice)
    }

    /// All of them, in the order that a decoder reads them.
    pub(super) fn list(&self) -> Vec<&[u8]> {
        [&self.vps, &self.sps, &self.pps].into_iter().flatten().map(Vec::as_slice).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_does_not_come_again_stays() {
        let first = ParameterSets { vps: vec![], sps: vec![&[0x67, 1]], pps: vec![&[0x68, 1], &[0x68, 2]] };
        let sets = Sets::default().with(&first);
        assert_eq!(sets.list(), [&[0x67, 1][..], &[0x68, 1], &[0x68, 2]]);
        let later = ParameterSets { vps: vec![], sps: vec![], pps: vec![&[0x68, 3]] };
        assert_eq!(sets.with(&later).list(), [&[0x67, 1][..], &[0x68, 3]]);
        assert_eq!(sets.with(&ParameterSets::default()), sets);
    }
}
