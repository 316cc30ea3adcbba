use super::{NalType, PicOrderCnt, Sps};
use crate::{Error, bits::BitReader, rbsp};

/// Bytes of RBSP that hold everything read here: six Exp-Golomb codes and the fields between them.
const HEADER_BYTES: usize = 40;

/// How a slice is predicted (`slice_type`, table 7-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SliceKind {
    /// From earlier pictures.
    P,
    /// From two lists of pictures.
    B,
    /// From itself.
    I,
    /// Switching P.
    Sp,
    /// Switching I.
    Si,
}

/// The first fields of a slice header, which need no parameter set (7.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceStart {
    /// Whether the picture is an IDR picture.
    pub idr: bool,
    /// `nal_ref_idc`: zero where no other picture refers to this one.
    pub nal_ref_idc: u8,
    /// `first_mb_in_slice`: zero begins a picture.
    pub first_mb_in_slice: u32,
    /// `slice_type` modulo 5.
    pub kind: SliceKind,
    /// `pic_parameter_set_id`.
    pub pps_id: u8,
}

/// A slice header up to the picture order count (7.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceHeader {
    /// The fields before.
    pub start: SliceStart,
    /// `frame_num`.
    pub frame_num: u32,
    /// `Some(bottom)` for a field, `None` for a frame.
    pub field: Option<bool>,
    /// `idr_pic_id` of IDR pictures.
    pub idr_pic_id: Option<u32>,
    /// `pic_order_cnt_lsb`, where the SPS says that slices carry it.
    pub pic_order_cnt_lsb: Option<u32>,
}

impl SliceStart {
    /// Reads the beginning of a NAL unit of type 1, 2 or 5.
    pub fn parse(nal: &[u8]) -> Result<Self, Error> {
        let mut buffer = [0; HEADER_BYTES];
        let (header, rbsp) = slice_rbsp(nal, &mut buffer)?;
        Self::read(header, &mut BitReader::new("slice header", rbsp))
    }

    fn read(header: u8, r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(Self {
            idr: NalType::from_header(header) == NalType::IdrSlice,
            nal_ref_idc: header >> 5 & 3,
            first_mb_in_slice: r.ue()?,
            kind: match r.ue_max("slice_type", 9)? % 5 {
                0 => SliceKind::P,
                1 => SliceKind::B,
                2 => SliceKind::I,
                3 => SliceKind::Sp,
                _ => SliceKind::Si,
            },
            pps_id: r.ue_u8("pic_parameter_set_id", 255)?,
        })
    }
}

impl SliceHeader {
    /// Reads the beginning of a NAL unit of type 1, 2 or 5 whose SPS is `sps`.
    pub fn parse(nal: &[u8], sps: &Sps) -> Result<Self, Error> {
        let mut buffer = [0; HEADER_BYTES];
        let (header, rbsp) = slice_rbsp(nal, &mut buffer)?;
        let r = &mut BitReader::new("slice header", rbsp);
        let start = SliceStart::read(header, r)?;
        if sps.chroma.separate_planes {
            r.skip(2)?;
        }
        let frame_num = r.u(sps.log2_max_frame_num.into())?;
        let field = if !sps.frame_mbs_only && r.flag()? { Some(r.flag()?) } else { None };
        let idr_pic_id = if start.idr { Some(r.ue_max("idr_pic_id", 65_535)?) } else { None };
        let pic_order_cnt_lsb = match sps.pic_order_cnt {
            PicOrderCnt::InSlices { log2_max_lsb } => Some(r.u(log2_max_lsb.into())?),
            _ => None,
        };
        Ok(Self { start, frame_num, field, idr_pic_id, pic_order_cnt_lsb })
    }
}

fn slice_rbsp<'b>(nal: &[u8], buffer: &'b mut [u8]) -> Result<(u8, &'b [u8]), Error> {
    let (&header, payload) = nal.split_first().ok_or(Error::NoNal(0))?;
    if !NalType::from_header(header).starts_slice() {
        return Err(Error::Invalid { unit: "slice", field: "nal_unit_type", value: (header & 0x1f).into() });
    }
    Ok((header, rbsp::unescape_prefix(payload, buffer)))
}
