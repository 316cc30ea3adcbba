use super::GuardConfig;
use crate::{
    Error,
    h264::{BitstreamRestriction, ColorDescription, Demand, Level, Sps, Timing, VideoSignal, Vui},
};

/// `video_format` "unspecified" (table E-2).
const FORMAT_UNSPECIFIED: u8 = 5;

/// `constraint_set3_flag`, which makes level 1b of level 1.1 in Baseline, Main and Extended.
const CONSTRAINT_SET3: u8 = 0x10;

/// What the SPS of a low-delay stream should have been.
pub(super) fn rewrite(mut sps: Sps, config: &GuardConfig) -> Result<Sps, Error> {
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
        vui.video_signal = Some(VideoSignal {
            format: vui.video_signal.map_or(FORMAT_UNSPECIFIED, |signal| signal.format),
            full_range: codes.full_range,
            color: Some(ColorDescription {
                primaries: codes.primaries,
                transfer: codes.transfer,
                matrix: codes.matrix,
            }),
        });
    }
    raise_level(&mut sps, frames);
    Ok(sps)
}

/// A level that is too low for the size makes decoders refuse the stream or hold fewer frames than it needs; one that
/// is higher than needed is the encoder's right.
fn raise_level(sps: &mut Sps, frames: u8) {
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
