//! What the frameworks return, as a name and as an error.

use framewire_codec::BackendError;
use objc2_core_video as cv;
use objc2_video_toolbox as vt;
use std::fmt;

/// An `OSStatus` or `CVReturn` that says that something has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(i32);

impl Status {
    /// The hardware or its driver has taken the session away.
    pub(crate) const INVALID_SESSION: Self = Self(vt::kVTInvalidSessionErr);

    /// A decoder says that it has broken down.
    pub(crate) const DECODER_MALFUNCTION: Self = Self(vt::kVTVideoDecoderMalfunctionErr);
    /// A decoder says that it does not decode such a stream.
    pub(crate) const UNSUPPORTED_DATA: Self = Self(vt::kVTVideoDecoderUnsupportedDataFormatErr);
    /// A success without the object that was to be made: none of Apple's statuses says so.
    pub(crate) const NOTHING_MADE: Self = Self(0);

    /// Zero is success, everything else an error.
    pub(crate) const fn check(status: i32) -> Result<(), Self> {
        if status == 0 { Ok(()) } else { Err(Self(status)) }
    }

    /// `what` could not be opened, with this status.
    pub(crate) fn opening(self, what: &str) -> BackendError {
        match self.0 {
            vt::kVTCouldNotFindVideoEncoderErr
            | vt::kVTCouldNotFindVideoDecoderErr
            | vt::kVTCouldNotCreateInstanceErr
            | vt::kVTVideoEncoderNotAvailableNowErr
            | vt::kVTVideoDecoderNotAvailableNowErr
            | vt::kVTVideoEncoderAuthorizationErr
            | vt::kVTVideoDecoderAuthorizationErr
            | vt::kVTVideoEncoderNeedsRosettaErr
            | vt::kVTVideoDecoderNeedsRosettaErr
            | vt::kVTVideoDecoderRemovedErr => {
                BackendError::unavailable(format!("VideoToolbox opens no {what}: {self}"))
            }
            vt::kVTPropertyNotSupportedErr
            | vt::kVTPixelTransferNotSupportedErr
            | vt::kVTPropertyReadOnlyErr
            | vt::kVTParameterErr
            | vt::kVTVideoDecoderUnsupportedDataFormatErr
            | cv::kCVReturnInvalidPixelFormat
            | cv::kCVReturnInvalidSize => self.unsupported(what),
            _ => BackendError::failed(format!("VideoToolbox opens no {what}: {self}")),
        }
    }

    /// `what` is not to be had on this machine, with this status.
    pub(crate) fn unsupported(self, what: &str) -> BackendError {
        BackendError::unsupported(format!("{what} in VideoToolbox, which answers {self},"))
    }

    /// `what` failed in a session that was working.
    pub(crate) fn failed(self, what: &str) -> BackendError {
        BackendError::failed(format!("VideoToolbox failed to {what}: {self}"))
    }

    /// Whether a decoder says so of one unit, and is itself as it was.
    pub(crate) const fn is_of_one_unit(self) -> bool {
        matches!(
            self.0,
            vt::kVTVideoDecoderBadDataErr
                | vt::kVTVideoDecoderReferenceMissingErr
                | vt::kVTVideoDecoderUnknownErr
        )
    }

    /// Whether there is no pixel buffer for a picture: those that there may be are held.
    pub(crate) const fn is_of_the_pool(self) -> bool {
        matches!(self.0, cv::kCVReturnWouldExceedAllocationThreshold | cv::kCVReturnPoolAllocationFailed)
    }

    const fn name(self) -> Option<&'static str> {
        macro_rules! names {
            ($($module:ident: $($name:ident)*;)*) => {
                match self.0 {
                    $($($module::$name => Some(stringify!($name)),)*)*
                    _ => None,
                }
            };
        }
        names! {
            vt:
                kVTPixelTransferNotSupportedErr kVTPixelTransferNotPermittedErr
                kVTPropertyNotSupportedErr kVTPropertyReadOnlyErr kVTParameterErr kVTInvalidSessionErr
                kVTAllocationFailedErr kVTCouldNotFindVideoDecoderErr kVTCouldNotCreateInstanceErr
                kVTCouldNotFindVideoEncoderErr kVTVideoDecoderBadDataErr kVTVideoDecoderUnsupportedDataFormatErr
                kVTVideoDecoderMalfunctionErr kVTVideoEncoderMalfunctionErr kVTVideoDecoderNotAvailableNowErr
                kVTVideoEncoderNotAvailableNowErr kVTFormatDescriptionChangeNotSupportedErr
                kVTInsufficientSourceColorDataErr kVTVideoDecoderAuthorizationErr kVTVideoEncoderAuthorizationErr
                kVTVideoDecoderRemovedErr kVTSessionMalfunctionErr kVTVideoDecoderNeedsRosettaErr
                kVTVideoEncoderNeedsRosettaErr kVTVideoDecoderReferenceMissingErr
                kVTVideoDecoderCallbackMessagingErr kVTVideoDecoderUnknownErr;
            cv:
                kCVReturnError kCVReturnInvalidArgument kCVReturnAllocationFailed kCVReturnUnsupported
                kCVReturnInvalidPixelFormat kCVReturnInvalidSize kCVReturnInvalidPixelBufferAttributes
                kCVReturnWouldExceedAllocationThreshold kCVReturnPoolAllocationFailed
                kCVReturnInvalidPoolAttributes kCVReturnRetry;
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            _ if *self == Self::NOTHING_MADE => f.write_str("a success that made nothing"),
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "status {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_told_by_name_and_number() {
        assert_eq!(Status(-12903).to_string(), "kVTInvalidSessionErr (-12903)");
        assert_eq!(Status(-6661).to_string(), "kCVReturnInvalidArgument (-6661)");
        assert_eq!(Status(-50).to_string(), "status -50");
    }

    #[test]
    fn a_status_has_the_reaction_of_its_error() {
        let of = |status| Status(status).opening("an h264 encoder of 64x64");
        assert!(matches!(of(-12908), BackendError::Unavailable { .. }));
        assert!(matches!(of(-12915), BackendError::Unavailable { .. }));
        assert!(matches!(of(-12902), BackendError::Unsupported { .. }));
        assert!(matches!(of(-12903), BackendError::Failed { .. }));
    }
}
