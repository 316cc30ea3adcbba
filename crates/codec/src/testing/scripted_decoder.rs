use super::{TestSurface, pcm::PcmDecoder};
use crate::{BackendError, Codec, DecodedPicture, DecoderBackend, DecoderCandidate, OutputPicture, Tier};
use framewire_bitstream::{annexb, h264::NalType};
use framewire_frame::{Picture, PictureRef, PixelFormat, Size, Timestamp};
use std::{collections::VecDeque, sync::Arc};

/// A decoder of what [`Script`](super::Script) encodes.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecoderScript {
    /// Pictures that are held back.
    pub delay: usize,
    /// Every second picture behind a key frame is held back for the one behind it, which is shown before it.
    pub reorders: bool,
    /// The session fails for good at this unit, counted from 0, or at a flush in its place.
    pub fail_at: Option<u64>,
    /// This unit is said to be broken.
    pub broken_at: Option<u64>,
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
    /// Units since the last key frame.
    since_key: u64,
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
        self.fail_at(number)?;
        let (size, picture) = self.pcm.decode(unit).map_err(BackendError::broken_unit)?;
        if self.script.broken_at == Some(number) {
            return Err(BackendError::broken_unit("the script says so"));
        }
        let key = annexb::nals(unit).any(|nal| nal.h264_type() == NalType::IdrSlice);
        self.since_key = if key { 0 } else { self.since_key + 1 };
        let is_second = self.script.reorders && self.since_key > 0 && self.since_key.is_multiple_of(2);
        let place = self.held.len() - usize::from(is_second && !self.held.is_empty());
        self.held.insert(place, (size, picture, timestamp));
        while self.held.len() > self.script.delay.max(self.script.reorders.into()) {
            self.emit_one(emit);
        }
        Ok(())
    }

    fn flush(&mut self, emit: &mut dyn FnMut(DecodedPicture<'_>)) -> Result<(), BackendError> {
        self.fail_at(self.count)?;
        while !self.held.is_empty() {
            self.emit_one(emit);
        }
        Ok(())
    }
}

impl Scripted {
    fn fail_at(&self, number: u64) -> Result<(), BackendError> {
        match self.script.fail_at == Some(number) {
            true => Err(BackendError::failed("the script says so")),
            false => Ok(()),
        }
    }

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
