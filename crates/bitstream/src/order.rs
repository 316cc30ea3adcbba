//! Where the pictures of a stream stand in the order of showing, by their picture order counts.

use crate::{
    Codec, annexb,
    h264::{self, PicOrderCnt, SliceKind},
    hevc::{self, PicOrder},
    limits::MAX_NALS_PER_UNIT,
};
use std::collections::BTreeMap;

/// Where a picture stands within its coded video sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// A sequence begins: all earlier pictures are shown first.
    pub begins: bool,
    /// Its picture order count.
    pub count: i64,
}

/// Reads the picture order counts of a stream.
#[derive(Debug)]
pub struct Counts(Kind);

/// Pictures whose order cannot be read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownOrder {
    /// Interlaced coding: each picture is one field.
    #[error("its pictures are fields")]
    Fields,
    /// Bidirectional slices, and an order that follows from a cycle of expected differences.
    #[error("it counts the order of its pictures in cycles (pic_order_cnt_type 1)")]
    Cycle,
}

#[derive(Debug)]
enum Kind {
    H264(H264Counts),
    Hevc(HevcCounts),
}

impl Counts {
    /// Of a stream from its beginning.
    pub fn of(codec: Codec) -> Self {
        Self(match codec {
            Codec::H264 => Kind::H264(H264Counts::default()),
            Codec::Hevc => Kind::Hevc(HevcCounts::default()),
        })
    }

    /// The place of the picture in `unit`, the next access unit in Annex B in decoding order; `None` where it has none,
    /// or its parameter sets are not known.
    ///
    /// A reset in the middle of a sequence of H.264 (`memory_management_control_operation` 5), which stands far behind in
    /// the slice header, is not seen.
    ///
    /// # Errors
    /// Where the syntax that says it is not read here.
    pub fn read(&mut self, unit: &[u8]) -> Result<Option<Place>, UnknownOrder> {
        match &mut self.0 {
            Kind::H264(counts) => counts.read(unit),
            Kind::Hevc(counts) => Ok(counts.read(unit)),
        }
    }
}

/// Order counts of H.264 frames (8.2.1), those of type 0 and, without bidirectional slices, of the others.
#[derive(Debug, Default)]
struct H264Counts {
    sps: BTreeMap<u8, h264::Sps>,
    /// The SPS of each PPS.
    pps: BTreeMap<u8, u8>,
    /// `prevPicOrderCntMsb` and `prevPicOrderCntLsb` (8.2.1.1).
    previous: (i64, i64),
    /// Pictures since the sequence began.
    index: i64,
}

impl H264Counts {
    fn read(&mut self, unit: &[u8]) -> Result<Option<Place>, UnknownOrder> {
        let mut first = None;
        let mut bidirectional = false;
        for nal in annexb::nals(unit).take(MAX_NALS_PER_UNIT) {
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
            return Err(UnknownOrder::Fields);
        }
        if start.idr {
            (self.previous, self.index) = ((0, 0), 0);
        }
        let count = match (&sps.pic_order_cnt, header.pic_order_cnt_lsb) {
            (PicOrderCnt::InSlices { log2_max_lsb }, Some(lsb)) => {
                self.in_slices(i64::from(lsb), 1 << log2_max_lsb, start.nal_ref_idc != 0)
            }
            (PicOrderCnt::Cycle { .. }, _) if bidirectional => {
                return Err(UnknownOrder::Cycle);
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

#[derive(Debug, Default)]
struct HevcCounts {
    sps: BTreeMap<u8, hevc::Sps>,
    pps: BTreeMap<u8, hevc::Pps>,
    order: PicOrder,
    begun: bool,
    ended: bool,
}

impl HevcCounts {
    fn read(&mut self, unit: &[u8]) -> Option<Place> {
        let mut place = None;
        for nal in annexb::nals(unit).take(MAX_NALS_PER_UNIT).filter(|nal| nal.hevc_layer() == 0) {
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

    #[test]
    fn counts_go_on_beyond_the_largest_that_a_slice_can_say() {
        let mut counts = H264Counts::default();
        let read: Vec<i64> = (0..40).map(|index| counts.in_slices(index * 2 % 16, 16, true)).collect();
        assert_eq!(read, (0..40).map(|index| index * 2).collect::<Vec<_>>());
        assert_eq!(counts.in_slices(12, 16, false), 76, "a picture before the one that was read last");
    }
}
