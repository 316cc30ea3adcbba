use crate::{
    Error,
    bits::{BitReader, BitWriter},
    limits::MAX_CPBS,
    vui::optional,
};

/// Hypothetical reference decoder parameters (E.2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hrd {
    /// What holds for all sub-layers; `None` in a VPS where the parameters before it hold.
    pub common: Option<HrdCommon>,
    /// One for each temporal sub-layer.
    pub sub_layers: Vec<HrdSubLayer>,
}

/// The part of an HRD that all sub-layers share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HrdCommon {
    /// `nal_hrd_parameters_present_flag`.
    pub nal: bool,
    /// `vcl_hrd_parameters_present_flag`. Without either of the two nothing below is coded.
    pub vcl: bool,
    /// The parameters of decoding units.
    pub sub_picture: Option<HrdSubPicture>,
    /// `bit_rate_scale`, 4 bits.
    pub bit_rate_scale: u8,
    /// `cpb_size_scale`, 4 bits.
    pub cpb_size_scale: u8,
    /// `initial_cpb_removal_delay_length_minus1`, 5 bits.
    pub initial_cpb_removal_delay_length_minus1: u8,
    /// `au_cpb_removal_delay_length_minus1`, 5 bits.
    pub au_cpb_removal_delay_length_minus1: u8,
    /// `dpb_output_delay_length_minus1`, 5 bits.
    pub dpb_output_delay_length_minus1: u8,
}

/// Decoding units below pictures (`sub_pic_hrd_params`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HrdSubPicture {
    /// `tick_divisor_minus2`.
    pub tick_divisor_minus2: u8,
    /// `du_cpb_removal_delay_increment_length_minus1`, 5 bits.
    pub removal_delay_increment_length_minus1: u8,
    /// `sub_pic_cpb_params_in_pic_timing_sei_flag`.
    pub in_pic_timing_sei: bool,
    /// `dpb_output_delay_du_length_minus1`, 5 bits.
    pub output_delay_length_minus1: u8,
    /// `cpb_size_du_scale`, 4 bits.
    pub cpb_size_scale: u8,
}

/// One temporal sub-layer of an HRD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HrdSubLayer {
    /// `fixed_pic_rate_general_flag`.
    pub fixed_rate_general: bool,
    /// `fixed_pic_rate_within_cvs_flag`; set where `fixed_rate_general` is.
    pub fixed_rate_within_cvs: bool,
    /// `elemental_duration_in_tc_minus1`; coded with `fixed_rate_within_cvs` only.
    pub elemental_duration_minus1: u32,
    /// `low_delay_hrd_flag`; coded without `fixed_rate_within_cvs` only.
    pub low_delay: bool,
    /// `cpb_cnt_minus1`, 0 to 31; coded without `low_delay` only.
    pub cpb_count_minus1: u8,
    /// The buffers of NAL units.
    pub nal: Vec<HrdBuffer>,
    /// The buffers of slices.
    pub vcl: Vec<HrdBuffer>,
}

/// One coded picture buffer (E.2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HrdBuffer {
    /// `bit_rate_value_minus1`.
    pub bit_rate_value_minus1: u32,
    /// `cpb_size_value_minus1`.
    pub cpb_size_value_minus1: u32,
    /// `cpb_size_du_value_minus1` and `bit_rate_du_value_minus1`, with decoding units only.
    pub sub_picture: Option<(u32, u32)>,
    /// `cbr_flag`.
    pub cbr: bool,
}

impl Hrd {
    /// Reads the parameters; those that all sub-layers share are coded, or `inherited` from the ones before.
    pub(super) fn read(
        r: &mut BitReader<'_>,
        coded: bool,
        inherited: HrdCommon,
        sub_layers: u8,
    ) -> Result<Self, Error> {
        let common = if coded { Some(HrdCommon::read(r)?) } else { None };
        let known = common.unwrap_or(inherited);
        let sub_layers = (0..sub_layers).map(|_| HrdSubLayer::read(r, &known)).collect::<Result<_, _>>()?;
        Ok(Self { common, sub_layers })
    }

    pub(super) fn write(&self, w: &mut BitWriter) {
        if let Some(common) = &self.common {
            common.write(w);
        }
        self.sub_layers.iter().for_each(|layer| layer.write(w));
    }
}

impl HrdCommon {
    fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        let (nal, vcl) = (r.flag()?, r.flag()?);
        if !nal && !vcl {
            return Ok(Self::default());
        }
        let sub_picture = if r.flag()? {
            Some(HrdSubPicture {
                tick_divisor_minus2: r.u8(8)?,
                removal_delay_increment_length_minus1: r.u8(5)?,
                in_pic_timing_sei: r.flag()?,
                output_delay_length_minus1: r.u8(5)?,
                cpb_size_scale: 0,
            })
        } else {
            None
        };
        let (bit_rate_scale, cpb_size_scale) = (r.u8(4)?, r.u8(4)?);
        let sub_picture = match sub_picture {
            Some(sub_picture) => Some(HrdSubPicture { cpb_size_scale: r.u8(4)?, ..sub_picture }),
            None => None,
        };
        Ok(Self {
            nal,
            vcl,
            sub_picture,
            bit_rate_scale,
            cpb_size_scale,
            initial_cpb_removal_delay_length_minus1: r.u8(5)?,
            au_cpb_removal_delay_length_minus1: r.u8(5)?,
            dpb_output_delay_length_minus1: r.u8(5)?,
        })
    }

    fn write(&self, w: &mut BitWriter) {
        w.flag(self.nal);
        w.flag(self.vcl);
        if !self.nal && !self.vcl {
            return;
        }
        optional(w, self.sub_picture.as_ref(), |w, sub_picture| {
            w.u(8, sub_picture.tick_divisor_minus2.into());
            w.u(5, sub_picture.removal_delay_increment_length_minus1.into());
            w.flag(sub_picture.in_pic_timing_sei);
            w.u(5, sub_picture.output_delay_length_minus1.into());
        });
        w.u(4, self.bit_rate_scale.into());
        w.u(4, self.cpb_size_scale.into());
        if let Some(sub_picture) = &self.sub_picture {
            w.u(4, sub_picture.cpb_size_scale.into());
        }
        w.u(5, self.initial_cpb_removal_delay_length_minus1.into());
        w.u(5, self.au_cpb_removal_delay_length_minus1.into());
        w.u(5, self.dpb_output_delay_length_minus1.into());
    }
}

impl HrdSubLayer {
    fn read(r: &mut BitReader<'_>, common: &HrdCommon) -> Result<Self, Error> {
        let fixed_rate_general = r.flag()?;
        let fixed_rate_within_cvs = fixed_rate_general || r.flag()?;
        let elemental_duration_minus1 =
            if fixed_rate_within_cvs { r.ue_max("elemental_duration_in_tc_minus1", 2047)? } else { 0 };
        let low_delay = !fixed_rate_within_cvs && r.flag()?;
        let cpb_count_minus1 = if low_delay { 0 } else { r.ue_u8("cpb_cnt_minus1", MAX_CPBS as u8 - 1)? };
        let mut buffers = |present: bool| {
            let count = if present { cpb_count_minus1 + 1 } else { 0 };
            (0..count).map(|_| HrdBuffer::read(r, common)).collect::<Result<_, _>>()
        };
        Ok(Self {
            fixed_rate_general,
            fixed_rate_within_cvs,
            elemental_duration_minus1,
            low_delay,
            cpb_count_minus1,
            nal: buffers(common.nal)?,
            vcl: buffers(common.vcl)?,
        })
    }

    fn write(&self, w: &mut BitWriter) {
        w.flag(self.fixed_rate_general);
        if !self.fixed_rate_general {
            w.flag(self.fixed_rate_within_cvs);
        }
        if self.fixed_rate_within_cvs {
            w.ue(self.elemental_duration_minus1);
        } else {
            w.flag(self.low_delay);
        }
        if !self.low_delay {
            w.ue(self.cpb_count_minus1.into());
        }
        self.nal.iter().chain(&self.vcl).for_each(|buffer| buffer.write(w));
    }
}

impl HrdBuffer {
    fn read(r: &mut BitReader<'_>, common: &HrdCommon) -> Result<Self, Error> {
        Ok(Self {
            bit_rate_value_minus1: r.ue()?,
            cpb_size_value_minus1: r.ue()?,
            sub_picture: if common.sub_picture.is_some() { Some((r.ue()?, r.ue()?)) } else { None },
            cbr: r.flag()?,
        })
    }

    fn write(&self, w: &mut BitWriter) {
        w.ue(self.bit_rate_value_minus1);
        w.ue(self.cpb_size_value_minus1);
        if let Some((cpb_size, bit_rate)) = self.sub_picture {
            w.ue(cpb_size);
            w.ue(bit_rate);
        }
        w.flag(self.cbr);
    }
}
