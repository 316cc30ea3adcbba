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
    /// The conversion of frames by a device, that where they are or one that makes pictures for the encoder: the processor
    /// converts them.
    Conversion,
}

impl Fallback {
    /// The processor converts from here on in place of `from`, such as `conversion on the device`.
    pub fn to_processor(from: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            part: Part::Conversion,
            from: from.into(),
            to: "conversion on the processor".to_owned(),
            why: why.into(),
        }
    }
}

/// In a sentence.
impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, why, .. } = self;
        write!(f, "{to} takes the place of {from}: {why}")
    }
}
