//! The parameter sets that a session stands on.

use framewire_bitstream::{
    Codec, annexb, h264, hevc,
    limits::{MAX_NALS_PER_UNIT, MAX_PARAMETER_SET_BYTES},
};
use std::collections::BTreeMap;

/// The parameter sets of a stream by their numbers: each is valid until another one of its number comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    vps: BTreeMap<u8, Vec<u8>>,
    sps: BTreeMap<u8, Vec<u8>>,
    /// With the number of the SPS that each refers to.
    pps: BTreeMap<u8, (u8, Vec<u8>)>,
    /// The SPS of the pictures.
    active: Option<u8>,
}

/// Those that the pictures of now need, in the order that a decoder reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sets {
    sps: Vec<u8>,
    all: Vec<Vec<u8>>,
}

impl Known {
    /// Learns the sets of `unit`, an access unit in Annex B, and which SPS its picture has; whether a session can begin with
    /// it, because it is a key frame or brings sets of its own. Sets that cannot be read are passed over, as a decoder does.
    pub(super) fn read(&mut self, codec: Codec, unit: &[u8]) -> bool {
        let mut picture = None;
        let mut begins = false;
        for nal in annexb::nals(unit).take(MAX_NALS_PER_UNIT) {
            begins |= match codec {
                Codec::H264 => self.read_h264(nal, &mut picture),
                Codec::Hevc if nal.hevc_layer() > 0 => false,
                Codec::Hevc => self.read_hevc(nal, &mut picture),
            };
        }
        // Another SPS comes into use with a picture that decoding can begin with, and with no other.
        let is_key = picture.is_some_and(|(_, is_key)| is_key);
        if let Some((pps, _)) = picture
            && (is_key || self.active.is_none())
            && let Some((sps, _)) = self.pps.get(&pps)
        {
            self.active = Some(*sps);
        }
        begins || is_key
    }

    /// `None` before the SPS of a picture has come.
    pub(super) fn sets(&self) -> Option<Sets> {
        let active = self.active?;
        let sps = self.sps.get(&active)?.clone();
        let pps = self.pps.values().filter(|(of, _)| *of == active).map(|(_, pps)| pps.clone());
        let all = self.vps.values().cloned().chain([sps.clone()]).chain(pps).collect();
        Some(Sets { sps, all })
    }

    /// Whether `nal` is a parameter set. `picture` is the PPS of the first slice and whether decoding can begin there.
    fn read_h264(&mut self, nal: annexb::Nal<'_>, picture: &mut Option<(u8, bool)>) -> bool {
        let bytes = nal.bytes();
        match nal.h264_type() {
            // A set of such a size is no set, and would be kept.
            h264::NalType::Sps | h264::NalType::Pps if bytes.len() > MAX_PARAMETER_SET_BYTES => {}
            h264::NalType::Sps => {
                if let Ok(sps) = h264::Sps::parse(bytes) {
                    self.sps.insert(sps.id, bytes.to_vec());
                }
            }
            h264::NalType::Pps => {
                if let Ok((id, sps)) = h264::Pps::ids(bytes) {
                    self.pps.insert(id, (sps, bytes.to_vec()));
                }
            }
            kind if kind.starts_slice() && picture.is_none() => {
                *picture = h264::SliceStart::parse(bytes).ok().map(|start| (start.pps_id, start.idr));
                return false;
            }
            _ => return false,
        }
        true
    }

    fn read_hevc(&mut self, nal: annexb::Nal<'_>, picture: &mut Option<(u8, bool)>) -> bool {
        let bytes = nal.bytes();
        match nal.hevc_type() {
            hevc::NalType::Vps | hevc::NalType::Sps | hevc::NalType::Pps
                if bytes.len() > MAX_PARAMETER_SET_BYTES => {}
            hevc::NalType::Vps => {
                if let Ok(vps) = hevc::Vps::parse(bytes) {
                    self.vps.insert(vps.id, bytes.to_vec());
                }
            }
            hevc::NalType::Sps => {
                if let Ok(sps) = hevc::Sps::parse(bytes) {
                    self.sps.insert(sps.id, bytes.to_vec());
                }
            }
            hevc::NalType::Pps => {
                if let Ok((id, sps)) = hevc::Pps::ids(bytes) {
                    self.pps.insert(id, (sps, bytes.to_vec()));
                }
            }
            kind if kind.is_slice() && picture.is_none() => {
                let start = hevc::SliceStart::parse(bytes).ok();
                *picture = start.map(|start| (start.pps_id, kind.is_irap()));
                return false;
            }
            _ => return false,
        }
        true
    }
}

impl Sets {
    /// The SPS of the pictures.
    pub(super) fn sps(&self) -> &[u8] {
        &self.sps
    }

    /// Whether each of them can be read to its end: what refuses them then refuses the stream, and not damaged bytes.
    pub(super) fn are_intact(&self, codec: Codec) -> bool {
        let nals = || self.all.iter().filter_map(|set| annexb::Nal::new(set));
        match codec {
            Codec::H264 => h264::Sps::parse(&self.sps).is_ok_and(|sps| {
                nals()
                    .filter(|nal| nal.h264_type() == h264::NalType::Pps)
                    .all(|pps| h264::Pps::parse(pps.bytes(), &sps).is_ok())
            }),
            // The others were read when they came.
            Codec::Hevc => nals()
                .filter(|nal| nal.hevc_type() == hevc::NalType::Pps)
                .all(|pps| hevc::Pps::parse(pps.bytes()).is_ok()),
        }
    }

    pub(super) fn list(&self) -> Vec<&[u8]> {
        self.all.iter().map(Vec::as_slice).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire_bitstream::h264::{Pps, Sps};

    /// What x264 writes for 64x64 pixels.
    const SPS: &[u8] = &[
        0x67, 0x4d, 0x40, 0x0a, 0xec, 0xa2, 0x13, 0x60, 0x22, 0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x00, 0x03,
        0x00, 0x64, 0x1e, 0x24, 0x4b, 0x2c,
    ];
    const PPS: &[u8] = &[0x68, 0xeb, 0xa3, 0xcb, 0x20];

    fn sps(id: u8, level_idc: u8) -> Vec<u8> {
        Sps { id, level_idc, ..Sps::parse(SPS).expect("an SPS") }.to_nal()
    }

    fn pps(id: u8, sps_id: u8, qp: i8) -> Vec<u8> {
        let sps = Sps::parse(SPS).expect("an SPS");
        let pps = Pps { id, sps_id, pic_init_qp_minus26: qp, ..Pps::parse(PPS, &sps).expect("a PPS") };
        pps.to_nal(&sps)
    }

    /// An IDR slice, or another one, that refers to PPS `pps`, which is 0 or 1.
    fn slice(idr: bool, pps: u8) -> Vec<u8> {
        // first_mb_in_slice 0, slice_type 7, the PPS: 1 0001000 and 1 or 010.
        let second = if pps == 0 { 0x80 } else { 0x40 };
        vec![if idr { 0x65 } else { 0x41 }, 0x88, second, 0x80]
    }

    fn read(known: &mut Known, nals: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut unit = Vec::new();
        nals.iter().for_each(|nal| annexb::push_nal(&mut unit, nal));
        known.read(Codec::H264, &unit);
        known.sets().map_or_else(Vec::new, |sets| sets.all)
    }

    #[test]
    fn a_set_stays_until_another_one_of_its_number_comes() {
        let mut known = Known::default();
        let first = [sps(0, 10), pps(0, 0, 0), pps(1, 0, 0)];
        assert_eq!(read(&mut known, &first), Vec::<Vec<u8>>::new(), "no picture has come");
        assert_eq!(read(&mut known, &[slice(true, 0)]), first);
        assert_eq!(read(&mut known, &[sps(0, 10), pps(0, 0, 0), slice(true, 0)]), first);
        let later = read(&mut known, &[pps(1, 0, 5), slice(false, 1)]);
        assert_eq!(later, [sps(0, 10), pps(0, 0, 0), pps(1, 0, 5)]);
        let last = read(&mut known, &[sps(0, 20), pps(0, 0, 1), slice(true, 0)]);
        assert_eq!(last, [sps(0, 20), pps(0, 0, 1), pps(1, 0, 5)]);
    }

    #[test]
    fn another_sps_comes_into_use_with_a_key_frame_alone() {
        let mut known = Known::default();
        read(&mut known, &[sps(0, 10), pps(0, 0, 0), sps(3, 20), pps(1, 3, 0), slice(true, 0)]);
        assert_eq!(known.sets().map(|sets| sets.sps), Some(sps(0, 10)));
        assert_eq!(read(&mut known, &[slice(false, 1)]), [sps(0, 10), pps(0, 0, 0)]);
        assert_eq!(read(&mut known, &[slice(true, 1)]), [sps(3, 20), pps(1, 3, 0)]);
    }

    #[test]
    fn a_pps_that_ends_early_is_not_intact() {
        let mut known = Known::default();
        let mut are_intact = |pps: Vec<u8>| {
            read(&mut known, &[sps(0, 10), pps, slice(true, 0)]);
            known.sets().expect("an SPS and a picture").are_intact(Codec::H264)
        };
        let whole = pps(0, 0, 0);
        assert!(are_intact(whole.clone()));
        assert!(!are_intact(whole[..2].to_vec()));
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let mut known = Known::default();
        let endless = [pps(0, 0, 0), vec![1; MAX_PARAMETER_SET_BYTES]].concat();
        let broken = [vec![0x67, 0x42], vec![0x68], endless];
        let first = [sps(0, 10), pps(0, 0, 0)];
        let all = read(&mut known, &[&first[..], &broken, &[slice(true, 0)]].concat());
        assert_eq!(all, [sps(0, 10), pps(0, 0, 0)]);
    }
}
