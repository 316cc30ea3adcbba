//! What a file and its tracks are, as writers take it and the reader finds it.

use std::{fmt, num::NonZeroU32};

use framewire_bitstream::Dimensions;

use crate::{FourCc, Rotation, SampleEntry, TrackKind};

/// What holds for a whole file that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MovieSettings {
    /// Units per second in which edits last. A copy takes that of its source, so that edits stay exact.
    pub timescale: NonZeroU32,
    /// Seconds since 1904-01-01 UTC; zero where it is not said.
    pub creation_time: u64,
}

/// What a track is before its samples.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackSettings {
    /// What it carries.
    pub kind: TrackKind,
    /// Units per second of its times.
    pub timescale: NonZeroU32,
    /// Its sample descriptions, at least one. A sample names one by its index.
    pub entries: Vec<SampleEntry>,
    /// How its pictures are turned and moved.
    pub matrix: Matrix,
    /// The language of its sound or text.
    pub language: Language,
    /// Which stretches of its media are shown, and when; none for all of it from the beginning.
    pub edits: Vec<Edit>,
    /// The size at which it is shown, in 1/65536 of a pixel (`tkhd`); `None` for the size of the first entry with its
    /// pixel ratio.
    pub shown: Option<FixedSize>,
    /// Loudness as 8.8 fixed point: 256 for sound, 0 for everything else.
    pub volume: i16,
    /// Tracks of one group other than zero are alternatives to each other.
    pub alternate_group: u16,
    /// Whether it is played unless somebody chooses otherwise.
    pub enabled: bool,
    /// Further sample entries may come while it is written ([`FragmentedWriter`](crate::FragmentedWriter) must know
    /// before the first sample).
    pub may_change: bool,
    /// The box of `minf` that goes with the kind (`vmhd`, `smhd`, `nmhd`, `gmhd`), whole; `None` for the usual one.
    pub media_header: Option<Vec<u8>>,
}

/// A size in 16.16 fixed point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FixedSize {
    /// In 1/65536 of a pixel.
    pub width: u32,
    /// In 1/65536 of a pixel.
    pub height: u32,
}

/// One entry of an edit list (8.6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// How long it lasts, in units of the movie's timescale; zero for up to the end of the media.
    pub duration: u64,
    /// Where it begins in the media, in units of the track's timescale; `None` while nothing is shown.
    pub media_time: Option<u64>,
    /// How fast it plays, in 16.16 fixed point; zero for a picture that stands.
    pub rate: i32,
}

/// A transformation of pictures (8.2.2): `a b u c d v x y w`, where `u`, `v` and `w` are 2.30 and the others 16.16 fixed
/// point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Matrix(pub [i32; 9]);

/// The language of a track: three letters of ISO 639-2/T, or in QuickTime files a number below 1024.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language(u16);

impl Default for MovieSettings {
    fn default() -> Self {
        Self { timescale: const { NonZeroU32::new(1000).unwrap() }, creation_time: 0 }
    }
}

impl TrackSettings {
    /// A track of one sample entry, shown as it is from its beginning to its end.
    pub fn new(kind: TrackKind, timescale: NonZeroU32, entry: SampleEntry) -> Self {
        Self {
            kind,
            timescale,
            entries: vec![entry],
            matrix: Matrix::default(),
            language: Language::UNDETERMINED,
            edits: Vec::new(),
            shown: None,
            volume: if kind == TrackKind::Audio { 256 } else { 0 },
            alternate_group: 0,
            enabled: true,
            may_change: false,
            media_header: None,
        }
    }

    /// A track of pictures.
    pub fn video(timescale: NonZeroU32, entry: SampleEntry) -> Self {
        Self::new(TrackKind::Video, timescale, entry)
    }

    /// The size at which it is shown: what is asked for, or that of the first entry, widened by its pixel ratio.
    pub(crate) fn shown(&self) -> FixedSize {
        self.shown.unwrap_or_else(|| self.entries.first().map(SampleEntry::shown).unwrap_or_default())
    }
}

impl Edit {
    /// An edit at the usual speed.
    pub const fn new(duration: u64, media_time: u64) -> Self {
        Self { duration, media_time: Some(media_time), rate: Self::USUAL_RATE }
    }

    /// Time in which nothing is shown.
    pub const fn empty(duration: u64) -> Self {
        Self { duration, media_time: None, rate: Self::USUAL_RATE }
    }

    /// One, in 16.16 fixed point.
    const USUAL_RATE: i32 = 1 << 16;
}

impl Matrix {
    const ONE: i32 = 1 << 16;

    /// The turn of pictures of a size, moved so that they lie to the lower right of the origin again.
    pub fn rotated(rotation: Rotation, size: Dimensions) -> Self {
        const ONE: i32 = Matrix::ONE;
        let fixed = |pixels: u32| i32::try_from(u64::from(pixels) << 16).unwrap_or(0);
        let (width, height) = (fixed(size.width), fixed(size.height));
        let [a, b, c, d, x, y] = match rotation {
            Rotation::None => [ONE, 0, 0, ONE, 0, 0],
            Rotation::Clockwise90 => [0, ONE, -ONE, 0, height, 0],
            Rotation::Half => [-ONE, 0, 0, -ONE, width, height],
            Rotation::Clockwise270 => [0, -ONE, ONE, 0, 0, width],
        };
        Self([a, b, 0, c, d, 0, x, y, 1 << 30])
    }

    /// The turn that it makes; none where it is another transformation.
    pub fn rotation(self) -> Rotation {
        const ONE: i32 = Matrix::ONE;
        const MINUS: i32 = -ONE;
        match (self.0[0], self.0[1], self.0[3], self.0[4]) {
            (0, ONE, MINUS, 0) => Rotation::Clockwise90,
            (MINUS, 0, 0, MINUS) => Rotation::Half,
            (0, MINUS, ONE, 0) => Rotation::Clockwise270,
            _ => Rotation::None,
        }
    }
}

impl Default for Matrix {
    fn default() -> Self {
        Self::rotated(Rotation::None, Dimensions::default())
    }
}

impl Language {
    /// `und`.
    pub const UNDETERMINED: Self = Self(0x55c4);

    /// A code of three lower-case letters.
    pub fn new(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        if !letters.iter().all(u8::is_ascii_lowercase) {
            return None;
        }
        Some(Self(letters.iter().fold(0, |packed, &letter| packed << 5 | u16::from(letter - 0x60))))
    }

    /// As `mdhd` has it (8.4.2.3).
    pub(crate) fn from_packed(packed: u16) -> Self {
        Self(packed & 0x7fff)
    }

    /// Three characters that pack to the value, letters or not.
    pub(crate) fn characters(self) -> String {
        [10, 5, 0].map(|shift| char::from(0x60 + (self.0 >> shift & 0x1f) as u8)).iter().collect()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0x400 { write!(f, "#{}", self.0) } else { f.pad(&self.characters()) }
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({self})")
    }
}

impl TrackKind {
    /// `handler_type`.
    pub fn handler(self) -> FourCc {
        match self {
            Self::Video => FourCc(*b"vide"),
            Self::Audio => FourCc(*b"soun"),
            Self::Other(handler) => handler,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_three_letters_or_a_number() {
        assert_eq!(Language::new("und"), Some(Language::UNDETERMINED));
        assert_eq!(Language::new("deu").unwrap().to_string(), "deu");
        assert_eq!(Language::from_packed(3).to_string(), "#3");
        for wrong in ["", "de", "DEU", "deut", "d-e"] {
            assert_eq!(Language::new(wrong), None, "{wrong}");
        }
        for packed in [0, 3, 0x3ff, 0x400, 0x55c4, 0x7fff] {
            let written = mp4_atom::Mdhd { language: Language(packed).characters(), ..Default::default() };
            let mut bytes = Vec::new();
            mp4_atom::Encode::encode(&written, &mut bytes).unwrap();
            assert_eq!(bytes[bytes.len() - 4..bytes.len() - 2], packed.to_be_bytes());
        }
    }

    #[test]
    fn a_rotation_is_read_from_the_matrix_that_makes_it() {
        let size = Dimensions::new(640, 480);
        for rotation in [Rotation::None, Rotation::Clockwise90, Rotation::Half, Rotation::Clockwise270] {
            let matrix = Matrix::rotated(rotation, size);
            assert_eq!(matrix.rotation(), rotation);
            // The corner that comes to lie in the upper left does so at the origin.
            let [a, b, _, c, d, _, x, y, _] = matrix.0.map(|value| i64::from(value) >> 16);
            let corners = [(0, 0), (640, 0), (0, 480), (640, 480)];
            let turned = corners.map(|(p, q)| (a * p + c * q + x, b * p + d * q + y));
            assert_eq!(turned.iter().map(|corner| corner.0).min(), Some(0), "{rotation:?}");
            assert_eq!(turned.iter().map(|corner| corner.1).min(), Some(0), "{rotation:?}");
        }
    }
}
