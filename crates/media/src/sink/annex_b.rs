use super::{OutputError, Stream, UnitSink};
use crate::Moment;
use framewire_codec::AccessUnit;
use std::io::Write as _;

/// Annex B: units behind start codes, parameter sets before every key frame. Moments are not kept.
#[derive(Debug)]
pub struct AnnexBSink {
    output: Stream,
    bytes: u64,
    units: u64,
}

impl AnnexBSink {
    /// Writes to `output`, each unit at once, so that a reader of a pipe has it without delay.
    pub fn new(output: Stream) -> Self {
        Self { output, bytes: 0, units: 0 }
    }
}

impl UnitSink for AnnexBSink {
    fn write(&mut self, unit: &AccessUnit, _moment: Moment, _lasts: u64) -> Result<(), OutputError> {
        self.output.write_all(&unit.data)?;
        self.bytes += unit.data.len() as u64;
        self.output.flush()?;
        self.units += 1;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), OutputError> {
        Ok(self.output.flush()?)
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn whole_units(&self) -> u64 {
        self.units
    }
}
