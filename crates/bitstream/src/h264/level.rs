use std::fmt;

use crate::Dimensions;

/// A level of table A-1: the least that a decoder must be able to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Level {
    /// The row of the table: rows are ordered by what they ask for.
    row: u8,
}

/// What a stream asks of a decoder, to find its level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Demand {
    /// The coded size.
    pub size: Dimensions,
    /// Frames per second; zero leaves it out.
    pub frames_per_second: f64,
    /// Bits per second at the peak; zero leaves it out.
    pub bits_per_second: u64,
    /// Frames in the decoded picture buffer: `max_dec_frame_buffering` or `max_num_ref_frames`.
    pub dpb_frames: u32,
    /// `profile_idc`: High profiles may have more bits at the same level (table A-2).
    pub profile_idc: u8,
}

struct Row {
    name: &'static str,
    /// `level_idc` as the SPS codes it; 1b is 11 with `constraint_set3_flag` in some profiles and 9 in others.
    idc: u8,
    /// `MaxMBPS`: macroblocks per second.
    mbs_per_second: u32,
    /// `MaxFS`: macroblocks per frame.
    frame_mbs: u32,
    /// `MaxDpbMbs`: macroblocks in the decoded picture buffer.
    dpb_mbs: u32,
    /// `MaxBR` in units of 1000 bits per second (Baseline, Main).
    kilobits: u32,
}

const fn row(
    name: &'static str,
    idc: u8,
    mbs_per_second: u32,
    frame_mbs: u32,
    dpb_mbs: u32,
    kilobits: u32,
) -> Row {
    Row { name, idc, mbs_per_second, frame_mbs, dpb_mbs, kilobits }
}

/// Table A-1.
#[rustfmt::skip]
const TABLE: [Row; 20] = [
    row("1.0", 10,      1_485,      99,     396,      64),
    row("1b",  11,      1_485,      99,     396,     128),
    row("1.1", 11,      3_000,     396,     900,     192),
    row("1.2", 12,      6_000,     396,   2_376,     384),
    row("1.3", 13,     11_880,     396,   2_376,     768),
    row("2.0", 20,     11_880,     396,   2_376,   2_000),
    row("2.1", 21,     19_800,     792,   4_752,   4_000),
    row("2.2", 22,     20_250,   1_620,   8_100,   4_000),
    row("3.0", 30,     40_500,   1_620,   8_100,  10_000),
    row("3.1", 31,    108_000,   3_600,  18_000,  14_000),
    row("3.2", 32,    216_000,   5_120,  20_480,  20_000),
    row("4.0", 40,    245_760,   8_192,  32_768,  20_000),
    row("4.1", 41,    245_760,   8_192,  32_768,  50_000),
    row("4.2", 42,    522_240,   8_704,  34_816,  50_000),
    row("5.0", 50,    589_824,  22_080, 110_400, 135_000),
    row("5.1", 51,    983_040,  36_864, 184_320, 240_000),
    row("5.2", 52,  2_073_600,  36_864, 184_320, 240_000),
    row("6.0", 60,  4_177_920, 139_264, 696_320, 240_000),
    row("6.1", 61,  8_355_840, 139_264, 696_320, 480_000),
    row("6.2", 62, 16_711_680, 139_264, 696_320, 800_000),
];

const LEVEL_1B: u8 = 1;
const CONSTRAINT_SET3: u8 = 0x10;

impl Level {
    /// The highest level, 6.2.
    pub const MAX: Self = Self { row: TABLE.len() as u8 - 1 };

    /// All levels, from 1.0 to 6.2.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len() as u8).map(|row| Self { row })
    }

    /// What an SPS says; `None` for a `level_idc` that the table does not have.
    pub fn from_sps(profile_idc: u8, constraint_flags: u8, level_idc: u8) -> Option<Self> {
        let one_b = match profile_idc {
            66 | 77 | 88 => level_idc == 11 && constraint_flags & CONSTRAINT_SET3 != 0,
            _ => level_idc == 9,
        };
        if one_b {
            return Some(Self { row: LEVEL_1B });
        }
        Self::all().find(|level| level.row != LEVEL_1B && level.entry().idc == level_idc)
    }

    /// The level of a name such as `4.0`, `4` or `1b`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|level| level.name() == name || level.name().strip_suffix(".0") == Some(name))
    }

    /// The lowest level that allows all that is asked for (A.3.1, A.3.3), or `None` where none does.
    pub fn minimum(demand: &Demand) -> Option<Self> {
        // 1b is for the bit rate alone and needs a constraint flag: 1.1 does the same.
        Self::all().find(|level| level.row != LEVEL_1B && level.allows(demand))
    }

    /// Whether a stream of this level may ask for all that (A.3.1).
    pub fn allows(self, demand: &Demand) -> bool {
        let row = self.entry();
        let (width, height) =
            (u64::from(demand.size.width.div_ceil(16)), u64::from(demand.size.height.div_ceil(16)));
        let frame = width * height;
        let longest_squared = width.max(height).pow(2);
        let bits = u64::from(row.kilobits) * bit_factor(demand.profile_idc);
        frame <= u64::from(row.frame_mbs)
            && longest_squared <= 8 * u64::from(row.frame_mbs)
            && frame * u64::from(demand.dpb_frames) <= u64::from(row.dpb_mbs)
            && frame as f64 * demand.frames_per_second <= f64::from(row.mbs_per_second)
            && demand.bits_per_second <= bits
    }

    /// `MaxDpbFrames`: how many frames of a size the decoded picture buffer has, at most 16 (A.3.1).
    pub fn max_dpb_frames(self, size: Dimensions) -> u32 {
        let frame = u64::from(size.width.div_ceil(16)) * u64::from(size.height.div_ceil(16));
        u64::from(self.entry().dpb_mbs).checked_div(frame).map_or(16, |frames| frames.min(16) as u32)
    }

    /// The highest frame rate of a size.
    pub fn max_frames_per_second(self, size: Dimensions) -> f64 {
        let frame = f64::from(size.width.div_ceil(16)) * f64::from(size.height.div_ceil(16));
        f64::from(self.entry().mbs_per_second) / frame.max(1.0)
    }

    /// The highest bitrate in a profile, in bits per second (`MaxBR` times `cpbBrVclFactor`).
    pub fn max_bits_per_second(self, profile_idc: u8) -> u64 {
        u64::from(self.entry().kilobits) * bit_factor(profile_idc)
    }

    /// `level_idc` in the SPS of a profile. Level 1b needs `constraint_set3_flag` beside it in Baseline, Main and Extended.
    pub fn idc(self, profile_idc: u8) -> u8 {
        if self.row == LEVEL_1B && !matches!(profile_idc, 66 | 77 | 88) { 9 } else { self.entry().idc }
    }

    /// The name: `4.0`, `1b`.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    fn entry(self) -> &'static Row {
        &TABLE[usize::from(self.row).min(TABLE.len() - 1)]
    }
}

/// `cpbBrVclFactor` (table A-2).
fn bit_factor(profile_idc: u8) -> u64 {
    match profile_idc {
        100 => 1250,
        110 => 3000,
        122 | 244 | 44 => 4000,
        _ => 1000,
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Level({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimum(width: u32, height: u32, frames_per_second: f64) -> &'static str {
        let size = Dimensions::new(width, height);
        let demand = Demand { size, frames_per_second, dpb_frames: 1, profile_idc: 66, ..Demand::default() };
        Level::minimum(&demand).map_or("none", Level::name)
    }

    #[test]
    fn common_formats_have_their_known_levels() {
        assert_eq!(minimum(176, 144, 15.0), "1.0");
        assert_eq!(minimum(640, 480, 30.0), "3.0");
        assert_eq!(minimum(1280, 720, 30.0), "3.1");
        assert_eq!(minimum(1280, 720, 60.0), "3.2");
        assert_eq!(minimum(1920, 1080, 30.0), "4.0");
        assert_eq!(minimum(1920, 1080, 60.0), "4.2");
        assert_eq!(minimum(3840, 2160, 30.0), "5.1");
        assert_eq!(minimum(3840, 2160, 60.0), "5.2");
        assert_eq!(minimum(8192, 4320, 120.0), "6.2");
        assert_eq!(minimum(16_384, 16_384, 30.0), "none");
    }

    #[test]
    fn bits_frames_and_long_sides_raise_the_level() {
        let size = Dimensions::new(1920, 1080);
        let hd =
            Demand { size, frames_per_second: 30.0, dpb_frames: 4, profile_idc: 66, ..Demand::default() };
        assert_eq!(Level::minimum(&hd).unwrap().name(), "4.0");
        assert_eq!(Level::minimum(&Demand { bits_per_second: 25_000_000, ..hd }).unwrap().name(), "4.1");
        let high = Demand { bits_per_second: 25_000_000, profile_idc: 100, ..hd };
        assert_eq!(Level::minimum(&high).unwrap().name(), "4.0");
        assert_eq!(Level::minimum(&Demand { dpb_frames: 5, ..hd }).unwrap().name(), "5.0");
        assert_eq!(minimum(4096, 16, 1.0), "4.0");
    }

    #[test]
    fn level_1b_is_told_from_1_1() {
        assert_eq!(Level::from_sps(66, 0x10, 11).unwrap().name(), "1b");
        assert_eq!(Level::from_sps(66, 0xc0, 11).unwrap().name(), "1.1");
        assert_eq!(Level::from_sps(100, 0, 9).unwrap().name(), "1b");
        assert_eq!(Level::from_sps(100, 0x10, 11).unwrap().name(), "1.1");
        assert_eq!(Level::from_sps(66, 0, 7), None);
    }

    #[test]
    fn names_and_codes_round_trip() {
        for level in Level::all() {
            assert_eq!(Level::from_name(level.name()), Some(level));
            let flags = if level.name() == "1b" { CONSTRAINT_SET3 } else { 0 };
            assert_eq!(Level::from_sps(66, flags, level.idc(66)), Some(level));
            assert_eq!(Level::from_sps(100, 0, level.idc(100)), Some(level));
        }
        assert_eq!(Level::from_name("4").map(Level::name), Some("4.0"));
        assert_eq!(Level::from_name("9.9"), None);
    }

    #[test]
    fn the_picture_buffer_is_counted_in_frames() {
        let level = Level::from_name("4.0").unwrap();
        assert_eq!(level.max_dpb_frames(Dimensions::new(1920, 1088)), 4);
        assert_eq!(level.max_dpb_frames(Dimensions::new(64, 64)), 16);
        assert_eq!(level.max_dpb_frames(Dimensions::default()), 16);
    }
}
