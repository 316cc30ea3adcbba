use crate::Error;

/// Reads an RBSP from its first bit.
#[derive(Clone, Debug)]
pub(crate) struct BitReader<'a> {
    unit: &'static str,
    data: &'a [u8],
    bit: usize,
}

impl<'a> BitReader<'a> {
    /// `unit` is what errors call the bytes.
    pub(crate) fn new(unit: &'static str, data: &'a [u8]) -> Self {
        Self { unit, data, bit: 0 }
    }

    /// `u(1)` as a flag.
    pub(crate) fn flag(&mut self) -> Result<bool, Error> {
        let byte = self.data.get(self.bit / 8).ok_or_else(|| self.truncated())?;
        let set = byte >> (7 - self.bit % 8) & 1 == 1;
        self.bit += 1;
        Ok(set)
    }

    /// `u(n)`, `n` at most 32.
    pub(crate) fn u(&mut self, n: u32) -> Result<u32, Error> {
        debug_assert!(n <= 32);
        let mut value = 0u64;
        let mut left = n;
        while left > 0 {
            let byte = *self.data.get(self.bit / 8).ok_or_else(|| self.truncated())?;
            let used = (self.bit % 8) as u32;
            let take = left.min(8 - used);
            let bits = (byte << used) >> (8 - take);
            value = value << take | u64::from(bits);
            self.bit += take as usize;
            left -= take;
        }
        Ok(value as u32)
    }

    /// `u(n)`, `n` at most 8.
    pub(crate) fn u8(&mut self, n: u32) -> Result<u8, Error> {
        debug_assert!(n <= 8);
        Ok(self.u(n)? as u8)
    }

    /// `u(16)`.
    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        Ok(self.u(16)? as u16)
    }

    /// `ue(v)` (H.264 9.1).
    pub(crate) fn ue(&mut self) -> Result<u32, Error> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return Err(self.invalid("an Exp-Golomb prefix", zeros));
            }
        }
        Ok(((1u64 << zeros) - 1 + u64::from(self.u(zeros as u32)?)) as u32)
    }

    /// `ue(v)` that may not be larger than `max`.
    pub(crate) fn ue_max(&mut self, field: &'static str, max: u32) -> Result<u32, Error> {
        let value = self.ue()?;
        if value > max { Err(self.invalid(field, i64::from(value))) } else { Ok(value) }
    }

    /// `ue(v)` that may not be larger than `max`, which fits in a byte.
    pub(crate) fn ue_u8(&mut self, field: &'static str, max: u8) -> Result<u8, Error> {
        Ok(self.ue_max(field, u32::from(max))? as u8)
    }

    /// `se(v)` (H.264 9.1.1).
    pub(crate) fn se(&mut self) -> Result<i32, Error> {
        let code = i64::from(self.ue()?);
        let magnitude = (code + 1) / 2;
        Ok(if code % 2 == 1 { magnitude } else { -magnitude } as i32)
    }

    /// `se(v)` that must lie in `range`.
    pub(crate) fn se_in(
        &mut self,
        field: &'static str,
        range: std::ops::RangeInclusive<i32>,
    ) -> Result<i32, Error> {
        let value = self.se()?;
        if range.contains(&value) { Ok(value) } else { Err(self.invalid(field, i64::from(value))) }
    }

    /// Passes over bits whose meaning does not matter here.
    pub(crate) fn skip(&mut self, bits: usize) -> Result<(), Error> {
        if self.data.len() * 8 - self.bit < bits {
            return Err(self.truncated());
        }
        self.bit += bits;
        Ok(())
    }

    /// Whether syntax follows before the `rbsp_trailing_bits` (H.264 7.2).
    pub(crate) fn more_rbsp_data(&self) -> bool {
        self.bits_left() > 0
    }

    /// How many bits there are before the `rbsp_trailing_bits`.
    pub(crate) fn bits_left(&self) -> usize {
        let Some(last) = self.data.iter().rposition(|&b| b != 0) else { return 0 };
        let stop = last * 8 + 7 - self.data[last].trailing_zeros() as usize;
        stop.saturating_sub(self.bit)
    }

    /// An [`Error::Invalid`] about these bytes.
    pub(crate) fn invalid(&self, field: &'static str, value: i64) -> Error {
        Error::Invalid { unit: self.unit, field, value }
    }

    fn truncated(&self) -> Error {
        Error::Truncated { unit: self.unit, bits: self.data.len() * 8 }
    }
}
