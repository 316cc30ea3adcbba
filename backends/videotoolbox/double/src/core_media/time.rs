//! `CMTime`.

use std::cmp::Ordering;

const VALID: u32 = 1;
const POSITIVE_INFINITY: u32 = 1 << 2;
const NEGATIVE_INFINITY: u32 = 1 << 3;
const INDEFINITE: u32 = 1 << 4;

/// A rational number of seconds.
#[repr(C, packed(4))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct CMTime {
    value: i64,
    timescale: i32,
    flags: u32,
    epoch: i64,
}

#[unsafe(no_mangle)]
static kCMTimeInvalid: CMTime = CMTime::INVALID;
#[unsafe(no_mangle)]
static kCMTimeZero: CMTime = CMTime { value: 0, timescale: 1, flags: VALID, epoch: 0 };
#[unsafe(no_mangle)]
static kCMTimeIndefinite: CMTime = CMTime { flags: VALID | INDEFINITE, ..CMTime::INVALID };
#[unsafe(no_mangle)]
static kCMTimePositiveInfinity: CMTime = CMTime { flags: VALID | POSITIVE_INFINITY, ..CMTime::INVALID };
#[unsafe(no_mangle)]
static kCMTimeNegativeInfinity: CMTime = CMTime { flags: VALID | NEGATIVE_INFINITY, ..CMTime::INVALID };

impl CMTime {
    pub(crate) const INVALID: Self = Self { value: 0, timescale: 0, flags: 0, epoch: 0 };

    /// Whether it is a number: neither invalid nor indefinite nor infinite.
    pub(crate) fn is_numeric(self) -> bool {
        self.flags & (VALID | POSITIVE_INFINITY | NEGATIVE_INFINITY | INDEFINITE) == VALID
    }

    /// In microseconds, rounded down; zero where it is no number or negative.
    pub(crate) fn as_micros(self) -> u64 {
        if !self.is_numeric() || self.timescale == 0 {
            return 0;
        }
        u64::try_from(i128::from(self.value) * 1_000_000 / i128::from(self.timescale)).unwrap_or(0)
    }

    pub(crate) fn is_after(self, other: Self) -> bool {
        self.compare(other) == Ordering::Greater
    }

    fn compare(self, other: Self) -> Ordering {
        let rank = |time: Self| match time.flags & (POSITIVE_INFINITY | NEGATIVE_INFINITY | INDEFINITE) {
            0 => 1,
            NEGATIVE_INFINITY => 0,
            POSITIVE_INFINITY => 2,
            _ => 3,
        };
        let cross = |a: Self, b: Self| i128::from(a.value) * i128::from(b.timescale);
        rank(self).cmp(&rank(other)).then_with(|| cross(self, other).cmp(&cross(other, self)))
    }
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CMTimeMake(value: i64, timescale: i32) -> CMTime {
    CMTime { value, timescale, flags: VALID, epoch: 0 }
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CMTimeMakeWithSeconds(seconds: f64, timescale: i32) -> CMTime {
    CMTimeMake((seconds * f64::from(timescale)).round() as i64, timescale)
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CMTimeGetSeconds(time: CMTime) -> f64 {
    if time.is_numeric() { time.value as f64 / f64::from(time.timescale) } else { f64::NAN }
}

#[unsafe(no_mangle)]
extern "C-unwind" fn CMTimeCompare(a: CMTime, b: CMTime) -> i32 {
    a.compare(b) as i32
}
