//! The boxes of ISO/IEC 14496-12, in files by what they are about.

pub(crate) mod cursor;
pub(crate) mod edits;
pub(crate) mod fragment;
pub(crate) mod header;
pub(crate) mod sample_description;
pub(crate) mod sample_table;

pub(crate) use cursor::{Children, Cursor};
