use crate::{
    Error,
    bits::{BitReader, BitWriter},
    limits::MAX_REF_FRAMES,
};

/// How much a decoder buffers and reorders, in the VPS and in the SPS (7.4.3.1, 7.4.3.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubLayerOrdering {
    /// `sub_layer_ordering_info_present_flag`: each temporal sub-layer has its own entry. Else there is one for all.
    pub each: bool,
    /// The entries from the lowest sub-layer to the highest; one where `each` is not set.
    pub layers: Vec<Ordering>,
}

/// What the pictures up to one temporal sub-layer need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ordering {
    /// `max_dec_pic_buffering_minus1`: pictures in the decoded picture buffer beside the current one, 0 to 15.
    pub max_dec_pic_buffering_minus1: u8,
    /// `max_num_reorder_pics`: pictures that precede another in decoding order and follow it in output order.
    pub max_num_reorder_pics: u8,
    /// `max_latency_increase_plus1`: one more than the pictures beyond those that may precede another in output order
    /// and follow it in decoding order; zero states no limit.
    pub max_latency_increase_plus1: u32,
}

impl SubLayerOrdering {
    /// What holds for the whole stream.
    pub fn highest(&self) -> Ordering {
        self.layers.last().copied().unwrap_or_default()
    }

    /// Promises that pictures come out in decoding order, as soon as they are decoded.
    pub fn forbid_reordering(&mut self) {
        for layer in &mut self.layers {
            layer.max_num_reorder_pics = 0;
            layer.max_latency_increase_plus1 = 1;
        }
    }

    pub(super) fn read(r: &mut BitReader<'_>, sub_layers: u8) -> Result<Self, Error> {
        let each = r.flag()?;
        let count = if each { sub_layers } else { 1 };
        let layers = (0..count).map(|_| Ordering::read(r)).collect::<Result<_, _>>()?;
        Ok(Self { each, layers })
    }

    pub(super) fn write(&self, w: &mut BitWriter) {
        w.flag(self.each);
        for layer in &self.layers {
            w.ue(layer.max_dec_pic_buffering_minus1.into());
            w.ue(layer.max_num_reorder_pics.into());
            w.ue(layer.max_latency_increase_plus1);
        }
    }
}

impl Ordering {
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        let most = MAX_REF_FRAMES as u8 - 1;
        let max_dec_pic_buffering_minus1 = r.ue_u8("max_dec_pic_buffering_minus1", most)?;
        Ok(Self {
            max_dec_pic_buffering_minus1,
            max_num_reorder_pics: r.ue_u8("max_num_reorder_pics", max_dec_pic_buffering_minus1)?,
            max_latency_increase_plus1: r.ue()?,
        })
    }
}
