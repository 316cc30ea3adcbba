use super::{ColorCodes, GuardConfig};
use crate::{
    Error,
    h264::{BitstreamRestriction, Demand, Level, Sps, Timing, Vui},
    hevc,
    vui::{ColorDescription, VideoSignal},
};

/// `video_format` "unspecified" (table E-2).
const FORMAT_UNSPECIFIED: u8 = 5;

/// `constraint_set3_flag`, which makes level 1b of level 1.1 in Baseline, Main and Extended.
const CONSTRAINT_SET3: u8 = 0x10;

/// What the SPS of a low-delay H.264 stream should have been.
pub(super) fn h264(mut sps: Sps, config: &GuardConfig) -> Result<Sps, Error> {
    if let Some(display) = config.display {
        sps.crop_to(display)?;
    }
    let frames = sps.max_num_ref_frames.max(1);
    let vui = sps.vui.get_or_insert_with(Vui::default);
    match &mut vui.bitstream_restriction {
        Some(restriction) => {
            restriction.max_num_reorder_frames = 0;
            restriction.max_dec_frame_buffering = frames;
        }
        none => *none = Some(BitstreamRestriction::without_reordering(frames)),
    }
    if let Some(codes) = config.color {
        vui.video_signal = Some(signal(vui.video_signal, codes));
    }
    raise_h264_level(&mut sps, frames);
    Ok(sps)
}

/// What the SPS of a low-delay HEVC stream should have been. The size of the picture buffer is the encoder's: it counts
/// the pictures that its reference picture sets keep.
pub(super) fn hevc(mut sps: hevc::Sps, config: &GuardConfig) -> Result<hevc::Sps, Error> {
    if let Some(display) = config.display {
        sps.crop_to(display)?;
    }
    sps.ordering.forbid_reordering();
    if let Some(codes) = config.color {
        let vui = sps.vui.get_or_insert_with(hevc::Vui::default);
        vui.video_signal = Some(signal(vui.video_signal, codes));
    }
    raise_hevc_level(&mut sps);
    Ok(sps)
}

/// What the VPS of such a stream should have been, beside SPS of at most `level_idc`.
pub(super) fn hevc_vps(mut vps: hevc::Vps, level_idc: Option<u8>) -> hevc::Vps {
    vps.ordering.forbid_reordering();
    vps.profile.level_idc = level_idc.unwrap_or_default().max(vps.profile.level_idc);
    vps
}

fn signal(before: Option<VideoSignal>, codes: ColorCodes) -> VideoSignal {
    VideoSignal {
        format: before.map_or(FORMAT_UNSPECIFIED, |signal| signal.format),
        full_range: codes.full_range,
        color: Some(ColorDescription {
            primaries: codes.primaries,
            transfer: codes.transfer,
            matrix: codes.matrix,
        }),
    }
}

/// A level that is too low for the size makes decoders refuse the stream or hold fewer frames than it needs; one that
/// is higher than needed is the encoder's right.
fn raise_h264_level(sps: &mut Sps, frames: u8) {
    let rate = sps.vui.as_ref().and_then(|vui| vui.timing).filter(|timing| timing.fixed_frame_rate);
    let rate = rate.and_then(Timing::frame_rate);
    let demand = Demand {
        size: sps.coded(),
        frames_per_second: rate
            .map_or(0.0, |(numerator, denominator)| f64::from(numerator) / denominator as f64),
        bits_per_second: 0,
        dpb_frames: frames.into(),
        profile_idc: sps.profile_idc,
    };
    if sps.level().is_some_and(|level| level.allows(&demand)) {
        return;
    }
    let level = Level::minimum(&demand).unwrap_or(Level::MAX);
    sps.level_idc = level.idc(sps.profile_idc);
    if matches!(sps.profile_idc, 66 | 77 | 88) {
        sps.constraint_flags &= !CONSTRAINT_SET3;
    }
}

/// The same for HEVC. Its clock states a rate only where picture order counts follow it.
fn raise_hevc_level(sps: &mut hevc::Sps) {
    let clock = sps.vui.as_ref().and_then(|vui| vui.timing);
    let rate = clock.filter(|clock| clock.ticks_of_one_poc_minus1.is_some());
    let rate = rate.and_then(hevc::Timing::picture_rate);
    let per_second =
        rate.map_or(0.0, |(numerator, denominator)| f64::from(numerator) / f64::from(denominator));
    let pictures = u32::from(sps.ordering.highest().max_dec_pic_buffering_minus1) + 1;
    let level = hevc::Level::minimum(sps.coded, per_second, pictures).unwrap_or(hevc::Level::MAX);
    sps.profile.level_idc = sps.profile.level_idc.max(level.idc());
}
