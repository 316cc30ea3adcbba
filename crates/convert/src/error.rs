use framewire_frame::{PixelFormat, Size};

/// Why a conversion was refused. Nothing has been written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no conversion between these formats; go by way of another one.
    #[error("there is no conversion from {source_format} to {target_format}")]
    UnsupportedPair {
        /// The format to convert from.
        source_format: PixelFormat,
        /// The format to convert to.
        target_format: PixelFormat,
    },
    /// The source picture is not of the format that was planned for; make another plan.
    #[error("the source picture is {actual}, but the conversion was planned for {expected}")]
    SourceFormat {
        /// The planned format.
        expected: PixelFormat,
        /// The picture's format.
        actual: PixelFormat,
    },
    /// The source picture is not of the size that was planned for; make another plan.
    #[error("the source picture is {actual}, but the conversion was planned for {expected}")]
    SourceSize {
        /// The planned size.
        expected: Size,
        /// The picture's size.
        actual: Size,
    },
    /// The target picture is not of the format that was planned for; make another plan.
    #[error("the target picture is {actual}, but the conversion was planned for {expected}")]
    TargetFormat {
        /// The planned format.
        expected: PixelFormat,
        /// The picture's format.
        actual: PixelFormat,
    },
    /// The target picture has neither the planned size nor, in 4:2:0, that size with each side padded to even.
    #[error("the target picture is {actual}, but the conversion was planned for {expected}")]
    TargetSize {
        /// The planned size.
        expected: Size,
        /// The picture's size.
        actual: Size,
    },
    /// A scaler makes pictures smaller, never larger.
    #[error("a {source_size} picture cannot be scaled down to {target_size}")]
    NotSmaller {
        /// The size to scale from.
        source_size: Size,
        /// The size to scale to.
        target_size: Size,
    },
    /// A scaler works on I420 and NV12; convert first.
    #[error("{0} pictures cannot be scaled: i420 and nv12 can")]
    UnsupportedScale(PixelFormat),
}
