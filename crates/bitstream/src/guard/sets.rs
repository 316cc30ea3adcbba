//! The parameter sets of an encoder, as it wrote them and as they go out.

use std::collections::BTreeMap;

use super::{GuardConfig, rewrite::rewrite};
use crate::{
    CodecString, Dimensions, Error, annexb,
    bits::BitReader,
    h264::{Level, Pps, Sps},
    limits::MAX_PARAMETER_SET_BYTES,
    rbsp,
};

/// By identifier, which the syntax bounds to [`MAX_SPS`](crate::limits::MAX_SPS) and
/// [`MAX_PPS`](crate::limits::MAX_PPS).
#[derive(Clone, Debug, Default)]
pub(super) struct ParameterSets {
    sps: BTreeMap<u8, CachedSps>,
    pps: BTreeMap<u8, CachedPps>,
}

/// What an SPS says about the pictures.
#[derive(Clone, Debug)]
pub(super) struct SpsFacts {
    pub(super) id: u8,
    pub(super) codec: CodecString,
    pub(super) level: Option<Level>,
    pub(super) coded: Dimensions,
    pub(super) display: Dimensions,
}

#[derive(Clone, Debug)]
struct CachedSps {
    original: Vec<u8>,
    rewritten: Vec<u8>,
    facts: SpsFacts,
    /// No unit has carried it yet.
    pending: bool,
}

#[derive(Clone, Debug)]
struct CachedPps {
    nal: Vec<u8>,
    sps_id: u8,
    pending: bool,
    /// Its SPS has changed since; it may belong to what was before.
    stale: bool,
}

impl CachedSps {
    fn new(nal: &[u8], config: &GuardConfig) -> Result<Self, Error> {
        let sps = Sps::parse(nal)?;
        let better = rewrite(sps.clone(), config)?;
        let rewritten = if better == sps { nal.to_vec() } else { with_header(better.to_nal(), nal) };
        let facts = SpsFacts {
            id: better.id,
            codec: better.codec_string(),
            level: better.level(),
            coded: better.coded(),
            display: better.display(),
        };
        Ok(Self { original: nal.to_vec(), rewritten, facts, pending: true })
    }
}

impl ParameterSets {
    /// Takes an SPS; whether it is another than the one of that identifier before.
    pub(super) fn learn_sps(&mut self, nal: &[u8], config: &GuardConfig) -> Result<bool, Error> {
        check_len(nal)?;
        if self.sps.values().any(|known| known.original == nal) {
            return Ok(false);
        }
        let cached = CachedSps::new(nal, config)?;
        let id = cached.facts.id;
        if self.sps.insert(id, cached).is_some() {
            for pps in self.pps.values_mut().filter(|pps| pps.sps_id == id) {
                pps.stale = true;
            }
        }
        Ok(true)
    }

    /// Takes a PPS; whether it is another than the one of that identifier before.
    pub(super) fn learn_pps(&mut self, nal: &[u8]) -> Result<bool, Error> {
        check_len(nal)?;
        let (id, sps_id) = Pps::ids(nal)?;
        if let Some(known) = self.pps.get_mut(&id).filter(|known| known.nal == nal) {
            known.stale = false;
            return Ok(false);
        }
        self.pps.insert(id, CachedPps { nal: nal.to_vec(), sps_id, pending: true, stale: false });
        Ok(true)
    }

    /// Rewrites every SPS anew; whether one comes out differently. One that cannot be as the configuration wants is
    /// forgotten: its successor is still to come.
    pub(super) fn rewrite_all(&mut self, config: &GuardConfig) -> bool {
        let mut changed = false;
        self.sps.retain(|_, known| {
            let Ok(anew) = CachedSps::new(&known.original, config) else { return false };
            if anew.rewritten != known.rewritten {
                *known = anew;
                changed = true;
            }
            true
        });
        changed
    }

    /// Whether there is no SPS.
    pub(super) fn is_empty(&self) -> bool {
        self.sps.is_empty()
    }

    /// The SPS behind a PPS.
    pub(super) fn sps_of(&self, pps_id: u8) -> Result<SpsFacts, Error> {
        let unknown = |kind, id: u8| Error::UnknownParameterSet { kind, id: id.into() };
        let pps = self.pps.get(&pps_id).ok_or_else(|| unknown("PPS", pps_id))?;
        let sps = self.sps.get(&pps.sps_id).ok_or_else(|| unknown("SPS", pps.sps_id))?;
        Ok(sps.facts.clone())
    }

    /// The SPS that came last or has the lowest identifier.
    pub(super) fn any_sps(&self) -> Option<SpsFacts> {
        let pending = self.sps.values().find(|sps| sps.pending);
        pending.or_else(|| self.sps.values().next()).map(|sps| sps.facts.clone())
    }

    /// What goes out for an SPS that was learned.
    pub(super) fn rewritten<'a>(&'a self, nal: &'a [u8]) -> &'a [u8] {
        self.sps.values().find(|known| known.original == nal).map_or(nal, |known| &known.rewritten)
    }

    /// An upper bound of what the `write_due` functions append.
    pub(super) fn bytes_due(&self, insert: Option<u8>) -> usize {
        let length = |nal: &[u8]| nal.len() + annexb::START_CODE.len();
        let sps = self.sps.values().filter(|sps| sps.pending || insert.is_some());
        let pps = self.pps.values().filter(|pps| pps.pending || insert.is_some());
        sps.map(|sps| length(&sps.rewritten)).sum::<usize>() + pps.map(|pps| length(&pps.nal)).sum::<usize>()
    }

    /// Writes SPS `insert` and those that are pending, unless the unit has them itself.
    pub(super) fn write_due_sps(&self, insert: Option<u8>, present: impl Fn(u8) -> bool, out: &mut Vec<u8>) {
        for (&id, sps) in &self.sps {
            if (sps.pending || insert == Some(id)) && !present(id) {
                annexb::push_nal(out, &sps.rewritten);
            }
        }
    }

    /// The same for the PPS; one that may be out of date goes out only if it is the `active` one.
    pub(super) fn write_due_pps(
        &self,
        insert: Option<u8>,
        active: u8,
        present: impl Fn(u8) -> bool,
        out: &mut Vec<u8>,
    ) {
        for (&id, pps) in &self.pps {
            let repeat = insert == Some(pps.sps_id) && (!pps.stale || id == active);
            if (pps.pending || repeat) && !present(id) {
                annexb::push_nal(out, &pps.nal);
            }
        }
    }

    /// Everything pending has gone out.
    pub(super) fn mark_written(&mut self) {
        self.sps.values_mut().for_each(|sps| sps.pending = false);
        self.pps.values_mut().for_each(|pps| pps.pending = false);
    }
}

/// The identifier of an SPS.
pub(super) fn sps_id(nal: &[u8]) -> Option<u8> {
    let mut buffer = [0; 8];
    let rbsp = rbsp::unescape_prefix(nal.get(1..)?, &mut buffer);
    let mut r = BitReader::new("SPS", rbsp);
    r.skip(24).ok()?;
    r.ue_u8("seq_parameter_set_id", 31).ok()
}

/// The identifier of a PPS.
pub(super) fn pps_id(nal: &[u8]) -> Option<u8> {
    Pps::ids(nal).ok().map(|(id, _)| id)
}

fn with_header(mut rewritten: Vec<u8>, original: &[u8]) -> Vec<u8> {
    if let (Some(to), Some(&from)) = (rewritten.first_mut(), original.first()) {
        *to = from;
    }
    rewritten
}

fn check_len(nal: &[u8]) -> Result<(), Error> {
    if nal.len() > MAX_PARAMETER_SET_BYTES {
        let (value, limit) = (nal.len() as u64, MAX_PARAMETER_SET_BYTES as u64);
        return Err(Error::Limit { what: "bytes of a parameter set", value, limit });
    }
    Ok(())
}
