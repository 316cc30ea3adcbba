//! What is known of this machine's encoders.

use super::{
    Knobs, Order,
    cache::Cache,
    machine::{self, Machine},
    seen::Seen,
    trial::{self, Looked},
};
use crate::{NAME, backend::CODECS};
use framewire_codec::{BackendError, Codec, Finding, Trial};
use serde::{Deserialize, Serialize};
use std::{
    path::PathBuf,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

/// What was seen of this machine's encoders, found on first demand and kept.
///
/// A finding chooses the settings of sessions for viewers. It holds for as long as the value lives; where there is a folder, a
/// sound one is kept there too, for thirty days of the same chip, system and version of framewire. One that is wrong does
/// little harm: settings that a session refuses are passed over for the next ones, a request for a key frame stays armed until
/// one has come, a unit that reorders pictures or cannot be read ends its session, and a session that fails is replaced by
/// the next candidate, as without a finding.
pub struct Findings {
    cache: Option<Cache>,
    known: Mutex<Vec<Known>>,
}

/// What was found about the encoder of one codec.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Found {
    #[serde(with = "codec_name")]
    codec: Codec,
    /// Seconds since 1970.
    seconds: u64,
    /// Of settings that could be looked at, the best first.
    ranked: Vec<Ranked>,
    /// Settings that could not be looked at, and why, in sentences.
    missing: Vec<String>,
    /// Each other answer has a cause that lasts.
    lasting: bool,
}

/// Settings and what was seen under them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ranked {
    knobs: Knobs,
    seen: Seen,
    /// What the encoder refused, in sentences.
    refused: Vec<String>,
}

struct Known {
    found: Found,
    /// It was read from the disk.
    is_kept: bool,
}

impl Findings {
    /// Those of the process, kept in the user's cache folder.
    pub fn of_this_process() -> &'static Self {
        static OURS: LazyLock<Findings> =
            LazyLock::new(|| Findings::new(machine::cache_folder().and_then(Cache::new)));
        &OURS
    }

    /// Of which none is kept for later.
    pub fn in_memory() -> Self {
        Self::new(None)
    }

    /// Kept in this folder, which is made with the first of them.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self::new(Cache::new(folder.into()))
    }

    fn new(cache: Option<Cache>) -> Self {
        Self { cache, known: Mutex::default() }
    }

    /// What is known of the encoder of `codec`. Looks first where nothing is, which takes as long as two small sessions for
    /// each of the settings that are tried.
    pub fn of(&self, codec: Codec) -> Finding {
        let trial = self.with(codec, |known| {
            let best = known.found.ranked.first();
            best.map(|best| Trial {
                observations: best.seen.observations(),
                settings: best.knobs.to_string(),
                refused: best.refused.clone(),
                passed_over: known.found.passed_over(),
                at: known.found.at().unwrap_or(SystemTime::UNIX_EPOCH),
                is_kept: known.is_kept,
            })
        });
        let nothing = || "no session could be looked at".to_owned();
        let trial = trial.map_err(|error| error.in_full()).and_then(|trial| trial.ok_or_else(nothing));
        Finding { name: NAME, codec, machine: Machine::this().map(|machine| machine.to_string()), trial }
    }

    /// What is known of all encoders.
    pub fn all(&self) -> Vec<Finding> {
        CODECS.iter().map(|codec| self.of(*codec)).collect()
    }

    /// Forgets everything, on disk too, so that it is looked at anew.
    pub fn forget(&self) {
        self.locked().clear();
        if let Some(cache) = &self.cache {
            cache.write(std::iter::empty());
        }
    }

    /// The knobs for a session for viewers.
    pub(in crate::backend::encode) fn order(&self, codec: Codec) -> Order {
        // Where no session could be looked at, the one that is wanted says why.
        self.with(codec, |known| known.found.order())
            .unwrap_or_else(|_| Order { knobs: Knobs::LIVE.to_vec(), note: None })
    }

    /// Uses what is known of `codec`, or what is found now.
    fn with<T>(&self, codec: Codec, use_it: impl FnOnce(&Known) -> T) -> Result<T, BackendError> {
        // Held while looking, so that sessions which open together look once.
        let mut known = self.locked();
        if known.is_empty()
            && let Some(cache) = &self.cache
        {
            let kept = cache.read(SystemTime::now()).into_iter();
            known.extend(kept.map(|found| Known { found, is_kept: true }));
        }
        if let Some(known) = known.iter().find(|known| known.found.codec == codec) {
            return Ok(use_it(known));
        }
        let looked = Known { found: find(codec)?, is_kept: false };
        let result = use_it(&looked);
        known.push(looked);
        if let Some(cache) = &self.cache {
            cache.write(known.iter().map(|known| &known.found));
        }
        Ok(result)
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Found {
    /// `None` where it is beyond what a clock can say.
    pub(super) fn at(&self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.seconds))
    }

    /// Whether it may be kept for later runs: it is sound, and no session was missing at the time.
    pub(super) fn may_be_kept(&self) -> bool {
        self.lasting && self.ranked.first().is_some_and(|best| best.seen.is_sound())
    }

    /// Whether its sentences are such as a terminal can be given.
    pub(super) fn is_plain(&self) -> bool {
        let refused = self.ranked.iter().flat_map(|ranked| &ranked.refused);
        !refused.chain(&self.missing).any(|sentence| sentence.contains(char::is_control))
    }

    /// What is not used, and why, in sentences.
    fn passed_over(&self) -> Vec<String> {
        let worse = self.ranked.iter().skip(1).filter(|ranked| !ranked.seen.is_sound());
        let worse = worse.map(|ranked| format!("{} {}", ranked.knobs, ranked.seen));
        worse.chain(self.missing.iter().cloned()).collect()
    }

    /// The best of what was seen, then what could not be looked at: a larger session may have it.
    fn order(&self) -> Order {
        let mut knobs: Vec<_> = self.ranked.iter().map(|ranked| ranked.knobs).collect();
        knobs.extend(Knobs::LIVE.into_iter().filter(|knobs| !self.ranked.iter().any(|r| r.knobs == *knobs)));
        let note = self.ranked.first().map(|best| best.seen.to_string()).filter(|note| !note.is_empty());
        Order { knobs, note }
    }
}

/// Looks until something is sound. An error is the reason why no session could be looked at.
fn find(codec: Codec) -> Result<Found, BackendError> {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut found = Found { codec, seconds, ranked: Vec::new(), missing: Vec::new(), lasting: true };
    let mut refusal = None;
    for knobs in Knobs::LIVE {
        match trial::look(codec, knobs) {
            Ok(Looked { seen, refused }) => {
                found.ranked.push(Ranked { knobs, seen, refused });
                if seen.is_sound() {
                    break;
                }
                tracing::debug!("VideoToolbox's encoder of {codec} with {knobs} {seen}");
            }
            Err(error) => {
                found.missing.push(format!("{knobs} cannot be had: {}", error.in_full()));
                found.lasting &= matches!(error, BackendError::Unsupported { .. });
                refusal.get_or_insert(error);
            }
        }
    }
    found.ranked.sort_by_key(|ranked| ranked.seen.faults());
    match (found.ranked.first(), refusal) {
        (None, Some(error)) => return Err(error),
        (Some(best), _) if !best.seen.is_sound() => {
            tracing::warn!("VideoToolbox's encoder of {codec} {}", best.seen);
        }
        _ => {}
    }
    Ok(found)
}

/// A codec by its name.
mod codec_name {
    use framewire_codec::Codec;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(codec: &Codec, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(codec.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Codec, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
