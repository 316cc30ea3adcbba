use super::{InputError, Units, rate_of};
use crate::Timescale;
use framewire_bitstream::{
    annexb::{self, AccessUnitReader, ReadError},
    h264::{NalType, Sps},
};
use framewire_frame::FrameRate;
use framewire_mp4::Rotation;
use std::{
    fs::File,
    io::{Read, Seek as _, SeekFrom},
    time::Duration,
};

/// A stream of H.264 units with start codes. It stores no moments, so pictures are counted.
pub(super) struct AnnexB {
    /// The same file as the reader's, to be wound back; `None` for a stream.
    file: Option<File>,
    reader: AccessUnitReader<Box<dyn Read + Send>>,
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

    fn open(file: Option<File>, reader: Box<dyn Read + Send>) -> Result<Self, InputError> {
        let mut reader = AccessUnitReader::new(reader);
        let mut unit = Vec::new();
        if !reader.read_unit(&mut unit).map_err(input_error)? {
            return Err(InputError::NoVideo);
        }
        let frame_rate = stated_rate(&unit).unwrap_or(FrameRate::whole(30));
        Ok(Self { file, reader, frame_rate, first: Some(unit), index: 0 })
    }
}

impl Units for AnnexB {
    fn next(&mut self, unit: &mut Vec<u8>) -> Result<Option<u64>, InputError> {
        if let Some(first) = self.first.take() {
            *unit = first;
        } else if !self.reader.read_unit(unit).map_err(input_error)? {
            return Ok(None);
        }
        self.index += 1;
        Ok(Some(self.index - 1))
    }

    fn rewind(&mut self) -> Result<bool, InputError> {
        let Some(file) = &mut self.file else { return Ok(false) };
        file.seek(SeekFrom::Start(0))?;
        self.reader = AccessUnitReader::new(Box::new(file.try_clone()?));
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
        "H.264 Annex B".to_owned()
    }
}

/// The rate of the VUI (H.264, E.2.1): one tick is the time of a field, two make a frame.
pub(crate) fn stated_rate(unit: &[u8]) -> Option<FrameRate> {
    let sps = annexb::nals(unit).find(|nal| nal.h264_type() == NalType::Sps)?;
    let timing = Sps::parse(sps.bytes()).ok()?.vui?.timing?;
    let ticks = u64::from(timing.units_in_tick) * 2;
    FrameRate::new(timing.time_scale, u32::try_from(ticks).ok()?).or_else(|| {
        rate_of(Duration::from_nanos(ticks * 1_000_000_000 / u64::from(timing.time_scale.max(1))))
    })
}

fn input_error(error: ReadError) -> InputError {
    match error {
        ReadError::Io(error) => InputError::Read(error),
        other => InputError::Broken(other.to_string()),
    }
}
