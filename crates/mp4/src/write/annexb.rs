//! Annex B access units as samples.

use framewire_bitstream::{
    Codec, DecoderConfig,
    annexb::{self, Nal},
    avcc::{self, AvcDecoderConfig, LengthSize},
    h264, hevc,
    hvcc::HevcDecoderConfig,
};

use crate::{
    Error, SampleEntry,
    units::{Role, role},
};

/// Makes samples of Annex B access units, and sample entries of the parameter sets in them.
///
/// Parameter sets go to the sample entry. Access unit delimiters and filler are left out: samples have bounds of their
/// own. Everything else stays, SEI messages among it, in its order.
///
/// ```
/// # use framewire_mp4::*;
/// # use std::num::NonZeroU32;
/// # fn write(units: &[(i64, &[u8])]) -> Result<Vec<u8>, Error> {
/// let mut samples = AnnexBSamples::new(framewire_bitstream::Codec::H264);
/// let mut writer = Mp4Writer::new(std::io::Cursor::new(Vec::new()), MovieSettings::default())?;
/// let (mut track, mut description) = (None, DescriptionId::default());
/// for &(time, unit) in units {
///     let sample = samples.convert(unit)?;
///     if let Some(entry) = sample.new_entry {
///         match track {
///             Some(track) => description = writer.add_description(track, entry)?,
///             None => track = Some(writer.add_track(TrackSettings::video(NonZeroU32::new(90_000).unwrap(), entry))?),
///         }
///     }
///     let Some(track) = track.filter(|_| !sample.data.is_empty()) else { continue };
///     let mut new = NewSample::new(sample.data, time);
///     (new.sync, new.description) = (sample.sync, description);
///     writer.write_sample(track, new)?;
/// }
/// # Ok(writer.finish()?.into_inner())
/// # }
/// ```
#[derive(Debug)]
pub struct AnnexBSamples {
    codec: Codec,
    vps: Vec<ParameterSet>,
    sps: Vec<ParameterSet>,
    pps: Vec<ParameterSet>,
    /// Whether sets came since the last entry was made.
    changed: bool,
    /// The sets of the entry that was given last.
    config: Option<DecoderConfig>,
    data: Vec<u8>,
}

/// One access unit as a sample.
#[derive(Debug)]
pub struct AnnexBSample<'a> {
    /// Length-prefixed, lengths of four bytes. Empty for a unit without a picture, which is no sample.
    pub data: &'a [u8],
    /// Whether decoding can begin here: at an IDR picture of H.264, an IRAP picture of HEVC.
    pub sync: bool,
    /// The sample entry from this sample on, where it is another than before.
    pub new_entry: Option<SampleEntry>,
}

/// A parameter set with its number, and that of the set that it refers to.
#[derive(Debug)]
struct ParameterSet {
    id: u8,
    refers_to: u8,
    bytes: Vec<u8>,
}

/// What the first slice of a picture says.
struct Slice {
    sync: bool,
    pps: u8,
}

impl AnnexBSamples {
    /// For a codec, with no parameter set known.
    pub fn new(codec: Codec) -> Self {
        Self {
            codec,
            vps: Vec::new(),
            sps: Vec::new(),
            pps: Vec::new(),
            changed: false,
            config: None,
            data: Vec::new(),
        }
    }

    /// Makes a sample of one access unit. A picture whose parameter sets never came is an error.
    pub fn convert(&mut self, unit: &[u8]) -> Result<AnnexBSample<'_>, Error> {
        self.data.clear();
        let mut first_slice = None;
        for nal in annexb::nals(unit) {
            match role(self.codec, nal) {
                kind @ (Role::Vps | Role::Sps | Role::Pps) => self.learn(kind, nal)?,
                Role::Delimiter | Role::Filler => {}
                kind => {
                    if kind == Role::Slice && first_slice.is_none() {
                        first_slice = Some(Slice::read(self.codec, nal)?);
                    }
                    avcc::push_nal(nal, LengthSize::Four, &mut self.data)?;
                }
            }
        }
        let Some(slice) = first_slice else {
            return Ok(AnnexBSample { data: &[], sync: false, new_entry: None });
        };
        let new_entry = self.new_entry(&slice)?;
        Ok(AnnexBSample { data: &self.data, sync: slice.sync, new_entry })
    }

    /// The entry for a picture, where it needs another than the pictures before: with the sequence parameter set that it
    /// names, and all picture parameter sets that belong to that.
    fn new_entry(&mut self, slice: &Slice) -> Result<Option<SampleEntry>, Error> {
        if !self.changed && !slice.sync && self.config.is_some() {
            return Ok(None);
        }
        let missing = framewire_bitstream::Error::NoParameterSets;
        let active = find(&self.pps, slice.pps).ok_or_else(|| missing.clone())?.refers_to;
        let sps = find(&self.sps, active).ok_or(missing)?;
        let pps = self.pps.iter().filter(|pps| pps.refers_to == active);
        let pps: Vec<&[u8]> = pps.map(|pps| pps.bytes.as_slice()).collect();
        let config = match self.codec {
            Codec::H264 => DecoderConfig::Avc(AvcDecoderConfig::from_parameter_sets(&[&sps.bytes], &pps)?),
            Codec::Hevc => {
                let vps: Vec<&[u8]> =
                    find(&self.vps, sps.refers_to).map(|vps| vps.bytes.as_slice()).into_iter().collect();
                DecoderConfig::Hevc(HevcDecoderConfig::from_parameter_sets(&vps, &[&sps.bytes], &pps)?)
            }
        };
        self.changed = false;
        if self.config.as_ref() == Some(&config) {
            return Ok(None);
        }
        let entry = SampleEntry::video(&config)?;
        self.config = Some(config);
        Ok(Some(entry))
    }

    fn learn(&mut self, kind: Role, nal: Nal<'_>) -> Result<(), Error> {
        let bytes = nal.bytes();
        let known = match kind {
            Role::Vps => &mut self.vps,
            Role::Sps => &mut self.sps,
            _ => &mut self.pps,
        };
        if known.iter().any(|known| known.bytes == bytes) {
            return Ok(());
        }
        let (id, refers_to) = match (self.codec, kind) {
            (_, Role::Vps) => (hevc::Vps::id_of(bytes)?, 0),
            (Codec::H264, Role::Sps) => (h264::Sps::parse(bytes)?.id, 0),
            (Codec::H264, _) => h264::Pps::ids(bytes)?,
            (Codec::Hevc, Role::Sps) => {
                let sps = hevc::Sps::parse(bytes)?;
                (sps.id, sps.vps_id)
            }
            (Codec::Hevc, _) => hevc::Pps::ids(bytes)?,
        };
        known.retain(|known| known.id != id);
        known.push(ParameterSet { id, refers_to, bytes: bytes.to_vec() });
        // One order, so that the same sets make the same entry.
        known.sort_unstable_by_key(|known| known.id);
        self.changed = true;
        Ok(())
    }
}

impl Slice {
    fn read(codec: Codec, nal: Nal<'_>) -> Result<Self, Error> {
        Ok(match codec {
            Codec::H264 => {
                let start = h264::SliceStart::parse(nal.bytes())?;
                Self { sync: start.idr, pps: start.pps_id }
            }
            Codec::Hevc => {
                let start = hevc::SliceStart::parse(nal.bytes())?;
                Self { sync: start.nal.kind.is_irap(), pps: start.pps_id }
            }
        })
    }
}

fn find(sets: &[ParameterSet], id: u8) -> Option<&ParameterSet> {
    sets.iter().find(|set| set.id == id)
}
