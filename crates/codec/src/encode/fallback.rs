use std::fmt;

/// One part of the encoding was replaced by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// What was replaced.
    pub part: Part,
    /// The one that was in use or asked for.
    pub from: String,
    /// The one that is in use now.
    pub to: String,
    /// Who refused and why.
    pub why: String,
}

/// A part of the encoding that can be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The encoder: another candidate of the roster goes on.
    Encoder,
    /// The conversion of frames by the device where they are: they are downloaded, and the processor converts them.
    Conversion,
}

/// In a sentence.
impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, why, .. } = self;
        write!(f, "{to} takes the place of {from}: {why}")
    }
}
