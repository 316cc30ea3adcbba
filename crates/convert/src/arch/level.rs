use std::{fmt, str::FromStr, sync::OnceLock};

/// How much of the processor the kernels use. All levels give the same bytes.
///
/// Levels are ordered within one architecture: a machine that has one has all the smaller ones too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Nothing beyond what the compiler assumes.
    Scalar,
    /// x86-64 with SSE4.1.
    Sse41,
    /// x86-64 with AVX2.
    Avx2,
    /// x86-64 with AVX-512 F, BW and VBMI: Ice Lake, Zen 4 and later. The processors that have less of AVX-512
    /// slow down when they run it, and stay with AVX2.
    Avx512,
    /// 64-bit Arm with NEON.
    Neon,
}

/// A name that is no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a processor level: scalar, sse4.1, avx2, avx512 and neon are")]
pub struct UnknownLevel(String);

impl Level {
    /// Every level.
    pub const ALL: [Self; 5] = [Self::Scalar, Self::Sse41, Self::Avx2, Self::Avx512, Self::Neon];

    /// The variable that lowers the level: it holds a level's name.
    pub const VARIABLE: &str = "FRAMEWIRE_CPU";

    /// The highest level that this machine has and that the environment allows. It is found once and kept.
    ///
    /// [`Level::VARIABLE`] lowers it and never raises it; a name that is no level changes nothing.
    pub fn detect() -> Self {
        static DETECTED: OnceLock<Level> = OnceLock::new();
        *DETECTED.get_or_init(|| {
            let allowed = std::env::var(Self::VARIABLE).ok().and_then(|name| name.parse().ok());
            Self::best_of(&Self::available(), allowed)
        })
    }

    /// The levels that this machine has, the lowest first, whatever the environment says.
    pub fn available() -> Vec<Self> {
        Self::ALL.into_iter().filter(|level| level.is_available()).collect()
    }

    /// Whether this machine has the level.
    pub fn is_available(self) -> bool {
        super::native::has(self)
    }

    /// The name that [`Level::VARIABLE`] takes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Sse41 => "sse4.1",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    fn best_of(available: &[Self], allowed: Option<Self>) -> Self {
        let allowed = available.iter().filter(|&&level| allowed.is_none_or(|most| level <= most));
        allowed.copied().max().unwrap_or(Self::Scalar)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Self, UnknownLevel> {
        Self::ALL
            .into_iter()
            .find(|level| level.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownLevel(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_lowers_and_never_raises() {
        let x86 = [Level::Scalar, Level::Sse41, Level::Avx2];
        assert_eq!(Level::best_of(&x86, None), Level::Avx2);
        assert_eq!(Level::best_of(&x86, Some(Level::Sse41)), Level::Sse41);
        assert_eq!(Level::best_of(&x86, Some(Level::Scalar)), Level::Scalar);
        assert_eq!(Level::best_of(&x86, Some(Level::Avx512)), Level::Avx2);
        assert_eq!(Level::best_of(&[Level::Scalar], Some(Level::Neon)), Level::Scalar);
    }

    #[test]
    fn names_round_trip() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert!("mmx".parse::<Level>().is_err());
    }

    #[test]
    fn the_detected_level_is_available() {
        assert!(Level::available().contains(&Level::detect()));
        assert_eq!(Level::available()[0], Level::Scalar);
    }
}
