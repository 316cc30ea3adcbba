//! The same figures for Prometheus, in the OpenMetrics text format.

use crate::app::App;
use framewire_engine::{KeepMetrics, RecordingStatus, RenditionMetrics, StreamMetrics};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, text::encode},
    metrics::MetricType,
    registry::Registry,
};
use std::fmt;

pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a server shows at this moment.
pub(crate) fn text(app: &App) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Snapshot::of(app)));
    let mut out = String::new();
    // Writing into a string cannot fail.
    let _ = encode(&mut out, &registry);
    out
}

#[derive(Debug)]
struct Snapshot {
    streams: Vec<(String, StreamMetrics)>,
    viewers: Vec<(String, ViewerTotals)>,
    connected: usize,
    process: Option<Process>,
}

/// What the viewers of a stream have got that are connected now.
#[derive(Debug, Default)]
struct ViewerTotals {
    sent: u64,
    bytes: u64,
    dropped: u64,
}

#[derive(Clone, Copy, Debug)]
struct Process {
    cpu_seconds: f64,
    resident_bytes: u64,
}

type Labels = Vec<(&'static str, String)>;

#[derive(Clone, Copy)]
enum Value {
    Count(u64),
    Sum(f64),
    Number(f64),
}

impl Snapshot {
    fn of(app: &App) -> Self {
        let channels = app.hub.channels();
        let viewers = channels.iter().map(|channel| {
            let now = crate::clock::now(&channel.stream);
            let totals = channel.seats().iter().fold(ViewerTotals::default(), |mut totals, seat| {
                let stats = seat.session().stats(now);
                totals.sent += stats.frames_sent;
                totals.bytes += stats.bytes_sent;
                totals.dropped += stats.frames_dropped;
                totals
            });
            (channel.stream.name().to_owned(), totals)
        });
        Self {
            viewers: viewers.collect(),
            streams: channels.iter().map(|c| (c.stream.name().to_owned(), c.stream.metrics())).collect(),
            connected: app.gate.inside(),
            process: process(),
        }
    }

    fn by_stream(&self, value: impl Fn(&StreamMetrics) -> Value) -> Vec<(Labels, Value)> {
        self.streams.iter().map(|(name, metrics)| (vec![("stream", name.clone())], value(metrics))).collect()
    }

    fn by_recordings(&self, value: impl Fn(&RecordingStatus) -> u64) -> Vec<(Labels, Value)> {
        self.by_stream(|metrics| {
            let running = metrics.recordings.iter().filter(|recording| recording.running);
            Value::Number(running.map(&value).sum::<u64>() as f64)
        })
    }

    fn by_kept(&self, value: impl Fn(&KeepMetrics) -> f64) -> Vec<(Labels, Value)> {
        self.by_stream(|metrics| Value::Number(metrics.kept.as_ref().map_or(0.0, &value)))
    }

    fn by_viewers(&self, value: impl Fn(&ViewerTotals) -> u64) -> Vec<(Labels, Value)> {
        let row = |(name, totals): &(String, ViewerTotals)| {
            (vec![("stream", name.clone())], Value::Number(value(totals) as f64))
        };
        self.viewers.iter().map(row).collect()
    }

    fn by_rendition(&self, value: impl Fn(&RenditionMetrics) -> Value) -> Vec<(Labels, Value)> {
        let rows =
            self.streams.iter().flat_map(|(name, metrics)| metrics.renditions.iter().map(move |r| (name, r)));
        rows.map(|(name, rendition)| {
            let labels = vec![("stream", name.clone()), ("rendition", rendition.key.to_string())];
            (labels, value(rendition))
        })
        .collect()
    }
}

impl Collector for Snapshot {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> fmt::Result {
        use Value::{Count, Number, Sum};
        let mut family = |name: &str, help: &str, rows: Vec<(Labels, Value)>| {
            let kind = rows.first().map_or(MetricType::Gauge, |(_, value)| match value {
                Count(_) | Sum(_) => MetricType::Counter,
                Number(_) => MetricType::Gauge,
            });
            let mut metric = to.encode_descriptor(name, help, None, kind)?;
            for (labels, value) in rows {
                // Without labels a family would write an empty set of them.
                let row = |metric: &mut prometheus_client::encoding::MetricEncoder<'_>| match value {
                    Count(count) => metric.encode_counter::<Labels, _, u64>(&count, None),
                    Sum(sum) => metric.encode_counter::<Labels, _, u64>(&sum, None),
                    Number(number) => metric.encode_gauge(&number),
                };
                if labels.is_empty() { row(&mut metric)? } else { row(&mut metric.encode_family(&labels)?)? }
            }
            Ok(())
        };
        let one = |value| vec![(Labels::new(), value)];

        family(
            "framewire_connections",
            "Viewers connected, of all streams",
            one(Number(self.connected as f64)),
        )?;
        family(
            "framewire_viewers",
            "Viewers that get frames",
            self.by_stream(|stream| Number(stream.viewers as f64)),
        )?;
        family(
            "framewire_frames_published",
            "Frames published",
            self.by_stream(|s| Count(s.frames_published)),
        )?;
        family("framewire_events_dropped", "Input events lost", self.by_stream(|s| Count(s.events_dropped)))?;
        family("framewire_frames_encoded", "Frames encoded", self.by_rendition(|r| Count(r.frames_encoded)))?;
        family(
            "framewire_frames_skipped",
            "Frames that a newer one replaced before they were encoded",
            self.by_rendition(|r| Count(r.frames_skipped)),
        )?;
        family(
            "framewire_frames_failed",
            "Frames that could not be encoded",
            self.by_rendition(|r| Count(r.frames_failed)),
        )?;
        family("framewire_keyframes", "Key frames encoded", self.by_rendition(|r| Count(r.keyframes)))?;
        family(
            "framewire_stills",
            "Sharp versions of resting frames",
            self.by_rendition(|r| Count(r.stills)),
        )?;
        family("framewire_encoded_bytes", "Bytes encoded", self.by_rendition(|r| Count(r.bytes)))?;
        family(
            "framewire_encode_seconds",
            "Time to convert and encode a frame, smoothed",
            self.by_rendition(|r| Number(r.encode_ms / 1000.0)),
        )?;
        family(
            "framewire_encode_seconds_p99",
            "Time to convert and encode that 99 of 100 frames stay below",
            self.by_rendition(|r| Number(r.encode_ms_p99 / 1000.0)),
        )?;
        family(
            "framewire_target_bits_per_second",
            "What the encoder is set to",
            self.by_rendition(|r| Number(f64::from(r.rate.bitrate.bits_per_second()))),
        )?;
        family(
            "framewire_frames_sent",
            "Frames sent to the viewers that are connected now",
            self.by_viewers(|v| v.sent),
        )?;
        family(
            "framewire_sent_bytes",
            "Payload bytes sent to the viewers that are connected now",
            self.by_viewers(|v| v.bytes),
        )?;
        family(
            "framewire_frames_dropped",
            "Frames that the viewers that are connected now did not get",
            self.by_viewers(|v| v.dropped),
        )?;
        family(
            "framewire_recordings",
            "Recordings that go on",
            self.by_stream(|s| Number(s.recordings.iter().filter(|r| r.running).count() as f64)),
        )?;
        family(
            "framewire_recording_bytes",
            "Bytes of the recordings that go on",
            self.by_recordings(|recording| recording.bytes),
        )?;
        family(
            "framewire_recording_lost_units",
            "Units that the recordings that go on lack because a disk was too slow",
            self.by_recordings(|recording| recording.lost),
        )?;
        family("framewire_kept_bytes", "Bytes of the kept past", self.by_kept(|kept| kept.bytes as f64))?;
        family(
            "framewire_kept_seconds",
            "How far back the kept past goes",
            self.by_kept(|kept| kept.duration.as_secs_f64()),
        )?;
        let Some(process) = self.process else { return Ok(()) };
        family("process_cpu_seconds", "Processor time of this process", one(Sum(process.cpu_seconds)))?;
        family(
            "process_resident_memory_bytes",
            "Memory of this process",
            one(Number(process.resident_bytes as f64)),
        )
    }
}

/// Reads Linux's account of this process; `None` elsewhere.
fn process() -> Option<Process> {
    // The kernel shows times in hundredths of a second on every architecture.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses, which may contain anything.
    let mut fields = stat.rsplit(')').next()?.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    let cpu_seconds = (ticks()? + ticks()?) / TICKS_PER_SECOND;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = resident.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(Process { cpu_seconds, resident_bytes: kilobytes * 1024 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_process_accounts_for_itself() {
        let process = process().unwrap();
        assert!(process.resident_bytes > 1 << 20 && process.resident_bytes < 1 << 40);
        assert!(process.cpu_seconds >= 0.0);
    }
}
