//! The bitstream guard: every encoder's output passes through it before anybody sees it.
//!
//! It rewrites the parameter sets so that decoders hold no picture back (H.264: `max_num_reorder_frames` of zero and the
//! true `max_dec_frame_buffering`; HEVC: `sps_max_num_reorder_pics` of zero and `sps_max_latency_increase_plus1` of one,
//! in the VPS too), tags the colour, crops to the picture, corrects a level that is too low, puts the parameter sets
//! before every key frame, writes start codes of four bytes, drops delimiters and filler, and reads from the bytes what
//! they are. A unit that needs none of that comes out as it went in.

mod h264;
mod hevc;
mod rewrite;
mod sets;

use crate::{
    Codec, CodecString, Dimensions, Error,
    annexb::{self, Nal},
    hevc::PicOrder,
    limits::MAX_NALS_PER_UNIT,
};
use sets::{Due, ParameterSets};

/// What the guard writes into the stream of one encoder. The default changes no colour and no cropping and repeats the
/// parameter sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardConfig {
    /// The colour that is written into the VUI; `None` keeps what the encoder wrote.
    pub color: Option<ColorCodes>,
    /// The picture in the upper left of what is coded. 4:2:0 is cropped in steps of two pixels, so an odd side is
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
    /// Decoding can begin here: it is an IDR picture, in HEVC any IRAP picture.
    pub key: bool,
    /// No other picture refers to it: it may be dropped alone. In H.264 `nal_ref_idc` is zero in all slices; in HEVC it
    /// is a sub-layer non-reference picture of the highest temporal sub-layer.
    pub disposable: bool,
    /// How many slices there are. Zero: parameter sets and messages alone, which are remembered; nothing was written.
    pub slices: usize,
    /// A slice is bidirectional (type B).
    pub bidirectional: bool,
    /// The promise of no reordering is or may be wrong: the picture is shown before one that came earlier. HEVC has
    /// bidirectional slices without that, so that its picture order counts are followed; in H.264 every bidirectional
    /// picture is taken to be reordered.
    pub reordered: bool,
    /// The codec string of the SPS in use.
    pub codec: CodecString,
    /// The name of the level of the SPS in use (`4.1`), if the standard has it.
    pub level: Option<&'static str>,
    /// The coded size.
    pub coded: Dimensions,
    /// The size to show, after cropping.
    pub display: Dimensions,
    /// The parameter sets differ from those of the picture before, or there was none.
    pub parameter_sets_changed: bool,
}

/// Rewrites and reads the access units of one encoder, in the order in which they were encoded.
#[derive(Clone, Debug)]
pub struct Guard {
    codec: Codec,
    config: GuardConfig,
    sets: ParameterSets,
    /// Where the pictures of HEVC stand in the output.
    order: PicOrder,
    codec_string: Option<CodecString>,
    /// Parameter sets came that no picture has been reported with.
    changed: bool,
    /// The parameter sets that are known were rewritten for another configuration.
    reconfigured: bool,
}

/// What a NAL unit is to the guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Vps,
    Sps,
    Pps,
    /// A parameter set that goes through as it is and may precede the others.
    OtherSet,
    /// A slice of the picture.
    Slice,
    /// A delimiter or filler.
    Dropped,
    /// Goes through as it is.
    Other,
}

/// What the slices of a unit say together.
#[derive(Debug, Default)]
struct Slices {
    count: usize,
    key: bool,
    /// The parameter sets may change here.
    begins_sequence: bool,
    referenced: bool,
    bidirectional: bool,
    reordered: bool,
    temporal_id: u8,
    first_pps: Option<u8>,
}

/// What an SPS says about the pictures.
#[derive(Clone, Debug)]
struct SetFacts {
    id: u8,
    vps: Option<u8>,
    codec: CodecString,
    level: Option<&'static str>,
    coded: Dimensions,
    display: Dimensions,
}

impl Default for GuardConfig {
    fn default() -> Self {
        Self { color: None, display: None, repeat_parameter_sets: true }
    }
}

impl Guard {
    /// A guard that has seen nothing.
    pub fn new(codec: Codec, config: GuardConfig) -> Self {
        Self {
            codec,
            config,
            sets: ParameterSets::new(codec),
            order: PicOrder::default(),
            codec_string: None,
            changed: false,
            reconfigured: false,
        }
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

    /// The same for units that are already apart, which saves the search for start codes.
    pub fn process_nals(&mut self, nals: &[Nal<'_>], out: &mut Vec<u8>) -> Result<UnitFacts, Error> {
        if nals.is_empty() {
            return Err(Error::NoNal(0));
        }
        if nals.len() > MAX_NALS_PER_UNIT {
            let (value, limit) = (nals.len() as u64, MAX_NALS_PER_UNIT as u64);
            return Err(Error::Limit { what: "NAL units in one access unit", value, limit });
        }
        let mut slices = self.slices(nals)?;
        if slices.begins_sequence && std::mem::take(&mut self.reconfigured) {
            self.changed |= self.sets.rewrite_all(&self.config);
        }
        for &nal in nals {
            self.changed |= match kind(self.codec, nal) {
                Kind::Vps => self.sets.learn_vps(nal.bytes())?,
                Kind::Sps => self.sets.learn_sps(nal.bytes(), &self.config)?,
                Kind::Pps => self.sets.learn_pps(nal.bytes())?,
                Kind::OtherSet | Kind::Slice | Kind::Dropped | Kind::Other => false,
            };
        }
        self.sets.align_vps();
        let Some(active) = slices.first_pps else { return self.facts_without_picture() };
        if self.sets.is_empty() {
            return Err(Error::NoParameterSets);
        }
        let sps = self.sets.sps_of(active)?.clone();
        if self.codec == Codec::Hevc {
            let mut order = self.order.clone();
            hevc::place(nals, &self.sets, &mut order, &mut slices)?;
            self.order = order;
        }
        let repeat = slices.key && self.config.repeat_parameter_sets;
        let due = Due {
            active,
            repeated: repeat.then_some(sps.id),
            repeated_vps: if repeat { sps.vps } else { None },
        };
        write(self.codec, &self.sets, nals, due, out);
        self.sets.mark_written();
        let changed = std::mem::take(&mut self.changed);
        Ok(self.facts(sps, &slices, changed))
    }

    /// The codec that it was made for.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The codec string of the last unit; `None` before the first.
    pub fn codec_string(&self) -> Option<&CodecString> {
        self.codec_string.as_ref()
    }

    fn slices(&self, nals: &[Nal<'_>]) -> Result<Slices, Error> {
        match self.codec {
            Codec::H264 => h264::slices(nals),
            Codec::Hevc => hevc::slices(nals),
        }
    }

    fn facts_without_picture(&mut self) -> Result<UnitFacts, Error> {
        let sps = self.sets.any_sps().ok_or(Error::NoParameterSets)?.clone();
        let slices = Slices::default();
        Ok(self.facts(sps, &slices, self.changed))
    }

    fn facts(&mut self, sps: SetFacts, slices: &Slices, parameter_sets_changed: bool) -> UnitFacts {
        self.codec_string = Some(sps.codec.clone());
        UnitFacts {
            key: slices.key,
            disposable: slices.count > 0 && !slices.referenced,
            slices: slices.count,
            bidirectional: slices.bidirectional,
            reordered: slices.reordered,
            codec: sps.codec,
            level: sps.level,
            coded: sps.coded,
            display: sps.display,
            parameter_sets_changed,
        }
    }
}

fn kind(codec: Codec, nal: Nal<'_>) -> Kind {
    match codec {
        Codec::H264 => h264::kind(nal),
        Codec::Hevc => hevc::kind(nal),
    }
}

/// The identifier of a parameter set that is `kind`.
fn set_id(codec: Codec, kind: Kind, nal: &[u8]) -> Option<u8> {
    use crate::hevc::{Pps, Sps, Vps};
    match (codec, kind) {
        (Codec::H264, Kind::Sps) => h264::sps_id(nal),
        (Codec::H264, Kind::Pps) => Some(crate::h264::Pps::ids(nal).ok()?.0),
        (Codec::Hevc, Kind::Vps) => Vps::id_of(nal).ok(),
        (Codec::Hevc, Kind::Sps) => Some(Sps::parse(nal).ok()?.id),
        (Codec::Hevc, Kind::Pps) => Some(Pps::ids(nal).ok()?.0),
        _ => None,
    }
}

/// Writes the units that stay, with the parameter sets that are due: each kind behind what it refers to, and all of them
/// before the first slice. Sets behind that are too late for this picture.
fn write(codec: Codec, sets: &ParameterSets, nals: &[Nal<'_>], due: Due, out: &mut Vec<u8>) {
    let kinds: Vec<Kind> = nals.iter().map(|&nal| kind(codec, nal)).collect();
    let head = kinds.iter().position(|&kind| kind == Kind::Slice).unwrap_or(nals.len());
    let head = &kinds[..head];
    let present = |kind: Kind| {
        let own = nals.iter().zip(head).filter(|(_, other)| **other == kind);
        let ids: Vec<u8> = own.filter_map(|(nal, _)| set_id(codec, kind, nal.bytes())).collect();
        move |id: u8| ids.contains(&id)
    };
    let behind_last = |kind: Kind| head.iter().rposition(|&other| other == kind).map_or(0, |at| at + 1);
    let leading = head.iter().position(|&kind| kind == Kind::Other).unwrap_or(head.len());
    let sps_at = behind_last(Kind::Vps);
    let pps_at = leading.max(behind_last(Kind::Sps)).max(sps_at);
    let payload: usize = nals.iter().map(|nal| nal.bytes().len() + annexb::START_CODE.len()).sum();
    out.reserve(payload + sets.bytes_due(due));
    sets.write_due_vps(due, present(Kind::Vps), out);
    for (at, (nal, kind)) in nals.iter().zip(&kinds).enumerate() {
        if at == sps_at {
            sets.write_due_sps(due, present(Kind::Sps), out);
        }
        if at == pps_at {
            sets.write_due_pps(due, present(Kind::Pps), out);
        }
        match kind {
            Kind::Dropped => {}
            Kind::Vps | Kind::Sps => annexb::push_nal(out, sets.rewritten(nal.bytes())),
            Kind::Pps | Kind::OtherSet | Kind::Slice | Kind::Other => annexb::push_nal(out, nal.bytes()),
        }
    }
}

#[cfg(test)]
mod tests;
