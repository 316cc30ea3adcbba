use super::{Hrd, HrdCommon};
use crate::{
    Error,
    bits::{BitReader, BitWriter},
    crop::Crop,
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
    /// `neutral_chroma_indication_flag`: all chroma samples are grey.
    pub neutral_chroma: bool,
    /// `field_seq_flag`: each picture is a field.
    pub field_seq: bool,
    /// `frame_field_info_present_flag`.
    pub frame_field_info_present: bool,
    /// `default_display_window`, within the conformance window, in the same units.
    pub default_display_window: Option<Crop>,
    /// The clock of the pictures.
    pub timing: Option<Timing>,
    /// The buffer model; coded with `timing` only.
    pub hrd: Option<Hrd>,
    /// Limits that decoders can use.
    pub restriction: Option<Restriction>,
}

/// The clock of the pictures: one lasts one tick (E.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// `num_units_in_tick`.
    pub units_in_tick: u32,
    /// `time_scale`: units per second.
    pub time_scale: u32,
    /// `num_ticks_poc_diff_one_minus1`, where picture order counts are proportional to time.
    pub ticks_of_one_poc_minus1: Option<u32>,
}

/// `bitstream_restriction` (E.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// `tiles_fixed_structure_flag`.
    pub tiles_fixed_structure: bool,
    /// `motion_vectors_over_pic_boundaries_flag`.
    pub motion_vectors_over_pic_boundaries: bool,
    /// `restricted_ref_pic_lists_flag`.
    pub restricted_ref_pic_lists: bool,
    /// `min_spatial_segmentation_idc`, 0 to 4095.
    pub min_spatial_segmentation_idc: u16,
    /// `max_bytes_per_pic_denom`, 0 to 16.
    pub max_bytes_per_pic_denom: u8,
    /// `max_bits_per_min_cu_denom`, 0 to 16.
    pub max_bits_per_min_cu_denom: u8,
    /// `log2_max_mv_length_horizontal`, 0 to 16.
    pub log2_max_mv_length_horizontal: u8,
    /// `log2_max_mv_length_vertical`, 0 to 16.
    pub log2_max_mv_length_vertical: u8,
}

impl Vui {
    // E.2.1
    pub(super) fn read(r: &mut BitReader<'_>, sub_layers: u8) -> Result<Self, Error> {
        let aspect_ratio = if r.flag()? { Some(AspectRatio::read(r)?) } else { None };
        let overscan_appropriate = if r.flag()? { Some(r.flag()?) } else { None };
        let video_signal = if r.flag()? { Some(VideoSignal::read(r)?) } else { None };
        let chroma_location = if r.flag()? { Some(ChromaLocation::read(r)?) } else { None };
        let neutral_chroma = r.flag()?;
        let field_seq = r.flag()?;
        let frame_field_info_present = r.flag()?;
        let default_display_window = if r.flag()? { Some(Crop::read(r)?) } else { None };
        let timing = if r.flag()? { Some(Timing::read(r)?) } else { None };
        let hrd = if timing.is_some() && r.flag()? {
            Some(Hrd::read(r, true, HrdCommon::default(), sub_layers)?)
        } else {
            None
        };
        Ok(Self {
            aspect_ratio,
            overscan_appropriate,
            video_signal,
            chroma_location,
            neutral_chroma,
            field_seq,
            frame_field_info_present,
            default_display_window,
            timing,
            hrd,
            restriction: if r.flag()? { Some(Restriction::read(r)?) } else { None },
        })
    }

    pub(super) fn write(&self, w: &mut BitWriter) {
        optional(w, self.aspect_ratio.as_ref(), |w, ratio| ratio.write(w));
        optional(w, self.overscan_appropriate.as_ref(), |w, flag| w.flag(*flag));
        optional(w, self.video_signal.as_ref(), |w, signal| signal.write(w));
        optional(w, self.chroma_location.as_ref(), |w, location| location.write(w));
        w.flag(self.neutral_chroma);
        w.flag(self.field_seq);
        w.flag(self.frame_field_info_present);
        optional(w, self.default_display_window.as_ref(), |w, window| window.write(w));
        optional(w, self.timing.as_ref(), |w, timing| timing.write(w));
        if self.timing.is_some() {
            optional(w, self.hrd.as_ref(), |w, hrd| hrd.write(w));
        }
        optional(w, self.restriction.as_ref(), |w, restriction| restriction.write(w));
    }
}

impl Timing {
    /// Pictures per second as a fraction `(numerator, denominator)`, or `None` where a part is zero. A picture is a
    /// frame, or a field where [`Vui::field_seq`] says so.
    pub const fn picture_rate(self) -> Option<(u32, u32)> {
        if self.units_in_tick == 0 || self.time_scale == 0 {
            return None;
        }
        Some((self.time_scale, self.units_in_tick))
    }

    pub(super) fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(Self {
            units_in_tick: r.u(32)?,
            time_scale: r.u(32)?,
            ticks_of_one_poc_minus1: if r.flag()? { Some(r.ue()?) } else { None },
        })
    }

    pub(super) fn write(self, w: &mut BitWriter) {
        w.u(32, self.units_in_tick);
        w.u(32, self.time_scale);
        optional(w, self.ticks_of_one_poc_minus1.as_ref(), |w, ticks| w.ue(*ticks));
    }
}

impl Restriction {
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        Ok(Self {
            tiles_fixed_structure: r.flag()?,
            motion_vectors_over_pic_boundaries: r.flag()?,
            restricted_ref_pic_lists: r.flag()?,
            min_spatial_segmentation_idc: r.ue_max("min_spatial_segmentation_idc", 4095)? as u16,
            max_bytes_per_pic_denom: r.ue_u8("max_bytes_per_pic_denom", 16)?,
            max_bits_per_min_cu_denom: r.ue_u8("max_bits_per_min_cu_denom", 16)?,
            log2_max_mv_length_horizontal: r.ue_u8("log2_max_mv_length_horizontal", 16)?,
            log2_max_mv_length_vertical: r.ue_u8("log2_max_mv_length_vertical", 16)?,
        })
    }

    fn write(self, w: &mut BitWriter) {
        w.flag(self.tiles_fixed_structure);
        w.flag(self.motion_vectors_over_pic_boundaries);
        w.flag(self.restricted_ref_pic_lists);
        w.ue(self.min_spatial_segmentation_idc.into());
        w.ue(self.max_bytes_per_pic_denom.into());
        w.ue(self.max_bits_per_min_cu_denom.into());
        w.ue(self.log2_max_mv_length_horizontal.into());
        w.ue(self.log2_max_mv_length_vertical.into());
    }
}
