#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod adapter;
mod buffer;
mod converter;
mod download;
mod error;
mod gpu;
mod kernel;
mod pixels;
mod readback;
mod scaling;
#[cfg(feature = "scene")]
pub mod scene;
mod shelf;
mod source;
#[cfg(test)]
mod testing;
mod texture;

pub use adapter::{Adapter, AdapterChoice, adapters};
pub use buffer::Buffer;
pub use error::Error;
pub use framewire_shader::{Light, SourceLayout, Texel, WGSL};
pub use gpu::{Conversion, Gpu};
pub use texture::Texture;
/// The wgpu that this crate is built with: a texture of another version is another type.
pub use wgpu;
