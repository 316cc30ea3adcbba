use super::{Blocks, FRAME_NUM_BITS, MB_BYTES, bits::Writer, plain_sets, plane_in_block};
use framewire_bitstream::{
    Dimensions, annexb,
    h264::{Crop, Demand, Level, Pps, Sps},
    rbsp,
};
use framewire_frame::{PictureRef, Size};

/// `mb_type` of `I_PCM` in I slices (table 7-11); five more in P slices (7.4.5).
pub(super) const I_PCM: u32 = 25;

/// Writes Annex B without VUI, with parameter sets before key frames only.
pub(crate) struct PcmEncoder {
    sps: Sps,
    pps: Pps,
    /// The last picture that others refer to.
    reference: Blocks,
    current: Blocks,
    /// Reference pictures since the key frame.
    references: u32,
    keys: u32,
}

/// How one picture is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// As an IDR picture. The first one is in any case.
    pub(crate) key: bool,
    /// So that nothing refers to it (`nal_ref_idc` of zero).
    pub(crate) disposable: bool,
    /// With parameter sets before a key frame.
    pub(crate) parameter_sets: bool,
}

impl PcmEncoder {
    /// An encoder of I420 pictures of `size`, whose sides are even.
    pub(crate) fn new(size: Size) -> Self {
        let (width, height) = (size.width().next_multiple_of(16), size.height().next_multiple_of(16));
        let demand = Demand {
            size: Dimensions::new(width, height),
            frames_per_second: 30.0,
            bits_per_second: 0,
            dpb_frames: 1,
            profile_idc: 66,
        };
        let crop = Crop {
            right: (width - size.width()) / 2,
            bottom: (height - size.height()) / 2,
            ..Crop::default()
        };
        let (sps, pps) = plain_sets(width / 16, height / 16);
        let sps = Sps {
            level_idc: Level::minimum(&demand).unwrap_or(Level::MAX).idc(66),
            crop: (crop != Crop::default()).then_some(crop),
            ..sps
        };
        let blocks = Blocks::new(size);
        Self { sps, pps, reference: blocks.clone(), current: blocks, references: 0, keys: 0 }
    }

    /// Appends the access unit of `picture` to `out`.
    pub(crate) fn encode(&mut self, picture: PictureRef<'_>, kind: Kind, out: &mut Vec<u8>) {
        self.current.fill(picture);
        let key = kind.key || self.keys == 0;
        if key {
            self.references = 0;
            self.keys += 1;
            if kind.parameter_sets {
                annexb::push_nal(out, &self.sps.to_nal());
                annexb::push_nal(out, &self.pps.to_nal(&self.sps));
            }
        }
        let disposable = kind.disposable && !key;
        let header = match (key, disposable) {
            (true, _) => 0x65,
            (false, false) => 0x41,
            (false, true) => 0x01,
        };
        let mut nal = vec![header];
        rbsp::escape_into(&self.slice(key, disposable), &mut nal);
        annexb::push_nal(out, &nal);
        if !disposable {
            self.references += 1;
            std::mem::swap(&mut self.reference, &mut self.current);
        }
    }

    /// `slice_layer_without_partitioning_rbsp` (7.3.2.8).
    fn slice(&self, key: bool, disposable: bool) -> Vec<u8> {
        let mut w = Writer::default();
        w.bytes.reserve(self.current.samples.len() / if key { 1 } else { 4 });
        w.ue(0); // first_mb_in_slice
        w.ue(if key { 7 } else { 5 }); // slice_type: all slices of the picture are I or P
        w.ue(0); // pic_parameter_set_id
        w.u(FRAME_NUM_BITS, self.references % (1 << FRAME_NUM_BITS));
        if key {
            w.ue(self.keys % 2); // idr_pic_id
        } else {
            w.u(1, 0); // num_ref_idx_active_override_flag
            w.u(1, 0); // ref_pic_list_modification_flag_l0
        }
        if key {
            w.u(2, 0); // no_output_of_prior_pics_flag, long_term_reference_flag
        } else if !disposable {
            w.u(1, 0); // adaptive_ref_pic_marking_mode_flag
        }
        w.ue(0); // slice_qp_delta
        w.ue(1); // disable_deblocking_filter_idc
        let mut skipped = 0;
        for index in 0..self.current.count() {
            if !key && self.current.block(index) == self.reference.block(index) {
                skipped += 1;
                continue;
            }
            if !key {
                w.ue(std::mem::take(&mut skipped)); // mb_skip_run
            }
            w.ue(if key { I_PCM } else { I_PCM + 5 });
            w.align();
            w.bytes.extend_from_slice(self.current.block(index));
        }
        if skipped > 0 {
            w.ue(skipped);
        }
        w.finish()
    }
}

impl Blocks {
    /// Takes the samples of an I420 picture, whose edges are repeated up to whole macroblocks.
    fn fill(&mut self, picture: PictureRef<'_>) {
        for index in 0..self.count() {
            let (column, row) = (index % self.columns, index / self.columns);
            let mut block = [0; MB_BYTES];
            for plane in 0..3 {
                let (offset, side) = plane_in_block(plane);
                let rows = picture.format().rows(picture.size(), plane);
                for y in 0..side {
                    let source = picture.plane(plane).row((row * side + y).min(rows - 1));
                    let target = &mut block[offset + y * side..][..side];
                    let start = (column * side).min(source.len() - 1);
                    let inside = side.min(source.len() - start);
                    target[..inside].copy_from_slice(&source[start..][..inside]);
                    target[inside..].fill(source[source.len() - 1]);
                }
            }
            self.block_mut(index).copy_from_slice(&block);
        }
    }
}
