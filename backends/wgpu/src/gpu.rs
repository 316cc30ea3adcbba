use crate::{Error, adapter, kernel::Kernels, shelf::Shelf};
use framewire_frame::Size;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use wgpu::{
    Buffer, BufferDescriptor, BufferUsages, CommandEncoder, CommandEncoderDescriptor, Device, ErrorFilter,
    Extent3d, MapMode, PollType, Queue, Texture, TextureDescriptor, TextureDimension, TextureFormat,
    TextureUsages,
};

/// A device and its queue, with what framewire keeps on it: kernels, and buffers that are used again. Clones share these.
///
/// All work goes to the queue that is given here, behind what was submitted to it before. wgpu runs a program's own
/// callbacks within any submission or poll, and so on framewire's threads too: they may publish, but must not wait for a
/// frame, and an error of wgpu that they cause may be taken for one of framewire's.
#[derive(Clone)]
pub struct Gpu {
    shared: Arc<Shared>,
    conversion: Conversion,
}

/// Where frames become 4:2:0, and smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conversion {
    /// On the device, so that 1.5 bytes of a pixel leave it and not 4; but on the processor where the device is an emulation
    /// that runs there, and slower than the processor's own kernels (see `docs/performance.md`).
    #[default]
    WhereItIsFaster,
    /// On the device, whatever it is.
    OnDevice,
    /// On the processor, to which all pixels are fetched.
    OnProcessor,
}

struct Shared {
    device: Device,
    queue: Queue,
    name: String,
    emulated: bool,
    kernels: Kernels,
    /// For the copies of published pixels.
    snapshots: Shelf,
    /// For pixels on their way into host memory.
    downloads: Shelf,
    lost: AtomicBool,
}

/// Copies that are kept for reuse: of the newest frame, of one in each of two encoders, and one for the next.
const SPARE_SNAPSHOTS: usize = 4;
const SPARE_DOWNLOADS: usize = 2;

impl Gpu {
    /// Over a device that renders, and its queue. Call it once for each device.
    ///
    /// With the queue of another device, wgpu panics at the first frame.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when the device has no compute shaders; [`Error::OutOfMemory`] and [`Error::Failed`] when the
    /// kernels cannot be made.
    pub fn new(device: &Device, queue: &Queue) -> Result<Self, Error> {
        let info = device.adapter_info();
        let name = adapter::describe(&info);
        let kernels = Kernels::new(device, queue, &name)?;
        let shared = Shared {
            device: device.clone(),
            queue: queue.clone(),
            name,
            emulated: adapter::is_emulated(&info),
            kernels,
            snapshots: Shelf::new(
                "framewire frame",
                BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC,
                SPARE_SNAPSHOTS,
            ),
            downloads: Shelf::new(
                "framewire download",
                BufferUsages::MAP_READ | BufferUsages::COPY_DST,
                SPARE_DOWNLOADS,
            ),
            lost: AtomicBool::new(false),
        };
        Ok(Self { shared: Arc::new(shared), conversion: Conversion::default() })
    }

    /// The same device, with the frames that are made with this value converted elsewhere.
    #[must_use]
    pub fn with_conversion(self, conversion: Conversion) -> Self {
        Self { conversion, ..self }
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.shared.device
    }

    /// The queue.
    pub fn queue(&self) -> &Queue {
        &self.shared.queue
    }

    /// The adapter's name, its backend and its driver.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// A texture that can be drawn into, written and published.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Failed`] for a size or format of which the device has no such texture.
    pub fn texture(&self, size: Size, format: TextureFormat) -> Result<Texture, Error> {
        let descriptor = TextureDescriptor {
            label: Some("framewire texture"),
            size: Extent3d { width: size.width(), height: size.height(), depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: TextureDimension::D2,
            format,
            usage: TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_SRC | TextureUsages::COPY_DST,
            view_formats: &[],
        };
        self.checked(|device| device.create_texture(&descriptor))
    }

    /// Whether it is an emulation that runs on the processor, as Mesa's lavapipe is.
    pub fn is_emulated(&self) -> bool {
        self.shared.emulated
    }

    /// Whether frames are converted on the device.
    pub(crate) fn converts(&self) -> bool {
        match self.conversion {
            Conversion::WhereItIsFaster => !self.is_emulated(),
            Conversion::OnDevice => true,
            Conversion::OnProcessor => false,
        }
    }

    /// Whether both are the same device.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    pub(crate) fn kernels(&self) -> &Kernels {
        &self.shared.kernels
    }

    pub(crate) fn snapshots(&self) -> &Shelf {
        &self.shared.snapshots
    }

    pub(crate) fn downloads(&self) -> &Shelf {
        &self.shared.downloads
    }

    /// A buffer of `len` bytes, zeros.
    pub(crate) fn buffer(&self, label: &str, usage: BufferUsages, len: u64) -> Result<Buffer, Error> {
        let descriptor = BufferDescriptor { label: Some(label), size: len, usage, mapped_at_creation: false };
        self.checked(|device| device.create_buffer(&descriptor))
    }

    /// A buffer with these bytes.
    pub(crate) fn filled_buffer(
        &self,
        label: &str,
        usage: BufferUsages,
        bytes: &[u8],
    ) -> Result<Buffer, Error> {
        self.checked(|device| filled_buffer(device, self.queue(), label, usage, bytes))
    }

    /// Submits what `record` records. Callbacks of the program that are due run before, where their errors are not taken for
    /// ours.
    pub(crate) fn submit(&self, record: impl FnOnce(&Device, &mut CommandEncoder)) -> Result<(), Error> {
        self.check_alive()?;
        // A device that fails at it fails at the submission too, which says so.
        let _ = self.device().poll(PollType::Poll);
        self.checked(|device| {
            let mut encoder = device.create_command_encoder(&CommandEncoderDescriptor::default());
            record(device, &mut encoder);
            self.queue().submit([encoder.finish()]);
        })
    }

    /// Does something with the device whose errors are the result and not, as is wgpu's way otherwise, the end of the
    /// program.
    pub(crate) fn checked<T>(&self, work: impl FnOnce(&Device) -> T) -> Result<T, Error> {
        self.check_alive()?;
        checked(self.device(), self.name(), work).map_err(|error| match error {
            Error::Failed { .. } if !self.answers() => self.lost(),
            error => error,
        })
    }

    /// Whether a buffer can be made and mapped. A device that is lost says nothing: what is made of it is invalid, and the
    /// first use of it an error like any other.
    fn answers(&self) -> bool {
        let usage = BufferUsages::MAP_READ | BufferUsages::COPY_DST;
        let descriptor = BufferDescriptor { label: None, size: 4, usage, mapped_at_creation: false };
        let map = |device: &Device| device.create_buffer(&descriptor).map_async(MapMode::Read, .., |_| {});
        checked(self.device(), self.name(), map).is_ok()
    }

    /// [`Error::Lost`] once the device is known to be.
    pub(crate) fn check_alive(&self) -> Result<(), Error> {
        if self.shared.lost.load(Ordering::Relaxed) { Err(self.lost()) } else { Ok(()) }
    }

    /// The device has shown that it is gone: nothing is asked of it from here on.
    pub(crate) fn lost(&self) -> Error {
        self.shared.lost.store(true, Ordering::Relaxed);
        Error::Lost { device: self.name().to_owned() }
    }
}

impl fmt::Debug for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gpu({})", self.name())
    }
}

/// A buffer with these bytes, whose number is a multiple of four. wgpu's own function for it panics on a device that is lost.
pub(crate) fn filled_buffer(
    device: &Device,
    queue: &Queue,
    label: &str,
    usage: BufferUsages,
    bytes: &[u8],
) -> Buffer {
    let buffer = device.create_buffer(&BufferDescriptor {
        label: Some(label),
        size: bytes.len() as u64,
        usage: usage | BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    queue.write_buffer(&buffer, 0, bytes);
    buffer
}

/// Does something with a device and catches its errors.
pub(crate) fn checked<T>(device: &Device, name: &str, work: impl FnOnce(&Device) -> T) -> Result<T, Error> {
    let scopes = [ErrorFilter::OutOfMemory, ErrorFilter::Internal, ErrorFilter::Validation]
        .map(|filter| device.push_error_scope(filter));
    let value = work(device);
    // The last one pushed goes first.
    let mut scopes = scopes.into_iter().rev().map(|scope| pollster::block_on(scope.pop()));
    let errors = [scopes.next(), scopes.next(), scopes.next()];
    let device = || name.to_owned();
    match errors.into_iter().flatten().flatten().next() {
        None => Ok(value),
        Some(wgpu::Error::OutOfMemory { .. }) => Err(Error::OutOfMemory { device: device() }),
        Some(error) => Err(Error::Failed { device: device(), message: one_line(&error) }),
    }
}

/// wgpu explains itself over several lines, indented.
fn one_line(error: &wgpu::Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, SourceLayout, Texel, testing};
    use framewire_frame::{Color, DeviceSurface, PixelFormat};

    #[test]
    fn a_device_goes_with_the_last_thing_that_is_on_it() {
        testing::on_gpu("a_device_goes_with_the_last_thing_that_is_on_it", |gpu| {
            // A device of this test's own.
            let gpu = Gpu::new(gpu.device(), gpu.queue()).unwrap().with_conversion(Conversion::OnDevice);
            let shared = Arc::downgrade(&gpu.shared);
            let layout = SourceLayout::packed(Size::new(32, 32).unwrap(), Texel::Rgba8);
            let surface = Buffer::new(&gpu, &testing::buffer(&gpu, &[7; 4096]), layout).unwrap().surface();
            let small = surface.scaled(Size::new(16, 16).unwrap(), Color::default()).unwrap();
            let mut pictures = vec![surface.download().unwrap(), small.download().unwrap()];
            let each: [&dyn DeviceSurface; 2] = [&*surface, &*small];
            for surface in each {
                let converter = surface.converter(PixelFormat::Nv12, Color::default()).unwrap().unwrap();
                pictures.push(converter.convert(surface).unwrap().picture);
                converter.start(surface);
            }
            drop((gpu, small, surface));
            assert!(shared.upgrade().is_some(), "pictures lie in its memory");
            drop(pictures);
            assert!(shared.upgrade().is_none());
        });
    }
}
