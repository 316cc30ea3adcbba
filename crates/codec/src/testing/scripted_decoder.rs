use super::pcm::PcmDecoder;
use crate::{BackendError, Codec, DecodedPicture, DecoderBackend, DecoderCandidate, Tier};
use framewire_frame::{PictureRef, PixelFormat, Size, Timestamp};
use std::{collections::VecDeque, sync::Arc};

/// A decoder of what [`Script`](super::Script) encodes.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecoderScript {
    /// Pictures that are held back.
    pub delay: usize,
    /// The session fails for good at this unit, counted from 0.
    pub fail_at: Option<u64>,
}

impl DecoderScript {
    /// For a roster.
    pub fn candidate(self, name: &'static str) -> DecoderCandidate {
        DecoderCandidate {
            name,
            codecs: &[Codec::H264],
            tier: Tier::Standard,
            open: Arc::new(move |_| Ok(Box::new(Scripted { script: self, ..Scripted::default() }))),
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
        if let Ok(picture) = PictureRef::packed(PixelFormat::I420, size, &data) {
            emit(DecodedPicture { picture, timestamp });
        }
    }
}
