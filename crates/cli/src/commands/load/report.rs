//! The figures of a load run, as text or JSON.

use super::viewer::Tally;
use crate::output::say;
use crate::table;
use hdrhistogram::Histogram;
use serde::Serialize;

/// Figures of a whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    pub url: String,
    pub viewers: usize,
    pub failed: usize,
    pub seconds: f64,
    pub fps_minimum: f64,
    pub fps_median: f64,
    pub bytes: u64,
    pub megabits_per_second: f64,
    pub key_frames: u64,
    pub dropped: u64,
    /// Publish to arrival, over all frames of all viewers; absent where the server does not say when it published.
    pub latency_ms: Option<Quantiles>,
    /// The same less conversion and encoding.
    pub delivery_ms: Option<Quantiles>,
    /// From the opening of the socket to the first frame.
    pub first_frame_ms: Option<Quantiles>,
    /// The server's own account, where it gives one.
    pub server: Option<ServerCost>,
    pub failures: Vec<String>,
    pub per_viewer: Vec<Row>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Quantiles {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

/// What the server process used during the run.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ServerCost {
    pub cores: f64,
    pub resident_mb: f64,
}

#[derive(Debug, Serialize)]
pub struct Row {
    pub fps: f64,
    pub bytes: u64,
    pub key_frames: u64,
    pub dropped: u64,
    pub latency_ms_p50: Option<f64>,
    pub latency_ms_p99: Option<f64>,
    pub failure: Option<String>,
}

impl Report {
    /// Sums up.
    pub fn new(url: String, seconds: f64, tallies: &[Tally], server: Option<ServerCost>) -> Self {
        let rows: Vec<Row> = tallies.iter().map(|tally| Row::new(tally, seconds)).collect();
        let mut fps: Vec<f64> = rows.iter().map(|row| row.fps).collect();
        fps.sort_by(f64::total_cmp);
        let mut joins: Vec<f64> =
            tallies.iter().filter_map(|tally| Some(tally.first_frame?.as_secs_f64() * 1e3)).collect();
        joins.sort_by(f64::total_cmp);
        let bytes = rows.iter().map(|row| row.bytes).sum();
        let mut failures: Vec<String> = tallies.iter().filter_map(|tally| tally.failure.clone()).collect();
        let failed = failures.len();
        failures.sort();
        failures.dedup();
        Self {
            url,
            viewers: rows.len(),
            failed,
            seconds,
            fps_minimum: fps.first().copied().unwrap_or(0.0),
            fps_median: fps.get(fps.len() / 2).copied().unwrap_or(0.0),
            bytes,
            megabits_per_second: bytes as f64 * 8.0 / seconds / 1e6,
            key_frames: rows.iter().map(|row| row.key_frames).sum(),
            dropped: rows.iter().map(|row| row.dropped).sum(),
            latency_ms: merged(tallies, |tally| &tally.latency),
            delivery_ms: merged(tallies, |tally| &tally.delivery),
            first_frame_ms: quantiles(&joins),
            server,
            failures,
            per_viewer: rows,
        }
    }

    /// For people.
    pub fn print(&self) {
        let mut rows = Vec::new();
        let mut row = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
        row("viewers", format!("{} ({} failed)", self.viewers, self.failed));
        row("frames per second", format!("{:.2} minimum, {:.2} median", self.fps_minimum, self.fps_median));
        row("received", format!("{:.1} MB, {:.1} Mb/s", self.bytes as f64 / 1e6, self.megabits_per_second));
        row("key frames", format!("{:.1} per viewer", self.key_frames as f64 / self.viewers.max(1) as f64));
        row("skipped by the server", self.dropped.to_string());
        row("publish to arrival", shown(self.latency_ms));
        row("less convert and encode", shown(self.delivery_ms));
        row("joining to first frame", shown(self.first_frame_ms));
        if let Some(server) = self.server {
            row("server", format!("{:.2} cores, {:.1} MB resident", server.cores, server.resident_mb));
        }
        table::print(&["figure", "value"], 2, rows);
        for failure in &self.failures {
            say!("failed: {failure}");
        }
    }
}

impl Row {
    fn new(tally: &Tally, seconds: f64) -> Self {
        let quantile =
            |q| (!tally.latency.is_empty()).then(|| tally.latency.value_at_quantile(q) as f64 / 1e3);
        Self {
            fps: tally.frames as f64 / seconds,
            bytes: tally.bytes,
            key_frames: tally.keys,
            dropped: tally.dropped,
            latency_ms_p50: quantile(0.5),
            latency_ms_p99: quantile(0.99),
            failure: tally.failure.clone(),
        }
    }
}

fn merged(tallies: &[Tally], histogram: impl Fn(&Tally) -> &Histogram<u64>) -> Option<Quantiles> {
    let (first, rest) = tallies.split_first()?;
    let mut all = histogram(first).clone();
    for tally in rest {
        all += histogram(tally);
    }
    let milliseconds = |micros: u64| micros as f64 / 1e3;
    (!all.is_empty()).then(|| Quantiles {
        p50: milliseconds(all.value_at_quantile(0.5)),
        p99: milliseconds(all.value_at_quantile(0.99)),
        max: milliseconds(all.max()),
    })
}

fn quantiles(sorted: &[f64]) -> Option<Quantiles> {
    let at = |q: f64| sorted.get(((sorted.len().checked_sub(1)?) as f64 * q) as usize).copied();
    Some(Quantiles { p50: at(0.5)?, p99: at(0.99)?, max: at(1.0)? })
}

fn shown(quantiles: Option<Quantiles>) -> String {
    quantiles.map_or_else(
        || "unknown".to_owned(),
        |q| format!("{:.2} ms median, {:.2} ms p99, {:.2} ms at most", q.p50, q.p99, q.max),
    )
}
