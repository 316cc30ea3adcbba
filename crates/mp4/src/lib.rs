//! MP4 files, read: plain and fragmented ones (ISO/IEC 14496-12 and -15).
//!
//! [`Mp4Reader::open`] reads the tables of a file and nothing of its media; samples are then found by their number and
//! read one at a time. Everything in a file may be wrong: counts are bounded by the bytes that are really there and by
//! [`limits`], and no file panics.
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
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
pub mod limits;
mod reader;
mod sample;
mod track;

pub use error::Error;
pub use reader::Mp4Reader;
pub use sample::Sample;
pub use track::{FourCc, Rotation, Track, TrackId, TrackKind};
