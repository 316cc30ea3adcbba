use super::{raw::RawEncoder, settings::Settings};
use framewire_codec::{BackendError, EncoderConfig};
use framewire_frame::{PictureRef, PixelFormat, Timestamp};

/// The library's own loop, with its own rate control and nothing around it: the yardstick of benchmarks.
///
/// Everything else is set as in [`OpenH264Encoder`](super::OpenH264Encoder): slices, threads, layers, content, profile, and
/// the range of quantizers.
pub struct BareLoop {
    raw: RawEncoder,
    settings: Settings,
}

impl BareLoop {
    /// Opens a session of the same kind as the encoder would.
    ///
    /// # Errors
    /// As [`OpenH264Encoder::open`](super::OpenH264Encoder::open).
    pub fn open(config: &EncoderConfig) -> Result<Self, BackendError> {
        let mut settings = Settings::new(config)?;
        settings.leave_rate_to_library();
        Ok(Self { raw: RawEncoder::open_beside(&settings.params)?, settings })
    }

    /// Encodes one I420 picture and returns how many bytes it took.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for another format or size, and what the library reports.
    pub fn encode(&mut self, picture: PictureRef<'_>, timestamp: Timestamp) -> Result<usize, BackendError> {
        if picture.format() != PixelFormat::I420 || picture.size() != self.settings.coded {
            return Err(BackendError::unsupported(format!(
                "{picture:?} in a session for {}",
                self.settings.coded
            )));
        }
        Ok(self.raw.encode(picture, timestamp)?.data.len())
    }
}
