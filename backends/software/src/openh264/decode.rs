use super::{
    error::decoding_fault,
    raw::{RawDecoder, Step},
};
use framewire_codec::{BackendError, Codec, DecodedPicture, DecoderBackend, DecoderConfig};
use framewire_frame::Timestamp;
use openh264_sys2 as sys;

/// An H.264 decoder for progressive 4:2:0 streams of 8 bits up to level 5.2.
///
/// It covers up no damage: a unit that cannot be decoded in full shows nothing, and neither do those that refer to it.
/// I and P pictures are exact. B pictures in direct prediction are not bit for bit the standard's: single
/// macroblocks differ (73 dB and more beside FFmpeg).
pub struct OpenH264Decoder {
    raw: RawDecoder,
}

impl OpenH264Decoder {
    /// Opens a session. Its size may change: the stream's own parameter sets count.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for another codec than H.264, and for a stream with any [feature](framewire_codec::Feature)
    /// that a decoder may lack.
    pub fn open(config: &DecoderConfig) -> Result<Self, BackendError> {
        if config.codec != Codec::H264 {
            return Err(BackendError::unsupported(format!(
                "{} in OpenH264, which decodes h264,",
                config.codec
            )));
        }
        if !config.features.is_empty() {
            return Err(BackendError::unsupported(format!("a stream with {}", config.features)));
        }
        Ok(Self { raw: RawDecoder::open()? })
    }
}

impl DecoderBackend for OpenH264Decoder {
    fn decode(
        &mut self,
        unit: &[u8],
        timestamp: Timestamp,
        emit: &mut dyn FnMut(DecodedPicture<'_>),
    ) -> Result<(), BackendError> {
        let mut forward = |step: Step<'_>| {
            if let Some((picture, timestamp)) = step.picture {
                emit(DecodedPicture::host(picture, timestamp));
            }
            step.state
        };
        // The library's own call for both steps returns the picture of the second one only.
        let state = forward(self.raw.push(unit, timestamp)) | forward(self.raw.finish(timestamp));
        let fault = state & !sys::dsFramePending;
        if fault & (sys::dsInitialOptExpected | sys::dsInvalidArgument) != 0 {
            return Err(BackendError::failed(format!(
                "the OpenH264 decoder failed: {}",
                decoding_fault(fault)
            )));
        }
        if fault != 0 {
            return Err(BackendError::broken_unit(decoding_fault(fault)));
        }
        Ok(())
    }

    fn flush(&mut self, emit: &mut dyn FnMut(DecodedPicture<'_>)) -> Result<(), BackendError> {
        while let Some((picture, timestamp)) = self.raw.drain() {
            emit(DecodedPicture::host(picture, timestamp));
        }
        Ok(())
    }
}
