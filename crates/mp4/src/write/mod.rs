//! Files, written.

mod annexb;
pub(crate) mod boxes;
mod fast_start;
mod fragment;
mod fragmented;
mod movie;
mod parameter_sets;
mod plain;
mod sample;
mod table;

pub use annexb::{AnnexBSample, AnnexBSamples};
pub use fragmented::{FragmentSettings, FragmentedWriter};
pub use plain::Mp4Writer;
pub use sample::{DescriptionId, NewSample};
