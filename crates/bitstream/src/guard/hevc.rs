//! What the guard knows of HEVC.

use super::{Kind, SetFacts, Slices, rewrite, sets::ParameterSets};
use crate::{
    Error,
    annexb::Nal,
    guard::GuardConfig,
    hevc::{NalType, PicOrder, SliceHeader, SliceKind, SliceStart, Sps},
};

pub(super) fn kind(nal: Nal<'_>) -> Kind {
    let base = nal.hevc_layer() == 0;
    match nal.hevc_type() {
        NalType::Vps if base => Kind::Vps,
        NalType::Sps if base => Kind::Sps,
        NalType::Pps if base => Kind::Pps,
        NalType::Vps | NalType::Sps | NalType::Pps => Kind::OtherSet,
        NalType::AccessUnitDelimiter | NalType::Filler => Kind::Dropped,
        kind if base && kind.is_slice() => Kind::Slice,
        _ => Kind::Other,
    }
}

/// What the headers of a unit's NAL units say without parameter sets.
pub(super) fn slices(nals: &[Nal<'_>]) -> Result<Slices, Error> {
    let mut slices = Slices::default();
    for nal in nals.iter().filter(|nal| kind(**nal) == Kind::Slice) {
        let start = SliceStart::parse(nal.bytes())?;
        let header = start.nal;
        slices.count += 1;
        slices.key |= header.kind.is_irap();
        slices.begins_sequence |= header.kind.is_idr() || header.kind.is_bla();
        slices.referenced |= !header.kind.is_sub_layer_non_reference();
        slices.temporal_id = header.temporal_id;
        slices.first_pps.get_or_insert(start.pps_id);
    }
    Ok(slices)
}

/// Reads the rest with the parameter sets, and follows the picture order count through the stream.
pub(super) fn place(
    nals: &[Nal<'_>],
    sets: &ParameterSets,
    order: &mut PicOrder,
    slices: &mut Slices,
) -> Result<(), Error> {
    let mut placed = false;
    for &nal in nals {
        match nal.hevc_type() {
            NalType::EndOfSequence | NalType::EndOfBitstream => order.end_sequence(),
            _ if kind(nal) == Kind::Slice => {
                let pps_id = SliceStart::parse(nal.bytes())?.pps_id;
                let (sps, pps) = sets.hevc_of(pps_id)?;
                let header = SliceHeader::parse(nal.bytes(), sps, pps)?;
                let Some(slice) = header.independent else { continue };
                slices.bidirectional |= slice.kind == SliceKind::B;
                // A picture of a higher sub-layer may refer to one that none of its own does.
                slices.referenced |= slices.temporal_id + 1 < sps.max_sub_layers;
                if !std::mem::replace(&mut placed, true) {
                    slices.reordered = order.next(header.start.nal, slice, sps.log2_max_poc_lsb).reordered;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// An SPS as it should be, and what it says then.
pub(super) fn learn_sps(nal: &[u8], config: &GuardConfig) -> Result<(Vec<u8>, SetFacts, Sps), Error> {
    let sps = Sps::parse(nal)?;
    let better = rewrite::hevc(sps.clone(), config)?;
    let rewritten = if better == sps { nal.to_vec() } else { with_header(better.to_nal(), nal) };
    let facts = SetFacts {
        id: better.id,
        vps: Some(better.vps_id),
        codec: better.codec_string(),
        level: better.level().map(crate::hevc::Level::name),
        coded: better.coded,
        display: better.display(),
    };
    Ok((rewritten, facts, better))
}

/// Keeps the temporal sub-layer of the header.
pub(super) fn with_header(mut rewritten: Vec<u8>, original: &[u8]) -> Vec<u8> {
    if let (Some(to), Some(from)) = (rewritten.get_mut(..2), original.get(..2)) {
        to.copy_from_slice(from);
    }
    rewritten
}
