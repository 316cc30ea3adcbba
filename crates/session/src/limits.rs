use crate::Time;

/// Allows so many actions per second in the long run and a burst after a pause.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled: Time,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(per_second: u32, burst: u32, now: Time) -> Self {
        let burst = f64::from(burst);
        Self { per_second: f64::from(per_second), burst, tokens: burst, filled: now }
    }

    /// Takes one token; false if there is none.
    pub fn take(&mut self, now: Time) -> bool {
        let gained = now.since(self.filled).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + gained).min(self.burst);
        self.filled = self.filled.max(now);
        let there = self.tokens >= 1.0;
        if there {
            self.tokens -= 1.0;
        }
        there
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_is_taken_and_then_the_rate() {
        let mut bucket = TokenBucket::new(10, 5, Time::ZERO);
        let taken = |bucket: &mut TokenBucket, now| (0..100).filter(|_| bucket.take(now)).count();
        assert_eq!(taken(&mut bucket, Time::ZERO), 5);
        assert_eq!(taken(&mut bucket, Time::ZERO + Duration::from_millis(250)), 2);
        assert_eq!(taken(&mut bucket, Time::ZERO + Duration::from_secs(3600)), 5);
    }
}
