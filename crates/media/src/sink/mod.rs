//! Where access units and pictures go: files and streams.

mod annex_b;
mod error;
mod file;
pub(crate) mod movie;
mod mp4;
mod output;
mod pictures;
mod video;

pub use annex_b::AnnexBSink;
pub use error::OutputError;
pub use file::OutputFile;
pub use mp4::Mp4Sink;
pub use output::{Destination, Opened, Stream};
pub use pictures::{PictureFormat, PictureSink, PngSink, RawSink, Y4mSink, check_pictures, open_pictures};
pub use video::{VideoFormat, open_video};

use crate::{Moment, Timescale};
use framewire_codec::AccessUnit;
use framewire_mp4::Rotation;

/// Takes the access units of one video.
///
/// What has been written is playable after each call, whether the sink is finished or dropped.
pub trait UnitSink {
    /// Writes the next unit, which is shown at `moment`. Moments grow and are on the clock that the sink was made for.
    /// `lasts` units of the clock are how long it is shown if it is the last; otherwise the next one's moment says it.
    fn write(&mut self, unit: &AccessUnit, moment: Moment, lasts: u64) -> Result<(), OutputError>;

    /// Completes the output. Nothing is written behind that.
    fn finish(&mut self) -> Result<(), OutputError>;

    /// Bytes written so far.
    fn bytes(&self) -> u64;

    /// Units that play from what is written so far, whatever happens next.
    fn whole_units(&self) -> u64;
}

/// What a sink is told before the first unit.
#[derive(Clone, Copy, Debug)]
pub struct VideoFacts {
    /// The clock of the moments.
    pub timescale: Timescale,
    /// How the pictures are to be turned.
    pub rotation: Rotation,
}
