//! The compute kernels, and what they are told.

use crate::{
    Error, Gpu,
    gpu::{checked, filled_buffer},
};
use framewire_shader::{BINDINGS, CONVERT, Codes, PACK, Params, SCALE, WGSL, WORKGROUP};
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindGroupLayout, BindGroupLayoutDescriptor,
    BindGroupLayoutEntry, BindingResource, BindingType, Buffer, BufferBindingType, BufferUsages,
    CommandEncoder, ComputePassDescriptor, ComputePipeline, ComputePipelineDescriptor, Device,
    PipelineLayoutDescriptor, Queue, ShaderModuleDescriptor, ShaderSource, ShaderStages,
};

/// All but the uniform.
const STORAGE_BUFFERS: u32 = BINDINGS - 1;

/// The kernels of a device.
#[derive(Debug)]
pub(crate) struct Kernels {
    layout: BindGroupLayout,
    pub(crate) convert: ComputePipeline,
    pub(crate) scale: ComputePipeline,
    pub(crate) pack: ComputePipeline,
    pub(crate) tables: Tables,
}

/// Tables of code values.
#[derive(Debug)]
pub(crate) struct Tables {
    buffers: [(Codes, Buffer); Codes::ALL.len()],
}

/// The buffers of one dispatch, in the order of their bindings.
pub(crate) struct Bindings<'a> {
    pub(crate) params: &'a Buffer,
    pub(crate) source: BindingResource<'a>,
    pub(crate) codes: &'a Buffer,
    pub(crate) target: &'a Buffer,
    pub(crate) changes: &'a Buffer,
}

impl Kernels {
    pub(crate) fn new(device: &Device, queue: &Queue, name: &str) -> Result<Self, Error> {
        let limits = device.limits();
        if limits.max_compute_invocations_per_workgroup < WORKGROUP * WORKGROUP
            || limits.max_storage_buffers_per_shader_stage < STORAGE_BUFFERS
        {
            return Err(Error::Unsupported {
                what: format!("a frame of {name} with these limits"),
                instead: format!(
                    "max_compute_invocations_per_workgroup has to be {} and max_storage_buffers_per_shader_stage \
                     {STORAGE_BUFFERS} when the device is made",
                    WORKGROUP * WORKGROUP
                ),
            });
        }
        checked(device, name, |device| Self::make(device, queue))
    }

    fn make(device: &Device, queue: &Queue) -> Self {
        let storage = |read_only| BufferBindingType::Storage { read_only };
        let types =
            [BufferBindingType::Uniform, storage(true), storage(true), storage(false), storage(false)];
        let entries: Vec<BindGroupLayoutEntry> = (0..)
            .zip(types)
            .map(|(binding, ty)| BindGroupLayoutEntry {
                binding,
                visibility: ShaderStages::COMPUTE,
                ty: BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
                count: None,
            })
            .collect();
        let layout = device.create_bind_group_layout(&BindGroupLayoutDescriptor {
            label: Some("framewire"),
            entries: &entries,
        });
        let pipeline_layout = device.create_pipeline_layout(&PipelineLayoutDescriptor {
            label: Some("framewire"),
            bind_group_layouts: &[Some(&layout)],
            ..PipelineLayoutDescriptor::default()
        });
        let module = device.create_shader_module(ShaderModuleDescriptor {
            label: Some("framewire"),
            source: ShaderSource::Wgsl(WGSL.into()),
        });
        let pipeline = |entry_point| {
            device.create_compute_pipeline(&ComputePipelineDescriptor {
                label: Some(entry_point),
                layout: Some(&pipeline_layout),
                module: &module,
                entry_point: Some(entry_point),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        };
        Self {
            convert: pipeline(CONVERT),
            scale: pipeline(SCALE),
            pack: pipeline(PACK),
            tables: Tables::new(device, queue),
            layout,
        }
    }

    pub(crate) fn bind(&self, device: &Device, bindings: Bindings<'_>) -> BindGroup {
        let resources = [
            bindings.params.as_entire_binding(),
            bindings.source,
            bindings.codes.as_entire_binding(),
            bindings.target.as_entire_binding(),
            bindings.changes.as_entire_binding(),
        ];
        let entries: Vec<BindGroupEntry<'_>> =
            (0..).zip(resources).map(|(binding, resource)| BindGroupEntry { binding, resource }).collect();
        device.create_bind_group(&BindGroupDescriptor {
            label: Some("framewire"),
            layout: &self.layout,
            entries: &entries,
        })
    }
}

impl Tables {
    fn new(device: &Device, queue: &Queue) -> Self {
        let table = |codes: Codes| {
            let usage = BufferUsages::STORAGE;
            (codes, filled_buffer(device, queue, "framewire codes", usage, &codes.table()))
        };
        Self { buffers: Codes::ALL.map(table) }
    }

    pub(crate) fn get(&self, wanted: Codes) -> &Buffer {
        let found = self.buffers.iter().find(|(codes, _)| *codes == wanted);
        &found.expect("there is one for each").1
    }
}

/// A uniform that holds what the kernels are told.
pub(crate) fn params_buffer(gpu: &Gpu, params: &Params) -> Result<Buffer, Error> {
    gpu.filled_buffer("framewire params", BufferUsages::UNIFORM, &params.bytes())
}

/// Records a dispatch that covers `grid` invocations.
pub(crate) fn dispatch(
    encoder: &mut CommandEncoder,
    pipeline: &ComputePipeline,
    group: &BindGroup,
    grid: [u32; 2],
) {
    let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor::default());
    pass.set_pipeline(pipeline);
    pass.set_bind_group(0, group, &[]);
    let [columns, rows] = grid.map(|side| side.div_ceil(WORKGROUP));
    pass.dispatch_workgroups(columns, rows, 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{readback::Readback, shelf::Shelf, testing};
    use framewire_convert::{Converter, Scaler};
    use framewire_frame::{Color, PictureMut, PictureRef, PixelFormat, Size};
    use framewire_shader::{Biplanar, Scaling, SourceLayout, Texel, YuvLayout};

    const UNTOUCHED: u8 = 0xa5;

    fn size(text: &str) -> Size {
        text.parse().unwrap()
    }

    /// What the kernels leave in memory of `len` bytes, where others have laid out planes as `layout` says, of a frame that
    /// is to have `target` pixels.
    fn written(gpu: &Gpu, rgba: &[u8], full: Size, target: Size, layout: &YuvLayout, len: u64) -> Vec<u8> {
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_SRC;
        let storage = |len| gpu.buffer("test", usage, len as u64).unwrap();
        let source = SourceLayout::packed(full, Texel::Rgba8);
        let pixels = source.params().with_color(Color::default());
        let untouched = vec![UNTOUCHED; len as usize];
        let memory = gpu.filled_buffer("test", usage, &untouched).unwrap();
        let changes = storage(layout.changes_len());
        let codes = gpu.kernels().tables.get(source.codes());
        let input = testing::buffer(gpu, rgba);
        let lent = Shelf::new("test", BufferUsages::MAP_READ | BufferUsages::COPY_DST, 1);
        let lent = lent.take(gpu, len).unwrap();
        let record =
            |encoder: &mut CommandEncoder, pipeline, source: &Buffer, target, changes, params, grid| {
                let params = params_buffer(gpu, params).unwrap();
                let source = source.as_entire_binding();
                let bindings = Bindings { params: &params, source, codes, target, changes };
                dispatch(encoder, pipeline, &gpu.kernels().bind(gpu.device(), bindings), grid);
            };
        let kernels = gpu.kernels();
        let pass = Scaling::new(full, target);
        let (picture, unused) = (storage(pass.full().len()), storage(pass.full().changes_len()));
        let to_full = pass.full().params(pixels);
        let (direct, scaled) = (layout.params(pixels), layout.params(pass.params()));
        let mut encoder = gpu.device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        if full == target {
            record(&mut encoder, &kernels.convert, &input, &memory, &changes, &direct, layout.groups());
        } else {
            let groups = pass.full().groups();
            record(&mut encoder, &kernels.convert, &input, &picture, &unused, &to_full, groups);
            record(&mut encoder, &kernels.scale, &picture, &memory, &changes, &scaled, layout.groups());
        }
        encoder.copy_buffer_to_buffer(&memory, 0, lent.buffer(), 0, len);
        gpu.queue().submit([encoder.finish()]);
        Readback::begin(gpu, lent).unwrap().wait().unwrap().to_vec()
    }

    /// What the processor makes, packed.
    fn expected(rgba: &[u8], full: Size, target: Size) -> Vec<u8> {
        let format = PixelFormat::Nv12;
        let mut made = vec![0; format.packed_len(full)];
        let mut picture = PictureMut::packed(format, full, &mut made).unwrap();
        let converter = Converter::new(PixelFormat::Rgba8, format, full, Color::default()).unwrap();
        let rgba = PictureRef::packed(PixelFormat::Rgba8, full, rgba).unwrap();
        converter.convert(&rgba, &mut picture).unwrap();
        let mut small = vec![0; format.packed_len(target)];
        let made = PictureRef::packed(format, full, &made).unwrap();
        let mut picture = PictureMut::packed(format, target, &mut small).unwrap();
        Scaler::new(format, full, target).unwrap().scale(&made, &mut picture).unwrap();
        small
    }

    #[test]
    fn planes_in_memory_of_others_are_written_and_nothing_beside_them() {
        testing::on_gpu("planes_in_memory_of_others_are_written_and_nothing_beside_them", |gpu| {
            let coded = size("66x64");
            let (luma_stride, chroma_offset, chroma_stride) = (128, 64 * 128 + 256, 96);
            let planes = Biplanar { luma_stride, chroma_offset, chroma_stride };
            let layout = YuvLayout::nv12_at(coded, planes).unwrap();
            let len = layout.len() + 512;
            for (full, target) in [("66x64", "66x64"), ("33x17", "33x17"), ("66x34", "33x17")] {
                let (full, target) = (size(full), size(target));
                let rgba: Vec<u8> = (0..full.pixels() * 4).map(|i| (i * i / 7 + i) as u8).collect();
                let memory = written(gpu, &rgba, full, target, &layout, len as u64);
                let expected = expected(&rgba, full, target);
                let chroma_of =
                    |size: Size| (size.chroma().width() as usize * 2, size.chroma().height() as usize);
                let luma_of = |size: Size| (size.width() as usize, size.height() as usize);
                let (luma, chroma) = expected.split_at(target.pixels());
                let planes = [
                    (&memory[..chroma_offset], luma_stride, luma, luma_of(target), luma_of(coded), 1),
                    (&memory[chroma_offset..], chroma_stride, chroma, chroma_of(target), chroma_of(coded), 2),
                ];
                for (plane, stride, picture, (width, height), (columns, rows), samples) in planes {
                    for (y, row) in plane.chunks(stride).enumerate() {
                        let last = &picture[y.min(height - 1) * width..][..width];
                        if y < height {
                            assert_eq!(row[..width], *last, "{target}, row {y}");
                        }
                        // The rest of the row is the edge once more, up to the end of the last group.
                        let end = if y < rows { columns.next_multiple_of(8) } else { 0 };
                        let is_untouched = row[end.min(row.len())..].iter().all(|byte| *byte == UNTOUCHED);
                        assert!(is_untouched, "{target}, behind row {y}");
                        if y < height && width < columns {
                            let beyond = row[width..columns].chunks(samples).collect::<Vec<_>>();
                            let near = &last[width.saturating_sub(2 * samples)..];
                            let repeats = |pixel: &&[u8]| near.chunks(samples).any(|edge| edge == *pixel);
                            assert!(beyond.iter().all(repeats), "{target}, beyond row {y}: {beyond:?}");
                        }
                    }
                }
            }
        });
    }
}
