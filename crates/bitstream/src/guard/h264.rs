//! What the guard knows of H.264.

use super::{Kind, SetFacts, Slices, rewrite};
use crate::{
    Error,
    annexb::Nal,
    bits::BitReader,
    guard::GuardConfig,
    h264::{NalType, SliceKind, SliceStart, Sps},
    rbsp,
};

pub(super) fn kind(nal: Nal<'_>) -> Kind {
    match nal.h264_type() {
        NalType::Sps => Kind::Sps,
        NalType::Pps => Kind::Pps,
        NalType::SpsExtension | NalType::SubsetSps => Kind::OtherSet,
        NalType::AccessUnitDelimiter | NalType::Filler => Kind::Dropped,
        kind if kind.starts_slice() => Kind::Slice,
        _ => Kind::Other,
    }
}

/// Reads the slices of a unit, which need no parameter sets.
pub(super) fn slices(nals: &[Nal<'_>]) -> Result<Slices, Error> {
    let mut slices = Slices::default();
    for nal in nals.iter().filter(|nal| nal.h264_type().starts_slice()) {
        let start = SliceStart::parse(nal.bytes())?;
        slices.count += 1;
        slices.key |= start.idr;
        slices.referenced |= start.nal_ref_idc != 0;
        slices.bidirectional |= start.kind == SliceKind::B;
        slices.first_pps.get_or_insert(start.pps_id);
    }
    // Where a B picture stands in the output is not followed: it may be anywhere.
    slices.reordered = slices.bidirectional;
    slices.begins_sequence = slices.key;
    Ok(slices)
}

/// An SPS as it should be, and what it says then.
pub(super) fn learn_sps(nal: &[u8], config: &GuardConfig) -> Result<(Vec<u8>, SetFacts), Error> {
    let sps = Sps::parse(nal)?;
    let better = rewrite::h264(sps.clone(), config)?;
    let rewritten = if better == sps { nal.to_vec() } else { with_header(better.to_nal(), nal) };
    let facts = SetFacts {
        id: better.id,
        vps: None,
        codec: better.codec_string(),
        level: better.level().map(crate::h264::Level::name),
        coded: better.coded(),
        display: better.display(),
    };
    Ok((rewritten, facts))
}

/// The identifier of an SPS.
pub(super) fn sps_id(nal: &[u8]) -> Option<u8> {
    let mut buffer = [0; 8];
    let rbsp = rbsp::unescape_prefix(nal.get(1..)?, &mut buffer);
    let mut r = BitReader::new("SPS", rbsp);
    r.skip(24).ok()?;
    r.ue_u8("seq_parameter_set_id", 31).ok()
}

fn with_header(mut rewritten: Vec<u8>, original: &[u8]) -> Vec<u8> {
    if let (Some(to), Some(&from)) = (rewritten.first_mut(), original.first()) {
        *to = from;
    }
    rewritten
}
