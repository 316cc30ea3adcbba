//! Annex B access units as samples.

use framewire_bitstream::{
    annexb,
    avcc::{self, AvcDecoderConfig, LengthSize},
    h264::{NalType, Pps, SliceStart},
};

use super::parameter_sets::is_left_out;
use crate::{Error, SampleEntry};

/// Makes samples of Annex B access units, and sample entries of the parameter sets in them.
///
/// Parameter sets go to the sample entry. Access unit delimiters and filler are left out: samples have bounds of their
/// own. Everything else stays, SEI messages among it, in its order.
///
/// ```
/// # use framewire_mp4::*;
/// # use std::num::NonZeroU32;
/// # fn write(units: &[(i64, &[u8])]) -> Result<Vec<u8>, Error> {
/// let mut samples = AnnexBSamples::h264();
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
#[derive(Debug, Default)]
pub struct AnnexBSamples {
    /// Sequence and picture parameter sets by their numbers.
    sps: Vec<(u8, Vec<u8>)>,
    pps: Vec<(u8, u8, Vec<u8>)>,
    changed: bool,
    /// The sets of the entry that was given last.
    config: Option<AvcDecoderConfig>,
    data: Vec<u8>,
}

/// One access unit as a sample.
#[derive(Debug)]
pub struct AnnexBSample<'a> {
    /// Length-prefixed, lengths of four bytes. Empty for a unit without a picture, which is no sample.
    pub data: &'a [u8],
    /// Whether decoding can begin here: an IDR picture.
    pub sync: bool,
    /// The sample entry from this sample on, where it is another than before.
    pub new_entry: Option<SampleEntry>,
}

impl AnnexBSamples {
    /// For H.264.
    pub fn h264() -> Self {
        Self::default()
    }

    /// Makes a sample of one access unit. A picture whose parameter sets never came is an error.
    pub fn convert(&mut self, unit: &[u8]) -> Result<AnnexBSample<'_>, Error> {
        self.data.clear();
        let mut first_slice = None;
        for nal in annexb::nals(unit) {
            match nal.h264_type() {
                NalType::Sps => self.learn_sps(nal.bytes())?,
                NalType::Pps => self.learn_pps(nal.bytes())?,
                kind if first_slice.is_none() && kind.starts_slice() => {
                    first_slice = Some(SliceStart::parse(nal.bytes())?);
                }
                _ => {}
            }
            if !is_left_out(nal) {
                avcc::push_nal(nal, LengthSize::Four, &mut self.data)?;
            }
        }
        let Some(slice) = first_slice else {
            self.data.clear();
            return Ok(AnnexBSample { data: &[], sync: false, new_entry: None });
        };
        let new_entry = self.new_entry(&slice)?;
        Ok(AnnexBSample { data: &self.data, sync: slice.idr, new_entry })
    }

    /// The entry for a picture, where it needs another than the pictures before: the sequence parameter set that it names,
    /// and all picture parameter sets that belong to that.
    fn new_entry(&mut self, slice: &SliceStart) -> Result<Option<SampleEntry>, Error> {
        let missing = framewire_bitstream::Error::NoParameterSets;
        let sps_of = |pps: u8| self.pps.iter().find(|known| known.0 == pps).map(|known| known.1);
        let active = sps_of(slice.pps_id).ok_or_else(|| missing.clone())?;
        let sps = self.sps.iter().find(|known| known.0 == active).ok_or(missing)?;
        if !self.changed && !slice.idr && self.config.is_some() {
            return Ok(None);
        }
        self.changed = false;
        let pps: Vec<&[u8]> =
            self.pps.iter().filter(|known| known.1 == active).map(|known| known.2.as_slice()).collect();
        let config = AvcDecoderConfig::from_parameter_sets(&[&sps.1], &pps)?;
        if self.config.as_ref() == Some(&config) {
            return Ok(None);
        }
        let entry = SampleEntry::avc(&config)?;
        self.config = Some(config);
        Ok(Some(entry))
    }

    fn learn_sps(&mut self, nal: &[u8]) -> Result<(), Error> {
        if self.sps.iter().any(|known| known.1 == nal) {
            return Ok(());
        }
        let id = framewire_bitstream::h264::Sps::parse(nal)?.id;
        self.sps.retain(|known| known.0 != id);
        self.sps.push((id, nal.to_vec()));
        self.changed = true;
        Ok(())
    }

    fn learn_pps(&mut self, nal: &[u8]) -> Result<(), Error> {
        if self.pps.iter().any(|known| known.2 == nal) {
            return Ok(());
        }
        let (id, sps) = Pps::ids(nal)?;
        self.pps.retain(|known| known.0 != id);
        self.pps.push((id, sps, nal.to_vec()));
        // One order, so that the same sets make the same entry.
        self.pps.sort_unstable_by_key(|known| known.0);
        self.changed = true;
        Ok(())
    }
}
