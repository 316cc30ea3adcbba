use std::{fmt, str::FromStr, time::Duration};

/// Frames per second as an exact fraction: 30, 30000/1001, 0.2.
#[derive(Clone, Copy, Debug)]
pub struct FrameRate {
    numerator: u32,
    denominator: u32,
}

/// Bits per second, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bitrate(u32);

/// A text that names no possible rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRateError {
    /// Not a frame rate.
    #[error(
        "\"{0}\" is not a frame rate: write a number from 0.01 to 1000, for example 30, 59.94, 0.2 or 30000/1001"
    )]
    FrameRate(String),
    /// Not a bitrate.
    #[error("\"{0}\" is not a bitrate: write bits per second from 1k to 1G, for example 8M, 800k or 2500000")]
    Bitrate(String),
}

impl FrameRate {
    /// `numerator / denominator` frames per second; `None` unless that is from 0.01 to 1000.
    pub fn new(numerator: u32, denominator: u32) -> Option<Self> {
        let in_range = denominator != 0
            && u64::from(numerator) * 100 >= u64::from(denominator)
            && u64::from(numerator) <= u64::from(denominator) * 1000;
        in_range.then_some(Self { numerator, denominator })
    }

    /// A whole number of frames per second, held within 1 to 1000.
    pub fn whole(frames_per_second: u32) -> Self {
        Self { numerator: frames_per_second.clamp(1, 1000), denominator: 1 }
    }

    /// The fraction above the line.
    pub const fn numerator(self) -> u32 {
        self.numerator
    }

    /// The fraction below the line.
    pub const fn denominator(self) -> u32 {
        self.denominator
    }

    /// Frames per second.
    pub fn as_f64(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }

    /// The time from one frame to the next.
    pub fn interval(self) -> Duration {
        Duration::from_nanos(u64::from(self.denominator) * 1_000_000_000 / u64::from(self.numerator))
    }

    /// When frame `index` is due, counted from frame 0; exact at any index, so that no drift adds up.
    pub fn due(self, index: u64) -> Duration {
        let nanos =
            u128::from(index) * u128::from(self.denominator) * 1_000_000_000 / u128::from(self.numerator);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl PartialEq for FrameRate {
    fn eq(&self, other: &Self) -> bool {
        u64::from(self.numerator) * u64::from(other.denominator)
            == u64::from(other.numerator) * u64::from(self.denominator)
    }
}

impl Eq for FrameRate {}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.numerator.is_multiple_of(self.denominator) {
            write!(f, "{}", self.numerator / self.denominator)
        } else {
            let rounded = format!("{:.3}", self.as_f64());
            f.write_str(rounded.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}

impl FromStr for FrameRate {
    type Err = ParseRateError;

    fn from_str(text: &str) -> Result<Self, ParseRateError> {
        let fraction = || -> Option<Self> {
            if let Some((numerator, denominator)) = text.split_once('/') {
                return Self::new(numerator.trim().parse().ok()?, denominator.trim().parse().ok()?);
            }
            let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
            if decimals.len() > 6 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let denominator = 10_u32.pow(u32::try_from(decimals.len()).ok()?);
            let digits = format!("{whole}{decimals}");
            Self::new(digits.parse().ok()?, denominator)
        };
        fraction().ok_or_else(|| ParseRateError::FrameRate(text.to_owned()))
    }
}

impl Bitrate {
    /// So many bits per second; zero becomes 1.
    pub const fn from_bits_per_second(bits: u32) -> Self {
        Self(if bits == 0 { 1 } else { bits })
    }

    /// Bits per second.
    pub const fn bits_per_second(self) -> u32 {
        self.0
    }

    /// This rate times `factor`, held within what the type can carry.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
    pub fn scaled(self, factor: f64) -> Self {
        Self::from_bits_per_second((f64::from(self.0) * factor) as u32)
    }
}

impl fmt::Display for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bits if bits >= 1_000_000 => write!(f, "{:.1} Mb/s", f64::from(bits) / 1e6),
            bits if bits >= 1_000 => write!(f, "{:.0} kb/s", f64::from(bits) / 1e3),
            bits => write!(f, "{bits} b/s"),
        }
    }
}

impl FromStr for Bitrate {
    type Err = ParseRateError;

    fn from_str(text: &str) -> Result<Self, ParseRateError> {
        let error = || ParseRateError::Bitrate(text.to_owned());
        let trimmed = text.trim();
        let (number, scale) = match trimmed.chars().last() {
            Some('k' | 'K') => (&trimmed[..trimmed.len() - 1], 1e3),
            Some('m' | 'M') => (&trimmed[..trimmed.len() - 1], 1e6),
            Some('g' | 'G') => (&trimmed[..trimmed.len() - 1], 1e9),
            _ => (trimmed, 1.0),
        };
        let bits = number.parse::<f64>().map_err(|_| error())? * scale;
        if !(1e3..=1e9).contains(&bits) {
            return Err(error());
        }
        Ok(Self(1).scaled(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_rates_are_exact_fractions() {
        let ntsc: FrameRate = "30000/1001".parse().unwrap();
        assert_eq!(ntsc.due(30_000), Duration::from_secs(1001));
        let slow: FrameRate = "0.2".parse().unwrap();
        assert_eq!(slow.interval(), Duration::from_secs(5));
        assert_eq!(slow, FrameRate::new(1, 5).unwrap());
        assert_eq!("59.94".parse::<FrameRate>().unwrap().to_string(), "59.94");
        assert_eq!(FrameRate::new(1_000_000, 33_333).unwrap().to_string(), "30");
        for bad in ["", "0", "-1", "1/0", "2000", "nan", "0.001", "1.2.3", "1e3"] {
            assert!(bad.parse::<FrameRate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn bitrates_read_as_people_write_them() {
        assert_eq!("8M".parse(), Ok(Bitrate(8_000_000)));
        assert_eq!("800k".parse(), Ok(Bitrate(800_000)));
        assert_eq!("2.5M".parse(), Ok(Bitrate(2_500_000)));
        assert_eq!(Bitrate(8_000_000).to_string(), "8.0 Mb/s");
        for bad in ["", "M", "-8M", "12", "9G", "inf", "8MB"] {
            assert!(bad.parse::<Bitrate>().is_err(), "{bad}");
        }
    }
}
