//! What an encoder really does, seen on six pictures, and the settings that follow from it.
//!
//! Chips and systems differ: some make nothing but key frames, some pass over a request for one, some hold pictures back. The
//! first session of a codec for viewers looks once, on small sessions that are closed again ([`trial`]); the answer holds
//! for as long as the program runs ([`Findings`]), and a sound one for later runs too ([`cache`]).

mod cache;
mod findings;
mod machine;
mod seen;
mod supported;
mod trial;

pub use findings::Findings;
pub(crate) use supported::supported;

use serde::{Deserialize, Serialize};
use std::fmt;

/// What can be chosen about a session for viewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Knobs {
    /// Apple's low-latency rate control.
    pub(super) low_latency: bool,
    /// Two reference pictures are asked for, where else the encoder chooses.
    pub(super) two_references: bool,
    /// A hard limit of the rate, above the average.
    pub(super) limited: bool,
}

/// The knobs to try, in order, and what is wrong with the first of them.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) knobs: Vec<Knobs>,
    pub(super) note: Option<String>,
}

impl Knobs {
    /// For files, where nothing is looked at.
    pub(super) const FILE: Self = Self { low_latency: false, two_references: false, limited: false };
    /// For viewers, the best ones first.
    const LIVE: [Self; 8] = [
        Self { low_latency: true, limited: true, two_references: false },
        Self { low_latency: true, limited: true, two_references: true },
        Self { low_latency: true, limited: false, two_references: false },
        Self { low_latency: true, limited: false, two_references: true },
        Self { low_latency: false, limited: true, two_references: false },
        Self { low_latency: false, limited: true, two_references: true },
        Self { low_latency: false, limited: false, two_references: false },
        Self { low_latency: false, limited: false, two_references: true },
    ];
}

impl fmt::Display for Knobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.low_latency { "low-latency rate control" } else { "the usual rate control" })?;
        f.write_str(if self.two_references { " with two references" } else { "" })?;
        f.write_str(if self.limited { "" } else { " without a limit" })
    }
}
