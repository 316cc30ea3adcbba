/// One sample to write.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NewSample<'a> {
    /// Its bytes: for video length-prefixed NAL units, as its description says.
    pub data: &'a [u8],
    /// When it is decoded, in units of the track's timescale. Never before the sample before it.
    pub dts: i64,
    /// How much later it is shown, in units of the track's timescale; negative where it is shown earlier.
    pub composition_offset: i32,
    /// How long until the next is decoded, in units of the track's timescale. It counts for the last sample only: what
    /// comes next says when it is decoded. `None` for as long as the one before.
    pub duration: Option<u32>,
    /// Whether decoding can begin here.
    pub sync: bool,
    /// Which of the track's descriptions it has.
    pub description: DescriptionId,
}

/// One of a track's sample descriptions, counted from zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DescriptionId(pub u16);

impl<'a> NewSample<'a> {
    /// A sample of the first description that is shown when it is decoded and at which decoding can begin.
    pub fn new(data: &'a [u8], dts: i64) -> Self {
        Self {
            data,
            dts,
            composition_offset: 0,
            duration: None,
            sync: true,
            description: DescriptionId::default(),
        }
    }
}

impl DescriptionId {
    /// As files have it: from one.
    pub(crate) fn number(self) -> u32 {
        u32::from(self.0) + 1
    }
}
