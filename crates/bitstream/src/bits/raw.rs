use super::{BitReader, BitWriter};
use crate::Error;

/// Bits that are kept as they are: an extension of a parameter set that nothing here needs to understand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawBits {
    bits: Vec<bool>,
}

impl RawBits {
    /// The bits in their order.
    pub fn bits(&self) -> &[bool] {
        &self.bits
    }

    /// Takes what is left before the `rbsp_trailing_bits`.
    pub(crate) fn read(r: &mut BitReader<'_>) -> Result<Self, Error> {
        let bits = (0..r.bits_left()).map(|_| r.flag()).collect::<Result<_, _>>()?;
        Ok(Self { bits })
    }

    pub(crate) fn write(&self, w: &mut BitWriter) {
        self.bits.iter().for_each(|&bit| w.flag(bit));
    }
}

impl FromIterator<bool> for RawBits {
    fn from_iter<T: IntoIterator<Item = bool>>(bits: T) -> Self {
        Self { bits: bits.into_iter().collect() }
    }
}
