use super::{TestSurface, pcm::PcmDecoder};
use crate::{BackendError, Codec, DecodedPicture, DecoderBackend, DecoderCandidate, OutputPicture, Tier};
use framewire_frame::{Picture, PictureRef, PixelFormat, Size, Timestamp};
use std::{collections::VecDeque, sync::Arc};

/// A decoder of what [`Script`](super::Script) encodes.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecoderScript {
    /// Pictures that are held back.
    pub delay: usize,
    /// The session fails for good at this unit, counted from 0.
    pub fail_at: Option<u64>,
    /// Pictures come as surfaces, which can be downloaded, where the caller takes such.
    pub surfaces: bool,
}

impl DecoderScript {
    /// For a roster.
    pub fn candidate(self, name: &'static str) -> DecoderCandidate {
        DecoderCandidate {
            name,
            codecs: &[Codec::H264],
            tier: Tier::Standard,
            open: Arc::new(move |config| {
                let script = Self { surfaces: self.surfaces && config.surfaces, ..self };
                Ok(Box::new(Scripted { script, ..Scripted::default() }))
            }),
        }
    }
}

#[derive(Default)]
struct Scripted {
    script: DecoderScript,
    pcm: PcmDecoder,
    held: VecDeque<(Size, Vec<u8>, Timestamp)>,
    count: u64,
}

impl DecoderBackend for Scripted {
    fn decode(
        &mut self,
        unit: &[u8],
        timestamp: Timestamp,
        emit: &mut dyn FnMut(DecodedPicture<'_>),
    ) -> Result<(), BackendError> {
        let number = self.count;
        self.count += 1;
        if self.script.fail_at == Some(number) {
            return Err(BackendError::failed("the script says so"));
        }
        let (size, picture) = self.pcm.decode(unit).map_err(BackendError::broken_unit)?;
        self.held.push_back((size, picture, timestamp));
        while self.held.len() > self.script.delay {
            self.emit_one(emit);
        }
        Ok(())
    }

    fn flush(&mut self, emit: &mut dyn FnMut(DecodedPicture<'_>)) -> Result<(), BackendError> {
        while !self.held.is_empty() {
            self.emit_one(emit);
        }
        Ok(())
    }
}

impl Scripted {
    fn emit_one(&mut self, emit: &mut dyn FnMut(DecodedPicture<'_>)) {
        let Some((size, data, timestamp)) = self.held.pop_front() else { return };
        if self.script.surfaces {
            let picture = Picture::packed(PixelFormat::I420, size, data).ok();
            let surface = Arc::new(TestSurface { picture, size, device: None, scaled: false });
            emit(DecodedPicture { picture: OutputPicture::Device(surface), timestamp });
        } else if let Ok(picture) = PictureRef::packed(PixelFormat::I420, size, &data) {
            emit(DecodedPicture::host(picture, timestamp));
        }
    }
}
