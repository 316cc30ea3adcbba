//! Durations and amounts of memory as people write them.

use std::time::Duration;

/// `90s`, `2m`, `1.5h` or `500ms`; a number alone is seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let bad = || format!("\"{text}\" is no duration: write 500ms, 90s, 2m or 1h; zero is none");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(bad()),
    };
    let number: f64 = digits.parse().map_err(|_| bad())?;
    let duration = Duration::try_from_secs_f64(number * unit).map_err(|_| bad())?;
    if duration.is_zero() { Err(bad()) } else { Ok(duration) }
}

/// `512M`, `2G` or `800k`, of 1024 each; a number alone is bytes.
pub fn bytes(text: &str) -> Result<u64, String> {
    let bad = || format!("\"{text}\" is no amount of memory: write 512M or 2G");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" => 1,
        "k" | "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err(bad()),
    };
    digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_unit() {
        for (text, millis) in [
            ("90s", 90_000),
            ("2m", 120_000),
            ("10min", 600_000),
            ("1.5h", 5_400_000),
            ("7", 7000),
            ("20ms", 20),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "m", "-1s", "0s", "1d", "1 m", "inf", "nans", "9e999h", "ß"] {
            assert!(duration(text).unwrap_err().ends_with("500ms, 90s, 2m or 1h; zero is none"), "{text}");
        }
    }

    #[test]
    fn amounts_of_memory_are_read_with_their_unit() {
        assert_eq!(bytes("512M"), Ok(512 << 20));
        assert_eq!(bytes("2G"), Ok(2 << 30));
        assert_eq!(bytes("100"), Ok(100));
        for text in ["", "M", "-1M", "1.5G", "1T", "99999999999999999999", "18446744073709551615G"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
