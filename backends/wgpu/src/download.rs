//! All pixels, in host memory: for images, which keep them, and where the device does not convert.

use crate::{
    Error, Gpu,
    kernel::{Bindings, dispatch, params_buffer},
    readback::Readback,
    source::Source,
};
use framewire_frame::{Color, Picture, PixelFormat, Size};
use framewire_shader::smaller;
use wgpu::{BufferUsages, CommandEncoder};

/// The pixels as code values of 8 bits.
pub(crate) fn download(source: &Source) -> Result<Picture, Error> {
    let (gpu, layout) = (&source.gpu, &source.layout);
    let fetched = match layout.plain_format() {
        Some(format) => {
            let bytes = fetch(gpu, layout.len(), |encoder, target| {
                encoder.copy_buffer_to_buffer(source.buffer(), layout.offset, target, 0, layout.len());
            })?;
            Picture::new(format, layout.size, bytes, &[(0, layout.stride as usize)])
        }
        None => Picture::packed(PixelFormat::Rgba8, layout.size, packed(source)?),
    };
    fetched.map_err(|error| Error::Failed { device: gpu.name().to_owned(), message: error.to_string() })
}

/// The same as NV12 at a smaller size, which the processor makes.
pub(crate) fn download_smaller(source: &Source, size: Size, color: Color) -> Result<Picture, Error> {
    smaller(&download(source)?, size, color)
        .map_err(|error| Error::Failed { device: source.gpu.name().to_owned(), message: error.to_string() })
}

/// RGBA of pixels that are no code values.
fn packed(source: &Source) -> Result<bytes::Bytes, Error> {
    let (gpu, layout, kernels) = (&source.gpu, &source.layout, source.gpu.kernels());
    let len = PixelFormat::Rgba8.packed_len(layout.size) as u64;
    let target = gpu.buffer("framewire packed", BufferUsages::STORAGE | BufferUsages::COPY_SRC, len)?;
    let unused = gpu.buffer("framewire unused", BufferUsages::STORAGE, 4)?;
    let params = params_buffer(gpu, &layout.params())?;
    fetch(gpu, len, |encoder, fetched| {
        let bindings = Bindings {
            params: &params,
            source: source.binding(),
            codes: source.codes(),
            target: &target,
            changes: &unused,
        };
        let group = kernels.bind(gpu.device(), bindings);
        dispatch(encoder, &kernels.pack, &group, [layout.size.width(), layout.size.height()]);
        encoder.copy_buffer_to_buffer(&target, 0, fetched, 0, len);
    })
}

/// Submits what `record` has to fill a buffer with, and waits for its bytes.
fn fetch(
    gpu: &Gpu,
    len: u64,
    record: impl FnOnce(&mut CommandEncoder, &wgpu::Buffer),
) -> Result<bytes::Bytes, Error> {
    let lent = gpu.downloads().take(gpu, len)?;
    gpu.submit(|_, encoder| record(encoder, lent.buffer()))?;
    Readback::begin(gpu, lent)?.wait()
}
