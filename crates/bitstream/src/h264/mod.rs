//! H.264 (ITU-T Rec. H.264, clause numbers are its): NAL units, parameter sets, slice headers, levels.

mod level;
mod nal;
#[cfg(test)]
mod oracle;
mod pps;
mod scaling;
mod slice;
mod sps;
#[cfg(test)]
pub(crate) mod testing;
mod vui;

pub use level::{Demand, Level};
pub use nal::NalType;
pub use pps::{Pps, SliceGroups, Transform8x8};
pub use scaling::{ScalingList, ScalingMatrix};
pub use slice::{SliceHeader, SliceKind, SliceStart};
pub(crate) use sps::has_chroma;
pub use sps::{Chroma, PicOrderCnt, Sps};
pub use vui::{BitstreamRestriction, Cpb, Hrd, Timing, Vui};

pub use crate::{
    crop::Crop,
    vui::{AspectRatio, ChromaLocation, ColorDescription, VideoSignal},
};
