use super::{InputError, Units, rate_of};
use framewire::{
    bitstream::{
        annexb::{self, AccessUnitReader, ReadError},
        h264::{NalType, Sps},
    },
    frame::{FrameRate, Timestamp},
};
use std::{
    fs::File,
    io::{Seek as _, SeekFrom},
    time::Duration,
};

/// A file of H.264 units with start codes. It stores no moments, so pictures are counted.
pub(super) struct AnnexB {
    /// The same file as the reader's, to be wound back.
    file: File,
    reader: AccessUnitReader<File>,
    frame_rate: FrameRate,
    index: u64,
}

impl AnnexB {
    pub(super) fn open(file: File) -> Result<Self, InputError> {
        let reader = AccessUnitReader::new(file.try_clone()?);
        let mut opened = Self { file, reader, frame_rate: FrameRate::whole(30), index: 0 };
        let mut unit = Vec::new();
        if !opened.reader.read_unit(&mut unit).map_err(input_error)? {
            return Err(InputError::NoVideo);
        }
        opened.frame_rate = stated_rate(&unit).unwrap_or(opened.frame_rate);
        opened.rewind()?;
        Ok(opened)
    }
}

impl Units for AnnexB {
    fn next(&mut self, unit: &mut Vec<u8>) -> Result<Option<Timestamp>, InputError> {
        if !self.reader.read_unit(unit).map_err(input_error)? {
            return Ok(None);
        }
        let moment = Timestamp::from(self.frame_rate.due(self.index));
        self.index += 1;
        Ok(Some(moment))
    }

    fn rewind(&mut self) -> Result<(), InputError> {
        self.file.seek(SeekFrom::Start(0))?;
        self.reader = AccessUnitReader::new(self.file.try_clone()?);
        self.index = 0;
        Ok(())
    }

    fn counted(&self) -> Option<FrameRate> {
        Some(self.frame_rate)
    }

    fn average(&self) -> Option<FrameRate> {
        None
    }

    fn describe(&self) -> String {
        "H.264 Annex B".to_owned()
    }
}

/// The rate of the VUI (H.264, E.2.1): one tick is the time of a field, two make a frame.
fn stated_rate(unit: &[u8]) -> Option<FrameRate> {
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
