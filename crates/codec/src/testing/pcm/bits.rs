//! Bits and Exp-Golomb codes (H.264 clause 9.1), as much as slices need.

#[derive(Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
    /// Bits that the last byte still has room for.
    room: u32,
}

impl Writer {
    pub(super) fn u(&mut self, bits: u32, value: u32) {
        for bit in (0..bits).rev() {
            if self.room == 0 {
                self.bytes.push(0);
                self.room = 8;
            }
            self.room -= 1;
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> bit & 1) as u8) << self.room;
            }
        }
    }

    pub(super) fn ue(&mut self, value: u32) {
        let length = 32 - (value + 1).leading_zeros();
        self.u(length - 1, 0);
        self.u(length, value + 1);
    }

    /// Zero bits up to the next byte.
    pub(super) fn align(&mut self) {
        self.room = 0;
    }

    /// `rbsp_trailing_bits`.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.u(1, 1);
        self.bytes
    }
}

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn u(&mut self, bits: u32) -> Option<u32> {
        (0..bits).try_fold(0, |value, _| {
            let byte = *self.bytes.get(self.at / 8)?;
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            Some(value << 1 | u32::from(bit))
        })
    }

    pub(super) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.u(1)? == 0 {
            zeros += 1;
        }
        if zeros > 31 {
            return None;
        }
        Some((1 << zeros) - 1 + self.u(zeros)?)
    }

    /// Passes over the bits up to the next byte and takes `len` bytes.
    pub(super) fn aligned_bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let start = self.at.div_ceil(8);
        self.at = (start + len) * 8;
        self.bytes.get(start..start + len)
    }

    /// `more_rbsp_data`: whether something precedes the last one bit.
    pub(super) fn more(&self) -> bool {
        let Some(last) = self.bytes.iter().rposition(|&byte| byte != 0) else { return false };
        self.at < last * 8 + 7 - self.bytes[last].trailing_zeros() as usize
    }
}
