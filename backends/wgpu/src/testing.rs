//! An adapter for the tests that look inside.

use crate::{AdapterChoice, Conversion, Gpu};
use wgpu::{
    BufferUsages,
    util::{BufferInitDescriptor, DeviceExt},
};

/// Runs a test on the fastest adapter, lavapipe where there is no GPU, with the conversion on it.
pub(crate) fn on_gpu(test: &str, run: impl FnOnce(&Gpu)) {
    match Gpu::open(&AdapterChoice::Fastest) {
        Ok(gpu) => run(&gpu.with_conversion(Conversion::OnDevice)),
        Err(error) => println!("SKIPPED {test}: {error}"),
    }
}

/// A buffer that can be published.
pub(crate) fn buffer(gpu: &Gpu, contents: &[u8]) -> wgpu::Buffer {
    gpu.device().create_buffer_init(&BufferInitDescriptor {
        label: None,
        contents,
        usage: BufferUsages::STORAGE | BufferUsages::COPY_SRC,
    })
}
