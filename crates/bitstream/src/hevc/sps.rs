use std::fmt::Write as _;

use super::NalType;
use crate::{CodecString, Dimensions, Error, bits::BitReader, limits::MAX_SIDE_IN_MBS, rbsp};

/// The beginning of a sequence parameter set (7.3.2.2.1): profile and size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sps {
    /// Profile, tier and level.
    pub profile: ProfileTierLevel,
    /// `sps_seq_parameter_set_id`, 0 to 15.
    pub id: u8,
    /// `chroma_format_idc`.
    pub chroma_format_idc: u8,
    /// The size of the coded pictures.
    pub coded: Dimensions,
    /// The size to show: less the conformance window.
    pub display: Dimensions,
    /// Bits per luma sample.
    pub bit_depth_luma: u8,
    /// Bits per chroma sample.
    pub bit_depth_chroma: u8,
}

/// The general part of `profile_tier_level` (7.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileTierLevel {
    /// `general_profile_space`, 0 to 3.
    pub profile_space: u8,
    /// `general_tier_flag`: the high tier.
    pub high_tier: bool,
    /// `general_profile_idc`: 1 Main, 2 Main 10.
    pub profile_idc: u8,
    /// `general_profile_compatibility_flag[0]` in the uppermost bit to `[31]` in the lowest.
    pub compatibility: u32,
    /// The six bytes of constraint flags.
    pub constraints: [u8; 6],
    /// `general_level_idc`: thirty times the level.
    pub level_idc: u8,
}

impl Sps {
    /// Reads a whole NAL unit of type 33, header and emulation prevention included.
    pub fn parse(nal: &[u8]) -> Result<Self, Error> {
        let (header, payload) = nal.split_at_checked(2).ok_or(Error::NoNal(nal.len()))?;
        if NalType::from_header(header[0]) != NalType::Sps {
            let value = i64::from(header[0] >> 1 & 0x3f);
            return Err(Error::Invalid { unit: "HEVC SPS", field: "nal_unit_type", value });
        }
        let rbsp = rbsp::unescape(payload);
        let mut reader = BitReader::new("HEVC SPS", &rbsp);
        let r = &mut reader;
        r.skip(4)?;
        let sub_layers = r.u(3)?;
        r.skip(1)?;
        let profile = ProfileTierLevel::read(r, sub_layers)?;
        let id = r.ue_u8("sps_seq_parameter_set_id", 15)?;
        let chroma_format_idc = r.ue_u8("chroma_format_idc", 3)?;
        let separate_planes = chroma_format_idc == 3 && r.flag()?;
        let longest = MAX_SIDE_IN_MBS * 16;
        let width = r.ue_max("pic_width_in_luma_samples", longest)?;
        let height = r.ue_max("pic_height_in_luma_samples", longest)?;
        let coded = Dimensions::new(width, height);
        let display = if r.flag()? {
            let window = [r.ue()?, r.ue()?, r.ue()?, r.ue()?];
            crop(coded, window, if separate_planes { 0 } else { chroma_format_idc })
        } else {
            coded
        };
        if display.width == 0 || display.height == 0 {
            return Err(Error::Crop { coded, display });
        }
        Ok(Self {
            profile,
            id,
            chroma_format_idc,
            coded,
            display,
            bit_depth_luma: r.ue_u8("bit_depth_luma_minus8", 8)? + 8,
            bit_depth_chroma: r.ue_u8("bit_depth_chroma_minus8", 8)? + 8,
        })
    }

    /// Its codec string with parameter sets outside the samples.
    pub fn codec_string(&self) -> CodecString {
        self.profile.codec_string()
    }
}

impl ProfileTierLevel {
    fn read(r: &mut BitReader<'_>, sub_layers: u32) -> Result<Self, Error> {
        let profile_space = r.u8(2)?;
        let high_tier = r.flag()?;
        let profile_idc = r.u8(5)?;
        let compatibility = r.u(32)?;
        let mut constraints = [0; 6];
        for byte in &mut constraints {
            *byte = r.u8(8)?;
        }
        let level_idc = r.u8(8)?;
        // 88 bits of profile and 8 of level for each sub-layer that has them, behind two flags for each of eight.
        let mut present = Vec::new();
        for _ in 0..sub_layers {
            present.push((r.flag()?, r.flag()?));
        }
        if sub_layers > 0 {
            r.skip(2 * (8 - sub_layers as usize))?;
        }
        for (profile, level) in present {
            r.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
        }
        Ok(Self { profile_space, high_tier, profile_idc, compatibility, constraints, level_idc })
    }

    /// `hvc1.` with profile, compatibility in reversed bit order, tier, level and the constraint bytes up to the last
    /// that is not zero (ISO/IEC 14496-15, E.3).
    pub fn codec_string(&self) -> CodecString {
        let space = ["", "A", "B", "C"][usize::from(self.profile_space & 3)];
        let tier = if self.high_tier { 'H' } else { 'L' };
        let compatibility = self.compatibility.reverse_bits();
        let mut text = format!("hvc1.{space}{}.{compatibility:X}.{tier}{}", self.profile_idc, self.level_idc);
        let used = self.constraints.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        for byte in &self.constraints[..used] {
            write!(text, ".{byte:X}").expect("writing to a String cannot fail");
        }
        CodecString::composed(&text)
    }
}

/// Less the conformance window, which is in units of chroma samples (7.4.3.2.1).
fn crop(coded: Dimensions, [left, right, top, bottom]: [u32; 4], chroma: u8) -> Dimensions {
    let (width, height) = match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let cut =
        |side: u32, unit: u32, a: u32, b: u32| side.saturating_sub(unit.saturating_mul(a.saturating_add(b)));
    Dimensions::new(cut(coded.width, width, left, right), cut(coded.height, height, top, bottom))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codec_strings_follow_annex_e() {
        let main = ProfileTierLevel {
            profile_space: 0,
            high_tier: false,
            profile_idc: 1,
            compatibility: 0x6000_0000,
            constraints: [0xb0, 0, 0, 0, 0, 0],
            level_idc: 93,
        };
        assert_eq!(main.codec_string().as_str(), "hvc1.1.6.L93.B0");
        let other = ProfileTierLevel {
            profile_space: 1,
            high_tier: true,
            profile_idc: 2,
            compatibility: 0x2000_0000,
            constraints: [0x90, 0, 8, 0, 0, 0],
            level_idc: 120,
        };
        assert_eq!(other.codec_string().as_str(), "hvc1.A2.4.H120.90.0.8");
        let plain = ProfileTierLevel { constraints: [0; 6], ..main };
        assert_eq!(plain.codec_string().as_str(), "hvc1.1.6.L93");
    }

    /// An SPS of Main at level 3, 1280x720 coded as 1280x720, with sub-layers.
    fn nal(sub_layers: u32, window: Option<[u32; 4]>) -> Vec<u8> {
        let mut w = crate::bits::BitWriter::new();
        w.u(4, 0);
        w.u(3, sub_layers);
        w.u(1, 1);
        w.u(8, 1);
        w.u(32, 0x6000_0000);
        w.u(8, 0x90);
        w.u(32, 0);
        w.u(8, 0);
        w.u(8, 90);
        for layer in 0..sub_layers {
            w.u(2, if layer == 0 { 3 } else { 1 });
        }
        if sub_layers > 0 {
            w.u(2 * (8 - sub_layers), 0);
        }
        for layer in 0..sub_layers {
            for _ in 0..if layer == 0 { 12 } else { 1 } {
                w.u(8, 0xaa);
            }
        }
        w.ue(0);
        w.ue(1);
        w.ue(1280);
        w.ue(736);
        w.flag(window.is_some());
        for side in window.into_iter().flatten() {
            w.ue(side);
        }
        w.ue(0);
        w.ue(2);
        let mut nal = vec![0x42, 0x01];
        rbsp::escape_into(&w.finish_rbsp(), &mut nal);
        nal
    }

    #[test]
    fn profile_and_size_are_read_past_any_sub_layers() {
        for sub_layers in 0..=6 {
            let sps = Sps::parse(&nal(sub_layers, Some([0, 0, 0, 8]))).unwrap();
            assert_eq!(sps.codec_string().as_str(), "hvc1.1.6.L90.90");
            assert_eq!((sps.coded, sps.display), (Dimensions::new(1280, 736), Dimensions::new(1280, 720)));
            assert_eq!((sps.bit_depth_luma, sps.bit_depth_chroma), (8, 10));
        }
        assert_eq!(Sps::parse(&nal(0, None)).unwrap().display, Dimensions::new(1280, 736));
        assert!(matches!(Sps::parse(&nal(0, Some([640, 0, 0, 0]))), Err(Error::Crop { .. })));
    }

    #[test]
    fn every_prefix_is_refused() {
        let nal = nal(2, Some([1, 1, 1, 1]));
        for len in 0..nal.len() {
            assert!(Sps::parse(&nal[..len]).is_err(), "{len}");
        }
        assert!(matches!(Sps::parse(&[0x40, 1, 2]), Err(Error::Invalid { .. })));
    }

    proptest! {
        #[test]
        fn random_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(sps) = Sps::parse(&[&[0x42, 0x01], bytes.as_slice()].concat()) {
                let string = sps.codec_string();
                prop_assert_eq!(string.as_str().parse::<CodecString>(), Ok(string));
            }
        }
    }
}
