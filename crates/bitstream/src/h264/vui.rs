use crate::{
    Error,
    bits::{BitReader, BitWriter},
    limits::MAX_CPBS,
    vui::{AspectRatio, ChromaLocation, VideoSignal, optional},
};

/// Video usability information (annex E): how a decoder should show and buffer the pictures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vui {
    /// The shape of a pixel.
    pub aspect_ratio: Option<AspectRatio>,
    /// `overscan_appropriate_flag`.
    pub overscan_appropriate: Option<bool>,
    /// Range and colour.
    pub video_signal: Option<VideoSignal>,
    /// Where chroma samples lie.
    pub chroma_location: Option<ChromaLocation>,
    /// The clock of the pictures.
    pub timing: Option<Timing>,
    /// The buffer model of NAL units.
    pub nal_hrd: Option<Hrd>,
    /// The buffer model of slices.
    pub vcl_hrd: Option<Hrd>,
    /// `low_delay_hrd_flag`; coded only with one of the HRDs.
    pub low_delay_hrd: bool,
    /// `pic_struct_present_flag`.
    pub pic_struct_present: bool,
    /// How many pictures a decoder must hold back.
    pub bitstream_restriction: Option<BitstreamRestriction>,
}

/// The clock of the pictures: a frame lasts two ticks (E.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// `num_units_in_tick`.
    pub units_in_tick: u32,
    /// `time_scale`: units per second.
    pub time_scale: u32,
    /// `fixed_frame_rate_flag`.
    pub fixed_frame_rate: bool,
}

/// Hypothetical reference decoder parameters (E.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hrd {
    /// `bit_rate_scale`, 4 bits.
    pub bit_rate_scale: u8,
    /// `cpb_size_scale`, 4 bits.
    pub cpb_size_scale: u8,
    /// 1 to 32 buffers.
    pub cpbs: Vec<Cpb>,
    /// `initial_cpb_removal_delay_length_minus1`, 5 bits.
    pub initial_cpb_removal_delay_length_minus1: u8,
    /// `cpb_removal_delay_length_minus1`, 5 bits.
    pub cpb_removal_delay_length_minus1: u8,
    /// `dpb_output_delay_length_minus1`, 5 bits.
    pub dpb_output_delay_length_minus1: u8,
    /// `time_offset_length`, 5 bits.
    pub time_offset_length: u8,
}

/// One coded picture buffer (E.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpb {
    /// `bit_rate_value_minus1`.
    pub bit_rate_value_minus1: u32,
    /// `cpb_size_value_minus1`.
    pub cpb_size_value_minus1: u32,
    /// `cbr_flag`.
    pub cbr: bool,
}

/// How far pictures are reordered and what a decoder must hold back (E.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BitstreamRestriction {
    /// `motion_vectors_over_pic_boundaries_flag`.
    pub motion_vectors_over_pic_boundaries: bool,
    /// `max_bytes_per_pic_denom`, 0 to 16.
    pub max_bytes_per_pic_denom: u8,
    /// `max_bits_per_mb_denom`, 0 to 16.
    pub max_bits_per_mb_denom: u8,
    /// `log2_max_mv_length_horizontal`, 0 to 16.
    pub log2_max_mv_length_horizontal: u8,
    /// `log2_max_mv_length_vertical`, 0 to 16.
    pub log2_max_mv_length_vertical: u8,
    /// `max_num_reorder_frames`: pictures that precede another in decoding order and follow it in output order.
    pub max_num_reorder_frames: u8,
    /// `max_dec_frame_buffering`: frames that the decoded picture buffer needs.
    pub max_dec_frame_buffering: u8,
}

impl BitstreamRestriction {
    /// No reordering, `frames` buffered, and for the rest what the absence of the syntax means (E.2.1).
    pub const fn without_reordering(frames: u8) -> Self {
        Self {
            motion_vectors_over_pic_boundaries: true,
            max_bytes_per_pic_denom: 2,
            max_bits_per_mb_denom: 1,
            log2_max_mv_length_horizontal: 16,
            log2_max_mv_length_vertical: 16,
            max_num_reorder_frames: 0,
            max_dec_frame_buffering: frames,
        }
    }
}

impl Timing {
    /// Frames per second as a fraction `(numerator, denominator)`, or `None` where a part is zero.
    pub const fn frame_rate(self) -> Option<(u32, u64)> {
        if self.units_in_tick == 0 || self.time_scale == 0 {
            return None;
        }
        Some((self.time_scale, 2 * self.units_in_tick as u64))
    }
}

impl Vui {
    // E.1.1
    pub(super) fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        let aspect_ratio = if r.flag()? { Some(AspectRatio::read(r)?) } else { None };
        let overscan_appropriate = if r.flag()? { Some(r.flag()?) } else { None };
        let video_signal = if r.flag()? { Some(VideoSignal::read(r)?) } else { None };
        let chroma_location = if r.flag()? { Some(ChromaLocation::read(r)?) } else { None };
        let timing = if r.flag()? { Some(Timing::read(r)?) } else { None };
        let nal_hrd = if r.flag()? { Some(Hrd::read(r)?) } else { None };
        let vcl_hrd = if r.flag()? { Some(Hrd::read(r)?) } else { None };
        let low_delay_hrd = if nal_hrd.is_some() || vcl_hrd.is_some() { r.flag()? } else { false };
        let pic_struct_present = r.flag()?;
        let bitstream_restriction = if r.flag()? { Some(BitstreamRestriction::read(r)?) } else { None };
        Ok(Self {
            aspect_ratio,
            overscan_appropriate,
            video_signal,
            chroma_location,
            timing,
            nal_hrd,
            vcl_hrd,
            low_delay_hrd,
            pic_struct_present,
            bitstream_restriction,
        })
    }

    pub(super) fn write(&self, w: &mut BitWriter) {
        optional(w, self.aspect_ratio.as_ref(), |w, ratio| ratio.write(w));
        optional(w, self.overscan_appropriate.as_ref(), |w, flag| w.flag(*flag));
        optional(w, self.video_signal.as_ref(), |w, signal| signal.write(w));
        optional(w, self.chroma_location.as_ref(), |w, location| location.write(w));
        optional(w, self.timing.as_ref(), |w, timing| {
            w.u(32, timing.units_in_tick);
            w.u(32, timing.time_scale);
            w.flag(timing.fixed_frame_rate);
        });
        optional(w, self.nal_hrd.as_ref(), |w, hrd| hrd.write(w));
        optional(w, self.vcl_hrd.as_ref(), |w, hrd| hrd.write(w));
        if self.nal_hrd.is_some() || self.vcl_hrd.is_some() {
            w.flag(self.low_delay_hrd);
        }
        w.flag(self.pic_struct_present);
        optional(w, self.bitstream_restriction.as_ref(), |w, restriction| restriction.write(w));
    }
}

impl Timing {
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(Self { units_in_tick: r.u(32)?, time_scale: r.u(32)?, fixed_frame_rate: r.flag()? })
    }
}

impl Hrd {
    // E.1.2
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        let count = r.ue_max("cpb_cnt_minus1", MAX_CPBS - 1)? + 1;
        let bit_rate_scale = r.u8(4)?;
        let cpb_size_scale = r.u8(4)?;
        let mut cpbs = Vec::with_capacity(count as usize);
        for _ in 0..count {
            cpbs.push(Cpb { bit_rate_value_minus1: r.ue()?, cpb_size_value_minus1: r.ue()?, cbr: r.flag()? });
        }
        Ok(Self {
            bit_rate_scale,
            cpb_size_scale,
            cpbs,
            initial_cpb_removal_delay_length_minus1: r.u8(5)?,
            cpb_removal_delay_length_minus1: r.u8(5)?,
            dpb_output_delay_length_minus1: r.u8(5)?,
            time_offset_length: r.u8(5)?,
        })
    }

    fn write(&self, w: &mut BitWriter) {
        w.ue((self.cpbs.len() as u32).saturating_sub(1));
        w.u(4, self.bit_rate_scale.into());
        w.u(4, self.cpb_size_scale.into());
        for cpb in &self.cpbs {
            w.ue(cpb.bit_rate_value_minus1);
            w.ue(cpb.cpb_size_value_minus1);
            w.flag(cpb.cbr);
        }
        w.u(5, self.initial_cpb_removal_delay_length_minus1.into());
        w.u(5, self.cpb_removal_delay_length_minus1.into());
        w.u(5, self.dpb_output_delay_length_minus1.into());
        w.u(5, self.time_offset_length.into());
    }
}

impl BitstreamRestriction {
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(Self {
            motion_vectors_over_pic_boundaries: r.flag()?,
            max_bytes_per_pic_denom: r.ue_u8("max_bytes_per_pic_denom", 16)?,
            max_bits_per_mb_denom: r.ue_u8("max_bits_per_mb_denom", 16)?,
            log2_max_mv_length_horizontal: r.ue_u8("log2_max_mv_length_horizontal", 16)?,
            log2_max_mv_length_vertical: r.ue_u8("log2_max_mv_length_vertical", 16)?,
            max_num_reorder_frames: r.ue_u8("max_num_reorder_frames", 16)?,
            max_dec_frame_buffering: r.ue_u8("max_dec_frame_buffering", 16)?,
        })
    }

    fn write(self, w: &mut BitWriter) {
        w.flag(self.motion_vectors_over_pic_boundaries);
        w.ue(self.max_bytes_per_pic_denom.into());
        w.ue(self.max_bits_per_mb_denom.into());
        w.ue(self.log2_max_mv_length_horizontal.into());
        w.ue(self.log2_max_mv_length_vertical.into());
        w.ue(self.max_num_reorder_frames.into());
        w.ue(self.max_dec_frame_buffering.into());
    }
}
