//! MP4, read.
