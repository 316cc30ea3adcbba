//! The bitstream guard: every encoder's output passes through it before anybody sees it.
//!
//! It rewrites the SPS so that decoders hold no picture back (`max_num_reorder_frames` of zero and the true
//! `max_dec_frame_buffering`), tags the colour, crops to the picture, corrects a level that is too low, puts the
//! parameter sets before every key frame, writes start codes of four bytes, drops delimiters and filler, and reads
//! from the bytes what they are. A unit that needs none of that comes out as it went in.

mod rewrite;
mod sets;

use crate::{
    CodecString, Dimensions, Error,
    annexb::{self, Nal},
    avcc,
    h264::{Level, NalType, SliceKind, SliceStart},
    limits::MAX_NALS_PER_UNIT,
};
use sets::{ParameterSets, SpsFacts};

/// What the guard writes into the stream of one encoder. The default changes no colour and no cropping and repeats the
/// parameter sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardConfig {
    /// The colour that is written into the VUI; `None` keeps what the encoder wrote.
    pub color: Option<ColorCodes>,
    /// The picture in the upper left of what is coded. H.264 crops 4:2:0 in steps of two pixels, so an odd side is
    /// rounded up: [`UnitFacts::display`] is what the stream says then. `None` keeps what the encoder wrote.
    pub display: Option<Dimensions>,
    /// Whether parameter sets that the encoder leaves out are inserted before every key frame.
    pub repeat_parameter_sets: bool,
}

/// Colour as code points of H.273.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ColorCodes {
    /// `colour_primaries`.
    pub primaries: u8,
    /// `transfer_characteristics`.
    pub transfer: u8,
    /// `matrix_coefficients`.
    pub matrix: u8,
    /// `video_full_range_flag`.
    pub full_range: bool,
}

/// What the bytes of one access unit say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnitFacts {
    /// Decoding can begin here: it is an IDR picture.
    pub key: bool,
    /// No other picture refers to it (`nal_ref_idc` is zero in all slices): it may be dropped alone.
    pub disposable: bool,
    /// How many slices there are. Zero: parameter sets and messages alone, which are remembered; nothing was written.
    pub slices: usize,
    /// A slice is bidirectional (type B), so that the promise of no reordering may be wrong.
    pub bidirectional: bool,
    /// The codec string of the SPS in use.
    pub codec: CodecString,
    /// The level of the SPS in use, if the standard has it.
    pub level: Option<Level>,
    /// The coded size: whole macroblocks.
    pub coded: Dimensions,
    /// The size to show, after cropping.
    pub display: Dimensions,
    /// The parameter sets differ from those of the picture before, or there was none.
    pub parameter_sets_changed: bool,
}

/// Rewrites and reads the access units of one encoder, in the order in which they were encoded.
#[derive(Clone, Debug)]
pub struct Guard {
    config: GuardConfig,
    sets: ParameterSets,
    codec: Option<CodecString>,
    /// Parameter sets came that no picture has been reported with.
    changed: bool,
    /// The parameter sets that are known were rewritten for another configuration.
    reconfigured: bool,
}

impl Default for GuardConfig {
    fn default() -> Self {
        Self { color: None, display: None, repeat_parameter_sets: true }
    }
}

impl Guard {
    /// A guard that has seen nothing.
    pub fn new(config: GuardConfig) -> Self {
        Self { config, sets: ParameterSets::default(), codec: None, changed: false, reconfigured: false }
    }

    /// Changes what is written, from the next key frame on: a sequence cannot change its parameter sets.
    pub fn set_config(&mut self, config: GuardConfig) {
        self.reconfigured |= config != self.config;
        self.config = config;
    }

    /// Appends one access unit, rewritten, to `out`. `unit` is Annex B with start codes of any length.
    ///
    /// On an error `out` is as it was. A picture before its parameter sets is [`Error::NoParameterSets`] or
    /// [`Error::UnknownParameterSet`]: the encoder should be asked for a key frame.
    pub fn process(&mut self, unit: &[u8], out: &mut Vec<u8>) -> Result<UnitFacts, Error> {
        let nals: Vec<Nal<'_>> = annexb::nals(unit).take(MAX_NALS_PER_UNIT + 1).collect();
        self.process_nals(&nals, out)
    }

    /// The same for a length-prefixed unit.
    pub fn process_length_prefixed(
        &mut self,
        unit: &[u8],
        length_size: avcc::LengthSize,
        out: &mut Vec<u8>,
    ) -> Result<UnitFacts, Error> {
        let nals: Vec<Nal<'_>> =
            avcc::nals(unit, length_size).take(MAX_NALS_PER_UNIT + 1).collect::<Result<_, _>>()?;
        self.process_nals(&nals, out)
    }

    /// The same for units that are already apart, which saves the search for start codes.
    pub fn process_nals(&mut self, nals: &[Nal<'_>], out: &mut Vec<u8>) -> Result<UnitFacts, Error> {
        if nals.is_empty() {
            return Err(Error::NoNal(0));
        }
        if nals.len() > MAX_NALS_PER_UNIT {
            let (value, limit) = (nals.len() as u64, MAX_NALS_PER_UNIT as u64);
            return Err(Error::Limit { what: "NAL units in one access unit", value, limit });
        }
        let slices = Slices::read(nals)?;
        if slices.idr && std::mem::take(&mut self.reconfigured) {
            self.changed |= self.sets.rewrite_all(&self.config);
        }
        for nal in nals {
            self.changed |= match nal.h264_type() {
                NalType::Sps => self.sets.learn_sps(nal.bytes(), &self.config)?,
                NalType::Pps => self.sets.learn_pps(nal.bytes())?,
                _ => false,
            };
        }
        let Some(pps) = slices.first_pps else { return self.facts_without_picture() };
        if self.sets.is_empty() {
            return Err(Error::NoParameterSets);
        }
        let sps = self.sets.sps_of(pps)?;
        let key = slices.idr;
        let insert = if key && self.config.repeat_parameter_sets { Some(sps.id) } else { None };
        write(&mut self.sets, nals, insert, pps, out);
        let changed = std::mem::take(&mut self.changed);
        Ok(self.facts(sps, &slices, changed))
    }

    /// The codec string of the last unit; `None` before the first.
    pub fn codec(&self) -> Option<&CodecString> {
        self.codec.as_ref()
    }

    fn facts_without_picture(&mut self) -> Result<UnitFacts, Error> {
        let sps = self.sets.any_sps().ok_or(Error::NoParameterSets)?;
        let slices = Slices::default();
        Ok(self.facts(sps, &slices, self.changed))
    }

    fn facts(&mut self, sps: SpsFacts, slices: &Slices, parameter_sets_changed: bool) -> UnitFacts {
        self.codec = Some(sps.codec.clone());
        UnitFacts {
            key: slices.idr,
            disposable: slices.count > 0 && !slices.referenced,
            slices: slices.count,
            bidirectional: slices.bidirectional,
            codec: sps.codec,
            level: sps.level,
            coded: sps.coded,
            display: sps.display,
            parameter_sets_changed,
        }
    }
}

/// What the slices of a unit say together.
#[derive(Debug, Default)]
struct Slices {
    count: usize,
    idr: bool,
    referenced: bool,
    bidirectional: bool,
    first_pps: Option<u8>,
}

impl Slices {
    fn read(nals: &[Nal<'_>]) -> Result<Self, Error> {
        let mut slices = Self::default();
        for nal in nals.iter().filter(|nal| nal.h264_type().starts_slice()) {
            let start = SliceStart::parse(nal.bytes())?;
            slices.count += 1;
            slices.idr |= start.idr;
            slices.referenced |= start.nal_ref_idc != 0;
            slices.bidirectional |= start.kind == SliceKind::B;
            slices.first_pps.get_or_insert(start.pps_id);
        }
        Ok(slices)
    }
}

/// Writes the units that stay, with the parameter sets that are due: all of SPS `insert` and those never written.
fn write(sets: &mut ParameterSets, nals: &[Nal<'_>], insert: Option<u8>, pps: u8, out: &mut Vec<u8>) {
    let present = |kind, id: &dyn Fn(&[u8]) -> Option<u8>, wanted| {
        nals.iter().any(|nal| nal.h264_type() == kind && id(nal.bytes()) == Some(wanted))
    };
    let payload: usize = nals.iter().map(|nal| nal.bytes().len() + annexb::START_CODE.len()).sum();
    out.reserve(payload + sets.bytes_due(insert));
    sets.write_due_sps(insert, |id| present(NalType::Sps, &sets::sps_id, id), out);
    // After the sets of the unit itself, so that no PPS comes before the SPS that it needs.
    let leading = nals.iter().position(|nal| !is_leading(nal.h264_type())).unwrap_or(nals.len());
    let last_sps = nals.iter().rposition(|nal| nal.h264_type() == NalType::Sps).map_or(0, |at| at + 1);
    for (at, nal) in nals.iter().enumerate() {
        if at == leading.max(last_sps) {
            sets.write_due_pps(insert, pps, |id| present(NalType::Pps, &sets::pps_id, id), out);
        }
        match nal.h264_type() {
            NalType::AccessUnitDelimiter | NalType::Filler => {}
            NalType::Sps => annexb::push_nal(out, sets.rewritten(nal.bytes())),
            _ => annexb::push_nal(out, nal.bytes()),
        }
    }
    sets.mark_written();
}

/// What may precede the inserted picture parameter sets.
fn is_leading(kind: NalType) -> bool {
    matches!(
        kind,
        NalType::AccessUnitDelimiter
            | NalType::Sps
            | NalType::SpsExtension
            | NalType::SubsetSps
            | NalType::Pps
            | NalType::Filler
    )
}

#[cfg(test)]
mod tests;
