//! CoreVideo: pixel buffers and their pools.

mod attachments;
mod pixel_buffer;
mod pool;

pub(crate) use pixel_buffer::{ARGB, BGRA, I420, NV12, NV12_FULL, PixelBuffer, RGB, RGBA};
pub(crate) use pool::Pool;
