//! From an [`EncoderConfig`] to the dictionaries and properties of a session.

use super::{delay, probe::Knobs};
use crate::backend::{
    dictionary::{Dictionary, Name, Value, constant, dictionary},
    pixel_buffer::matrix_name,
};
use framewire_codec::{Codec, EncoderConfig, Preset, Profile, Quality, Rate};
use framewire_frame::{Color, Primaries, Transfer};
use objc2_core_foundation::CFRetained;
use objc2_core_video as cv;
use objc2_video_toolbox as vt;

/// What one property of a session is to be.
pub(super) struct Property {
    pub(super) key: Name,
    /// In the order of preference; the first that is taken stays. Never empty.
    pub(super) values: Vec<Value>,
    pub(super) need: Need,
}

/// Whether a stream can do without a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// A session that refuses it is of no use.
    Required,
    /// Its refusal is noted.
    Optional,
}

impl Property {
    fn new(key: Name, value: Value, need: Need) -> Self {
        Self { key, values: vec![value], need }
    }

    fn required(key: Name, value: Value) -> Self {
        Self::new(key, value, Need::Required)
    }

    fn optional(key: Name, value: Value) -> Self {
        Self::new(key, value, Need::Optional)
    }
}

/// Which encoder is wanted: hardware where there is some.
pub(super) fn specification(low_latency: bool) -> CFRetained<Dictionary> {
    let hardware = constant!(
        "EnableHardwareAcceleratedVideoEncoder",
        vt::kVTVideoEncoderSpecification_EnableHardwareAcceleratedVideoEncoder
    );
    let mut entries = vec![(hardware, Value::Bool(true))];
    if low_latency {
        let key = constant!(
            "EnableLowLatencyRateControl",
            vt::kVTVideoEncoderSpecification_EnableLowLatencyRateControl
        );
        entries.push((key, Value::Bool(true)));
    }
    dictionary(&entries)
}

/// Everything but the rate.
///
/// `ReferenceBufferCount` is left alone or 2: with one reference, chips of Apple's make nothing but key frames.
pub(super) fn of(config: &EncoderConfig, knobs: Knobs) -> Vec<Property> {
    let live = config.preset == Preset::LowLatency;
    let gop = config.gop.map_or(i32::MAX, |gop| i32::try_from(gop.get()).unwrap_or(i32::MAX));
    let mut properties = vec![
        Property::required(
            constant!("AllowFrameReordering", vt::kVTCompressionPropertyKey_AllowFrameReordering),
            Value::Bool(false),
        ),
        Property {
            key: constant!("ProfileLevel", vt::kVTCompressionPropertyKey_ProfileLevel),
            values: profiles(config.codec, config.profile),
            need: Need::Required,
        },
        Property::optional(constant!("RealTime", vt::kVTCompressionPropertyKey_RealTime), Value::Bool(live)),
        Property::required(
            constant!("MaxKeyFrameInterval", vt::kVTCompressionPropertyKey_MaxKeyFrameInterval),
            Value::Int(gop),
        ),
        // Zero is no limit.
        Property::optional(
            constant!(
                "MaxKeyFrameIntervalDuration",
                vt::kVTCompressionPropertyKey_MaxKeyFrameIntervalDuration
            ),
            Value::Float(config.gop_duration.map_or(0.0, |longest| longest.as_secs_f64())),
        ),
    ];
    if config.codec == Codec::H264 {
        let mode = match config.profile {
            Profile::Baseline => constant!("CAVLC", vt::kVTH264EntropyMode_CAVLC),
            Profile::Main | Profile::High => constant!("CABAC", vt::kVTH264EntropyMode_CABAC),
        };
        properties.push(Property::optional(
            constant!("H264EntropyMode", vt::kVTCompressionPropertyKey_H264EntropyMode),
            Value::Name(mode),
        ));
    }
    if live {
        properties.push(Property::optional(
            constant!("MaxFrameDelayCount", vt::kVTCompressionPropertyKey_MaxFrameDelayCount),
            // With zero, a call does not return before its picture is coded.
            Value::Int(i32::try_from(delay(config)).unwrap_or(0)),
        ));
    }
    if knobs.two_references {
        properties.push(Property::optional(Name::literal("ReferenceBufferCount"), Value::Int(2)));
    }
    properties.extend(color(config.color));
    properties
}

/// How a session holds its rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RateControl {
    /// Pictures take the bits that their quality needs, and the rate is no aim.
    pub(super) constant_quality: bool,
    /// A hard limit stands above the rate.
    pub(super) limited: bool,
    /// How much of the bitrate is aimed at: less than all in the place of a constant quality, whose bitrate is an upper bound.
    pub(super) share: f64,
}

/// The rate, which changes while the session runs.
pub(super) fn of_rate(rate: Rate, control: RateControl) -> Vec<Property> {
    let bits = i32::try_from(rate.bitrate.scaled(control.share).bits_per_second()).unwrap_or(i32::MAX);
    let mut properties = Vec::new();
    if !control.constant_quality {
        properties.push(Property::required(
            constant!("AverageBitRate", vt::kVTCompressionPropertyKey_AverageBitRate),
            Value::Int(bits),
        ));
    }
    if control.limited {
        // Over a second, not over a frame, and half as much again: under tighter limits encoders on Apple's chips drop pictures.
        let bytes = i32::try_from(i64::from(bits) / 8 * 3 / 2).unwrap_or(i32::MAX);
        properties.push(Property::optional(
            constant!("DataRateLimits", vt::kVTCompressionPropertyKey_DataRateLimits),
            Value::Limit(bytes.max(1), 1.0),
        ));
    }
    properties.push(Property::optional(
        constant!("ExpectedFrameRate", vt::kVTCompressionPropertyKey_ExpectedFrameRate),
        Value::Float(rate.frame_rate.as_f64()),
    ));
    properties
}

/// Constant quality; an encoder that lacks it aims at the bitrate.
pub(super) fn quality(quality: Quality) -> Property {
    Property::optional(
        constant!("Quality", vt::kVTCompressionPropertyKey_Quality),
        Value::Float(f64::from(quality.percent()) / 100.0),
    )
}

/// Every other picture is one that no other refers to.
pub(super) fn two_layers() -> Property {
    Property::optional(Name::literal("BaseLayerFrameRateFraction"), Value::Float(0.5))
}

/// Pictures are kept until they are known to have been shown.
pub(super) fn long_term_references() -> Property {
    Property::optional(Name::literal("EnableLTR"), Value::Bool(true))
}

/// The profile that is asked for and those below it.
fn profiles(codec: Codec, profile: Profile) -> Vec<Value> {
    let names = match codec {
        Codec::Hevc => vec![constant!("HEVC_Main_AutoLevel", vt::kVTProfileLevel_HEVC_Main_AutoLevel)],
        Codec::H264 => {
            let high = constant!("H264_High_AutoLevel", vt::kVTProfileLevel_H264_High_AutoLevel);
            let constrained_high = Name::literal("H264_ConstrainedHigh_AutoLevel");
            let main = constant!("H264_Main_AutoLevel", vt::kVTProfileLevel_H264_Main_AutoLevel);
            let constrained = Name::literal("H264_ConstrainedBaseline_AutoLevel");
            let baseline = constant!("H264_Baseline_AutoLevel", vt::kVTProfileLevel_H264_Baseline_AutoLevel);
            let mut names = vec![high, constrained_high, main, constrained, baseline];
            names.drain(
                ..match profile {
                    Profile::High => 0,
                    Profile::Main => 2,
                    Profile::Baseline => 3,
                },
            );
            names
        }
    };
    names.into_iter().map(Value::Name).collect()
}

/// What the coded samples mean. The bitstream guard writes it once more, so that a refusal costs nothing.
fn color(color: Color) -> [Property; 3] {
    let primaries = match color.primaries {
        Primaries::Bt709 => constant!("ITU_R_709_2", cv::kCVImageBufferColorPrimaries_ITU_R_709_2),
        Primaries::DisplayP3 => constant!("P3_D65", cv::kCVImageBufferColorPrimaries_P3_D65),
        Primaries::Bt2020 => constant!("ITU_R_2020", cv::kCVImageBufferColorPrimaries_ITU_R_2020),
    };
    let transfer = match color.transfer {
        Transfer::Bt709 => constant!("ITU_R_709_2", cv::kCVImageBufferTransferFunction_ITU_R_709_2),
        Transfer::Srgb => constant!("IEC_sRGB", cv::kCVImageBufferTransferFunction_sRGB),
        Transfer::Linear => constant!("Linear", cv::kCVImageBufferTransferFunction_Linear),
        Transfer::Pq => constant!("SMPTE_ST_2084_PQ", cv::kCVImageBufferTransferFunction_SMPTE_ST_2084_PQ),
        Transfer::Hlg => constant!("ITU_R_2100_HLG", cv::kCVImageBufferTransferFunction_ITU_R_2100_HLG),
    };
    let matrix = matrix_name(color.matrix);
    [
        Property::optional(
            constant!("ColorPrimaries", vt::kVTCompressionPropertyKey_ColorPrimaries),
            Value::Name(primaries),
        ),
        Property::optional(
            constant!("TransferFunction", vt::kVTCompressionPropertyKey_TransferFunction),
            Value::Name(transfer),
        ),
        Property::optional(
            constant!("YCbCrMatrix", vt::kVTCompressionPropertyKey_YCbCrMatrix),
            Value::Name(matrix),
        ),
    ]
}
