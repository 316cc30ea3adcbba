use super::{NalHeader, Pps, Sps};
use crate::{Error, bits::BitReader, rbsp};

/// Bytes of RBSP that hold everything read here.
const HEADER_BYTES: usize = 24;

const UNIT: &str = "HEVC slice header";

/// How a slice is predicted (`slice_type`, table 7-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SliceKind {
    /// From two lists of pictures, which may both lie before.
    B,
    /// From one list of pictures.
    P,
    /// From itself.
    I,
}

/// The first fields of a slice segment header, which need no parameter set (7.3.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceStart {
    /// The header of the NAL unit.
    pub nal: NalHeader,
    /// `first_slice_segment_in_pic_flag`: a picture begins here.
    pub first_in_picture: bool,
    /// `no_output_of_prior_pics_flag` of IRAP pictures.
    pub no_output_of_prior_pics: Option<bool>,
    /// `slice_pic_parameter_set_id`.
    pub pps_id: u8,
}

/// A slice segment header up to the picture order count (7.3.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceHeader {
    /// The fields before.
    pub start: SliceStart,
    /// `slice_segment_address` in coding tree blocks; zero for the first of a picture.
    pub address: u32,
    /// What follows unless this is a dependent slice segment, for which the one before it says it.
    pub independent: Option<IndependentSlice>,
}

/// The fields that a dependent slice segment takes from the segment before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndependentSlice {
    /// `slice_type`.
    pub kind: SliceKind,
    /// `pic_output_flag`: the picture is shown.
    pub output: bool,
    /// `slice_pic_order_cnt_lsb`; zero for IDR pictures, which do not code it.
    pub poc_lsb: u32,
}

impl SliceStart {
    /// Reads the beginning of a slice segment.
    pub fn parse(nal: &[u8]) -> Result<Self, Error> {
        let mut buffer = [0; HEADER_BYTES];
        let (header, rbsp) = slice_rbsp(nal, &mut buffer)?;
        Self::read(header, &mut BitReader::new(UNIT, rbsp))
    }

    fn read(nal: NalHeader, r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(Self {
            nal,
            first_in_picture: r.flag()?,
            no_output_of_prior_pics: if nal.kind.is_irap() { Some(r.flag()?) } else { None },
            pps_id: r.ue_u8("slice_pic_parameter_set_id", 63)?,
        })
    }
}

impl SliceHeader {
    /// Reads the beginning of a slice segment whose parameter sets are `pps` and `sps`.
    pub fn parse(nal: &[u8], sps: &Sps, pps: &Pps) -> Result<Self, Error> {
        let mut buffer = [0; HEADER_BYTES];
        let (header, rbsp) = slice_rbsp(nal, &mut buffer)?;
        let r = &mut BitReader::new(UNIT, rbsp);
        let start = SliceStart::read(header, r)?;
        let (mut dependent, mut address) = (false, 0);
        if !start.first_in_picture {
            dependent = pps.dependent_slice_segments && r.flag()?;
            let last = sps.tree_blocks().saturating_sub(1);
            address = r.u(u32::BITS - last.leading_zeros())?;
            if address > last {
                return Err(r.invalid("slice_segment_address", address.into()));
            }
        }
        let independent = if dependent { None } else { Some(IndependentSlice::read(r, start, sps, pps)?) };
        Ok(Self { start, address, independent })
    }
}

impl IndependentSlice {
    fn read(r: &mut BitReader<'_>, start: SliceStart, sps: &Sps, pps: &Pps) -> Result<Self, Error> {
        r.skip(pps.extra_slice_header_bits.into())?;
        let kind = match r.ue_max("slice_type", 2)? {
            0 => SliceKind::B,
            1 => SliceKind::P,
            _ => SliceKind::I,
        };
        let output = !pps.output_flag_present || r.flag()?;
        if sps.separate_planes {
            r.skip(2)?;
        }
        let poc_lsb = if start.nal.kind.is_idr() { 0 } else { r.u(sps.log2_max_poc_lsb.into())? };
        Ok(Self { kind, output, poc_lsb })
    }
}

fn slice_rbsp<'b>(nal: &[u8], buffer: &'b mut [u8]) -> Result<(NalHeader, &'b [u8]), Error> {
    let (header, payload) = NalHeader::split(nal)?;
    if !header.kind.is_slice() {
        let value = header.kind.code().into();
        return Err(Error::Invalid { unit: UNIT, field: "nal_unit_type", value });
    }
    Ok((header, rbsp::unescape_prefix(payload, buffer)))
}

/// Picture order counts (8.3.1) and whether they ever go back within a coded video sequence.
#[derive(Clone, Debug, Default)]
pub struct PicOrder {
    /// `PicOrderCntVal` of `prevTid0Pic`.
    previous: Option<i32>,
    /// The highest of the pictures that are shown, since the sequence began.
    shown: Option<i32>,
    /// An end of sequence came: the next picture begins another one.
    ended: bool,
}

/// Where a picture stands in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PicPlace {
    /// `PicOrderCntVal`.
    pub count: i32,
    /// It is shown before a picture that came earlier in the stream.
    pub reordered: bool,
}

impl PicOrder {
    /// Takes the first slice of the next picture in decoding order.
    pub fn next(&mut self, header: NalHeader, slice: IndependentSlice, log2_max_poc_lsb: u8) -> PicPlace {
        let kind = header.kind;
        // An IRAP picture at which decoding begins has NoRaslOutputFlag (8.1.3) and starts a sequence.
        let begins = kind.is_idr()
            || kind.is_bla()
            || kind.is_irap() && (self.previous.is_none() || std::mem::take(&mut self.ended));
        let lsb = slice.poc_lsb as i32;
        let count = match self.previous {
            Some(previous) if !begins => {
                // (8-1): the count nearest to the previous one.
                let range = 1i32 << log2_max_poc_lsb.min(16);
                let previous_lsb = previous.rem_euclid(range);
                let msb = previous.wrapping_sub(previous_lsb);
                let msb = if lsb < previous_lsb && previous_lsb - lsb >= range / 2 {
                    msb.wrapping_add(range)
                } else if lsb > previous_lsb && lsb - previous_lsb > range / 2 {
                    msb.wrapping_sub(range)
                } else {
                    msb
                };
                msb.wrapping_add(lsb)
            }
            _ => lsb,
        };
        if begins {
            self.shown = None;
            self.ended = false;
        }
        let reordered = slice.output && self.shown.is_some_and(|shown| count < shown);
        if slice.output {
            self.shown = Some(self.shown.map_or(count, |shown| shown.max(count)));
        }
        let is_reference = !kind.is_leading() && !kind.is_sub_layer_non_reference();
        if begins || header.temporal_id == 0 && is_reference {
            self.previous = Some(count);
        }
        PicPlace { count, reordered }
    }

    /// Takes an end of sequence or of bitstream.
    pub fn end_sequence(&mut self) {
        self.ended = true;
    }
}
