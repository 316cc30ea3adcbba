//! What the backends of hardware have found out about their encoders by trying them.

use super::{Row, Status};
use framewire::codec::{Finding, Trial, Verdict};
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};

/// What was found, for programs.
#[derive(Debug, Serialize)]
pub(super) struct Facts {
    encoder: &'static str,
    codec: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<String>,
    /// Nothing where the encoder does not open.
    #[serde(flatten)]
    tried: Option<Tried>,
}

#[derive(Debug, Serialize)]
struct Tried {
    settings: String,
    observations: Vec<Seen>,
    refused: Vec<String>,
    passed_over: Vec<String>,
    /// Seconds since 1970.
    seconds: u64,
    /// It is what an earlier run has found.
    kept: bool,
}

#[derive(Debug, Serialize)]
struct Seen {
    what: &'static str,
    verdict: &'static str,
}

/// One row for an encoder of one codec.
pub(super) fn row(finding: &Finding) -> Row {
    let component = format!("{}: {}", finding.name, finding.codec);
    let (status, detail) = match &finding.trial {
        Ok(trial) if trial.is_sound() => (Status::Ok, detail(trial)),
        Ok(trial) => (Status::Warn, detail(trial)),
        Err(why) => (Status::Missing, why.clone()),
    };
    let detail = match &finding.machine {
        Some(machine) => format!("{detail} (on {machine})"),
        None => detail,
    };
    let tried = finding.trial.as_ref().ok().map(Tried::of);
    let facts =
        Facts { encoder: finding.name, codec: finding.codec.name(), machine: finding.machine.clone(), tried };
    Row { finding: Some(facts), ..Row::new(component, status, detail) }
}

impl Tried {
    fn of(trial: &Trial) -> Self {
        let observations = trial.observations.iter();
        Self {
            settings: trial.settings.clone(),
            observations: observations
                .map(|seen| Seen { what: seen.what, verdict: word(seen.verdict) })
                .collect(),
            refused: trial.refused.clone(),
            passed_over: trial.passed_over.clone(),
            seconds: seconds(trial.at),
            kept: trial.is_kept,
        }
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Well => "well",
        Verdict::Mended => "mended",
        Verdict::Fault => "fault",
    }
}

fn detail(trial: &Trial) -> String {
    let of = |verdict| {
        let observations = trial.observations.iter().filter(move |seen| seen.verdict == verdict);
        observations.map(|seen| seen.what).collect::<Vec<_>>().join(", ")
    };
    let mut parts = vec![format!("set to {}", trial.settings)];
    for (verdict, heading) in
        [(Verdict::Fault, "it "), (Verdict::Mended, "mended by framewire: it "), (Verdict::Well, "it ")]
    {
        let all = of(verdict);
        if !all.is_empty() {
            parts.push(format!("{heading}{all}"));
        }
    }
    parts.extend(trial.refused.iter().cloned());
    parts.extend(trial.passed_over.iter().map(|why| format!("not used: {why}")));
    let when = match trial.is_kept {
        true => format!("seen {} ago; --refresh looks again", age(trial.at)),
        false => "seen just now".to_owned(),
    };
    parts.push(when);
    parts.join("; ")
}

fn seconds(moment: SystemTime) -> u64 {
    moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// How long ago, in the largest unit that fits.
fn age(moment: SystemTime) -> String {
    let seconds = SystemTime::now().duration_since(moment).unwrap_or_default().as_secs();
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire::codec::{Codec, Observation};
    use std::time::Duration;

    fn trial(verdict: Verdict) -> Trial {
        Trial {
            observations: vec![
                Observation { what: "predicts pictures", verdict: Verdict::Well },
                Observation { what: "passes over the bitrate", verdict },
            ],
            settings: "two references".to_owned(),
            refused: vec!["RealTime was refused (-12900)".to_owned()],
            passed_over: vec!["a better one drops pictures".to_owned()],
            at: SystemTime::now() - Duration::from_secs(7300),
            is_kept: true,
        }
    }

    #[test]
    fn a_row_says_what_was_seen_chosen_and_refused_and_when() {
        let finding =
            |trial| Finding { name: "chip", codec: Codec::H264, machine: Some("a box".to_owned()), trial };
        let sound = row(&finding(Ok(trial(Verdict::Mended))));
        assert_eq!((sound.component.as_str(), sound.status), ("chip: h264", Status::Ok));
        assert_eq!(
            sound.detail,
            "set to two references; mended by framewire: it passes over the bitrate; it predicts pictures; \
             RealTime was refused (-12900); not used: a better one drops pictures; seen 2 hours ago; --refresh looks again (on a box)"
        );
        assert_eq!(row(&finding(Ok(trial(Verdict::Fault)))).status, Status::Warn);
        let closed = row(&finding(Err("no device".to_owned())));
        assert_eq!((closed.status, closed.detail.as_str()), (Status::Missing, "no device (on a box)"));
        let json = serde_json::to_value(closed.finding).unwrap();
        assert_eq!(json, serde_json::json!({ "encoder": "chip", "codec": "h264", "machine": "a box" }));
    }
}
