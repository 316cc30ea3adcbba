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

#[cfg(test)]
mod tests {
    use super::*;

    const SPS: [u8; 9] = [0x67, 0x42, 0xc0, 0x0a, 0x8c, 0x8d, 0x44, 0xb2, 0x01];

    /// An SPS of a number and a width.
    fn sps(id: u8, width_in_mbs: u32) -> Vec<u8> {
        let mut sps = h264::Sps::parse(&SPS).unwrap();
        (sps.id, sps.width_in_mbs) = (id, width_in_mbs);
        sps.to_nal()
    }

    /// A PPS: both numbers as `ue(v)`, then what `68 ce 3c 80` has behind them.
    fn pps(id: u8, sps: u8) -> Vec<u8> {
        let parsed = h264::Sps::parse(&self::sps(0, 1)).unwrap();
        let mut pps = h264::Pps::parse(&[0x68, 0xce, 0x3c, 0x80], &parsed).unwrap();
        (pps.id, pps.sps_id) = (id, sps);
        pps.to_nal(&parsed)
    }

    /// The beginning of a slice: `first_mb_in_slice` 0, `slice_type` 7 or 5, and the PPS, all as `ue(v)`.
    fn slice(idr: bool, pps: u8) -> Vec<u8> {
        let pps = match pps {
            0 => "1",
            1 => "010",
            _ => "011",
        };
        let bits = format!("1{}{pps}1", if idr { "0001000" } else { "00110" });
        let bits = format!("{bits:1<24}");
        let payload = (0..3).map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).unwrap());
        std::iter::once(if idr { 0x65 } else { 0x41 }).chain(payload).collect()
    }

    fn unit(nals: &[&[u8]]) -> Vec<u8> {
        let mut unit = Vec::new();
        nals.iter().for_each(|nal| annexb::push_nal(&mut unit, nal));
        unit
    }

    #[test]
    fn parameter_sets_delimiters_and_filler_leave_the_sample_and_messages_stay() {
        let mut samples = AnnexBSamples::new(Codec::H264);
        let (sei, slice) = ([0x06, 5, 1, 2, 0x80], slice(true, 0));
        let unit = unit(&[&[9, 0xf0], &sps(0, 1), &pps(0, 0), &sei, &slice, &[12, 0xff, 0x80]]);
        let sample = samples.convert(&unit).unwrap();
        let expected = [&[0, 0, 0, 5][..], &sei, &[0, 0, 0, 4], &slice].concat();
        assert_eq!((sample.data, sample.sync), (&expected[..], true));
        let entry = sample.new_entry.unwrap();
        assert_eq!((entry.codec().0, entry.size().width), (*b"avc1", 16));
        let again = samples.convert(&unit).unwrap();
        assert!(again.new_entry.is_none(), "the same sets need no other entry");
    }

    #[test]
    fn an_entry_has_the_sets_that_the_picture_names() {
        let mut samples = AnnexBSamples::new(Codec::H264);
        let first = samples.convert(&unit(&[&sps(0, 1), &pps(0, 0), &slice(true, 0)])).unwrap();
        assert_eq!(first.new_entry.unwrap().size().width, 16);
        // Sets of another number beside them, then a picture that uses those.
        let sets = samples.convert(&unit(&[&sps(1, 4), &pps(1, 1)])).unwrap();
        assert!(sets.data.is_empty() && sets.new_entry.is_none());
        let second = samples.convert(&unit(&[&slice(true, 1)])).unwrap();
        let entry = second.new_entry.unwrap();
        assert_eq!(entry.size().width, 64);
        let DecoderConfig::Avc(config) = entry.config().unwrap() else { panic!("H.264") };
        assert_eq!((config.sps.as_slice(), config.pps.as_slice()), (&[sps(1, 4)][..], &[pps(1, 1)][..]));
        let back = samples.convert(&unit(&[&slice(true, 0)])).unwrap();
        assert_eq!(back.new_entry.unwrap().size().width, 16);
        // A further picture parameter set within a sequence needs an entry, too.
        let further = samples.convert(&unit(&[&pps(2, 0), &slice(false, 2)])).unwrap();
        assert!(!further.sync);
        let DecoderConfig::Avc(config) = further.new_entry.unwrap().config().unwrap().clone() else {
            panic!("H.264")
        };
        assert_eq!(config.pps, [pps(0, 0), pps(2, 0)]);
    }

    #[test]
    fn parameter_sets_of_further_layers_stay_in_the_sample() {
        let vps = [
            0x40, 1, 0x0c, 1, 0xff, 0xff, 1, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x1e, 0x95, 0x94, 9,
        ];
        let sps = [
            0x42, 1, 1, 1, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x1e, 0xa0, 0x20, 0x81, 5, 0x96,
            0x56, 0x54, 0xa4, 0xc2, 0xf0, 0x16, 0x80, 0x80, 0, 0, 3, 0, 0x80, 0, 0, 0x0c, 0x84,
        ];
        let pps = [0x44, 1, 0xc0, 0x73, 0xc0, 0x89];
        let slice = [0x28, 1, 0xac, 0x76, 0xa1, 0x7d];
        // An SPS of layer 1 is read otherwise; a PPS of it may have the number of another.
        let (further_sps, further_pps) = ([0x42, 9, 0x0f, 0x80], [0x44, 9, 0xc0, 0x40]);
        let mut samples = AnnexBSamples::new(Codec::Hevc);
        let sets: [&[u8]; 5] = [&vps, &sps, &pps, &further_sps, &further_pps];
        let sample = samples.convert(&unit(&[&sets[..], &[&slice]].concat())).unwrap();
        let expected = [&[0, 0, 0, 4][..], &further_sps, &[0, 0, 0, 4], &further_pps, &[0, 0, 0, 6], &slice];
        assert_eq!((sample.data, sample.sync), (&expected.concat()[..], true));
        let entry = sample.new_entry.unwrap();
        let DecoderConfig::Hevc(config) = entry.config().unwrap() else { panic!("HEVC") };
        let kept: Vec<_> = config.arrays.iter().flat_map(|array| &array.nals).collect();
        assert_eq!(kept, [&vps[..], &sps, &pps]);
    }

    #[test]
    fn a_picture_before_its_parameter_sets_is_an_error() {
        let mut samples = AnnexBSamples::new(Codec::H264);
        let picture = unit(&[&slice(true, 0)]);
        assert!(matches!(samples.convert(&picture), Err(Error::Bitstream(_))));
        samples.convert(&unit(&[&sps(0, 1), &pps(0, 0)])).unwrap();
        assert!(samples.convert(&picture).unwrap().new_entry.is_some());
    }
}
