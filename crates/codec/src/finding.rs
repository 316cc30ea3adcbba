//! What a backend finds out about an encoder of this machine, in one shape for all vendors.

use crate::Codec;
use std::time::SystemTime;

/// What is known of one encoder of this machine because its backend has tried it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The candidate's name.
    pub name: &'static str,
    /// What it encodes.
    pub codec: Codec,
    /// What tells this machine from others in which encoders differ: the chip, the model, the system.
    pub machine: Option<String>,
    /// What the trial showed, or why there was none, in a sentence.
    pub trial: Result<Trial, String>,
}

/// What a trial showed and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// What was looked at, under the settings that were chosen.
    pub observations: Vec<Observation>,
    /// The settings that sessions are opened with first, in words.
    pub settings: String,
    /// What the encoder refused and sessions do without, in sentences with the vendor's own status.
    pub refused: Vec<String>,
    /// Settings that were tried and are not used, and why, in sentences.
    pub passed_over: Vec<String>,
    /// When the trial was.
    pub at: SystemTime,
    /// Whether it was in an earlier run of a program, which has left its result on disk.
    pub is_kept: bool,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What was found, in a few words: `makes key frames on request`.
    pub what: &'static str,
    /// What it means for a stream.
    pub verdict: Verdict,
}

/// What an observation means for a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is as it should be.
    Well,
    /// It is not as it should be, and streams are right nonetheless: the guard rewrites it, or it is read from the bytes.
    Mended,
    /// It is not as it should be, and viewers notice.
    Fault,
}

impl Trial {
    /// Whether viewers notice nothing.
    pub fn is_sound(&self) -> bool {
        self.observations.iter().all(|observation| observation.verdict != Verdict::Fault)
    }
}
