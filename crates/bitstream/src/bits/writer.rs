/// Writes an RBSP from its first bit.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that are free in the last byte.
    free: u32,
}

impl BitWriter {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// `u(1)`.
    pub(crate) fn flag(&mut self, set: bool) {
        self.u(1, u32::from(set));
    }

    /// `u(n)`, `n` at most 32; the value's upper bits are ignored.
    pub(crate) fn u(&mut self, n: u32, value: u32) {
        debug_assert!(n <= 32);
        for i in (0..n).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            self.free -= 1;
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> i & 1) as u8) << self.free;
            }
        }
    }

    /// `ue(v)` (H.264 9.1); the value is at most `u32::MAX - 1`.
    pub(crate) fn ue(&mut self, value: u32) {
        debug_assert!(value < u32::MAX);
        let code = value.saturating_add(1);
        let zeros = 31 - code.leading_zeros();
        self.u(zeros, 0);
        self.u(zeros + 1, code);
    }

    /// `se(v)` (H.264 9.1.1); the value is not `i32::MIN`.
    pub(crate) fn se(&mut self, value: i32) {
        let code = i64::from(value).unsigned_abs() * 2 - u64::from(value > 0);
        self.ue(code as u32);
    }

    /// The bytes without `rbsp_trailing_bits`; zeros fill the last one.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The bytes with `rbsp_trailing_bits` (H.264 7.3.2.11).
    pub(crate) fn finish_rbsp(mut self) -> Vec<u8> {
        self.flag(true);
        self.bytes
    }
}
