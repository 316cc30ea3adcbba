//! Frames of Metal: pixels in the memory of a GPU, and kernels that make 4:2:0 of them there.

#[cfg(target_os = "macos")]
mod commands;
// Objective-C has no double: of what needs none, tests run everywhere.
#[cfg(any(target_os = "macos", test))]
mod completion;
#[cfg(target_os = "macos")]
mod conversion;
#[cfg(target_os = "macos")]
mod converter;
#[cfg(target_os = "macos")]
mod download;
#[cfg(any(target_os = "macos", test))]
mod kernel;
#[cfg(target_os = "macos")]
mod pool;
#[cfg(target_os = "macos")]
mod queue;
#[cfg(any(target_os = "macos", test))]
mod span;
#[cfg(target_os = "macos")]
mod surface;

#[cfg(target_os = "macos")]
pub use framewire_shader::{Light, SourceLayout, Texel};
#[cfg(target_os = "macos")]
pub(super) use pool::PoolConversion;
#[cfg(target_os = "macos")]
pub use queue::MetalQueue;
#[cfg(target_os = "macos")]
pub(super) use span::Span;
#[cfg(target_os = "macos")]
pub use surface::MetalSurface;
