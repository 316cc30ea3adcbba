//! Times, summed up and shown.

use serde::Serialize;
use std::time::{Duration, Instant};

/// Durations of the same work.
#[derive(Default)]
pub struct Times(Vec<Duration>);

/// What they come to, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Summary {
    pub mean_ms: f64,
    pub median_ms: f64,
    pub p95_ms: f64,
}

impl Times {
    /// Runs the work and notes how long it took.
    pub fn measure<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.0.push(start.elapsed());
        result
    }

    /// Notes a time that was taken elsewhere.
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// How many there are.
    #[cfg(feature = "wgpu")]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Sums up; zeros where nothing was measured.
    pub fn summary(&self) -> Summary {
        let mut sorted: Vec<f64> = self.0.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |q: f64| sorted.get((sorted.len() as f64 * q) as usize).copied().unwrap_or(0.0);
        let mean_ms = sorted.iter().sum::<f64>() / sorted.len().max(1) as f64;
        Summary { mean_ms, median_ms: at(0.5), p95_ms: at(0.95) }
    }
}

/// The middle of some figures; zero of none.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}
