//! Every bound on what is read from a file or written to one, in one place.

/// Bytes of one `moov` or `moof` box, which is held in memory while it is read: hours of video need a few MiB.
pub const MAX_INDEX_BYTES: u64 = 256 * 1024 * 1024;
/// Boxes at the top of a file, and fragments with them: a day in fragments of one second, each with its `mdat`.
pub const MAX_TOP_BOXES: usize = 1_000_000;
/// Tracks of one file, those that cannot be read included.
pub const MAX_TRACKS: usize = 64;
/// Samples of all tracks of a file that is read, those that cannot be read included, and of one track that is written: a
/// day at 100 frames per second has 8.64 million.
pub const MAX_SAMPLES: u64 = 16_000_000;
/// Bytes of one sample.
pub const MAX_SAMPLE_BYTES: u64 = 256 * 1024 * 1024;
/// Edits in one track.
pub const MAX_EDITS: usize = 4096;
/// Sample descriptions in one track.
pub const MAX_DESCRIPTIONS: usize = 256;
/// Samples of one track that wait for a fragment to end.
pub const MAX_FRAGMENT_SAMPLES: usize = 100_000;
/// Bytes of the samples that wait for a fragment to end: longer fragments are divided.
pub const MAX_FRAGMENT_BYTES: u64 = 64 * 1024 * 1024;
/// Units between the zero of a track and a decoding time that is written, before or behind it: 36 years at a timescale of
/// nanoseconds.
pub const MAX_DTS: u64 = 1 << 60;
