//! The compute shader that turns RGB in a buffer into 4:2:0 in a buffer, and what it is told.
//!
//! Nothing here needs a device. A backend hands [`WGSL`], or a translation of it, to its own; fills five buffers, in the
//! order of their bindings; and dispatches groups of [`WORKGROUP`] by [`WORKGROUP`] invocations that cover a grid.
//!
//! | binding | what | bytes from |
//! |---|---|---|
//! | 0 | what the kernel is told, a uniform | [`Params::bytes`] |
//! | 1 | the pixels, read | [`SourceLayout`]; of `scale`, a picture of [`Scaling::full`] |
//! | 2 | a table of code values, read | [`Codes::table`] |
//! | 3 | the picture, compared and written | [`YuvLayout`] |
//! | 4 | one bit for each block, set where the picture changes | [`YuvLayout::changes_len`] |
//!
//! | kernel | makes | grid |
//! |---|---|---|
//! | [`CONVERT`] | a 4:2:0 picture of the pixels | [`YuvLayout::groups`] |
//! | [`SCALE`] | a smaller 4:2:0 picture of a planar one | [`YuvLayout::groups`] |
//! | [`PACK`] | RGBA code values of the pixels | the pixels' size |
//!
//! The arithmetic is the canonical one of `framewire_convert`, in integers, so that the bytes are those of the processor on
//! every driver.
#![forbid(unsafe_code)]

mod light;
mod params;
mod scaling;
mod shelf;
mod smaller;
mod source;
mod yuv;

pub use light::{Codes, Light};
pub use params::{Params, Planes};
pub use scaling::Scaling;
pub use shelf::{Lent, Shelf};
pub use smaller::smaller;
pub use source::{SourceLayout, Texel};
pub use yuv::{Biplanar, YuvLayout};

/// The kernels in WGSL; `naga` translates them to the other shading languages.
pub const WGSL: &str = include_str!("kernel.wgsl");

/// The entry point that makes 4:2:0 of pixels.
pub const CONVERT: &str = "convert";
/// The entry point that makes 4:2:0 pictures smaller.
pub const SCALE: &str = "scale";
/// The entry point that makes RGBA code values of pixels.
pub const PACK: &str = "pack";

/// Invocations of one workgroup, in each direction.
pub const WORKGROUP: u32 = 8;
/// Bindings, in one group: a uniform and four storage buffers.
pub const BINDINGS: u32 = 5;
