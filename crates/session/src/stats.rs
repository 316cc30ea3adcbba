use crate::Time;
use framewire_protocol::{Role, SetQuality, Stats};
use serde::Serialize;
use std::time::Duration;

/// How delivery to one viewer goes: the row of `/streams/<name>/metrics`. Zero where nothing was measured yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ViewerStats {
    /// Seconds since the connection began.
    pub elapsed_s: f64,
    /// Units sent.
    pub frames_sent: u64,
    /// Units that this viewer did not get while it watched.
    pub frames_dropped: u64,
    /// Units that the viewer displayed.
    pub frames_acked: u64,
    /// Key units sent.
    pub keyframes_sent: u64,
    /// Payload bytes sent.
    pub bytes_sent: u64,
    /// Units sent in the last second.
    pub fps_sent: f64,
    /// Units displayed in the last second.
    pub fps_acked: f64,
    /// Payload bits sent in the last second.
    pub bitrate_bps: u64,
    /// Milliseconds to convert and encode a unit, smoothed.
    pub encode_ms: f64,
    /// Milliseconds from sending to display, smoothed; to arrival where the viewer reports that.
    pub rtt_ms: f64,
    /// The chunks that waited in the viewer's decoder at its last acknowledgement.
    pub decode_queue_size: u32,
    /// Units in flight.
    pub inflight: usize,
    /// What the encoder is set to, in bits per second.
    pub target_bitrate: u64,
    /// What the encoder is set to, in frames per second.
    pub target_fps: f64,
    /// The shortest round trip of the last while, in milliseconds.
    pub min_rtt_ms: f64,
    /// Bytes in flight.
    pub inflight_bytes: u64,
    /// What the path delivers at least, in bits per second.
    pub delivery_bps: u64,
    /// Milliseconds from publish to display as the viewer measured it, smoothed.
    pub latency_ms: f64,
    /// How often this viewer fell too far behind.
    pub losses: u64,
    /// What the viewer may do.
    pub role: Role,
}

/// What a session counts.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    began: Time,
    pub(crate) frames_sent: u64,
    pub(crate) frames_acked: u64,
    keyframes_sent: u64,
    bytes_sent: u64,
    encode_ms: Smoothed,
    latency_ms: Smoothed,
    sent: Rolling,
    acked: Rolling,
    bytes: Rolling,
}

/// A sum over the last second, in tenths of it.
#[derive(Clone, Copy, Debug, Default)]
struct Rolling {
    slots: [u64; 10],
    newest: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Smoothed(Option<f64>);

impl Counters {
    pub(crate) fn new(began: Time) -> Self {
        Self {
            began,
            frames_sent: 0,
            frames_acked: 0,
            keyframes_sent: 0,
            bytes_sent: 0,
            encode_ms: Smoothed::default(),
            latency_ms: Smoothed::default(),
            sent: Rolling::default(),
            acked: Rolling::default(),
            bytes: Rolling::default(),
        }
    }

    pub(crate) fn sent(&mut self, bytes: u64, key: bool, encode: Duration, now: Time) {
        self.frames_sent += 1;
        self.keyframes_sent += u64::from(key);
        self.bytes_sent += bytes;
        self.encode_ms.add(encode.as_secs_f64() * 1e3);
        self.sent.add(1, now);
        self.bytes.add(bytes, now);
    }

    pub(crate) fn acked(&mut self, latency_us: Option<u64>, now: Time) {
        self.frames_acked += 1;
        self.acked.add(1, now);
        // An hour of latency is an error of the viewer's clock.
        if let Some(latency) = latency_us.filter(|latency| *latency < 3_600_000_000) {
            self.latency_ms.add(latency as f64 / 1e3);
        }
    }

    /// The counted part of the statistics.
    pub(crate) fn snapshot(&self, quality: SetQuality, now: Time) -> ViewerStats {
        let elapsed = now.since(self.began).as_secs_f64();
        // A session that is younger than a second has sent what it sent in its own age.
        let span = elapsed.clamp(0.1, 1.0);
        ViewerStats {
            elapsed_s: rounded(elapsed, 1e3),
            frames_sent: self.frames_sent,
            frames_acked: self.frames_acked,
            keyframes_sent: self.keyframes_sent,
            bytes_sent: self.bytes_sent,
            fps_sent: rounded(self.sent.sum(now) as f64 / span, 1e2),
            fps_acked: rounded(self.acked.sum(now) as f64 / span, 1e2),
            bitrate_bps: whole(self.bytes.sum(now) as f64 * 8.0 / span),
            encode_ms: rounded(self.encode_ms.get(), 1e2),
            latency_ms: rounded(self.latency_ms.get(), 1e2),
            target_bitrate: quality.bitrate,
            target_fps: quality.fps,
            ..ViewerStats::default()
        }
    }
}

impl ViewerStats {
    /// The message for the viewer.
    pub fn to_message(&self) -> Stats {
        Stats {
            rtt_ms: self.rtt_ms,
            fps_sent: self.fps_sent,
            fps_acked: self.fps_acked,
            bitrate_bps: self.bitrate_bps,
            encode_ms: self.encode_ms,
            decode_queue_size: self.decode_queue_size,
            dropped: self.frames_dropped,
            target_bitrate: self.target_bitrate,
            target_fps: self.target_fps,
        }
    }
}

impl Rolling {
    fn add(&mut self, amount: u64, now: Time) {
        let slot = tenth(now).max(self.newest);
        for passed in (self.newest + 1..=slot).take(self.slots.len()) {
            self.slots[index(passed)] = 0;
        }
        self.newest = slot;
        self.slots[index(slot)] += amount;
    }

    fn sum(&self, now: Time) -> u64 {
        let oldest = (tenth(now) + 1).saturating_sub(self.slots.len() as u64);
        let kept = (self.newest + 1).saturating_sub(self.slots.len() as u64)..=self.newest;
        kept.filter(|slot| *slot >= oldest).map(|slot| self.slots[index(slot)]).sum()
    }
}

impl Smoothed {
    /// The weight of a new sample is that of the reference.
    fn add(&mut self, sample: f64) {
        self.0 = Some(self.0.map_or(sample, |old| old + 0.3 * (sample - old)));
    }

    fn get(self) -> f64 {
        self.0.unwrap_or_default()
    }
}

pub(crate) fn millis(duration: Option<Duration>) -> f64 {
    rounded(duration.unwrap_or_default().as_secs_f64() * 1e3, 1e2)
}

fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[expect(clippy::cast_possible_truncation, reason = "the epoch is not 58 million years ago")]
fn tenth(now: Time) -> u64 {
    (now.since_epoch().as_millis() / 100) as u64
}

fn index(slot: u64) -> usize {
    (slot % 10) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_epoch(Duration::from_millis(millis))
    }

    #[test]
    fn a_rolling_sum_holds_one_second() {
        let mut rolling = Rolling::default();
        for millis in (0..5000).step_by(20) {
            rolling.add(1, at(millis));
        }
        assert_eq!(rolling.sum(at(4999)), 50);
        assert_eq!(rolling.sum(at(5450)), 25);
        assert_eq!(rolling.sum(at(60_000)), 0);
        rolling.add(1, at(60_000));
        assert_eq!(rolling.sum(at(60_000)), 1);
    }
}
