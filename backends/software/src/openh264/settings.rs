//! From an [`EncoderConfig`] to the parameters of the library.

use super::rate::{Aim, COARSEST, Qp};
use crate::shared::{FINEST, macroblocks, quantizer, slice_threads};
use framewire_codec::{BackendError, Content, EncoderConfig, Preset, Profile};
use framewire_frame::{Color, Size};
use openh264_sys2 as sys;
use std::{ffi::c_int, num::NonZeroUsize};

/// The largest picture of level 5.2, in macroblocks (H.264, table A-1).
const MAX_MACROBLOCKS: u32 = 36_864;
/// The longest side that level 5.2 allows: `sqrt(8 * MAX_MACROBLOCKS)` macroblocks (H.264, A.3.1).
const MAX_SIDE: u32 = 543 * 16;
/// The library takes no smaller picture; smaller ones are padded.
const MIN_SIDE: u32 = 16;
/// The most temporal layers that viewers are offered.
const MAX_LAYERS: u8 = 3;

/// Everything about a session that follows from its config.
pub(super) struct Settings {
    /// What the library is opened with.
    pub(super) params: sys::SEncParamExt,
    /// The size that is coded: the config's, or the least that the library takes.
    pub(super) coded: Size,
    /// Temporal layers, 1 to 3.
    pub(super) layers: u8,
    /// What the rate control aims at.
    pub(super) aim: Aim,
}

impl Settings {
    pub(super) fn new(config: &EncoderConfig) -> Result<Self, BackendError> {
        let coded = coded_size(config.size)?;
        let layers = config.temporal_layers.clamp(1, MAX_LAYERS);
        let aim = match (config.quality.map(quantizer), config.preset) {
            (None, _) => Aim::Bitrate,
            (Some(quantizer), Preset::LowLatency) => Aim::Bounded(quantizer),
            (Some(quantizer), Preset::Fast | Preset::Quality) => Aim::Constant(quantizer),
        };
        let mut settings = Self { params: sys::SEncParamExt::default(), coded, layers, aim };
        settings.fill(config);
        Ok(settings)
    }

    /// Makes `qp` the quantizer of the frames to come. Takes effect when the parameters are set.
    pub(super) fn set_qp(&mut self, qp: Qp) {
        self.params.sSpatialLayers[0].iDLayerQp = qp.get();
    }

    /// Turns the library's rate control on, within the same range of quantizers.
    pub(super) fn leave_rate_to_library(&mut self) {
        self.params.iRCMode = sys::RC_BITRATE_MODE;
        (self.params.iMinQp, self.params.iMaxQp) = (FINEST.into(), COARSEST);
        self.params.bFixRCOverShoot = true;
        self.params.iIdrBitrateRatio = 400;
    }

    fn fill(&mut self, config: &EncoderConfig) {
        let (width, height) = (side(self.coded.width()), side(self.coded.height()));
        let bits = c_int::try_from(config.rate.bitrate.bits_per_second()).unwrap_or(c_int::MAX);
        // Only the level that the library writes depends on these two; it takes no other frame rates.
        #[expect(clippy::cast_possible_truncation, reason = "frame rates are at most 1000")]
        let frame_rate = config.rate.frame_rate.as_f64().clamp(1.0, 60.0) as f32;
        let threads = threads(config.threads, self.coded);

        let p = &mut self.params;
        p.iUsageType = match config.content {
            Content::Camera => sys::CAMERA_VIDEO_REAL_TIME,
            Content::Screen => sys::SCREEN_CONTENT_REAL_TIME,
        };
        (p.iPicWidth, p.iPicHeight) = (width, height);
        p.iTargetBitrate = bits;
        p.iRCMode = sys::RC_OFF_MODE;
        p.fMaxFrameRate = frame_rate;
        p.iTemporalLayerNum = c_int::from(self.layers);
        p.iSpatialLayerNum = 1;
        p.iComplexityMode = match config.preset {
            Preset::LowLatency | Preset::Fast => sys::LOW_COMPLEXITY,
            Preset::Quality => sys::HIGH_COMPLEXITY,
        };
        p.uiIntraPeriod = 0;
        p.iNumRefFrame = ((1 << (self.layers - 1)) / 2).max(1);
        p.eSpsPpsIdStrategy = sys::CONSTANT_ID;
        p.iEntropyCodingModeFlag = c_int::from(config.profile != Profile::Baseline);
        p.bEnableFrameCroppingFlag = true;
        (p.iMinQp, p.iMaxQp) = (1, COARSEST);
        p.iMultipleThreadIdc = u16::try_from(threads).unwrap_or(1);
        // Without it the same pictures give the same bytes on every run.
        p.bUseLoadBalancing = false;
        p.iLtrMarkPeriod = 30;
        // A scene cut makes no key frame of its own; in screen content the library insists.
        p.bEnableSceneChangeDetect = config.content == Content::Screen;

        let layer = &mut p.sSpatialLayers[0];
        (layer.iVideoWidth, layer.iVideoHeight) = (width, height);
        layer.fFrameRate = frame_rate;
        layer.iSpatialBitrate = bits;
        layer.uiProfileIdc = match config.profile {
            Profile::Baseline => sys::PRO_BASELINE,
            Profile::Main => sys::PRO_MAIN,
            Profile::High => sys::PRO_HIGH,
        };
        layer.uiLevelIdc = sys::LEVEL_UNKNOWN;
        layer.iMaxSpatialBitrate = 0;
        if threads > 1 {
            layer.sSliceArgument.uiSliceMode = sys::SM_FIXEDSLCNUM_SLICE;
            // What the library chooses with threads, said so that the bytes are the same without: not across slices.
            p.iLoopFilterDisableIdc = 2;
        }
        layer.sSliceArgument.uiSliceNum = u32::try_from(threads).unwrap_or(1);
        describe_color(layer, config.color);
    }
}

/// The size to code for pictures of `size`.
fn coded_size(size: Size) -> Result<Size, BackendError> {
    let (width, height) = (size.width(), size.height());
    if macroblocks(size) > MAX_MACROBLOCKS || width > MAX_SIDE || height > MAX_SIDE {
        return Err(BackendError::unsupported(format!(
            "a picture of {size} in OpenH264, which goes up to 3840x2160 or as many pixels with sides up to {MAX_SIDE},"
        )));
    }
    let even = size.padded_to_even();
    Size::new(even.width().max(MIN_SIDE), even.height().max(MIN_SIDE))
        .map_err(|error| BackendError::unsupported(error.to_string()))
}

/// As many threads as pay off and as the library allows at this size.
fn threads(wanted: Option<NonZeroUsize>, size: Size) -> usize {
    // The library refuses slices on pictures of 48 macroblocks or fewer, and a row of them is the least sensible slice.
    let rows = size.height().div_ceil(16) as usize;
    if macroblocks(size) <= 48 { 1 } else { slice_threads(wanted, size).min(rows) }
}

fn describe_color(layer: &mut sys::SSpatialLayerConfig, color: Color) {
    layer.bVideoSignalTypePresent = true;
    layer.uiVideoFormat = 5;
    layer.bFullRange = color.range.is_full();
    layer.bColorDescriptionPresent = true;
    layer.uiColorPrimaries = color.primaries.code_point();
    layer.uiTransferCharacteristics = color.transfer.code_point();
    layer.uiColorMatrix = color.matrix.code_point();
}

/// A side that is known to be at most [`MAX_SIDE`].
fn side(pixels: u32) -> c_int {
    c_int::try_from(pixels).unwrap_or(c_int::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).unwrap()
    }

    #[test]
    fn a_size_beyond_the_library_is_refused_by_name() {
        let error = coded_size(size(7680, 4320)).unwrap_err().to_string();
        assert!(error.contains("7680x4320"), "{error}");
        for fits in [size(3840, 2160), size(2160, 3840), size(5120, 1440)] {
            assert_eq!(coded_size(fits).unwrap(), fits);
        }
    }

    #[test]
    fn a_size_below_a_macroblock_is_coded_as_one() {
        assert_eq!(coded_size(size(2, 2)).unwrap(), size(16, 16));
        assert_eq!(coded_size(size(640, 2)).unwrap(), size(640, 16));
    }

    #[test]
    fn threads_follow_the_wish_within_what_slices_allow() {
        let wish = NonZeroUsize::new;
        assert_eq!(threads(wish(2), size(1920, 1080)), 2);
        assert_eq!(threads(wish(64), size(1920, 1080)), 4);
        assert_eq!(threads(wish(4), size(640, 32)), 2);
        assert_eq!(threads(wish(4), size(64, 64)), 1);
        assert_eq!(threads(None, size(320, 240)), 1);
    }
}
