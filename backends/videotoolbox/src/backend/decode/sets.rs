//! The parameter sets that a session stands on.

use framewire_bitstream::{Codec, ParameterSets};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sets {
    vps: Vec<Vec<u8>>,
    sps: Vec<Vec<u8>>,
    pps: Vec<Vec<u8>>,
}

impl Sets {
    /// These, and what is in `found`. A new sequence replaces its predecessor's sets of each kind that comes with it; picture
    /// parameter sets that come alone replace those of their numbers.
    pub(super) fn with(&self, codec: Codec, found: &ParameterSets<'_>) -> Self {
        let newer = |old: &[Vec<u8>], new: &[&[u8]]| {
            if new.is_empty() { old.to_vec() } else { new.iter().map(|set| set.to_vec()).collect() }
        };
        let mut pps = newer(&self.pps, &found.pps);
        if found.sps.is_empty() {
            pps = self.pps.clone();
            for set in &found.pps {
                let number = number(codec, set);
                match pps.iter_mut().find(|old| self::number(codec, old) == number) {
                    Some(old) => *old = set.to_vec(),
                    None => pps.push(set.to_vec()),
                }
            }
        }
        Self { vps: newer(&self.vps, &found.vps), sps: newer(&self.sps, &found.sps), pps }
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

/// The number of a picture parameter set: `ue(v)`, the first field behind the header of the NAL unit (H.264, 7.3.2.2; H.265,
/// 7.3.2.3). 0 where it is broken, which the decoder will say.
fn number(codec: Codec, pps: &[u8]) -> u32 {
    let header = match codec {
        Codec::H264 => 1,
        Codec::Hevc => 2,
    };
    let bits = pps
        .iter()
        .skip(header)
        .take(4)
        .enumerate()
        .fold(0_u32, |bits, (index, &byte)| bits | u32::from(byte) << (24 - 8 * index));
    let zeros = bits.leading_zeros();
    // Numbers go to 255: more zeros stand in no parameter set.
    if zeros > 8 { 0 } else { (bits >> (31 - 2 * zeros)) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_does_not_come_again_stays() {
        let first =
            ParameterSets { vps: vec![], sps: vec![&[0x67, 1]], pps: vec![&[0x68, 0x80], &[0x68, 0x40]] };
        let sets = Sets::default().with(Codec::H264, &first);
        assert_eq!(sets.list(), [&[0x67, 1][..], &[0x68, 0x80], &[0x68, 0x40]]);
        assert_eq!(sets.with(Codec::H264, &ParameterSets::default()), sets);
        let second = ParameterSets { vps: vec![], sps: vec![&[0x67, 2]], pps: vec![&[0x68, 0x81]] };
        assert_eq!(sets.with(Codec::H264, &second).list(), [&[0x67, 2][..], &[0x68, 0x81]]);
    }

    #[test]
    fn a_picture_parameter_set_alone_replaces_the_one_of_its_number() {
        let first =
            ParameterSets { vps: vec![], sps: vec![&[0x67, 1]], pps: vec![&[0x68, 0x80], &[0x68, 0x40]] };
        let sets = Sets::default().with(Codec::H264, &first);
        let later = ParameterSets { vps: vec![], sps: vec![], pps: vec![&[0x68, 0x48], &[0x68, 0x60]] };
        let expected = [&[0x67, 1][..], &[0x68, 0x80], &[0x68, 0x48], &[0x68, 0x60]];
        assert_eq!(sets.with(Codec::H264, &later).list(), expected);
    }

    #[test]
    fn numbers_are_read_up_to_the_largest() {
        assert_eq!(number(Codec::H264, &[0x68, 0x80]), 0);
        assert_eq!(number(Codec::H264, &[0x68, 0x48]), 1);
        assert_eq!(number(Codec::H264, &[0x68, 0x60]), 2);
        // 255 is 00000000 1 00000000.
        assert_eq!(number(Codec::Hevc, &[0x44, 1, 0x00, 0x80, 0x00]), 255);
        assert_eq!(number(Codec::H264, &[0x68]), 0);
    }
}
