/// One sample of a track, as the file's tables have it: for video an access unit, length-prefixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sample {
    /// When it is decoded, in units of the track's timescale; may be negative.
    pub dts: i64,
    /// When it is shown, in units of the track's timescale, edit list applied; negative where that cuts it off.
    pub pts: i64,
    /// How long until the next is decoded, in units of the track's timescale.
    pub duration: u32,
    /// Its bytes.
    pub size: u32,
    /// Where they begin in the file.
    pub offset: u64,
    /// Which sample description it has, from zero.
    pub description: u16,
    /// Whether decoding can begin here, as the file says.
    pub sync: bool,
}

impl Sample {
    /// How much later it is shown than decoded, in units of the track's timescale.
    pub fn composition_offset(&self) -> i32 {
        let offset = self.pts.saturating_sub(self.dts);
        i32::try_from(offset).unwrap_or(if offset < 0 { i32::MIN } else { i32::MAX })
    }
}
