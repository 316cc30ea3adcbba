//! Where access units and pictures go: files and streams.

mod annex_b;
mod error;
mod output;
mod pictures;

pub use annex_b::AnnexBSink;
pub use error::OutputError;
pub use output::{Destination, Opened, Stream};
pub use pictures::{PictureFormat, PictureSink, PngSink, RawSink, Y4mSink, open_pictures};

use crate::{Moment, Timescale};
use framewire_codec::AccessUnit;
use framewire_mp4::Rotation;

/// Takes the access units of one video.
///
/// What has been written is playable after each call, whether the sink is finished or dropped.
pub trait UnitSink {
    /// Writes the next unit, which is shown at `moment`. Moments grow and are on the clock that the sink was made for.
    fn write(&mut self, unit: &AccessUnit, moment: Moment) -> Result<(), OutputError>;

    /// Completes the output. The last unit is shown for `last` units of the clock.
    fn finish(&mut self, last: u64) -> Result<(), OutputError>;

    /// Bytes written so far.
    fn bytes(&self) -> u64;
}

/// What a sink is told before the first unit.
#[derive(Clone, Copy, Debug)]
pub struct VideoFacts {
    /// The clock of the moments.
    pub timescale: Timescale,
    /// How the pictures are to be turned.
    pub rotation: Rotation,
}
