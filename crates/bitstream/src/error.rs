/// Why bytes could not be read, or a unit could not be made from them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes end before the syntax does: wait for the rest, or drop the unit.
    #[error("the {unit} ends after {bits} bits, in the middle of its syntax")]
    Truncated {
        /// What was being read.
        unit: &'static str,
        /// How many bits there were.
        bits: usize,
    },
    /// A value that the standard forbids: drop the unit.
    #[error("the {unit} is not valid: {field} is {value}")]
    Invalid {
        /// What was being read.
        unit: &'static str,
        /// The syntax element.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// More of something than is kept here (see [`limits`](crate::limits)): drop the unit.
    #[error("{value} {what} are more than the limit of {limit}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        value: u64,
        /// The most that is accepted.
        limit: u64,
    },
    /// A picture came before any parameter set: ask the encoder for a key frame with its parameter sets.
    #[error("a picture came before any sequence parameter set")]
    NoParameterSets,
    /// A picture refers to a parameter set that was never seen: ask for a key frame with its parameter sets.
    #[error("a picture refers to the {kind} {id}, which was never seen")]
    UnknownParameterSet {
        /// `SPS` or `PPS`.
        kind: &'static str,
        /// The identifier that the picture names.
        id: u32,
    },
    /// The bytes hold no NAL unit: they are empty or in another format.
    #[error("{0} bytes hold no NAL unit")]
    NoNal(usize),
    /// The picture that is coded is smaller than the one to show.
    #[error("a coded picture of {coded} cannot be cropped to {display}")]
    Crop {
        /// What the encoder codes.
        coded: crate::Dimensions,
        /// What is to be shown.
        display: crate::Dimensions,
    },
    /// The text is no codec string.
    #[error("\"{0}\" is not a codec string such as avc1.42c01e")]
    CodecString(String),
}
