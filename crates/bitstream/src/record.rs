//! What the decoder configuration records of MP4 have in common: fields and parameter sets behind 16-bit lengths.

use crate::{Error, limits::MAX_PARAMETER_SET_BYTES};

/// Reads a record from its first byte.
pub(crate) struct RecordReader<'a> {
    /// The box: `avcC`, `hvcC`.
    unit: &'static str,
    record: &'a [u8],
    rest: &'a [u8],
}

impl<'a> RecordReader<'a> {
    pub(crate) fn new(unit: &'static str, record: &'a [u8]) -> Self {
        Self { unit, record, rest: record }
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(Error::Truncated { unit: self.unit, bits: self.record.len() * 8 })?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        Ok(u16::from(self.u8()?) << 8 | u16::from(self.u8()?))
    }

    /// `count` NAL units, each behind its length.
    pub(crate) fn sets(&mut self, count: u16) -> Result<Vec<Vec<u8>>, Error> {
        let mut sets = Vec::new();
        for _ in 0..count {
            let len = usize::from(self.u16()?);
            check_count("bytes of a parameter set", len, MAX_PARAMETER_SET_BYTES)?;
            sets.push(self.take(len)?.to_vec());
        }
        Ok(sets)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// An [`Error::Invalid`] about this record.
    pub(crate) fn invalid(&self, field: &'static str, value: u8) -> Error {
        Error::Invalid { unit: self.unit, field, value: value.into() }
    }
}

/// Appends NAL units behind their lengths.
pub(crate) fn write_sets(out: &mut Vec<u8>, sets: &[Vec<u8>]) {
    for set in sets {
        let set = &set[..set.len().min(usize::from(u16::MAX))];
        out.extend((set.len() as u16).to_be_bytes());
        out.extend_from_slice(set);
    }
}

/// Refuses more of something than `limit`.
pub(crate) fn check_count(what: &'static str, count: usize, limit: usize) -> Result<(), Error> {
    if count > limit {
        return Err(Error::Limit { what, value: count as u64, limit: limit as u64 });
    }
    Ok(())
}
