//! The order in which the pictures of a stream are shown, found from their picture order counts.

use crate::source::InputError;
use framewire_bitstream::{
    Codec, annexb,
    h264::{self, PicOrderCnt, SliceKind},
    hevc::{self, PicOrder},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

/// The most pictures that precede another in decoding order and follow it in output order, in either codec (H.264,
/// A.3.1; HEVC, A.4.2).
const MAX_REORDER: usize = 16;

/// Gives each picture its place in the order of showing, as soon as no later picture can come before it.
#[derive(Default)]
pub(super) struct ShowOrder {
    /// Pictures that may still have to wait: sequence, order count, place in decoding order.
    waiting: BinaryHeap<Reverse<(u64, i64, u64)>>,
    sequence: u64,
    decoded: u64,
    shown: u64,
}

impl ShowOrder {
    /// Takes the next picture in decoding order, and gives those that are settled: place in decoding order and of showing.
    pub(super) fn push(&mut self, place: Place, settled: &mut Vec<(u64, u64)>) {
        if place.begins {
            self.sequence += 1;
            self.settle(0, settled);
        }
        self.waiting.push(Reverse((self.sequence, place.count, self.decoded)));
        self.decoded += 1;
        self.settle(MAX_REORDER, settled);
    }

    /// Settles the rest, at the end.
    pub(super) fn finish(&mut self, settled: &mut Vec<(u64, u64)>) {
        self.settle(0, settled);
    }

    fn settle(&mut self, waiting: usize, settled: &mut Vec<(u64, u64)>) {
        while self.waiting.len() > waiting {
            let Some(Reverse((_, _, decoded))) = self.waiting.pop() else { return };
            settled.push((decoded, self.shown));
            self.shown += 1;
        }
    }
}

/// Where a picture stands within its coded video sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// A sequence begins: all earlier pictures are shown first.
    pub(super) begins: bool,
    /// Its picture order count.
    pub(super) count: i64,
}

/// Reads the picture order counts of a stream.
pub(super) enum Counts {
    H264(H264Counts),
    Hevc(HevcCounts),
}

impl Counts {
    pub(super) fn of(codec: Codec) -> Self {
        match codec {
            Codec::H264 => Self::H264(H264Counts::default()),
            Codec::Hevc => Self::Hevc(HevcCounts::default()),
        }
    }

    /// The place of the picture in `unit`; `None` where it has none, or its parameter sets are not known.
    pub(super) fn read(&mut self, unit: &[u8]) -> Result<Option<Place>, InputError> {
        match self {
            Self::H264(counts) => counts.read(unit),
            Self::Hevc(counts) => Ok(counts.read(unit)),
        }
    }
}

/// Order counts of H.264 frames (8.2.1), those of type 0 and, without bidirectional slices, of the others. A reset in the
/// middle of a sequence (`memory_management_control_operation` 5), which stands far behind in the slice header, is not
/// seen.
#[derive(Default)]
pub(super) struct H264Counts {
    sps: BTreeMap<u8, h264::Sps>,
    /// The SPS of each PPS.
    pps: BTreeMap<u8, u8>,
    /// `prevPicOrderCntMsb` and `prevPicOrderCntLsb` (8.2.1.1).
    previous: (i64, i64),
    /// Pictures since the sequence began.
    index: i64,
}

impl H264Counts {
    fn read(&mut self, unit: &[u8]) -> Result<Option<Place>, InputError> {
        let mut first = None;
        let mut bidirectional = false;
        for nal in annexb::nals(unit) {
            match nal.h264_type() {
                h264::NalType::Sps => {
                    if let Ok(sps) = h264::Sps::parse(nal.bytes()) {
                        self.sps.insert(sps.id, sps);
                    }
                }
                h264::NalType::Pps => {
                    if let Ok((pps, sps)) = h264::Pps::ids(nal.bytes()) {
                        self.pps.insert(pps, sps);
                    }
                }
                kind if kind.starts_slice() => {
                    let Ok(start) = h264::SliceStart::parse(nal.bytes()) else { continue };
                    bidirectional |= start.kind == SliceKind::B;
                    first = first.or(Some((start, nal)));
                }
                _ => {}
            }
        }
        let Some((start, nal)) = first else { return Ok(None) };
        let sps = self.pps.get(&start.pps_id).and_then(|sps| self.sps.get(sps));
        let Some(sps) = sps else { return Ok(None) };
        let Ok(header) = h264::SliceHeader::parse(nal.bytes(), sps) else { return Ok(None) };
        if header.field.is_some() {
            return Err(InputError::Unsupported(
                "its pictures are fields, which cannot be copied from a stream without times".to_owned(),
            ));
        }
        if start.idr {
            (self.previous, self.index) = ((0, 0), 0);
        }
        let count = match (&sps.pic_order_cnt, header.pic_order_cnt_lsb) {
            (PicOrderCnt::InSlices { log2_max_lsb }, Some(lsb)) => {
                self.in_slices(i64::from(lsb), 1 << log2_max_lsb, start.nal_ref_idc != 0)
            }
            (PicOrderCnt::Cycle { .. }, _) if bidirectional => {
                return Err(InputError::Unsupported(
                    "it counts the order of its pictures in cycles (pic_order_cnt_type 1), which is not read here"
                        .to_owned(),
                ));
            }
            _ => self.index,
        };
        self.index += 1;
        Ok(Some(Place { begins: start.idr, count }))
    }

    /// `PicOrderCntMsb + pic_order_cnt_lsb` (8-3).
    fn in_slices(&mut self, lsb: i64, max_lsb: i64, reference: bool) -> i64 {
        let (previous_msb, previous_lsb) = self.previous;
        let msb = if lsb < previous_lsb && previous_lsb - lsb >= max_lsb / 2 {
            previous_msb + max_lsb
        } else if lsb > previous_lsb && lsb - previous_lsb > max_lsb / 2 {
            previous_msb - max_lsb
        } else {
            previous_msb
        };
        if reference {
            self.previous = (msb, lsb);
        }
        msb + lsb
    }
}

#[derive(Default)]
pub(super) struct HevcCounts {
    sps: BTreeMap<u8, hevc::Sps>,
    pps: BTreeMap<u8, hevc::Pps>,
    order: PicOrder,
    begun: bool,
    ended: bool,
}

impl HevcCounts {
    fn read(&mut self, unit: &[u8]) -> Option<Place> {
        let mut place = None;
        for nal in annexb::nals(unit).filter(|nal| nal.hevc_layer() == 0) {
            match nal.hevc_type() {
                hevc::NalType::Sps => {
                    if let Ok(sps) = hevc::Sps::parse(nal.bytes()) {
                        self.sps.insert(sps.id, sps);
                    }
                }
                hevc::NalType::Pps => {
                    if let Ok(pps) = hevc::Pps::parse(nal.bytes()) {
                        self.pps.insert(pps.id, pps);
                    }
                }
                hevc::NalType::EndOfSequence | hevc::NalType::EndOfBitstream => {
                    self.order.end_sequence();
                    self.ended = true;
                }
                kind if kind.is_slice() && place.is_none() => place = self.picture(nal.bytes()),
                _ => {}
            }
        }
        place
    }

    fn picture(&mut self, nal: &[u8]) -> Option<Place> {
        let start = hevc::SliceStart::parse(nal).ok()?;
        let pps = self.pps.get(&start.pps_id)?;
        let sps = self.sps.get(&pps.sps_id)?;
        let slice = hevc::SliceHeader::parse(nal, sps, pps).ok()?.independent?;
        let kind = start.nal.kind;
        let fresh = !self.begun || self.ended;
        let begins = kind.is_idr() || kind.is_bla() || kind.is_irap() && fresh;
        (self.begun, self.ended) = (true, false);
        let count = self.order.next(start.nal, slice, sps.log2_max_poc_lsb).count;
        Some(Place { begins, count: count.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(places: &[(bool, i64)]) -> Vec<u64> {
        let (mut order, mut settled) = (ShowOrder::default(), Vec::new());
        for &(begins, count) in places {
            order.push(Place { begins, count }, &mut settled);
        }
        order.finish(&mut settled);
        settled.sort_unstable();
        settled.into_iter().map(|(_, shown)| shown).collect()
    }

    #[test]
    fn pictures_are_shown_in_the_order_of_their_counts_within_a_sequence() {
        let gop = [(true, 0), (false, 8), (false, 4), (false, 2), (false, 6), (true, 0), (false, 2)];
        assert_eq!(shown(&gop), [0, 4, 2, 1, 3, 5, 6]);
    }

    #[test]
    fn a_long_run_of_pictures_before_one_that_waits_is_settled() {
        let mut places = vec![(true, 0), (false, 1000)];
        places.extend((1..200).map(|count| (false, count)));
        let order = shown(&places);
        assert_eq!((order[1], order[2], order[200]), (200, 1, 199));
    }

    #[test]
    fn counts_go_on_beyond_the_largest_that_a_slice_can_say() {
        let mut counts = H264Counts::default();
        let read: Vec<i64> = (0..40).map(|index| counts.in_slices(index * 2 % 16, 16, true)).collect();
        assert_eq!(read, (0..40).map(|index| index * 2).collect::<Vec<_>>());
        assert_eq!(counts.in_slices(12, 16, false), 76, "a picture before the one that was read last");
    }
}
