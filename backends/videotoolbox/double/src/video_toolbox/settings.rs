//! The properties of sessions: which there are, and what an encoder takes from them.

use super::{PARAMETER, PROPERTY_NOT_SUPPORTED, PROPERTY_READ_ONLY};
use crate::{
    core_foundation::{Number, boolean, number, text},
    faults,
    ledger::Kind,
    object::Ref,
    types::{OK, OSStatus},
};
use framewire_codec::{EncoderConfig, Profile, Rate};
use framewire_frame::{Bitrate, Color, FrameRate, Matrix, Size};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What a property takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Boolean,
    Number,
    String,
    Array,
    Anything,
    /// Read only.
    Nothing,
    /// As `Number` or `Boolean`, and only with low-latency rate control.
    LowLatencyNumber,
    LowLatencyBoolean,
}

const COMPRESSION: [(&str, Takes); 36] = [
    ("AllowFrameReordering", Takes::Boolean),
    ("AllowOpenGOP", Takes::Boolean),
    ("AllowTemporalCompression", Takes::Boolean),
    ("AverageBitRate", Takes::Number),
    ("BaseLayerBitRateFraction", Takes::LowLatencyNumber),
    ("BaseLayerFrameRate", Takes::LowLatencyNumber),
    ("BaseLayerFrameRateFraction", Takes::LowLatencyNumber),
    ("ColorPrimaries", Takes::String),
    ("ConstantBitRate", Takes::Number),
    ("DataRateLimits", Takes::Array),
    ("EnableLTR", Takes::LowLatencyBoolean),
    ("EncoderID", Takes::Nothing),
    ("ExpectedDuration", Takes::Number),
    ("ExpectedFrameRate", Takes::Number),
    ("H264EntropyMode", Takes::String),
    ("MaxAllowedFrameQP", Takes::LowLatencyNumber),
    ("MaxFrameDelayCount", Takes::Number),
    ("MaxH264SliceBytes", Takes::Number),
    ("MaxKeyFrameInterval", Takes::Number),
    ("MaxKeyFrameIntervalDuration", Takes::Number),
    ("MaximizePowerEfficiency", Takes::Boolean),
    ("MinAllowedFrameQP", Takes::LowLatencyNumber),
    ("NumberOfPendingFrames", Takes::Nothing),
    ("PixelAspectRatio", Takes::Anything),
    ("PrioritizeEncodingSpeedOverQuality", Takes::Boolean),
    ("ProfileLevel", Takes::String),
    ("Quality", Takes::Number),
    ("RealTime", Takes::Boolean),
    ("ReferenceBufferCount", Takes::Number),
    ("SourceFrameCount", Takes::Number),
    ("SpatialAdaptiveQPLevel", Takes::Number),
    ("SuggestedLookAheadFrameCount", Takes::Number),
    ("TransferFunction", Takes::String),
    ("UsingHardwareAcceleratedVideoEncoder", Takes::Nothing),
    ("VideoEncoderPixelBufferAttributes", Takes::Nothing),
    ("YCbCrMatrix", Takes::String),
];

const DECOMPRESSION: [(&str, Takes); 5] = [
    ("MaximizePowerEfficiency", Takes::Boolean),
    ("RealTime", Takes::Boolean),
    ("ThreadCount", Takes::Number),
    ("NumberOfFramesBeingDecoded", Takes::Nothing),
    ("UsingHardwareAcceleratedVideoDecoder", Takes::Nothing),
];

const TRANSFER: [(&str, Takes); 7] = [
    ("DestinationColorPrimaries", Takes::String),
    ("DestinationTransferFunction", Takes::String),
    ("DestinationYCbCrMatrix", Takes::String),
    ("DownsamplingMode", Takes::String),
    ("RealTime", Takes::Boolean),
    ("ScalingMode", Takes::String),
    ("DestinationCleanAperture", Takes::Anything),
];

/// The properties of one session.
pub(super) struct Properties {
    known: &'static [(&'static str, Takes)],
    low_latency: bool,
    values: Mutex<BTreeMap<&'static str, Ref>>,
}

impl Properties {
    pub(super) fn new(kind: Kind, low_latency: bool) -> Self {
        let known: &[_] = match kind {
            Kind::CompressionSession => &COMPRESSION,
            Kind::DecompressionSession => &DECOMPRESSION,
            _ => &TRANSFER,
        };
        Self { known, low_latency, values: Mutex::new(BTreeMap::new()) }
    }

    /// The properties that are not refused.
    pub(super) fn supported(&self) -> Vec<&'static str> {
        let refused = faults::current().refuse;
        let is_there = |(name, takes): &&(&'static str, Takes)| {
            let needs_low_latency = matches!(takes, Takes::LowLatencyNumber | Takes::LowLatencyBoolean);
            (self.low_latency || !needs_low_latency) && !refused.iter().any(|refused| refused == name)
        };
        self.known.iter().filter(is_there).map(|known| known.0).collect()
    }

    /// Sets a property, or unsets it.
    pub(super) fn set(&self, name: &str, value: Option<Ref>) -> OSStatus {
        let known = self.known.iter().find(|known| known.0 == name);
        let Some(&(name, takes)) = known.filter(|known| self.supported().contains(&known.0)) else {
            return PROPERTY_NOT_SUPPORTED;
        };
        let fits = |value: &Ref| match takes {
            Takes::Boolean | Takes::LowLatencyBoolean => boolean(value).is_some(),
            Takes::Number | Takes::LowLatencyNumber => number(value).is_some(),
            Takes::String => text(value).is_some(),
            Takes::Array => value.kind() == Kind::Array,
            Takes::Anything => true,
            Takes::Nothing => false,
        };
        if takes == Takes::Nothing {
            return PROPERTY_READ_ONLY;
        }
        if value.as_ref().is_some_and(|value| !fits(value)) {
            return PARAMETER;
        }
        let old = match value {
            Some(value) => self.locked().insert(name, value),
            None => self.locked().remove(name),
        };
        drop(old);
        OK
    }

    pub(super) fn get(&self, name: &str) -> Option<Ref> {
        self.locked().get(name).cloned()
    }

    pub(super) fn number(&self, name: &str) -> Option<Number> {
        number(&*self.get(name)?)
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        boolean(&*self.get(name)?)
    }

    /// The matrix that a property names; BT.709 for that and BT.601 for anything else.
    pub(super) fn matrix(&self, name: &str) -> Matrix {
        match self.get(name) {
            Some(value) if text(&value) == Some("ITU_R_709_2") => Matrix::Bt709,
            _ => Matrix::Bt601,
        }
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<&'static str, Ref>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an encoder does with a frame, as the properties say when the frame is submitted.
#[derive(Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) rate: Rate,
    pub(super) profile: Profile,
    pub(super) layers: u8,
    pub(super) matrix: Matrix,
    /// The most frames from one key frame to the next.
    pub(super) key_frames: Option<i64>,
    /// The longest time from one key frame to the next.
    pub(super) key_seconds: Option<f64>,
    pub(super) only_keys: bool,
    pub(super) low_latency: bool,
    /// How many frames may be referred to, where that is set.
    pub(super) references: Option<i64>,
    /// Long-term references.
    pub(super) long_term: bool,
    /// Data-rate limits.
    pub(super) limited: bool,
    pub(super) delay: usize,
    /// The most frames that are inside when a call returns.
    pub(super) most_inside: Option<usize>,
}

impl Settings {
    /// `delay` is the encoder's own.
    pub(super) fn of(properties: &Properties, delay: usize) -> Self {
        let bits = ["AverageBitRate", "ConstantBitRate"].into_iter().find_map(|name| properties.number(name));
        let bits = bits.and_then(|bits| u32::try_from(bits.as_i64()).ok());
        let bits = bits.filter(|&bits| bits > 0 && !faults::current().ignore_rate);
        let frames =
            properties.number("ExpectedFrameRate").map(Number::as_f64).filter(|&frames| frames >= 1.0);
        let frames = frames.and_then(|frames| FrameRate::new((frames * 1000.0).round() as u32, 1000));
        let fraction = properties.number("BaseLayerFrameRateFraction").map_or(1.0, Number::as_f64);
        let profile = properties.get("ProfileLevel");
        let profile = profile.as_ref().and_then(|profile| text(profile)).unwrap_or("H264_Main_AutoLevel");
        let positive = |name| properties.number(name).map(Number::as_f64).filter(|&value| value > 0.0);
        let limit = properties.number("MaxFrameDelayCount").map(Number::as_i64);
        let most_inside = limit.and_then(|limit| usize::try_from(limit).ok());
        Self {
            rate: Rate {
                bitrate: Bitrate::from_bits_per_second(bits.unwrap_or(2_000_000)),
                frame_rate: frames.unwrap_or(FrameRate::whole(30)),
            },
            profile: match profile {
                _ if profile.contains("Baseline") => Profile::Baseline,
                _ if profile.contains("High") => Profile::High,
                _ => Profile::Main,
            },
            layers: if fraction < 1.0 { 2 } else { 1 },
            matrix: properties.matrix("YCbCrMatrix"),
            key_frames: positive("MaxKeyFrameInterval").map(|frames| frames as i64),
            key_seconds: positive("MaxKeyFrameIntervalDuration"),
            low_latency: properties.low_latency,
            references: properties.number("ReferenceBufferCount").map(Number::as_i64),
            only_keys: properties.flag("AllowTemporalCompression") == Some(false),
            long_term: properties.flag("EnableLTR") == Some(true),
            limited: properties.get("DataRateLimits").is_some(),
            delay: delay.min(most_inside.unwrap_or(usize::MAX)),
            most_inside,
        }
    }

    pub(super) fn config(&self, size: Size, color: Color) -> EncoderConfig {
        EncoderConfig::new(size)
            .with_rate(self.rate)
            .with_profile(self.profile)
            .with_temporal_layers(self.layers)
            .with_color(color)
    }

    /// Whether an encoder that was opened with `other` goes on with these.
    pub(super) fn goes_on_from(&self, other: &Self) -> bool {
        (self.profile, self.layers, self.matrix) == (other.profile, other.layers, other.matrix)
    }
}
