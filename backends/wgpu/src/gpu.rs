use crate::{Error, adapter, converter::Converter, kernel::Kernels, shelf::Shelf};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};
use wgpu::{Buffer, BufferDescriptor, BufferUsages, Device, ErrorFilter, MapMode, Queue};

/// A device and its queue, with what framewire keeps on it: kernels, and buffers that are used again. A clone is the same.
///
/// All work goes to the queue that is given here, behind what was submitted to it before.
#[derive(Clone, Debug)]
pub struct Gpu {
    shared: Arc<Shared>,
    conversion: Conversion,
}

/// Where frames become 4:2:0, and smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conversion {
    /// On the device, so that 1.5 bytes of a pixel leave it and not 4; but on the processor where the device is an emulation
    /// that runs there, at a tenth of the speed of the processor's own kernels.
    #[default]
    WhereItIsFaster,
    /// On the device, whatever it is.
    OnDevice,
    /// On the processor, to which all pixels are fetched.
    OnProcessor,
}

#[derive(Debug)]
struct Shared {
    device: Device,
    queue: Queue,
    name: String,
    emulated: bool,
    kernels: Kernels,
    /// For the copies of published pixels.
    snapshots: Arc<Shelf>,
    /// For pixels on their way into host memory.
    downloads: Arc<Shelf>,
    /// The conversion that the last download of a scaled picture used.
    download_converter: Mutex<Option<Arc<Converter>>>,
    lost: AtomicBool,
}

/// Copies that are kept for reuse: the newest frame, one in work, and one for the next.
const SPARE_SNAPSHOTS: usize = 4;
const SPARE_DOWNLOADS: usize = 2;

impl Gpu {
    /// Over a device that renders, and the queue that it renders with. Call it once for each device.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when the device has no compute shaders, and what making the kernels may fail by.
    pub fn new(device: &Device, queue: &Queue) -> Result<Self, Error> {
        let info = device.adapter_info();
        let name = adapter::describe(&info);
        let kernels = Kernels::new(device, &name)?;
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
            download_converter: Mutex::default(),
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

    pub(crate) fn snapshots(&self) -> &Arc<Shelf> {
        &self.shared.snapshots
    }

    pub(crate) fn downloads(&self) -> &Arc<Shelf> {
        &self.shared.downloads
    }

    pub(crate) fn download_converter(&self) -> MutexGuard<'_, Option<Arc<Converter>>> {
        self.shared.download_converter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A buffer of `len` bytes, zeros.
    pub(crate) fn buffer(&self, label: &str, usage: BufferUsages, len: u64) -> Result<Buffer, Error> {
        let descriptor = BufferDescriptor { label: Some(label), size: len, usage, mapped_at_creation: false };
        self.checked(|device| device.create_buffer(&descriptor))
    }

    /// Does something with the device whose errors are the result and not, as is wgpu's way otherwise, the end of the
    /// program.
    pub(crate) fn checked<T>(&self, work: impl FnOnce(&Device) -> T) -> Result<T, Error> {
        self.check_alive()?;
        checked(self.device(), self.name(), work).map_err(|error| match error {
            Error::Failed { .. } if !self.answers() => self.lose(),
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
        if self.shared.lost.load(Ordering::Relaxed) { Err(self.lose()) } else { Ok(()) }
    }

    /// The device has not given what it had to.
    pub(crate) fn lose(&self) -> Error {
        self.shared.lost.store(true, Ordering::Relaxed);
        Error::Lost { device: self.name().to_owned() }
    }
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
