use std::fmt;

use crate::Dimensions;

/// A level of tables A.8 and A.9: the least that a decoder must be able to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Level {
    /// The row of the table: rows are ordered by what they ask for.
    row: u8,
}

struct Row {
    name: &'static str,
    /// `MaxLumaPs`: luma samples per picture.
    picture: u32,
    /// `MaxLumaSr`: luma samples per second.
    rate: u64,
}

const fn row(name: &'static str, picture: u32, rate: u64) -> Row {
    Row { name, picture, rate }
}

/// Tables A.8 and A.9.
#[rustfmt::skip]
const TABLE: [Row; 13] = [
    row("1.0",     36_864,       552_960),
    row("2.0",    122_880,     3_686_400),
    row("2.1",    245_760,     7_372_800),
    row("3.0",    552_960,    16_588_800),
    row("3.1",    983_040,    33_177_600),
    row("4.0",  2_228_224,    66_846_720),
    row("4.1",  2_228_224,   133_693_440),
    row("5.0",  8_912_896,   267_386_880),
    row("5.1",  8_912_896,   534_773_760),
    row("5.2",  8_912_896, 1_069_547_520),
    row("6.0", 35_651_584, 1_069_547_520),
    row("6.1", 35_651_584, 2_139_095_040),
    row("6.2", 35_651_584, 4_278_190_080),
];

impl Level {
    /// The highest level, 6.2.
    pub const MAX: Self = Self { row: TABLE.len() as u8 - 1 };

    /// All levels, from 1.0 to 6.2.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len() as u8).map(|row| Self { row })
    }

    /// What `general_level_idc` says; `None` for one that the table does not have.
    pub fn from_idc(level_idc: u8) -> Option<Self> {
        Self::all().find(|level| level.idc() == level_idc)
    }

    /// The lowest level that allows pictures of a coded size at a rate, with so many in the decoded picture buffer, the
    /// current one included (A.4.1, A.4.2). A rate of zero leaves it out.
    pub fn minimum(coded: Dimensions, pictures_per_second: f64, dpb_pictures: u32) -> Option<Self> {
        Self::all().find(|level| level.allows(coded, pictures_per_second, dpb_pictures))
    }

    /// Whether a stream of this level may ask for all that.
    pub fn allows(self, coded: Dimensions, pictures_per_second: f64, dpb_pictures: u32) -> bool {
        let row = self.entry();
        let picture = u64::from(coded.width) * u64::from(coded.height);
        let longest_squared = u64::from(coded.width.max(coded.height)).pow(2);
        picture <= u64::from(row.picture)
            && longest_squared <= 8 * u64::from(row.picture)
            && picture as f64 * pictures_per_second <= row.rate as f64
            && dpb_pictures <= self.max_dpb_pictures(coded)
    }

    /// `MaxDpbSize`: pictures of a size in the decoded picture buffer (A.4.2).
    pub fn max_dpb_pictures(self, coded: Dimensions) -> u32 {
        const AT_THE_LARGEST: u32 = 6;
        let picture = u64::from(coded.width) * u64::from(coded.height);
        let most = u64::from(self.entry().picture);
        if picture <= most / 4 {
            16
        } else if picture <= most / 2 {
            2 * AT_THE_LARGEST
        } else if picture <= most * 3 / 4 {
            4 * AT_THE_LARGEST / 3
        } else {
            AT_THE_LARGEST
        }
    }

    /// `general_level_idc`: thirty times the level.
    pub fn idc(self) -> u8 {
        let digits = self.name().as_bytes();
        (digits[0] - b'0') * 30 + (digits[2] - b'0') * 3
    }

    /// The name: `4.1`.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    fn entry(self) -> &'static Row {
        &TABLE[usize::from(self.row).min(TABLE.len() - 1)]
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
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

    fn minimum(width: u32, height: u32, rate: f64) -> &'static str {
        Level::minimum(Dimensions::new(width, height), rate, 5).map_or("none", Level::name)
    }

    #[test]
    fn common_formats_have_their_known_levels() {
        assert_eq!(minimum(1280, 720, 30.0), "3.1");
        assert_eq!(minimum(1920, 1080, 30.0), "4.0");
        assert_eq!(minimum(1920, 1080, 60.0), "4.1");
        assert_eq!(minimum(3840, 2160, 30.0), "5.0");
        assert_eq!(minimum(3840, 2160, 60.0), "5.1");
        assert_eq!(minimum(7680, 4320, 60.0), "6.1");
        assert_eq!(minimum(16_384, 16_384, 1.0), "none");
        assert_eq!(minimum(8192, 16, 1.0), "5.0");
    }

    #[test]
    fn codes_round_trip() {
        for level in Level::all() {
            assert_eq!(Level::from_idc(level.idc()), Some(level));
        }
        assert_eq!(Level::from_idc(123).map(Level::name), Some("4.1"));
        assert_eq!(Level::from_idc(93).map(Level::name), Some("3.1"));
        assert_eq!(Level::from_idc(92), None);
    }

    #[test]
    fn smaller_pictures_leave_room_for_more() {
        let level = Level::from_idc(120).unwrap();
        assert_eq!(level.max_dpb_pictures(Dimensions::new(1920, 1080)), 6);
        assert_eq!(level.max_dpb_pictures(Dimensions::new(1280, 720)), 12);
        assert_eq!(level.max_dpb_pictures(Dimensions::new(640, 480)), 16);
        assert_eq!(level.max_dpb_pictures(Dimensions::default()), 16);
    }
}
