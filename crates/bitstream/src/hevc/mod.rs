//! HEVC (ITU-T Rec. H.265, clause numbers are its): NAL units, parameter sets, slice headers, levels.

mod hrd;
mod level;
mod nal;
#[cfg(test)]
mod oracle;
mod ordering;
mod pps;
mod profile;
mod ref_pics;
mod scaling;
mod slice;
mod sps;
#[cfg(test)]
pub(crate) mod testing;
mod vps;
mod vui;

pub use hrd::{Hrd, HrdBuffer, HrdCommon, HrdSubLayer, HrdSubPicture};
pub use level::Level;
pub(crate) use nal::payload;
pub use nal::{NalHeader, NalType};
pub use ordering::{Ordering, SubLayerOrdering};
pub use pps::{Deblocking, Pps, TileSizes, Tiles};
pub use profile::{ProfileTierLevel, SubLayerProfile};
pub use ref_pics::{LongTermRefPic, PredictedRefPic, RefPic, ShortTermRefPics};
pub use scaling::{ScalingList, ScalingLists};
pub use slice::{IndependentSlice, PicOrder, PicPlace, SliceHeader, SliceKind, SliceStart};
pub use sps::{Blocks, Pcm, Scaling, Sps};
pub use vps::{Vps, VpsHrd, VpsTiming};
pub use vui::{Restriction, Timing, Vui};

pub use crate::{
    bits::RawBits,
    crop::Crop,
    vui::{AspectRatio, ChromaLocation, ColorDescription, VideoSignal},
};
