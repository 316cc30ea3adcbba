use std::fmt;

/// Width and height in pixels, as a bitstream states them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dimensions {
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Dimensions {
    /// A pair of sides.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }
}

impl fmt::Display for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}
