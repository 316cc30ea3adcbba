use super::{InputError, Units, name};
use crate::{
    Timescale,
    access_units::{AccessUnits, stated_rate},
};
use framewire_bitstream::{Codec, StreamFacts};
use framewire_frame::FrameRate;
use framewire_mp4::Rotation;
use std::{
    fs::File,
    io::{Read, Seek as _, SeekFrom},
};

/// Frames a second of a stream that states no rate.
const DEFAULT_RATE: u32 = 30;

/// A stream of units with start codes. It stores no moments, so pictures are counted.
pub(super) struct AnnexB {
    codec: Codec,
    /// The same file as the reader's, to be wound back; `None` for a stream.
    file: Option<File>,
    units: AccessUnits<Box<dyn Read + Send>>,
    frame_rate: FrameRate,
    /// The first unit, which was read to learn the rate and is still to be given.
    first: Option<Vec<u8>>,
    index: u64,
}

impl AnnexB {
    pub(super) fn from_file(file: File) -> Result<Self, InputError> {
        let reader = Box::new(file.try_clone()?);
        Self::open(Some(file), reader)
    }

    pub(super) fn from_stream(stream: impl Read + Send + 'static) -> Result<Self, InputError> {
        Self::open(None, Box::new(stream))
    }

    fn open(file: Option<File>, stream: Box<dyn Read + Send>) -> Result<Self, InputError> {
        // H.264 where the beginning does not say it: a stream may begin far before its first parameter sets, and is decoded from
        // there on.
        let (codec, mut units) = AccessUnits::open(stream, Some(Codec::H264))?;
        let mut unit = Vec::new();
        if !units.next(&mut unit)? {
            return Err(InputError::NoVideo);
        }
        let facts = StreamFacts::from_annexb(codec, &unit).ok();
        let frame_rate = facts.as_ref().and_then(stated_rate).unwrap_or(FrameRate::whole(DEFAULT_RATE));
        Ok(Self { codec, file, units, frame_rate, first: Some(unit), index: 0 })
    }
}

impl Units for AnnexB {
    fn codec(&self) -> Codec {
        self.codec
    }

    fn next(&mut self, unit: &mut Vec<u8>) -> Result<Option<u64>, InputError> {
        if let Some(first) = self.first.take() {
            *unit = first;
        } else if !self.units.next(unit)? {
            return Ok(None);
        }
        self.index += 1;
        Ok(Some(self.index - 1))
    }

    fn rewind(&mut self) -> Result<bool, InputError> {
        let Some(file) = &mut self.file else { return Ok(false) };
        file.seek(SeekFrom::Start(0))?;
        let stream: Box<dyn Read + Send> = Box::new(file.try_clone()?);
        (self.codec, self.units) = AccessUnits::open(stream, Some(Codec::H264))?;
        (self.first, self.index) = (None, 0);
        Ok(true)
    }

    fn timescale(&self) -> Timescale {
        Timescale::of_rate(self.frame_rate).0
    }

    fn counted(&self) -> Option<FrameRate> {
        Some(self.frame_rate)
    }

    fn average(&self) -> Option<FrameRate> {
        None
    }

    fn count(&self) -> Option<u64> {
        None
    }

    fn rotation(&self) -> Rotation {
        Rotation::None
    }

    fn describe(&self) -> String {
        format!("{} Annex B", name(self.codec))
    }
}
