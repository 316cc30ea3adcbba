//! The parameter sets of an encoder, as it wrote them and as they go out.

use std::collections::BTreeMap;

use super::{GuardConfig, SetFacts, h264 as avc, hevc as hevc_rules, rewrite};
use crate::{Codec, Error, annexb, h264, hevc, limits::MAX_PARAMETER_SET_BYTES, record::check_count};

/// By identifier, which the syntax bounds to [`MAX_SPS`](crate::limits::MAX_SPS) and
/// [`MAX_PPS`](crate::limits::MAX_PPS).
#[derive(Clone, Debug)]
pub(super) struct ParameterSets {
    codec: Codec,
    vps: BTreeMap<u8, CachedVps>,
    sps: BTreeMap<u8, CachedSps>,
    pps: BTreeMap<u8, CachedPps>,
}

/// A set as it came and as it goes out.
#[derive(Clone, Debug)]
struct Versions {
    original: Vec<u8>,
    rewritten: Vec<u8>,
    /// No unit has carried it yet.
    pending: bool,
}

#[derive(Clone, Debug)]
struct CachedVps {
    versions: Versions,
    parsed: hevc::Vps,
}

#[derive(Clone, Debug)]
struct CachedSps {
    versions: Versions,
    facts: SetFacts,
    /// Of HEVC, for the slice headers.
    parsed: Option<hevc::Sps>,
}

#[derive(Clone, Debug)]
struct CachedPps {
    nal: Vec<u8>,
    sps_id: u8,
    /// Of HEVC, for the slice headers.
    parsed: Option<hevc::Pps>,
    pending: bool,
    /// Its SPS has changed since; it may belong to what was before.
    stale: bool,
}

/// What goes out with a picture beside its own units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// The PPS of the picture.
    pub(super) active: u8,
    /// The SPS that is repeated with all that belongs to it.
    pub(super) repeated: Option<u8>,
    /// The VPS of that SPS.
    pub(super) repeated_vps: Option<u8>,
}

impl CachedSps {
    fn new(codec: Codec, nal: &[u8], config: &GuardConfig) -> Result<Self, Error> {
        let (rewritten, facts, parsed) = match codec {
            Codec::H264 => {
                let (rewritten, facts) = avc::learn_sps(nal, config)?;
                (rewritten, facts, None)
            }
            Codec::Hevc => {
                let (rewritten, facts, sps) = hevc_rules::learn_sps(nal, config)?;
                (rewritten, facts, Some(sps))
            }
        };
        Ok(Self { versions: Versions { original: nal.to_vec(), rewritten, pending: true }, facts, parsed })
    }
}

impl ParameterSets {
    pub(super) fn new(codec: Codec) -> Self {
        Self { codec, vps: BTreeMap::new(), sps: BTreeMap::new(), pps: BTreeMap::new() }
    }

    /// Takes a VPS; whether it is another than the one of that identifier before.
    pub(super) fn learn_vps(&mut self, nal: &[u8]) -> Result<bool, Error> {
        if self.vps.values().any(|known| known.versions.original == nal) {
            return Ok(false);
        }
        let parsed = hevc::Vps::parse(nal)?;
        let versions = Versions { original: nal.to_vec(), rewritten: nal.to_vec(), pending: true };
        self.vps.insert(parsed.id, CachedVps { versions, parsed });
        Ok(true)
    }

    /// Takes an SPS; whether it is another than the one of that identifier before.
    pub(super) fn learn_sps(&mut self, nal: &[u8], config: &GuardConfig) -> Result<bool, Error> {
        check_len(nal)?;
        if self.sps.values().any(|known| known.versions.original == nal) {
            return Ok(false);
        }
        let cached = CachedSps::new(self.codec, nal, config)?;
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
        if let Some(known) = self.pps.values_mut().find(|known| known.nal == nal) {
            known.stale = false;
            return Ok(false);
        }
        let (id, sps_id, parsed) = match self.codec {
            Codec::H264 => {
                let (id, sps_id) = h264::Pps::ids(nal)?;
                (id, sps_id, None)
            }
            Codec::Hevc => {
                let pps = hevc::Pps::parse(nal)?;
                (pps.id, pps.sps_id, Some(pps))
            }
        };
        let cached = CachedPps { nal: nal.to_vec(), sps_id, parsed, pending: true, stale: false };
        self.pps.insert(id, cached);
        Ok(true)
    }

    /// Writes every VPS for the SPS that name it, which may have got another level.
    pub(super) fn align_vps(&mut self) {
        for (&id, vps) in &mut self.vps {
            let named =
                self.sps.values().filter_map(|sps| sps.parsed.as_ref()).filter(|sps| sps.vps_id == id);
            let better = rewrite::hevc_vps(vps.parsed.clone(), named.map(|sps| sps.profile.level_idc).max());
            let versions = &mut vps.versions;
            let rewritten = if better == vps.parsed {
                versions.original.clone()
            } else {
                hevc_rules::with_header(better.to_nal(), &versions.original)
            };
            versions.pending |= rewritten != versions.rewritten;
            versions.rewritten = rewritten;
        }
    }

    /// Rewrites every SPS anew; whether one comes out differently. One that cannot be as the configuration wants is
    /// forgotten: its successor is still to come.
    pub(super) fn rewrite_all(&mut self, config: &GuardConfig) -> bool {
        let (codec, mut changed) = (self.codec, false);
        self.sps.retain(|_, known| {
            let Ok(anew) = CachedSps::new(codec, &known.versions.original, config) else { return false };
            if anew.versions.rewritten != known.versions.rewritten {
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
    pub(super) fn sps_of(&self, pps_id: u8) -> Result<&SetFacts, Error> {
        Ok(&self.pair(pps_id)?.0.facts)
    }

    /// The parsed sets behind a PPS of HEVC.
    pub(super) fn hevc_of(&self, pps_id: u8) -> Result<(&hevc::Sps, &hevc::Pps), Error> {
        let (sps, pps) = self.pair(pps_id)?;
        sps.parsed.as_ref().zip(pps.parsed.as_ref()).ok_or(Error::NoParameterSets)
    }

    fn pair(&self, pps_id: u8) -> Result<(&CachedSps, &CachedPps), Error> {
        let unknown = |kind, id: u8| Error::UnknownParameterSet { kind, id: id.into() };
        let pps = self.pps.get(&pps_id).ok_or_else(|| unknown("PPS", pps_id))?;
        let sps = self.sps.get(&pps.sps_id).ok_or_else(|| unknown("SPS", pps.sps_id))?;
        Ok((sps, pps))
    }

    /// The SPS that came last or has the lowest identifier.
    pub(super) fn any_sps(&self) -> Option<&SetFacts> {
        let pending = self.sps.values().find(|sps| sps.versions.pending);
        pending.or_else(|| self.sps.values().next()).map(|sps| &sps.facts)
    }

    /// What goes out for a VPS or an SPS that was learned.
    pub(super) fn rewritten<'a>(&'a self, nal: &'a [u8]) -> &'a [u8] {
        let vps = self.vps.values().map(|vps| &vps.versions);
        let mut all = vps.chain(self.sps.values().map(|sps| &sps.versions));
        all.find(|known| known.original == nal).map_or(nal, |known| &known.rewritten)
    }

    /// An upper bound of what the `write_due` functions append.
    pub(super) fn bytes_due(&self, due: Due) -> usize {
        let length = |nal: &[u8]| nal.len() + annexb::START_CODE.len();
        let repeated = due.repeated.is_some();
        let vps = self.vps.values().map(|vps| &vps.versions);
        let sets = vps.chain(self.sps.values().map(|sps| &sps.versions));
        let sets = sets.filter(|set| set.pending || repeated).map(|set| length(&set.rewritten));
        let pps = self.pps.values().filter(|pps| pps.pending || repeated).map(|pps| length(&pps.nal));
        sets.sum::<usize>() + pps.sum::<usize>()
    }

    /// Writes the repeated VPS and those that are pending, unless the unit has them itself.
    pub(super) fn write_due_vps(&self, due: Due, present: impl Fn(u8) -> bool, out: &mut Vec<u8>) {
        for (&id, CachedVps { versions, .. }) in &self.vps {
            if (versions.pending || due.repeated_vps == Some(id)) && !present(id) {
                annexb::push_nal(out, &versions.rewritten);
            }
        }
    }

    /// The same for the SPS.
    pub(super) fn write_due_sps(&self, due: Due, present: impl Fn(u8) -> bool, out: &mut Vec<u8>) {
        for (&id, CachedSps { versions, .. }) in &self.sps {
            if (versions.pending || due.repeated == Some(id)) && !present(id) {
                annexb::push_nal(out, &versions.rewritten);
            }
        }
    }

    /// The same for the PPS; one that may be out of date goes out only if it is the active one.
    pub(super) fn write_due_pps(&self, due: Due, present: impl Fn(u8) -> bool, out: &mut Vec<u8>) {
        for (&id, pps) in &self.pps {
            let repeat = due.repeated == Some(pps.sps_id) && (!pps.stale || id == due.active);
            if (pps.pending || repeat) && !present(id) {
                annexb::push_nal(out, &pps.nal);
            }
        }
    }

    /// Everything pending has gone out.
    pub(super) fn mark_written(&mut self) {
        self.vps.values_mut().for_each(|vps| vps.versions.pending = false);
        self.sps.values_mut().for_each(|sps| sps.versions.pending = false);
        self.pps.values_mut().for_each(|pps| pps.pending = false);
    }
}

fn check_len(nal: &[u8]) -> Result<(), Error> {
    check_count("bytes of a parameter set", nal.len(), MAX_PARAMETER_SET_BYTES)
}
