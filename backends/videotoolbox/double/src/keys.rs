//! The string constants of the frameworks. Their texts are Apple's: what comes behind the first underscore of the name.

use crate::object::Object;

/// Exports one string object for each name.
macro_rules! keys {
    ($($name:ident,)*) => {
        $(
            #[unsafe(no_mangle)]
            static $name: &Object = {
                static TEXT: Object = Object::text(text_of(stringify!($name)));
                &TEXT
            };
        )*
    };
    ($($name:ident = $text:literal,)*) => {
        $(
            #[unsafe(no_mangle)]
            static $name: &Object = {
                static TEXT: Object = Object::text($text);
                &TEXT
            };
        )*
    };
}

keys! {
    kVTCompressionPropertyKey_NumberOfPendingFrames, kVTCompressionPropertyKey_PixelBufferPoolIsShared,
    kVTCompressionPropertyKey_VideoEncoderPixelBufferAttributes,
    kVTCompressionPropertyKey_MaxKeyFrameInterval, kVTCompressionPropertyKey_MaxKeyFrameIntervalDuration,
    kVTCompressionPropertyKey_AllowTemporalCompression, kVTCompressionPropertyKey_AllowFrameReordering,
    kVTCompressionPropertyKey_AllowOpenGOP, kVTCompressionPropertyKey_AverageBitRate,
    kVTCompressionPropertyKey_DataRateLimits, kVTCompressionPropertyKey_Quality,
    kVTCompressionPropertyKey_TargetQualityForAlpha, kVTCompressionPropertyKey_MoreFramesBeforeStart,
    kVTCompressionPropertyKey_MoreFramesAfterEnd,
    kVTCompressionPropertyKey_PrioritizeEncodingSpeedOverQuality, kVTCompressionPropertyKey_ConstantBitRate,
    kVTCompressionPropertyKey_EstimatedAverageBytesPerFrame, kVTCompressionPropertyKey_VariableBitRate,
    kVTCompressionPropertyKey_VBVMaxBitRate, kVTCompressionPropertyKey_VBVBufferDuration,
    kVTCompressionPropertyKey_VBVInitialDelayPercentage, kVTCompressionPropertyKey_ProfileLevel,
    kVTProfileLevel_HEVC_Main_AutoLevel, kVTProfileLevel_HEVC_Main10_AutoLevel,
    kVTProfileLevel_HEVC_Main42210_AutoLevel, kVTProfileLevel_HEVC_Monochrome_AutoLevel,
    kVTProfileLevel_HEVC_Monochrome10_AutoLevel, kVTProfileLevel_H264_Baseline_1_3,
    kVTProfileLevel_H264_Baseline_3_0, kVTProfileLevel_H264_Baseline_3_1, kVTProfileLevel_H264_Baseline_3_2,
    kVTProfileLevel_H264_Baseline_4_0, kVTProfileLevel_H264_Baseline_4_1, kVTProfileLevel_H264_Baseline_4_2,
    kVTProfileLevel_H264_Baseline_5_0, kVTProfileLevel_H264_Baseline_5_1, kVTProfileLevel_H264_Baseline_5_2,
    kVTProfileLevel_H264_Baseline_AutoLevel, kVTProfileLevel_H264_ConstrainedBaseline_AutoLevel,
    kVTProfileLevel_H264_Main_3_0, kVTProfileLevel_H264_Main_3_1, kVTProfileLevel_H264_Main_3_2,
    kVTProfileLevel_H264_Main_4_0, kVTProfileLevel_H264_Main_4_1, kVTProfileLevel_H264_Main_4_2,
    kVTProfileLevel_H264_Main_5_0, kVTProfileLevel_H264_Main_5_1, kVTProfileLevel_H264_Main_5_2,
    kVTProfileLevel_H264_Main_AutoLevel, kVTProfileLevel_H264_Extended_5_0,
    kVTProfileLevel_H264_Extended_AutoLevel, kVTProfileLevel_H264_High_3_0, kVTProfileLevel_H264_High_3_1,
    kVTProfileLevel_H264_High_3_2, kVTProfileLevel_H264_High_4_0, kVTProfileLevel_H264_High_4_1,
    kVTProfileLevel_H264_High_4_2, kVTProfileLevel_H264_High_5_0, kVTProfileLevel_H264_High_5_1,
    kVTProfileLevel_H264_High_5_2, kVTProfileLevel_H264_High_AutoLevel,
    kVTProfileLevel_H264_ConstrainedHigh_AutoLevel, kVTCompressionPropertyKey_OutputBitDepth,
    kVTCompressionPropertyKey_H264EntropyMode, kVTH264EntropyMode_CAVLC, kVTH264EntropyMode_CABAC,
    kVTCompressionPropertyKey_Depth, kVTCompressionPropertyKey_PreserveAlphaChannel,
    kVTCompressionPropertyKey_MaxFrameDelayCount, kVTCompressionPropertyKey_MaxH264SliceBytes,
    kVTCompressionPropertyKey_RealTime, kVTCompressionPropertyKey_MaximizePowerEfficiency,
    kVTCompressionPropertyKey_SourceFrameCount, kVTCompressionPropertyKey_ExpectedFrameRate,
    kVTCompressionPropertyKey_MaximumRealTimeFrameRate,
    kVTCompressionPropertyKey_BaseLayerFrameRateFraction,
    kVTCompressionPropertyKey_BaseLayerBitRateFraction, kVTCompressionPropertyKey_ExpectedDuration,
    kVTCompressionPropertyKey_BaseLayerFrameRate, kVTCompressionPropertyKey_ReferenceBufferCount,
    kVTCompressionPropertyKey_CalculateMeanSquaredError, kVTSampleAttachmentKey_QualityMetrics,
    kVTSampleAttachmentQualityMetricsKey_LumaMeanSquaredError,
    kVTSampleAttachmentQualityMetricsKey_ChromaBlueMeanSquaredError,
    kVTSampleAttachmentQualityMetricsKey_ChromaRedMeanSquaredError,
    kVTVideoEncoderSpecification_EnableHardwareAcceleratedVideoEncoder,
    kVTVideoEncoderSpecification_RequireHardwareAcceleratedVideoEncoder,
    kVTCompressionPropertyKey_UsingHardwareAcceleratedVideoEncoder,
    kVTVideoEncoderSpecification_RequiredEncoderGPURegistryID,
    kVTVideoEncoderSpecification_PreferredEncoderGPURegistryID,
    kVTCompressionPropertyKey_UsingGPURegistryID, kVTCompressionPropertyKey_SupportsBaseFrameQP,
    kVTEncodeFrameOptionKey_ForceKeyFrame, kVTEncodeFrameOptionKey_BaseFrameQP,
    kVTCompressionPropertyKey_PixelAspectRatio, kVTCompressionPropertyKey_FieldCount,
    kVTCompressionPropertyKey_FieldDetail, kVTCompressionPropertyKey_AspectRatio16x9,
    kVTCompressionPropertyKey_ProgressiveScan, kVTCompressionPropertyKey_ColorPrimaries,
    kVTCompressionPropertyKey_TransferFunction, kVTCompressionPropertyKey_YCbCrMatrix,
    kVTCompressionPropertyKey_ICCProfile, kVTCompressionPropertyKey_MasteringDisplayColorVolume,
    kVTCompressionPropertyKey_ContentLightLevelInfo, kVTCompressionPropertyKey_GammaLevel,
    kVTCompressionPropertyKey_AlphaChannelMode, kVTAlphaChannelMode_StraightAlpha,
    kVTAlphaChannelMode_PremultipliedAlpha, kVTCompressionPropertyKey_PixelTransferProperties,
    kVTCompressionPropertyKey_MultiPassStorage, kVTCompressionPropertyKey_EncoderID,
    kVTCompressionPropertyKey_RecommendedParallelizationLimit,
    kVTCompressionPropertyKey_RecommendedParallelizedSubdivisionMinimumFrameCount,
    kVTCompressionPropertyKey_RecommendedParallelizedSubdivisionMinimumDuration,
    kVTVideoEncoderSpecification_EnableLowLatencyRateControl, kVTCompressionPropertyKey_MaxAllowedFrameQP,
    kVTCompressionPropertyKey_MinAllowedFrameQP, kVTCompressionPropertyKey_EnableLTR,
    kVTEncodeFrameOptionKey_AcknowledgedLTRTokens, kVTEncodeFrameOptionKey_ForceLTRRefresh,
    kVTSampleAttachmentKey_RequireLTRAcknowledgementToken,
    kVTCompressionPropertyKey_SuggestedLookAheadFrameCount,
    kVTCompressionPropertyKey_SpatialAdaptiveQPLevel, kVTCompressionPropertyKey_SupportedPresetDictionaries,
    kVTCompressionPreset_HighQuality, kVTCompressionPreset_Balanced, kVTCompressionPreset_HighSpeed,
    kVTCompressionPreset_VideoConferencing, kVTVideoEncoderSpecification_EncoderID,
    kVTDecompressionPropertyKey_PixelBufferPool, kVTDecompressionPropertyKey_PixelBufferPoolIsShared,
    kVTDecompressionPropertyKey_OutputPoolRequestedMinimumBufferCount,
    kVTDecompressionPropertyKey_NumberOfFramesBeingDecoded,
    kVTDecompressionPropertyKey_MinOutputPresentationTimeStampOfFramesBeingDecoded,
    kVTDecompressionPropertyKey_MaxOutputPresentationTimeStampOfFramesBeingDecoded,
    kVTDecompressionPropertyKey_ContentHasInterframeDependencies,
    kVTVideoDecoderSpecification_EnableHardwareAcceleratedVideoDecoder,
    kVTVideoDecoderSpecification_RequireHardwareAcceleratedVideoDecoder,
    kVTDecompressionPropertyKey_UsingHardwareAcceleratedVideoDecoder, kVTDecompressionPropertyKey_RealTime,
    kVTDecompressionPropertyKey_MaximizePowerEfficiency, kVTDecompressionPropertyKey_ThreadCount,
    kVTDecompressionPropertyKey_ReducedResolutionDecode, kVTDecompressionResolutionKey_Width,
    kVTDecompressionResolutionKey_Height, kVTDecompressionPropertyKey_ReducedCoefficientDecode,
    kVTDecompressionPropertyKey_ReducedFrameDelivery, kVTDecompressionProperty_TemporalLevelLimit,
    kVTDecompressionPropertyKey_SuggestedQualityOfServiceTiers,
    kVTDecompressionPropertyKey_SupportedPixelFormatsOrderedByQuality,
    kVTDecompressionPropertyKey_SupportedPixelFormatsOrderedByPerformance,
    kVTDecompressionPropertyKey_PixelFormatsWithReducedResolutionSupport,
    kVTDecompressionPropertyKey_AllowBitstreamToChangeFrameDimensions,
    kVTDecompressionPropertyKey_PixelTransferProperties,
    kVTVideoDecoderSpecification_RequiredDecoderGPURegistryID,
    kVTVideoDecoderSpecification_PreferredDecoderGPURegistryID,
    kVTDecompressionPropertyKey_UsingGPURegistryID, kVTDecompressionPropertyKey_DecoderProducesRAWOutput,
    kVTDecompressionPropertyKey_RequestRAWOutput, kVTDecodeFrameOptionKey_ContentAnalyzerRotation,
    kVTDecodeFrameOptionKey_ContentAnalyzerCropRectangle, kVTPixelTransferPropertyKey_ScalingMode,
    kVTScalingMode_Normal, kVTScalingMode_Letterbox, kVTScalingMode_Trim,
    kVTPixelTransferPropertyKey_DestinationPixelAspectRatio, kVTPixelTransferPropertyKey_DownsamplingMode,
    kVTDownsamplingMode_Decimate, kVTDownsamplingMode_Average,
    kVTPixelTransferPropertyKey_DestinationColorPrimaries,
    kVTPixelTransferPropertyKey_DestinationTransferFunction,
    kVTPixelTransferPropertyKey_DestinationICCProfile, kVTPixelTransferPropertyKey_DestinationYCbCrMatrix,
    kVTPixelTransferPropertyKey_RealTime, kVTVideoEncoderListOption_IncludeStandardDefinitionDVEncoders,
    kVTVideoEncoderList_CodecType, kVTVideoEncoderList_EncoderID, kVTVideoEncoderList_CodecName,
    kVTVideoEncoderList_EncoderName, kVTVideoEncoderList_DisplayName, kVTVideoEncoderList_GPURegistryID,
    kVTVideoEncoderList_SupportedSelectionProperties, kVTVideoEncoderList_PerformanceRating,
    kVTVideoEncoderList_QualityRating, kVTVideoEncoderList_InstanceLimit,
    kVTVideoEncoderList_IsHardwareAccelerated, kVTVideoEncoderList_SupportsFrameReordering,
    kVTVideoEncoderList_SupportsMultiPass,
}

keys! {
    kCMSampleAttachmentKey_NotSync, kCMSampleAttachmentKey_PartialSync,
    kCMSampleAttachmentKey_HasRedundantCoding, kCMSampleAttachmentKey_IsDependedOnByOthers,
    kCMSampleAttachmentKey_DependsOnOthers, kCMSampleAttachmentKey_EarlierDisplayTimesAllowed,
    kCMSampleAttachmentKey_DisplayImmediately, kCMSampleAttachmentKey_DoNotDisplay,
    kCMSampleBufferAttachmentKey_ResetDecoderBeforeDecoding,
    kCMSampleBufferAttachmentKey_DrainAfterDecoding, kCMSampleBufferAttachmentKey_ResumeOutput,
    kCMSampleAttachmentKey_HEVCTemporalLevelInfo, kCMSampleAttachmentKey_HEVCTemporalSubLayerAccess,
    kCMSampleAttachmentKey_HEVCStepwiseTemporalSubLayerAccess,
    kCMSampleAttachmentKey_HEVCSyncSampleNALUnitType, kCMSampleBufferAttachmentKey_TransitionID,
    kCMSampleBufferAttachmentKey_TrimDurationAtStart, kCMSampleBufferAttachmentKey_TrimDurationAtEnd,
    kCMSampleBufferAttachmentKey_SpeedMultiplier, kCMSampleBufferAttachmentKey_Reverse,
    kCMSampleBufferAttachmentKey_FillDiscontinuitiesWithSilence, kCMSampleBufferAttachmentKey_EmptyMedia,
    kCMSampleBufferAttachmentKey_PermanentEmptyMedia,
    kCMSampleBufferAttachmentKey_DisplayEmptyMediaImmediately,
    kCMSampleBufferAttachmentKey_EndsPreviousSampleDuration,
    kCMSampleBufferAttachmentKey_SampleReferenceURL, kCMSampleBufferAttachmentKey_SampleReferenceByteOffset,
    kCMSampleBufferAttachmentKey_GradualDecoderRefresh, kCMSampleBufferAttachmentKey_DroppedFrameReason,
    kCMSampleBufferDroppedFrameReason_FrameWasLate, kCMSampleBufferDroppedFrameReason_OutOfBuffers,
    kCMSampleBufferDroppedFrameReason_Discontinuity, kCMSampleBufferAttachmentKey_DroppedFrameReasonInfo,
    kCMSampleBufferDroppedFrameReasonInfo_CameraModeSwitch, kCMSampleBufferAttachmentKey_ForceKeyFrame,
    kCMSampleAttachmentKey_CryptorSubsampleAuxiliaryData,
    kCMFormatDescriptionExtension_OriginalCompressionSettings,
    kCMFormatDescriptionExtension_SampleDescriptionExtensionAtoms, kCMFormatDescriptionExtension_FormatName,
    kCMFormatDescriptionExtension_Depth, kCMFormatDescriptionFieldDetail_TemporalTopFirst,
    kCMFormatDescriptionFieldDetail_TemporalBottomFirst,
    kCMFormatDescriptionFieldDetail_SpatialFirstLineEarly,
    kCMFormatDescriptionFieldDetail_SpatialFirstLineLate,
    kCMFormatDescriptionKey_PixelAspectRatioHorizontalSpacing,
    kCMFormatDescriptionKey_PixelAspectRatioVerticalSpacing, kCMFormatDescriptionColorPrimaries_ITU_R_709_2,
    kCMFormatDescriptionColorPrimaries_EBU_3213, kCMFormatDescriptionColorPrimaries_SMPTE_C,
    kCMFormatDescriptionColorPrimaries_DCI_P3, kCMFormatDescriptionColorPrimaries_P3_D65,
    kCMFormatDescriptionColorPrimaries_ITU_R_2020, kCMFormatDescriptionColorPrimaries_P22,
    kCMFormatDescriptionTransferFunction_ITU_R_709_2, kCMFormatDescriptionTransferFunction_SMPTE_240M_1995,
    kCMFormatDescriptionTransferFunction_UseGamma, kCMFormatDescriptionTransferFunction_ITU_R_2020,
    kCMFormatDescriptionTransferFunction_SMPTE_ST_428_1,
    kCMFormatDescriptionTransferFunction_SMPTE_ST_2084_PQ,
    kCMFormatDescriptionTransferFunction_ITU_R_2100_HLG, kCMFormatDescriptionTransferFunction_Linear,
    kCMFormatDescriptionTransferFunction_sRGB, kCMFormatDescriptionYCbCrMatrix_ITU_R_709_2,
    kCMFormatDescriptionYCbCrMatrix_ITU_R_601_4, kCMFormatDescriptionYCbCrMatrix_SMPTE_240M_1995,
    kCMFormatDescriptionYCbCrMatrix_ITU_R_2020, kCMFormatDescriptionExtension_FullRangeVideo,
    kCMFormatDescriptionChromaLocation_Left, kCMFormatDescriptionChromaLocation_Center,
    kCMFormatDescriptionChromaLocation_TopLeft, kCMFormatDescriptionChromaLocation_Top,
    kCMFormatDescriptionChromaLocation_BottomLeft, kCMFormatDescriptionChromaLocation_Bottom,
    kCMFormatDescriptionChromaLocation_DV420, kCMFormatDescriptionConformsToMPEG2VideoProfile,
    kCMFormatDescriptionExtension_ProtectedContentOriginalFormat,
    kCMFormatDescriptionExtension_TemporalQuality, kCMFormatDescriptionExtension_SpatialQuality,
    kCMFormatDescriptionExtension_Version, kCMFormatDescriptionExtension_RevisionLevel,
    kCMFormatDescriptionExtension_Vendor, kCMFormatDescriptionVendor_Apple,
    kCMFormatDescriptionExtension_MasteringDisplayColorVolume,
    kCMFormatDescriptionExtension_ContentLightLevelInfo, kCMFormatDescriptionExtension_ContentColorVolume,
    kCMFormatDescriptionExtension_AlternativeTransferCharacteristics,
    kCMFormatDescriptionExtension_AuxiliaryTypeInfo, kCMFormatDescriptionExtension_AlphaChannelMode,
    kCMFormatDescriptionAlphaChannelMode_StraightAlpha,
    kCMFormatDescriptionAlphaChannelMode_PremultipliedAlpha,
    kCMFormatDescriptionExtension_ContainsAlphaChannel, kCMFormatDescriptionExtension_BitsPerComponent,
}

keys! {
    kCVImageBufferCGColorSpaceKey, kCVImageBufferFieldCountKey, kCVImageBufferFieldDetailKey,
    kCVImageBufferFieldDetailTemporalTopFirst, kCVImageBufferFieldDetailTemporalBottomFirst,
    kCVImageBufferFieldDetailSpatialFirstLineEarly, kCVImageBufferFieldDetailSpatialFirstLineLate,
    kCVImageBufferPixelAspectRatioKey, kCVImageBufferPixelAspectRatioHorizontalSpacingKey,
    kCVImageBufferPixelAspectRatioVerticalSpacingKey, kCVImageBufferDisplayDimensionsKey,
    kCVImageBufferDisplayWidthKey, kCVImageBufferDisplayHeightKey, kCVImageBufferGammaLevelKey,
    kCVImageBufferICCProfileKey, kCVImageBufferYCbCrMatrixKey, kCVImageBufferYCbCrMatrix_ITU_R_709_2,
    kCVImageBufferYCbCrMatrix_ITU_R_601_4, kCVImageBufferYCbCrMatrix_SMPTE_240M_1995,
    kCVImageBufferYCbCrMatrix_DCI_P3, kCVImageBufferYCbCrMatrix_P3_D65,
    kCVImageBufferYCbCrMatrix_ITU_R_2020, kCVImageBufferColorPrimariesKey,
    kCVImageBufferColorPrimaries_ITU_R_709_2, kCVImageBufferColorPrimaries_EBU_3213,
    kCVImageBufferColorPrimaries_SMPTE_C, kCVImageBufferColorPrimaries_P22,
    kCVImageBufferColorPrimaries_DCI_P3, kCVImageBufferColorPrimaries_P3_D65,
    kCVImageBufferColorPrimaries_ITU_R_2020, kCVImageBufferTransferFunctionKey,
    kCVImageBufferTransferFunction_ITU_R_709_2, kCVImageBufferTransferFunction_SMPTE_240M_1995,
    kCVImageBufferTransferFunction_UseGamma, kCVImageBufferTransferFunction_EBU_3213,
    kCVImageBufferTransferFunction_SMPTE_C, kCVImageBufferTransferFunction_sRGB,
    kCVImageBufferTransferFunction_ITU_R_2020, kCVImageBufferTransferFunction_SMPTE_ST_428_1,
    kCVImageBufferTransferFunction_SMPTE_ST_2084_PQ, kCVImageBufferTransferFunction_ITU_R_2100_HLG,
    kCVImageBufferTransferFunction_Linear, kCVImageBufferChromaLocationTopFieldKey,
    kCVImageBufferChromaLocationBottomFieldKey, kCVImageBufferChromaLocation_Left,
    kCVImageBufferChromaLocation_Center, kCVImageBufferChromaLocation_TopLeft,
    kCVImageBufferChromaLocation_Top, kCVImageBufferChromaLocation_BottomLeft,
    kCVImageBufferChromaLocation_Bottom, kCVImageBufferChromaLocation_DV420,
    kCVImageBufferChromaSubsamplingKey, kCVImageBufferChromaSubsampling_420,
    kCVImageBufferChromaSubsampling_422, kCVImageBufferChromaSubsampling_411,
    kCVImageBufferAlphaChannelIsOpaque, kCVImageBufferAlphaChannelModeKey,
    kCVImageBufferAlphaChannelMode_StraightAlpha, kCVImageBufferAlphaChannelMode_PremultipliedAlpha,
    kCVImageBufferMasteringDisplayColorVolumeKey, kCVImageBufferContentLightLevelInfoKey,
    kCVImageBufferSceneIlluminationKey, kCVImageBufferRegionOfInterestKey, kCVPixelBufferPixelFormatTypeKey,
    kCVPixelBufferMemoryAllocatorKey, kCVPixelBufferWidthKey, kCVPixelBufferHeightKey,
    kCVPixelBufferExtendedPixelsLeftKey, kCVPixelBufferExtendedPixelsTopKey,
    kCVPixelBufferExtendedPixelsRightKey, kCVPixelBufferExtendedPixelsBottomKey,
    kCVPixelBufferBytesPerRowAlignmentKey, kCVPixelBufferCGBitmapContextCompatibilityKey,
    kCVPixelBufferCGImageCompatibilityKey, kCVPixelBufferOpenGLCompatibilityKey,
    kCVPixelBufferPlaneAlignmentKey, kCVPixelBufferIOSurfacePropertiesKey,
    kCVPixelBufferOpenGLESCompatibilityKey, kCVPixelBufferMetalCompatibilityKey,
    kCVPixelBufferIOSurfacePurgeableKey, kCVPixelBufferPoolMinimumBufferCountKey,
    kCVPixelBufferPoolMaximumBufferAgeKey, kCVPixelBufferPoolAllocationThresholdKey,
}

// These are the keys of image buffers under a second name.
keys! {
    kCMFormatDescriptionExtension_ColorPrimaries = "CVImageBufferColorPrimaries",
    kCMFormatDescriptionExtension_TransferFunction = "CVImageBufferTransferFunction",
    kCMFormatDescriptionExtension_YCbCrMatrix = "CVImageBufferYCbCrMatrix",
    kCMFormatDescriptionExtension_FieldCount = "CVImageBufferFieldCount",
    kCMFormatDescriptionExtension_FieldDetail = "CVImageBufferFieldDetail",
    kCMFormatDescriptionExtension_PixelAspectRatio = "CVImageBufferPixelAspectRatio",
    kCMFormatDescriptionExtension_ICCProfile = "CVImageBufferICCProfile",
    kCMFormatDescriptionExtension_ChromaLocationTopField = "CVImageBufferChromaLocationTopField",
    kCMFormatDescriptionExtension_ChromaLocationBottomField = "CVImageBufferChromaLocationBottomField",
    kCMFormatDescriptionExtension_BytesPerRow = "CVBytesPerRow",
    kCMFormatDescriptionExtension_GammaLevel = "CVImageBufferGammaLevel",
}

/// The text of a constant: `RealTime` of `kVTCompressionPropertyKey_RealTime`, `Width` of `kCVPixelBufferWidthKey`, and
/// `CVImageBufferYCbCrMatrix` of `kCVImageBufferYCbCrMatrixKey`.
const fn text_of(name: &'static str) -> &'static str {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'_' {
            return name.split_at(at + 1).1;
        }
        at += 1;
    }
    let name = without_start(name, "k");
    let name = without_start(without_start(name, "CVPixelBufferPool"), "CVPixelBuffer");
    let end = name.len().saturating_sub(3);
    let (stem, key) = name.split_at(end);
    if is_same(key.as_bytes(), b"Key") { stem } else { name }
}

const fn without_start(text: &'static str, start: &str) -> &'static str {
    if text.len() <= start.len() {
        return text;
    }
    let (head, tail) = text.split_at(start.len());
    if is_same(head.as_bytes(), start.as_bytes()) { tail } else { text }
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_ones_of_apple() {
        assert_eq!(text_of("kVTCompressionPropertyKey_RealTime"), "RealTime");
        assert_eq!(text_of("kVTProfileLevel_H264_High_AutoLevel"), "H264_High_AutoLevel");
        assert_eq!(text_of("kCVPixelBufferPixelFormatTypeKey"), "PixelFormatType");
        assert_eq!(text_of("kCVPixelBufferPoolMinimumBufferCountKey"), "MinimumBufferCount");
        assert_eq!(text_of("kCVImageBufferYCbCrMatrixKey"), "CVImageBufferYCbCrMatrix");
        assert_eq!(text_of("kCVImageBufferYCbCrMatrix_ITU_R_709_2"), "ITU_R_709_2");
    }
}
