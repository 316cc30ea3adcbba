use super::{
    NAME,
    rate::{Kind, Qp, RateControl},
    raw::RawEncoder,
    settings::Settings,
    soften::soften,
};
use framewire_codec::{
    BackendError, Capabilities, Codec, Encoded, EncoderBackend, EncoderConfig, Input, InputPicture, Rate,
};
use framewire_frame::{DeviceSurface, PictureRef, PixelFormat, Size};

/// An H.264 encoder: one picture in, one access unit out.
///
/// The bitrate and the frame rate change in place. A key frame that would keep viewers waiting (see the module's rate
/// control) is coded again at a coarser quantizer before it is emitted. A constant quality is a constant quantizer.
/// The preset `quality` searches longer; the others are the same. Key frames come when they are asked for, so that the
/// distance of key frames is left to the caller, and there is no intra refresh. In
/// [`Content::Screen`](framewire_codec::Content) the library makes key frames of its own at scene cuts.
pub struct OpenH264Encoder {
    raw: RawEncoder,
    settings: Settings,
    rate: RateControl,
    size: Size,
    /// The quantizer that the library has.
    applied: Option<Qp>,
    /// Whether the library has coded a picture; its first one is a key frame.
    started: bool,
    /// The picture at the size that is coded, where it is smaller than the library takes.
    padded: Vec<u8>,
    /// The picture with less detail, where the bitrate asks for that.
    softened: Vec<u8>,
}

impl OpenH264Encoder {
    /// Opens a session.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] for another codec than H.264 or a picture that is too large.
    pub fn open(config: &EncoderConfig) -> Result<Self, BackendError> {
        if config.codec != Codec::H264 {
            return Err(BackendError::unsupported(format!(
                "{} in OpenH264, which codes h264,",
                config.codec
            )));
        }
        let mut settings = Settings::new(config)?;
        let rate = RateControl::new(config.rate, settings.coded, settings.layers, settings.aim);
        let raw = RawEncoder::open(&mut settings.params)?;
        Ok(Self {
            raw,
            settings,
            rate,
            size: config.size,
            applied: None,
            started: false,
            padded: Vec::new(),
            softened: Vec::new(),
        })
    }

    fn apply(&mut self, qp: Qp) -> Result<(), BackendError> {
        if self.applied != Some(qp) {
            self.settings.set_qp(qp);
            self.raw.set_params(&mut self.settings.params)?;
            self.applied = Some(qp);
        }
        Ok(())
    }

    /// Encodes until the result may be emitted.
    fn encode_picture(
        &mut self,
        picture: PictureRef<'_>,
        input: &Input<'_>,
        emit: &mut dyn FnMut(Encoded<'_>),
    ) -> Result<(), BackendError> {
        // A key frame that the library makes by itself is an inter frame to the rate control, which chose its quantizer so.
        let planned_key = input.key || !self.started;
        let mut coarseness = self.rate.choose(input.timestamp, planned_key);
        let mut force_key = input.key;
        for tries in 0.. {
            self.apply(coarseness.qp)?;
            if force_key {
                self.raw.force_key()?;
            }
            let picture = if coarseness.block > 1 {
                soften(picture, coarseness.block, &mut self.softened);
                packed(self.settings.coded, &self.softened)?
            } else {
                picture
            };
            let coded = self.raw.encode(picture, input.timestamp)?;
            self.started = true;
            if coded.data.is_empty() {
                return Ok(());
            }
            let bits = coded.data.len() as f64 * 8.0;
            let layer = coded.layer;
            if planned_key && let Some(coarser) = self.rate.choose_again(bits, tries) {
                (coarseness, force_key) = (coarser, true);
                continue;
            }
            emit(Encoded { id: input.id, data: coded.data, temporal_layer: layer });
            self.rate.coded(bits, if planned_key { Kind::Key } else { Kind::Inter { layer } });
            break;
        }
        Ok(())
    }

    /// Replaces the session by a fresh one, whose first picture is a key frame.
    fn reopen(&mut self) -> Result<(), BackendError> {
        self.raw.restart(&self.settings.params)?;
        self.applied = None;
        self.started = false;
        Ok(())
    }
}

impl EncoderBackend for OpenH264Encoder {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: NAME,
            input: &[PixelFormat::I420],
            rate_in_place: true,
            delay: 0,
            temporal_layers: self.settings.layers,
            ..Capabilities::default()
        }
    }

    fn takes(&self, _: &dyn DeviceSurface) -> bool {
        false
    }

    fn encode(&mut self, input: Input<'_>, emit: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        let InputPicture::Host(picture) = input.picture else {
            return Err(BackendError::unsupported("a picture on a device"));
        };
        if picture.format() != PixelFormat::I420 || picture.size() != self.size {
            return Err(BackendError::unsupported(format!(
                "a picture of {} in {} in a session for {} in i420",
                picture.size(),
                picture.format(),
                self.size
            )));
        }
        if self.settings.coded == self.size {
            return self.encode_or_reopen(picture, &input, emit);
        }
        let mut padded = std::mem::take(&mut self.padded);
        pad(picture, self.settings.coded, &mut padded);
        let result = packed(self.settings.coded, &padded)
            .and_then(|picture| self.encode_or_reopen(picture, &input, emit));
        self.padded = padded;
        result
    }

    fn flush(&mut self, _: &mut dyn FnMut(Encoded<'_>)) -> Result<(), BackendError> {
        Ok(())
    }

    fn set_rate(&mut self, rate: Rate) -> Result<(), BackendError> {
        self.rate.set_rate(rate);
        Ok(())
    }
}

impl OpenH264Encoder {
    /// The library gives a session up when a picture does not fit into its buffers. One more try costs a key frame, a
    /// failure would cost the caller the whole backend.
    fn encode_or_reopen(
        &mut self,
        picture: PictureRef<'_>,
        input: &Input<'_>,
        emit: &mut dyn FnMut(Encoded<'_>),
    ) -> Result<(), BackendError> {
        match self.encode_picture(picture, input, emit) {
            Ok(()) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "OpenH264 gave its session up and is opened anew");
                self.reopen()?;
                self.encode_picture(picture, input, emit)
            }
        }
    }
}

fn packed(size: Size, data: &[u8]) -> Result<PictureRef<'_>, BackendError> {
    PictureRef::packed(PixelFormat::I420, size, data)
        .map_err(|error| BackendError::failed_with("a prepared picture is too short", error))
}

/// Writes `picture` in the upper left corner of a packed one of size `coded`, and repeats its last columns and rows.
fn pad(picture: PictureRef<'_>, coded: Size, target: &mut Vec<u8>) {
    target.clear();
    for index in 0..3 {
        let plane = picture.plane(index);
        let rows = PixelFormat::I420.rows(picture.size(), index);
        let width = PixelFormat::I420.row_bytes(coded, index);
        for y in 0..PixelFormat::I420.rows(coded, index) {
            let row = plane.row(y.min(rows - 1));
            target.extend_from_slice(row);
            let last = row.last().copied().unwrap_or_default();
            target.resize(target.len() + width - row.len(), last);
        }
    }
}
