//! MP4 files, read and written: plain and fragmented ones (ISO/IEC 14496-12 and -15).
//!
//! [`Mp4Reader::open`] reads the tables of a file and nothing of its media; samples are then found by their number and
//! read one at a time. Everything in a file may be wrong: counts are bounded by the bytes that are really there and by
//! [`limits`], and no file panics.
//!
//! [`Mp4Writer`] writes a plain file, with its index at the end or in front; [`FragmentedWriter`] one that plays while it
//! is written and after a crash, and that can become a plain one without a copy. Both take samples with their exact
//! times; [`AnnexBSamples`] makes samples of what encoders write, and [`Track::settings`] with [`Track::copy`] what a
//! copy of a track needs, whatever it carries.
//!
//! ```no_run
//! let file = std::io::BufReader::new(std::fs::File::open("clip.mp4")?);
//! let mut reader = framewire_mp4::Mp4Reader::open(file)?;
//! let track = reader.video_track()?.clone();
//! let mut bytes = Vec::new();
//! for index in 0..track.samples().len() {
//!     let sample = reader.read_sample(track.id(), index, &mut bytes)?;
//!     println!("{:?}: {} bytes, key frame: {}", track.presentation_time(&sample), bytes.len(), sample.sync);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod boxes;
mod entry;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
pub mod limits;
mod reader;
mod sample;
mod settings;
mod track;
mod units;
mod write;

pub use entry::{PixelAspect, SampleEntry};
pub use error::Error;
pub use reader::{Interleaved, Mp4Reader, is_mp4};
pub use sample::Sample;
pub use settings::{Edit, FixedSize, Language, Matrix, MovieSettings, TrackSettings};
pub use track::{FourCc, Rotation, Track, TrackId, TrackKind};
pub use write::{
    AnnexBSample, AnnexBSamples, DescriptionId, FragmentSettings, FragmentedWriter, Mp4Writer, NewSample,
};
