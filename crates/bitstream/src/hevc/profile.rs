use std::fmt::Write as _;

use crate::{
    CodecString, Error,
    bits::{BitReader, BitWriter},
};

/// The general part of `profile_tier_level` (7.3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// What `profile_tier_level` says about one temporal sub-layer below the highest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SubLayerProfile {
    /// Profile space to constraint flags, 88 bits as in [`ProfileTierLevel`].
    pub profile: Option<[u8; 11]>,
    /// `sub_layer_level_idc`.
    pub level_idc: Option<u8>,
}

/// The first of the constraint flags: `general_progressive_source_flag`, then interlaced, non-packed, frame-only.
const PROGRESSIVE_SOURCE: u8 = 0x80;
const INTERLACED_SOURCE: u8 = 0x40;

impl ProfileTierLevel {
    /// Reads the 96 bits.
    pub(crate) fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        let profile_space = r.u8(2)?;
        let high_tier = r.flag()?;
        let profile_idc = r.u8(5)?;
        let compatibility = r.u(32)?;
        let mut constraints = [0; 6];
        for byte in &mut constraints {
            *byte = r.u8(8)?;
        }
        Ok(Self { profile_space, high_tier, profile_idc, compatibility, constraints, level_idc: r.u8(8)? })
    }

    pub(crate) fn write(&self, w: &mut BitWriter) {
        w.u(2, self.profile_space.into());
        w.flag(self.high_tier);
        w.u(5, self.profile_idc.into());
        w.u(32, self.compatibility);
        for byte in self.constraints {
            w.u(8, byte.into());
        }
        w.u(8, self.level_idc.into());
    }

    /// `hvc1.` with profile, compatibility in reversed bit order, tier, level and the constraint bytes up to the last
    /// that is not zero (ISO/IEC 14496-15, E.3).
    pub fn codec_string(&self) -> CodecString {
        self.codec_string_of("hvc1")
    }

    /// The same for another sample entry: `hev1` has parameter sets in the samples too.
    pub(crate) fn codec_string_of(&self, four_cc: &str) -> CodecString {
        let space = ["", "A", "B", "C"][usize::from(self.profile_space & 3)];
        let tier = if self.high_tier { 'H' } else { 'L' };
        let compatibility = self.compatibility.reverse_bits();
        let mut text =
            format!("{four_cc}.{space}{}.{compatibility:X}.{tier}{}", self.profile_idc, self.level_idc);
        let used = self.constraints.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        for byte in &self.constraints[..used] {
            write!(text, ".{byte:X}").expect("writing to a String cannot fail");
        }
        CodecString::composed(&text)
    }

    /// The profile in words (A.3); `None` for one that has no name here.
    pub fn profile_name(&self) -> Option<&'static str> {
        // A stream that names no profile of its own may say which ones it fits (A.3.1).
        let first = (1..32).find(|bit| self.compatibility >> (31 - bit) & 1 == 1);
        let profile = if self.profile_idc > 0 { Some(u32::from(self.profile_idc)) } else { first };
        Some(match profile? {
            1 => "Main",
            2 => "Main 10",
            3 => "Main Still Picture",
            4 => "Range Extensions",
            5 => "High Throughput",
            6 => "Multiview Main",
            7 => "Scalable Main",
            8 => "3D Main",
            9 => "Screen-Extended Main",
            10 => "Scalable Range Extensions",
            11 => "High Throughput Screen-Extended",
            _ => return None,
        })
    }

    /// Whether the pictures are fields or come from fields: the source is said to be interlaced and not progressive.
    pub fn is_interlaced(&self) -> bool {
        let flags = self.constraints[0];
        flags & INTERLACED_SOURCE != 0 && flags & PROGRESSIVE_SOURCE == 0
    }
}

impl SubLayerProfile {
    /// Reads what follows the general part for `count` sub-layers, at most 6.
    pub(super) fn read_all(r: &mut BitReader<'_>, count: usize) -> Result<Vec<Self>, Error> {
        let mut present = Vec::with_capacity(count);
        for _ in 0..count {
            present.push((r.flag()?, r.flag()?));
        }
        if count > 0 {
            r.skip(2 * (8 - count))?;
        }
        let mut layers = Vec::with_capacity(count);
        for (profile, level) in present {
            layers.push(Self {
                profile: if profile { Some(read_bytes(r)?) } else { None },
                level_idc: if level { Some(r.u8(8)?) } else { None },
            });
        }
        Ok(layers)
    }

    pub(super) fn write_all(layers: &[Self], w: &mut BitWriter) {
        for layer in layers {
            w.flag(layer.profile.is_some());
            w.flag(layer.level_idc.is_some());
        }
        if !layers.is_empty() {
            w.u(2 * (8u32.saturating_sub(layers.len() as u32)), 0);
        }
        for layer in layers {
            for byte in layer.profile.into_iter().flatten().chain(layer.level_idc) {
                w.u(8, byte.into());
            }
        }
    }
}

fn read_bytes<const N: usize>(r: &mut BitReader<'_>) -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    for byte in &mut bytes {
        *byte = r.u8(8)?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: ProfileTierLevel = ProfileTierLevel {
        profile_space: 0,
        high_tier: false,
        profile_idc: 1,
        compatibility: 0x6000_0000,
        constraints: [0xb0, 0, 0, 0, 0, 0],
        level_idc: 93,
    };

    #[test]
    fn codec_strings_follow_annex_e() {
        assert_eq!(MAIN.codec_string().as_str(), "hvc1.1.6.L93.B0");
        let other = ProfileTierLevel {
            profile_space: 1,
            high_tier: true,
            profile_idc: 2,
            compatibility: 0x2000_0000,
            constraints: [0x90, 0, 8, 0, 0, 0],
            level_idc: 120,
        };
        assert_eq!(other.codec_string().as_str(), "hvc1.A2.4.H120.90.0.8");
        let plain = ProfileTierLevel { constraints: [0; 6], ..MAIN };
        assert_eq!(plain.codec_string().as_str(), "hvc1.1.6.L93");
        assert_eq!(plain.codec_string_of("hev1").as_str(), "hev1.1.6.L93");
    }

    #[test]
    fn a_profile_has_a_name() {
        assert_eq!(MAIN.profile_name(), Some("Main"));
        assert_eq!(ProfileTierLevel { profile_idc: 0, ..MAIN }.profile_name(), Some("Main"));
        assert_eq!(ProfileTierLevel { profile_idc: 0, compatibility: 0, ..MAIN }.profile_name(), None);
        assert_eq!(ProfileTierLevel { profile_idc: 31, ..MAIN }.profile_name(), None);
    }
}
