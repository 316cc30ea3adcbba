#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "adapters")]
mod adapter;
mod error;
mod gpu;

#[cfg(feature = "adapters")]
pub use adapter::{AdapterChoice, adapters, describe, is_emulated};
pub use error::Error;
pub use gpu::Gpu;
/// The wgpu that this crate is built with: a texture of another version is another type.
pub use wgpu;
