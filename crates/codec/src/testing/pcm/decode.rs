use super::{Blocks, FRAME_NUM_BITS, MB_BYTES, bits::Reader, encode::I_PCM, plane_in_block};
use framewire_bitstream::{
    annexb,
    h264::{NalType, Sps},
    rbsp,
};
use framewire_frame::{PixelFormat, Size};

/// Reads what [`PcmEncoder`](super::PcmEncoder) writes.
#[derive(Default)]
pub(crate) struct PcmDecoder {
    size: Option<Size>,
    reference: Option<Blocks>,
}

impl PcmDecoder {
    /// The picture of one access unit as packed I420; an error in a sentence for everything that is not of this codec.
    pub(crate) fn decode(&mut self, unit: &[u8]) -> Result<(Size, Vec<u8>), String> {
        let mut shown = None;
        for nal in annexb::nals(unit) {
            match nal.h264_type() {
                NalType::Sps => {
                    let display = Sps::parse(nal.bytes()).map_err(|error| error.to_string())?.display();
                    self.size = Size::new(display.width, display.height).ok();
                }
                NalType::IdrSlice | NalType::Slice => {
                    let size = self.size.ok_or("a slice came before the SPS")?;
                    let rbsp = rbsp::unescape(&nal.bytes()[1..]);
                    let idr = nal.h264_type() == NalType::IdrSlice;
                    let base = if idr { Some(Blocks::new(size)) } else { self.reference.clone() };
                    let mut blocks =
                        base.filter(|blocks| blocks.samples.len() == Blocks::new(size).samples.len());
                    let blocks = blocks.as_mut().ok_or("a slice refers to no picture")?;
                    read_slice(&rbsp, idr, nal.ref_idc() != 0, blocks).ok_or("a slice of another kind")?;
                    shown = Some((size, blocks.to_i420(size)));
                    if nal.ref_idc() != 0 {
                        self.reference = Some(std::mem::take(blocks));
                    }
                }
                _ => {}
            }
        }
        shown.ok_or_else(|| "the unit has no slice".to_owned())
    }
}

fn read_slice(rbsp: &[u8], idr: bool, referenced: bool, blocks: &mut Blocks) -> Option<()> {
    let mut r = Reader::new(rbsp);
    let (_first_mb, slice_type, _pps) = (r.ue()?, r.ue()?, r.ue()?);
    r.u(FRAME_NUM_BITS)?;
    if idr {
        let _idr_pic_id = r.ue()?;
    } else {
        r.u(2)?;
    }
    r.u(match (idr, referenced) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    })?;
    let (_qp_delta, _no_deblocking) = (r.ue()?, r.ue()?);
    let (intra, mb_type) = if slice_type % 5 == 2 { (true, I_PCM) } else { (false, I_PCM + 5) };
    let mut index = 0;
    while r.more() {
        if !intra {
            index += r.ue()? as usize;
            if !r.more() {
                break;
            }
        }
        if r.ue()? != mb_type || index >= blocks.count() {
            return None;
        }
        blocks.block_mut(index).copy_from_slice(r.aligned_bytes(MB_BYTES)?);
        index += 1;
    }
    (index == blocks.count()).then_some(())
}

impl Blocks {
    fn to_i420(&self, size: Size) -> Vec<u8> {
        let mut picture = Vec::with_capacity(PixelFormat::I420.packed_len(size));
        for plane in 0..3 {
            let (offset, side) = plane_in_block(plane);
            let width = PixelFormat::I420.row_bytes(size, plane);
            for y in 0..PixelFormat::I420.rows(size, plane) {
                for x in (0..width).step_by(side) {
                    let block = self.block(y / side * self.columns + x / side);
                    let row = &block[offset + y % side * side..][..side];
                    picture.extend_from_slice(&row[..side.min(width - x)]);
                }
            }
        }
        picture
    }
}
