use crate::{KeepMetrics, RecordingStatus, RenditionKey};
use framewire_codec::Rate;
use framewire_frame::{Size, Timestamp};
use std::{collections::VecDeque, time::Duration};

/// What a stream has done so far.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StreamMetrics {
    /// Frames given to the stream.
    pub frames_published: u64,
    /// Viewers at the moment.
    pub viewers: usize,
    /// Input events that were lost because nobody fetched them.
    pub events_dropped: u64,
    /// The recordings that go on.
    pub recordings: Vec<RecordingStatus>,
    /// What is kept of the past, where anything is.
    pub kept: Option<KeepMetrics>,
    /// Every rendition that has ever had a viewer.
    pub renditions: Vec<RenditionMetrics>,
}

/// What a rendition has done so far.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RenditionMetrics {
    /// Which one.
    pub key: RenditionKey,
    /// The encoder at work; `None` while nobody watches.
    pub encoder: Option<String>,
    /// The size of the newest unit.
    pub size: Option<Size>,
    /// Viewers at the moment.
    pub viewers: usize,
    /// Viewers that would take a unit now.
    pub ready: usize,
    /// What the encoder is set to.
    pub rate: Rate,
    /// Units made, stills included.
    pub frames_encoded: u64,
    /// Frames that a newer one replaced before they were encoded, while there were viewers.
    pub frames_skipped: u64,
    /// Frames that were not encoded because they showed the same picture as many before them.
    pub frames_repeated: u64,
    /// Frames that could not be encoded.
    pub frames_failed: u64,
    /// Key units; of images, every one.
    pub keyframes: u64,
    /// Units of a resting picture.
    pub stills: u64,
    /// Bytes of all units.
    pub bytes: u64,
    /// Bits made in the last second.
    pub bitrate_bps: u64,
    /// Units made in the last second.
    pub fps: u32,
    /// The smoothed time to convert and encode one frame, in milliseconds; 0 before the first.
    pub encode_ms: f64,
    /// What 99 of 100 frames stay below, in milliseconds; within a tenth of the true value.
    pub encode_ms_p99: f64,
}

/// Counts what a rendition does. Its memory does not grow with time.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) encoded: u64,
    pub(crate) skipped: u64,
    pub(crate) repeated: u64,
    pub(crate) failed: u64,
    pub(crate) keys: u64,
    pub(crate) stills: u64,
    pub(crate) bytes: u64,
    encode_ms: Option<f64>,
    histogram: Histogram,
    recent: VecDeque<(Timestamp, usize)>,
}

const SMOOTHING: f64 = 0.3;
const WINDOW: Duration = Duration::from_secs(1);
/// More units than this in a second are not told apart.
const MAX_RECENT: usize = 2048;

impl Recorder {
    pub(crate) fn record(&mut self, bytes: usize, encode: Duration, now: Timestamp) {
        self.encoded += 1;
        self.bytes += bytes as u64;
        let ms = encode.as_secs_f64() * 1000.0;
        self.encode_ms = Some(self.encode_ms.map_or(ms, |before| before + SMOOTHING * (ms - before)));
        self.histogram.record(encode);
        if self.recent.len() == MAX_RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((now, bytes));
        while self.recent.front().is_some_and(|(then, _)| now.since(*then) > WINDOW) {
            self.recent.pop_front();
        }
    }

    /// Units and bits of the last second.
    pub(crate) fn recent(&self, now: Timestamp) -> (u32, u64) {
        let recent = self.recent.iter().filter(|(then, _)| now.since(*then) <= WINDOW);
        recent.fold((0, 0), |(units, bits), (_, bytes)| (units + 1, bits + 8 * *bytes as u64))
    }

    pub(crate) fn encode_ms(&self) -> f64 {
        self.encode_ms.unwrap_or(0.0)
    }

    pub(crate) fn encode_ms_p99(&self) -> f64 {
        self.histogram.quantile(0.99)
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            encoded: 0,
            skipped: 0,
            repeated: 0,
            failed: 0,
            keys: 0,
            stills: 0,
            bytes: 0,
            encode_ms: None,
            histogram: Histogram([0; Histogram::BUCKETS]),
            recent: VecDeque::new(),
        }
    }
}

/// Durations in buckets that grow by a tenth each, from 10 microseconds to about 20 seconds.
#[derive(Debug)]
struct Histogram([u64; Self::BUCKETS]);

impl Histogram {
    const BUCKETS: usize = 153;
    const FIRST_MS: f64 = 0.01;
    const GROWTH: f64 = 1.1;

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
    fn record(&mut self, duration: Duration) {
        let ratio = duration.as_secs_f64() * 1000.0 / Self::FIRST_MS;
        let index = ratio.max(1.0).log(Self::GROWTH) as usize;
        self.0[index.min(Self::BUCKETS - 1)] += 1;
    }

    /// The upper edge of the bucket in milliseconds; 0 when nothing was recorded.
    fn quantile(&self, share: f64) -> f64 {
        let total: u64 = self.0.iter().sum();
        let mut below = 0;
        for (power, count) in (1..).zip(&self.0) {
            below += count;
            if below > 0 && below as f64 >= share * total as f64 {
                return Self::FIRST_MS * Self::GROWTH.powi(power);
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_second_is_what_counts() {
        let mut recorder = Recorder::default();
        for frame in 0..300 {
            recorder.record(1000, Duration::from_millis(4), Timestamp::from_micros(frame * 10_000));
        }
        let last = Timestamp::from_micros(2_990_000);
        assert_eq!(recorder.recent(last), (101, 808_000));
        assert_eq!(recorder.recent(last.saturating_add(Duration::from_secs(2))), (0, 0));
        assert_eq!(recorder.encoded, 300);
        assert!(recorder.recent.len() <= 102);
    }

    #[test]
    fn quantiles_are_within_a_tenth() {
        let mut recorder = Recorder::default();
        assert!(recorder.encode_ms_p99() == 0.0);
        for ms in 1..=1000 {
            recorder.record(1, Duration::from_millis(ms), Timestamp::ZERO);
        }
        let p99 = recorder.encode_ms_p99();
        assert!((990.0..=1089.0).contains(&p99), "{p99}");
    }

    #[test]
    fn absurd_durations_are_counted_at_the_ends() {
        let mut recorder = Recorder::default();
        recorder.record(1, Duration::ZERO, Timestamp::ZERO);
        recorder.record(1, Duration::MAX, Timestamp::ZERO);
        assert!(recorder.encode_ms_p99() > 10_000.0);
    }
}
